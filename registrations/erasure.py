"""Forgetting people: on their own word, or when an event's time is up (rule 12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from program.models import Event
from registrations import history, places
from registrations.models import Change, Registration, RegistrationQuerySet, StoredMail

# The role stays: it counts heads and names nobody.
EMPTY = {
    "first_name": "",
    "last_name": "",
    "sort_name": "",
    "sort_key": "",
    "search_name": "",
    "email": "",
    "organisation": "",
    "listed": False,
    "secret": "",
}


@transaction.atomic
def erase(registration: Registration, *, at: datetime) -> None:
    """Remove every personal value; before the start this gives the place back too.

    The personal link stops working and no mail follows. Erasing twice changes nothing.
    """
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    if fresh.erased_at:
        return
    active = fresh.status in (*Registration.HOLDING, Registration.Status.WAITING)
    if active and not event.started(at):
        if fresh.status in Registration.HOLDING:
            places.free_places(event, [fresh])
        event.registrations.filter(pk=fresh.pk).update(
            status=Registration.Status.CANCELLED, ended_at=at, hold_expires_at=None
        )
    _empty(event, event.registrations.filter(pk=fresh.pk), at=at)
    history.record(event, fresh, Change.What.ERASED, who=history.ATTENDEE, at=at)


def erase_due(at: datetime) -> int:
    """Erase the people of events whose ``retention_days`` are over; returns how many."""
    over = Event.objects.past(at).filter(registrations__erased_at=None).distinct()
    erased = 0
    for event in over.exclude(registrations=None):
        if event.ends_at + timedelta(days=event.retention_days) > at:
            continue
        with transaction.atomic():
            locked = Event.objects.locked(event.pk)
            people = _empty(locked, locked.registrations.filter(erased_at=None), at=at)
            if people:
                history.record(
                    locked,
                    None,
                    Change.What.ERASED,
                    who=history.WORKER,
                    at=at,
                    new={"people": people},
                )
            erased += people
    return erased


def _empty(event: Event, people: RegistrationQuerySet, *, at: datetime) -> int:
    keys = list(people.values_list("pk", flat=True))
    event.bump()
    StoredMail.objects.filter(registration__in=keys).delete()
    Change.objects.filter(registration__in=keys).update(why="")
    return Registration.objects.filter(pk__in=keys).update(
        **EMPTY, erased_at=at, version=event.version
    )
