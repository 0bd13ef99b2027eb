"""One person's day: the event's timetable with their tables in it, and where they are in it now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from program.models import Event, TableSession
from program.public.grid import DayLine, timetable
from program.public.programme import kept_programme
from registrations.models import Registration, Seat
from registrations.queries import waiting
from registrations.queries.waiting import Wait


@dataclass(frozen=True)
class MyLine(DayLine):
    """A line of the day; of a round with the person's seat in it and what they wait for.

    ``dropped`` is a table session that they had there and that does not take place.
    """

    seat: Seat | None = None
    waits: Sequence[Wait] = ()
    dropped: TableSession | None = None


@dataclass(frozen=True)
class NowAndNext:
    """What is on at a moment of the day itself, and what comes next; without that, the end."""

    now: MyLine | None
    next: MyLine | None


def my_day(registration: Registration, seats: list[Seat], waits: list[Wait]) -> list[MyLine]:
    """The event's timetable with the person's tables in it."""
    event, dropped = registration.event, waiting.dropped(registration)
    seat_in = {seat.round_id: seat for seat in seats}
    sessions = {session.code: session for session in kept_programme(event).sessions}
    return [
        MyLine(
            line.starts_at,
            line.ends_at,
            line.item,
            seat=seat_in.get(line.round.pk) if line.round else None,
            waits=[wait for wait in waits if line.round and wait.slot.round == line.round],
            dropped=sessions.get(dropped.get(line.round.number, "")) if line.round else None,
        )
        for line in timetable(event)
    ]


def now_and_next(event: Event, day: Sequence[MyLine], *, at: datetime) -> NowAndNext | None:
    """None on other days than that of the event, and once it is over.

    Of what runs at the same time one's own table counts. A break may be what is on, but never
    what comes next: people want to know where to go then.
    """
    if timezone.localdate(at) != event.day or event.over(at):
        return None
    running = [line for line in day if line.starts_at <= at < line.ends_at]
    coming = [line for line in day if line.item and line.starts_at > at]
    return NowAndNext(
        now=max(running, key=lambda line: (bool(line.seat), line.starts_at), default=None),
        next=min(coming, key=lambda line: (line.starts_at, not line.seat), default=None),
    )
