"""The tabs of an event's pages in the admin; one of them is current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from program.models import Event

register = template.Library()


@dataclass(frozen=True)
class Tab:
    """``page`` names its address; those of its other pages begin with one of ``under``."""

    page: str
    words: str | Promise
    under: tuple[str, ...] = ()
    about: str = ""  # the parameter that names the event, of a page about more than one

    def address(self, event: Event) -> str:
        if self.about:
            return f"{reverse(f'admin:{self.page}')}?{self.about}={event.pk}"
        return reverse(f"admin:{self.page}", args=[event.pk])

    def current(self, here: str) -> str:
        """What ``aria-current`` says of it; empty for another tab."""
        if here == self.page:
            return "page"
        return "true" if here.startswith(self.under) else ""


TABS = (
    Tab("event-overview", _("Overview"), ("event-history",)),
    Tab("program_event_change", _("Event"), ("event-copy",)),
    Tab("event-tables", _("Tables"), ("program_theme", "program_tablesession", "program_speaker")),
    Tab(
        "registrations_registration_changelist",
        _("People"),
        ("registrations_registration_", "registration-", "event-person-"),
        about="event__id__exact",
    ),
    Tab("event-guests", _("Guests"), ("event-guest",)),
    Tab("event-mail", _("Mail"), ("event-mail",)),
    Tab("event-lists", _("Lists")),
    Tab("event-file", _("Spreadsheet")),
    Tab("event-door", _("Door"), ("event-door-",)),
    Tab(
        "event-trouble",
        _("When things go wrong"),
        ("event-call-off", "event-go-on", "event-drop", "event-free-holds"),
    ),
)


@register.inclusion_tag("admin/_event_tabs.html", takes_context=True)
def event_tabs(context: dict[str, Any], event: Event, *, named: bool = False) -> dict[str, object]:
    """``named`` tells events apart on a page about several."""
    match = context["request"].resolver_match
    here = match.url_name or ""
    tabs = [(tab.address(event), tab.words, tab.current(here)) for tab in TABS]
    return {"tabs": tabs, "event": event if named else None}
