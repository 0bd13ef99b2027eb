"""What pages for staff show: their events, the nearest on top, and the way in."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language, override

from program.models import Event
from program.organisers import events_of
from program.public.states import standing
from program.templatetags.program_tags import OWN_NAMES, Translation

register = template.Library()

MOST = 10  # events; the list behind them has a search


@register.simple_tag
def coming_events(user: AbstractUser) -> list[Event]:
    """The next events that somebody organises; for others none."""
    if not user.has_perm("program.view_event"):
        return []
    coming = events_of(user).filter(ends_at__gt=timezone.now()).order_by("starts_at", "pk")
    return list(coming[:MOST])


@register.filter
def state(event: Event) -> str:
    """A draft, published, over …, in a word."""
    return str(standing(event, timezone.now()))


@register.simple_tag(takes_context=True)
def logins(context: Context) -> list[Translation]:
    """The log-in page in the site's other languages. Each leads on to where this page does."""
    request: HttpRequest = context["request"]
    asked = request.POST if request.method == "POST" else request.GET
    to = asked.get(REDIRECT_FIELD_NAME, "")
    if not url_has_allowed_host_and_scheme(to, {request.get_host()}, request.is_secure()):
        to = ""
    found = []
    for code, _name in settings.LANGUAGES:
        if code != get_language():
            with override(code):
                path = reverse("account_login")
            query = "?" + urlencode({REDIRECT_FIELD_NAME: translate_url(to, code)}) if to else ""
            found.append(Translation(code, OWN_NAMES[code], path + query))
    return found
