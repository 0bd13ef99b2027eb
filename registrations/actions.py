"""What people can do with a registration: the only code that writes one.

Each function locks the event first, so that what happens to one event happens one after the
other; what it writes, its history and its mail stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from program.models import Event
from registrations import history, holds, mails, names, places, tables
from registrations.errors import (
    ChangesClosed,
    ConfirmedTooLate,
    EventFull,
    EventStarted,
    NotRegistered,
    SignupClosed,
    SignupNotOpen,
)
from registrations.models import Change, Registration
from registrations.tables import Tables
from registrations.tokens import new_secret


@dataclass(frozen=True)
class Person:
    """What someone tells about themselves, cleaned by the form."""

    first_name: str
    last_name: str
    email: str
    organisation: str = ""
    role: str = ""
    listed: bool = False
    language: str = "nl"


@transaction.atomic
def sign_up(event: Event, person: Person, tables_asked: Tables, *, at: datetime) -> Registration:
    """Hold a place and the tables asked for, all or nothing, until the address is proven.

    Whether the address is registered already makes no difference here (rule 5): only the
    mail differs. Raises SignupNotOpen, SignupClosed, EventFull, TablesRefused.
    """
    event = Event.objects.locked(event.pk)
    if not event.signup_open(at):
        raise SignupClosed if at >= event.signup_closes else SignupNotOpen
    holds.expire_holds(event, at=at)
    sittings = tables.choose(event, tables_asked)
    if event.places_left < 1:
        raise EventFull
    until = min(at + holds.lasts(event), event.starts_at)
    sort_name = names.sort_name(person.first_name, person.last_name)
    event.bump()
    registration = Registration.objects.create(
        event=event,
        status=Registration.Status.PENDING,
        first_name=person.first_name,
        last_name=person.last_name,
        sort_name=sort_name,
        sort_key=names.sort_key(sort_name),
        search_name=names.search_name(person.first_name, person.last_name, person.organisation),
        email=person.email,
        organisation=person.organisation,
        role=person.role,
        listed=person.listed,
        language=person.language,
        secret=new_secret(),
        asked=[sitting.pk for sitting in sittings],
        created_at=at,
        hold_expires_at=until,
        version=event.version,
    )
    places.take_place(registration, sittings)
    _record(registration, Change.What.SIGNED_UP, at=at, new=tables.codes(registration))
    registered = event.registrations.counting().of_address(person.email).first()
    if registered:
        mails.store_already(registered, at=at)
    else:
        mails.store_confirm(registration, at=at)
    holds.warn_if_many(event, at=at)
    return registration


@transaction.atomic
def confirm(registration: Registration, *, at: datetime) -> Registration:
    """The owner of the address says yes (rule 4); doing so twice changes nothing.

    After the hold has run out, what is still free is taken. Raises ConfirmedTooLate when
    that is nothing, EventStarted, and NotRegistered for a sign-up that ended or was superseded.
    """
    event, registration = _locked(registration)
    if registration.is_confirmed:
        return registration
    if event.started(at):
        raise EventStarted
    if registration.is_cancelled or superseded(registration):
        raise NotRegistered
    holds.expire_holds(event, at=at)
    registration.refresh_from_db()
    if registration.is_expired:
        if event.places_left < 1:
            raise ConfirmedTooLate
        places.take_place(registration, tables.still_free(event, registration.asked))
    registration.status = Registration.Status.CONFIRMED
    registration.confirmed_at = at
    registration.hold_expires_at = registration.ended_at = None
    _save(registration, "status", "confirmed_at", "hold_expires_at", "ended_at")
    _record(registration, Change.What.CONFIRMED, at=at, new=tables.codes(registration))
    holds.expire_others(event, registration, at=at)
    mails.store_registered(registration, at=at)
    return registration


@transaction.atomic
def change_tables(registration: Registration, wanted: Tables, *, at: datetime) -> Registration:
    """Sit at these tables from now on, all or nothing (rule 2).

    Raises NotRegistered, ChangesClosed, TablesRefused.
    """
    event, registration = _locked(registration)
    if not registration.is_confirmed:
        raise NotRegistered
    if at >= event.changes_close:
        raise ChangesClosed
    holds.expire_holds(event, at=at)
    old = tables.codes(registration)
    mine = registration.table_seats.values_list("sitting_id", flat=True)
    sittings = tables.choose(event, wanted, mine=set(mine))
    places.change_seats(registration, sittings)
    new = tables.codes(registration)
    if new != old:
        registration.calendar_sequence += 1
        _save(registration, "calendar_sequence")
        _record(registration, Change.What.TABLES, at=at, old=old, new=new)
        mails.store_tables_changed(registration, at=at)
    return registration


@transaction.atomic
def cancel(
    registration: Registration, *, at: datetime, who: str = history.ATTENDEE, why: str = ""
) -> Registration:
    """Free the place and the seats at once (rule 9); doing so twice changes nothing.

    Raises EventStarted, and NotRegistered for a sign-up that ran out.
    """
    event, registration = _locked(registration)
    if registration.is_cancelled:
        return registration
    if registration.is_expired:
        raise NotRegistered
    if event.started(at):
        raise EventStarted
    proven = not registration.is_pending
    old = tables.codes(registration)
    if registration.status in Registration.HOLDING:
        places.free_places(event, [registration])
    registration.status = Registration.Status.CANCELLED
    registration.ended_at = at
    registration.hold_expires_at = None
    registration.listed = False
    registration.calendar_sequence += 1
    _save(registration, "status", "ended_at", "hold_expires_at", "listed", "calendar_sequence")
    _record(registration, Change.What.CANCELLED, at=at, who=who, why=why, old=old)
    if proven:
        mails.store_cancelled(registration, at=at)
    return registration


@transaction.atomic
def set_listed(registration: Registration, listed: bool, *, at: datetime) -> Registration:
    """Be seen on 'Who is coming?' or not (rule 12). Raises NotRegistered."""
    _event, registration = _locked(registration)
    if not registration.is_confirmed:
        raise NotRegistered
    if registration.listed != listed:
        registration.listed = listed
        _save(registration, "listed")
        _record(registration, Change.What.LISTED, at=at, new={"listed": listed})
    return registration


@transaction.atomic
def send_link(event: Event, email: str, *, at: datetime) -> None:
    """Mail someone their link again, if they have one; the caller never learns (rule 5)."""
    registration = event.registrations.counting().of_address(email).first()
    if registration:
        mails.store_link(registration, at=at)


def superseded(registration: Registration) -> bool:
    """Whether this person is registered through another sign-up already (rule 5)."""
    others = Registration.objects.filter(event=registration.event_id).exclude(pk=registration.pk)
    return others.counting().of_address(registration.email).exists()


def _locked(registration: Registration) -> tuple[Event, Registration]:
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    fresh.event = event
    return event, fresh


def _save(registration: Registration, *fields: str) -> None:
    registration.event.bump()
    registration.version = registration.event.version
    registration.save(update_fields=[*fields, "version"])


def _record(
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
