"""An event does not take place: everybody is told, and nothing more happens to it by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from program.models import Event
from registrations.booking import locking
from registrations.errors import EventOver, EventStarted
from registrations.mail import notices
from registrations.mailing import mailings
from registrations.models import Change, Registration, StoredMail, history
from registrations.models.mail import StoredMailQuerySet
from registrations.organising import hosts

Kind = StoredMail.Kind


@transaction.atomic
def call_off(event: Event, *, why: str = "", why_en: str = "", who: str, at: datetime) -> Event:
    """Close everything and tell all who come, wait or have yet to confirm, with ``why``.

    Places, tables and queues stay as they are, in case it takes place after all. Mail about going
    on that has not left yet is dropped, and its reader gets none: for them it never went on. Doing
    so twice changes nothing. Raises EventOver.
    """
    event = Event.objects.locked(event.pk)
    if event.called_off:
        return event
    if event.over(at):
        raise EventOver
    event.called_off_at, event.called_off_why, event.called_off_why_en = at, why, why_en
    event.save(update_fields=["called_off_at", "called_off_why", "called_off_why_en"])
    mailings.stop_ready_made(event, at=at)
    what = Change.What.CALLED_OFF
    went_on = event.changes.filter(registration=None, what=what, new__called_off=False)
    unsent = event.mails.filter(kind=Kind.RESCHEDULED, created_at__in=went_on.values("at"))
    people = _without(_taken_back(unsent, at), event)
    _tell(event, people, Kind.CALLED_OFF, off=True, who=who, at=at)
    return event


@transaction.atomic
def go_on(event: Event, *, who: str, at: datetime) -> Event:
    """It takes place after all: everything is as it was, and those who were told hear so.

    Mail about calling off that has not left yet is dropped, and its reader gets none. Doing so
    twice changes nothing. Raises EventStarted.
    """
    event = Event.objects.locked(event.pk)
    if not event.called_off:
        return event
    if event.started(at):
        raise EventStarted
    event.called_off_at, event.called_off_why, event.called_off_why_en = None, "", ""
    event.save(update_fields=["called_off_at", "called_off_why", "called_off_why_en"])
    people = _without(_taken_back(event.mails.filter(kind=Kind.CALLED_OFF), at), event)
    _tell(event, people, Kind.RESCHEDULED, off=False, who=who, at=at)
    locking.settle(event, at=at)
    return event


def _taken_back(mails: StoredMailQuerySet, at: datetime) -> set[int]:
    """Delete the mails that have not left; returns the keys of their readers.

    One that a worker is sending may leave all the same.
    """
    unsent = mails.idle(at)
    people = {mail.registration_id for mail in unsent.only("registration") if mail.registration_id}
    unsent.delete()
    return people


def _without(spared: set[int], event: Event) -> list[Registration]:
    return [one for one in notices.whom_to_tell(event) if one.pk not in spared]


def _tell(
    event: Event, people: list[Registration], kind: Kind, *, off: bool, who: str, at: datetime
) -> None:
    event.bump_programme()
    event.registrations.confirmed().update(version=event.version)
    what = Change.What.CALLED_OFF
    history.record(
        event, None, what, who=who, at=at, new={"called_off": off, "people": len(people)}
    )
    history.record_all(event, people, what, who=who, at=at, new={"called_off": off})
    notices.store_for_all(event, people, kind, at=at)
    hosts.follow(event, at=at)
