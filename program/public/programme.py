"""The programme of an event, in memory: what only organisers change is not read anew each time."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from program.models import Event, SignupQuestion, Slot

MOST = 100  # events


class Counters(NamedTuple):
    """What changes about a slot while people sign up."""

    seats: int
    reserved: int
    taken: int
    dropped_at: datetime | None


@dataclass(frozen=True)
class KeptProgramme:
    """As it was read; shared by all threads, so nobody may change it.

    ``slots`` come in the order of a page, with session, theme, round and line of the timetable,
    and with counters that are out of date; the hosts of a session are fetched into it once a page
    draws them. ``questions`` are those of the sign-up form.
    """

    key: UUID
    read_at: float
    slots: tuple[Slot, ...]
    questions: tuple[SignupQuestion, ...]


KNOWN: dict[int, KeptProgramme] = {}


def programme_of(event: Event) -> KeptProgramme:
    """No query if it is in memory; else two."""
    known = KNOWN.get(event.pk)
    if (
        known
        and known.key == event.programme_key
        and monotonic() - known.read_at < settings.PROGRAMME_SECONDS
    ):
        return known
    slots = event.slots.select_related("session__theme", "round__agenda_item")
    programme = KeptProgramme(
        event.programme_key,
        monotonic(),
        tuple(slots.order_by("round__number", "session__theme__number", "session__code")),
        tuple(event.signup_questions.asked()),
    )
    for slot in programme.slots:
        slot.event = event  # or its times would ask the database for it
        if line := getattr(slot.round, "agenda_item", None):
            line.event = event
    if settings.PROGRAMME_SECONDS:
        while len(KNOWN) >= MOST:
            KNOWN.pop(next(iter(KNOWN)), None)
        KNOWN[event.pk] = programme
    return programme


def slots_of(event: Event) -> list[Slot]:
    """All tables of the event in the order of a page, with their seats as they are now.

    One query. Each caller gets slots of its own; session and round are shared.
    """
    known = programme_of(event).slots
    rows = event.slots.order_by().values_list("pk", *Counters._fields)
    counters = {pk: Counters(*row) for pk, *row in rows}
    if {slot.pk for slot in known} != counters.keys():
        KNOWN.pop(event.pk, None)  # changed by hand in the database, or just now
        known = programme_of(event).slots
    return [_now(slot, counters[slot.pk]) for slot in known if slot.pk in counters]


def _now(known: Slot, counters: Counters) -> Slot:
    slot = copy(known)
    slot.seats, slot.reserved, slot.taken, slot.dropped_at = counters
    return slot
