"""What every action on a registration begins and ends with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from program.models import Event
from registrations.booking import holds, waiting
from registrations.models import Change, Registration, history


def locked(registration: Registration) -> tuple[Event, Registration]:
    """The event under its lock, and the registration as it is now."""
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    fresh.event = event
    return event, fresh


def again(registration: Registration) -> Registration:
    """The same registration as it is now, after settling, with the same locked event."""
    fresh = Registration.objects.get(pk=registration.pk)
    fresh.event = registration.event
    return fresh


def settle(event: Event, *, at: datetime) -> None:
    """First expired holds are freed, then whoever waits moves: before any newcomer (rule 7)."""
    holds.expire_holds(event, at=at)
    waiting.settle_event(event, at=at)


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
