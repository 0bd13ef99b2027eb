"""When an event's waiting lists close, everybody who still waits is told once (rule 9)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from program.models import Event
from registrations import history, mails
from registrations.models import Change


def tell_waiters(at: datetime) -> int:
    """Mail those who wait for an event whose lists have closed; returns how many.

    An event is told of once, and not after its start.
    """
    coming = Event.objects.filter(starts_at__gt=at)
    told = 0
    for event in coming.exclude(changes__what=Change.What.WAITING_OVER):
        if event.waiting_closes <= at:
            told += _tell(event, at=at)
    return told


@transaction.atomic
def _tell(event: Event, *, at: datetime) -> int:
    event = Event.objects.locked(event.pk)
    if event.changes.filter(what=Change.What.WAITING_OVER).exists():
        return 0  # another worker was first
    waiters = event.registrations.waiting() | event.registrations.confirmed().exclude(wishes=None)
    people = list(waiters.distinct())
    event.bump()
    for registration in people:
        registration.event = event
        mails.store_waiting_over(registration, at=at)
    history.record(
        event,
        None,
        Change.What.WAITING_OVER,
        who=history.WORKER,
        at=at,
        new={"people": len(people)},
    )
    return len(people)
