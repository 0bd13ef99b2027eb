"""The top of each page about an event for its staff: its name, its state, its pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from program.models import Event
from program.organisers import events_of, read_by, reads_along
from program.public.preview import preview_url
from program.public.states import standing

register = template.Library()

MOST_OTHERS = 12  # events to switch to; Start has all


@dataclass(frozen=True)
class Tab:
    """``page`` names its address; those of its other pages begin with one of ``under``."""

    page: str
    words: str | Promise
    under: tuple[str, ...] = ()
    about: str = ""  # the parameter that names the event, of a page about more than one
    for_readers: bool = False  # whether it is for those who only read along, too
    of_draws: bool = False  # whether it is for events whose tables are drawn alone

    def address(self, event: Event) -> str:
        if self.about:
            return f"{reverse(f'admin:{self.page}')}?{self.about}={event.pk}"
        return reverse(f"admin:{self.page}", args=[event.pk])

    def current(self, here: str) -> str:
        """What ``aria-current`` says of it; empty for another tab."""
        if here == self.page:
            return "page"
        return "true" if self.under and here.startswith(self.under) else ""


# The steps of setting up, in the order in which people take them; then what comes after.
STEPS = (
    Tab("event-day", _("Day and place"), ("event-copy", "event-publish")),
    Tab(
        "event-tables",
        _("Programme"),
        ("event-file", "event-session", "event-themes", "event-hosts"),
    ),
    Tab("event-sign-up", _("Sign up")),
    Tab("event-team", _("Team"), ("event-team",)),
    Tab("event-style", _("House style")),
)
WATCHING = (
    Tab(
        "event-overview",
        _("Overview"),
        ("event-history", "event-summary", "event-digest"),
        for_readers=True,
    ),
    Tab("event-draw", _("Draw"), for_readers=True, of_draws=True),
    Tab(
        "registrations_registration_changelist",
        _("People"),
        ("registrations_registration_", "registration-", "event-person-", "event-import-"),
        about="event__id__exact",
    ),
    Tab("event-guests", _("Guests"), ("event-guest",)),
    Tab("event-mail", _("Mail"), ("event-mail", "registrations_storedmail_")),
    Tab("event-share", _("Share")),
    Tab("event-lists", _("Lists"), for_readers=True),
    Tab("event-door", _("Door"), ("event-door-",)),
    Tab(
        "event-trouble",
        _("When things go wrong"),
        (
            *("event-call-off", "event-go-on", "event-drop", "event-take-place"),
            *("event-free-holds", "event-throw-away"),
        ),
    ),
)


@register.inclusion_tag("admin/_event_head.html", takes_context=True)
def event_head(context: dict[str, Any], event: Event) -> dict[str, object]:
    """The event that this page is about, where it stands, its pages, and the other events."""
    request: HttpRequest = context["request"]
    here = (request.resolver_match.url_name or "") if request.resolver_match else ""
    current = next((tab for tab in (*STEPS, *WATCHING) if tab.current(here)), STEPS[0])
    reads = reads_along(request)
    own = read_by(request.user) if reads else events_of(request.user)
    others = own.exclude(pk=event.pk).nearest_first(timezone.now())
    groups = [
        (_("Setting up"), list(_shown(STEPS, event, here, reads)), True),
        (_("Running"), list(_shown(WATCHING, event, here, reads)), False),
    ]
    return {
        "event": event,
        "state": standing(event, timezone.now()),
        "page": event.get_absolute_url() if event.published else preview_url(event),
        "others": [(other, current.address(other)) for other in others[:MOST_OTHERS]],
        "may_change": not reads and request.user.has_perm("program.change_event"),
        "groups": [(words, shown, numbered) for words, shown, numbered in groups if shown],
    }


def _shown(
    tabs: Iterable[Tab], event: Event, here: str, reads: bool
) -> Iterable[tuple[str, str | Promise, str]]:
    for tab in tabs:
        if tab.of_draws and event.wishes_close_at is None:
            continue
        if tab.for_readers or not reads:
            yield tab.address(event), tab.words, tab.current(here)
