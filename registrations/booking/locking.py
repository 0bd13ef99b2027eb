"""What every action on a registration begins and ends with.

All code that writes registrations locks the event first, so that changes to one event come one
after the other; rows, history and mail stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from program.models import Event
from registrations.booking import holds, waiting
from registrations.errors import CalledOff, EventOver, EventStarted
from registrations.models import Change, Registration, WaitlistEntry, history


@dataclass(frozen=True)
class Standing:
    """What decides, under the lock, whether anybody has to move before the next newcomer.

    ``expired``: a hold has run out and is not freed yet. ``held``: how many places wait for a
    confirmation (rule 4). ``people_wait``: for the event; ``tables_wait``: for one of its tables.
    """

    expired: bool
    people_wait: bool
    tables_wait: bool
    held: int

    @property
    def may_move(self) -> bool:
        return self.expired or self.people_wait or self.tables_wait


def locked(registration: Registration) -> tuple[Event, Registration]:
    """The event under its lock, and the registration as it is now."""
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    fresh.event = event
    return event, fresh


def refuse_started(event: Event, *, at: datetime) -> None:
    """Raises CalledOff, EventStarted."""
    if event.called_off:
        raise CalledOff
    if event.started(at):
        raise EventStarted


def refuse_over(event: Event, *, at: datetime) -> None:
    """Raises CalledOff, EventOver."""
    if event.called_off:
        raise CalledOff
    if event.over(at):
        raise EventOver


def again(registration: Registration) -> Registration:
    """The same registration as it is now, after settling, with the same locked event."""
    fresh = Registration.objects.get(pk=registration.pk)
    fresh.event = registration.event
    return fresh


def settle(event: Event, *, at: datetime) -> Standing:
    """Free expired holds, then move those who wait: before any newcomer (rule 7).

    One query if nobody waits and no hold has run out. Returns how the event stands afterwards.
    """
    standing = _standing(event, at)
    if not standing.may_move:
        return standing
    if standing.expired:
        holds.expire_holds(event, at=at)
    waiting.settle_event(event, at=at)
    return _standing(event, at)


def _standing(event: Event, at: datetime) -> Standing:
    people = Registration.objects.filter(event=OuterRef("pk")).order_by()
    held = people.pending().holding().values("event").annotate(number=Count("pk"))
    entries = WaitlistEntry.objects.counting().filter(event=OuterRef("pk"))
    row = Event.objects.filter(pk=event.pk).values_list(
        Exists(people.hold_expired(at)),
        Exists(people.waiting()),
        Exists(entries),
        Coalesce(Subquery(held.values("number")), 0),
    )
    return Standing(*row.get())


def save(registration: Registration, *fields: str) -> None:
    """Store these fields and stamp the event's next version on the row."""
    registration.event.bump()
    registration.version = registration.event.version
    registration.save(update_fields=[*fields, "version"])


def record(
    registration: Registration,
    what: Change.What,
    *,
    at: datetime,
    who: str = history.ATTENDEE,
    why: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    history.record(
        registration.event, registration, what, who=who, why=why, at=at, old=old, new=new
    )
