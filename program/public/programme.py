"""The programme of an event, in memory: what only organisers change is not read anew each time."""

from __future__ import annotations

import re
from copy import copy
from datetime import datetime
from functools import cached_property
from threading import Lock
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.db.models import Prefetch, prefetch_related_objects
from django.db.models.base import ModelState
from django.http import Http404

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    HouseStyle,
    Question,
    Role,
    Round,
    SignupQuestion,
    Slot,
    TableSession,
    Theme,
    Venue,
)

MOST = 100  # events


class Counters(NamedTuple):
    """What changes about a slot while people sign up."""

    seats: int
    reserved: int
    taken: int
    dropped_at: datetime | None


class KeptProgramme:
    """What an event consists of, each part read when it is first asked for.

    Shared by all threads, so nobody may change it. It is right for as long as the event has the
    same ``programme_key``.
    """

    def __init__(self, event: Event) -> None:
        self.event = event
        self.key = event.programme_key
        self.read_at = monotonic()

    @cached_property
    def venue(self) -> Venue:
        return self.event.venue

    @cached_property
    def house_style(self) -> HouseStyle | None:
        """Its own, if it has one."""
        return HouseStyle.objects.shown().filter(event=self.event).first()

    @cached_property
    def slots(self) -> list[Slot]:
        """By round, theme and code, with session, theme, round and line of the timetable.

        Their counters are out of date: ``slots_of`` has those of now.
        """
        slots = self.event.slots.select_related("session__theme", "round__agenda_item")
        found = sorted(
            slots,
            key=lambda one: (
                one.round.number,
                one.session.theme.number,
                natural(one.session.code),
            ),
        )
        for slot in found:
            # Or its times and the address of its page would ask the database for it.
            slot.event = slot.session.event = self.event
            if line := getattr(slot.round, "agenda_item", None):
                line.event = self.event
        return found

    @cached_property
    def signup_questions(self) -> list[SignupQuestion]:
        return list(self.event.signup_questions.asked())

    @cached_property
    def roles(self) -> list[Role]:
        """Those that can be chosen and those that once could."""
        return list(self.event.roles.all())

    @cached_property
    def asked_roles(self) -> list[Role]:
        """The answers on a form; none if the question is not asked."""
        asked = self.event.role_question
        return [role for role in self.roles if asked and role.retired_at is None]

    @cached_property
    def rounds(self) -> list[Round]:
        found = list(self.event.rounds.select_related("agenda_item"))
        for each in found:
            if line := getattr(each, "agenda_item", None):
                line.event = self.event
        return found

    @cached_property
    def agenda(self) -> list[AgendaItem]:
        found = list(self.event.agenda.select_related("round"))
        for item in found:
            item.event = self.event
        return found

    @cached_property
    def themes(self) -> list[Theme]:
        return list(self.event.themes.all())

    @cached_property
    def sessions(self) -> list[TableSession]:
        """With theme and hosts."""
        hostings = Hosting.objects.select_related("speaker")
        found = self.event.sessions.prefetch_related(Prefetch("hostings", hostings))
        themes = {theme.pk: theme for theme in self.themes}
        for session in found:
            session.event, session.theme = self.event, themes[session.theme_id]
        return list(found)

    @cached_property
    def questions(self) -> list[Question]:
        """Those that the page of the event answers."""
        return list(self.event.questions.all())


KNOWN: dict[int, KeptProgramme] = {}
LATELY: dict[str, tuple[Event, float]] = {}  # published events by slug, and when they were read
FETCHING = Lock()


def kept_programme(event: Event) -> KeptProgramme:
    known = KNOWN.get(event.pk)
    fresh = known and monotonic() - known.read_at < settings.PROGRAMME_SECONDS
    if known and fresh and known.key == event.programme_key:
        return known
    programme = KeptProgramme(copy(event))
    if settings.PROGRAMME_SECONDS:
        if event.pk not in KNOWN:
            for oldest in list(KNOWN)[: len(KNOWN) - MOST + 1]:
                KNOWN.pop(oldest, None)
        KNOWN[event.pk] = programme
    return programme


def published_event(slug: str) -> Event:
    """With its venue. Raises Http404."""
    try:
        event = Event.objects.named(slug)
    except Event.DoesNotExist:
        LATELY.pop(slug, None)
        raise Http404 from None
    event.venue = kept_programme(event).venue
    if settings.PROGRAMME_SECONDS:
        for oldest in list(LATELY)[: len(LATELY) - MOST + 1]:
            LATELY.pop(oldest, None)
        LATELY[slug] = copy(event), monotonic()
    return event


def published_lately(slug: str) -> Event | None:
    """As the last page about it found it, with its venue, if this process showed one lately."""
    event, at = LATELY.get(slug, (None, 0.0))
    return copy(event) if event and monotonic() - at < settings.PROGRAMME_SECONDS else None


def slots_of(event: Event) -> list[Slot]:
    """All tables of the event in the order of a form, with their seats as they are now.

    One query. Each caller gets slots of its own; session and round are shared.
    """
    known = kept_programme(event).slots
    rows = event.slots.order_by().values_list("pk", *Counters._fields)
    counters = {pk: Counters(*row) for pk, *row in rows}
    if {slot.pk for slot in known} != counters.keys():
        KNOWN.pop(event.pk, None)  # changed by hand in the database, or just now
        known = kept_programme(event).slots
    return [_now(slot, counters[slot.pk]) for slot in known if slot.pk in counters]


def fetch_hosts(slots: list[Slot]) -> None:
    """Into the sessions of these slots, which those of other visitors share.

    One thread at a time: two would undo each other's work.
    """
    with FETCHING:
        prefetch_related_objects(slots, "session__hostings__speaker")


def natural(code: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10, and 10a before 10b."""
    parts = re.split(r"(\d+)", code)
    return [(int(part) if part.isdecimal() else 0, part) for part in parts]


def _now(known: Slot, counters: Counters) -> Slot:
    """A slot of its own; by hand, for ``copy`` goes about it as pickling does, and takes longer."""
    slot = Slot.__new__(Slot)
    slot.__dict__ |= known.__dict__
    slot._state = ModelState()
    slot._state.db, slot._state.adding = known._state.db, False
    slot._state.fields_cache = known._state.fields_cache.copy()
    slot.seats, slot.reserved, slot.taken, slot.dropped_at = counters
    return slot
