"""When an event's waiting lists close, everybody who still waits is told once (rule 9)."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max, Q

from program.models import Event
from registrations import history
from registrations.mail import mails
from registrations.models import Change
from registrations.one_by_one import one_by_one


def tell_waiters(at: datetime) -> int:
    """Mail those who wait for an event whose lists have closed; returns how many.

    An event is told of once each time that its lists close, and not after its start. Lists that
    closed, and were opened again by a later hour of closing, close a second time.
    """
    coming = Event.objects.filter(starts_at__gt=at, called_off_at=None)
    due = [
        event.pk
        for event in coming.annotate(told_at=_told_at())
        if event.waiting_closes <= at and not _knows(event, event.told_at)
    ]
    return one_by_one("event", due, partial(_tell_waiting_over, at=at))


def _told_at() -> Max:
    return Max("changes__at", filter=Q(changes__what=Change.What.WAITING_OVER))


def _knows(event: Event, told_at: datetime | None) -> bool:
    """Whether people were told of this closing, and not only of an earlier one."""
    return told_at is not None and told_at >= event.waiting_closes


@transaction.atomic
def _tell_waiting_over(key: int, *, at: datetime) -> int:
    event = Event.objects.locked(key)
    told_at = event.changes.filter(what=Change.What.WAITING_OVER).aggregate(at=Max("at"))["at"]
    if event.called_off or event.waiting_closes > at or _knows(event, told_at):
        return 0  # another worker was first, or an organiser in between
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
