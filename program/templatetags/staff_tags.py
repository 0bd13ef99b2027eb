"""What pages for staff show: where an event stands, the filters of a list, and the way in."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse, translate_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language, override

from program.models import Event
from program.public.states import standing
from program.templatetags.program_tags import OWN_NAMES, Translation

register = template.Library()


@register.filter
def state(event: Event) -> str:
    """A draft, published, over …, in a word."""
    return str(standing(event, timezone.now()))


@register.inclusion_tag("admin/_list_filters.html")
def list_filters(cl: ChangeList, event: Event | None = None) -> dict[str, object]:
    """The filters of a list and what narrows it, except ``event``, which is shown above it."""
    about_event = [name for name in cl.params if event and name.startswith("event__")]
    chosen = [
        (spec.title, choice["display"])
        for spec in cl.filter_specs
        if about_event != list(spec.used_parameters)
        for number, choice in enumerate(spec.choices(cl))
        if number and choice["selected"]
    ]
    clear = cl.get_query_string(remove=[name for name in cl.params if name not in about_event])
    return {"cl": cl, "chosen": chosen, "clear": clear}


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
