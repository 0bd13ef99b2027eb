"""What the site's templates say and draw: words for places and times, rings of chairs."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template import Context
from django.urls import translate_url
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from program import saved

register = template.Library()

# What a language calls itself, wherever the reader comes from.
OWN_NAMES = {"nl": "Nederlands", "en": "English"}


@dataclass(frozen=True)
class Translation:
    """The page that the reader is on, in another language."""

    code: str
    name: str
    path: str

    @property
    def address(self) -> str:
        return f"{settings.SITE_URL}{self.path}"


@register.simple_tag(takes_context=True)
def translations(context: Context) -> list[Translation]:
    """The page in the other languages of the site; nothing where there is no such page."""
    request: HttpRequest | None = context.get("request")
    if request is None or request.resolver_match is None:
        return []
    path = request.get_full_path()
    return [
        Translation(code, OWN_NAMES[code], translate_url(path, code))
        for code, _name in settings.LANGUAGES
        if code != get_language()
    ]


@register.simple_tag(takes_context=True)
def saved_count(context: Context) -> str:
    """How many events and table sessions this browser saved; empty for none."""
    request: HttpRequest | None = context.get("request")
    if request is None or not hasattr(saved, "read"):
        return ""
    return str(saved.read(request).count or "")


@register.simple_tag
def logo() -> SafeString:
    """Eight chairs round a table, one of them free."""
    return mark_safe(
        '<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">'
        '<circle class="chairs" cx="16" cy="16" r="12.6" pathLength="8" stroke-dasharray="0 1"'
        ' stroke-width="5.6" transform="rotate(-67.5 16 16)"/>'
        '<circle class="hole" cx="11.18" cy="4.36" r="1.6"/></svg>'
    )
