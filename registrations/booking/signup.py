"""Becoming an attendee: sign up, prove the address, wait for a place.

Like all code that writes registrations this locks the event first, so that what happens to
one event happens one after the other; rows, history and mail stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from django.db import transaction

from program.models import Event, Slot
from registrations.booking import answers, holds, locking, places, waiting
from registrations.booking.answers import NOTHING, Answers
from registrations.errors import (
    CalledOff,
    ConfirmedTooLate,
    EventFull,
    EventStarted,
    NotRegistered,
    SignupClosed,
    SignupNotOpen,
    WaitingOffered,
)
from registrations.mail import mails
from registrations.models import Change, Registration, Seat, history
from registrations.names import person_names
from registrations.queries import tables
from registrations.queries.tables import NO_WAITLISTS, Tables, Waitlists
from registrations.queries.tokens import new_secret

# Whoever sends the same form again after this has waited for a mail, and gets another.
DOUBLE_CLICK = timedelta(minutes=1)


@dataclass(frozen=True)
class Attendee:
    """What someone tells about themselves, cleaned by the form."""

    first_name: str
    last_name: str
    email: str
    organisation: str = ""
    role: str = ""
    listed: bool = False
    language: str = "nl"


@transaction.atomic
def sign_up(
    event: Event,
    person: Attendee,
    tables_asked: Tables,
    waitlists_asked: Waitlists = NO_WAITLISTS,
    *,
    told: Answers = NOTHING,
    waiting_too: bool = False,
    number: UUID | None = None,
    at: datetime,
) -> Registration:
    """Hold a place and the tables asked for, all or nothing, until the address is proven.

    Of an event that is full, or for which people wait, a place is not held but waited for,
    if the visitor agreed to that with ``waiting_too`` (rule 8). Whether the address is
    registered already makes no difference here (rule 5): only the mail differs. Forms of one
    ``number`` within a minute, as a double click sends them, are one sign-up. Raises
    CalledOff, SignupNotOpen, SignupClosed, AnswersRefused, EventFull, WaitingOffered,
    TablesRefused.
    """
    event = Event.objects.locked(event.pk)
    number, before = _once(number, at=at)
    if before:
        return before
    if event.called_off:
        raise CalledOff
    if not event.signup_open(at):
        raise SignupClosed if at >= event.signup_closes else SignupNotOpen
    answers.check(event, told)
    locking.settle(event, at=at)
    waits = event.places_left < 1 or waiting.anybody_waits(event, at=at)
    if waits and at >= event.waiting_closes:
        raise EventFull
    if waits and not waiting_too:
        raise WaitingOffered
    asked = tables.choose(event, tables_asked, full_too=waiting_too)
    wished = tables.choose_waitlists(event, waitlists_asked, asked)
    until = min(at + holds.lasts(event), event.starts_at)
    registration = _create(
        event, person, asked, wished, holds=not waits, until=until, number=number, at=at
    )
    if not waits:
        places.take_place(registration, [one for one in asked if not one.full], at=at)
    answers.store(registration, told, at=at)
    locking.record(registration, Change.What.SIGNED_UP, at=at, new=tables.codes(registration))
    registered = event.registrations.counting().of_address(person.email).first()
    if registered:
        mails.store_already(registered, at=at)
    else:
        mails.store_confirm(registration, at=at)
    holds.warn_if_many(event, at=at)
    return registration


def judge_tables(
    event: Event, asked: Tables, entries: Waitlists, *, waiting_too: bool = False
) -> None:
    """Say already what ``sign_up`` would say of these tables. Raises TablesRefused."""
    chosen = tables.choose(event, asked, full_too=waiting_too)
    tables.choose_waitlists(event, entries, chosen)


@transaction.atomic
def confirm(
    registration: Registration, *, at: datetime, who: str = history.ATTENDEE, why: str = ""
) -> Registration:
    """The owner of the address says yes (rule 4); doing so twice changes nothing.

    Who holds nothing, or no longer, stands behind those who wait: a place if one is free, with
    the tables still free and entries for the rest, else the waiting list. Raises CalledOff,
    EventStarted, NotRegistered for a sign-up that ended or was superseded, and
    ConfirmedTooLate when there is no place and waiting is over.
    """
    event, registration = locking.locked(registration)
    if registration.status in Registration.COUNTING:
        return registration
    if event.called_off:
        raise CalledOff
    if event.started(at):
        raise EventStarted
    if registration.is_cancelled or superseded(registration):
        raise NotRegistered
    locking.settle(event, at=at)
    registration = locking.again(registration)
    registration.confirmed_at = at
    if registration.holds_place or (
        event.places_left > 0 and not waiting.anybody_waits(event, at=at)
    ):
        _confirm_place(registration, who=who, why=why, at=at)
    elif at < event.waiting_closes:
        _end_hold(registration, Registration.Status.WAITING)
        locking.record(registration, Change.What.WAITING, who=who, why=why, at=at)
        mails.store_waiting(registration, at=at)
    else:
        raise ConfirmedTooLate
    holds.expire_others(event, registration, who=who, at=at)
    waiting.settle_event(event, at=at)
    return registration


@transaction.atomic
def take_free_place(
    registration: Registration, *, at: datetime, who: str = history.ATTENDEE, why: str = ""
) -> Registration:
    """Somebody on the waiting list takes a place by hand, once nobody moves by itself (rule 9).

    Raises NotRegistered, CalledOff, EventStarted, EventFull.
    """
    event, registration = locking.locked(registration)
    if registration.is_confirmed:
        return registration
    if not registration.is_waiting:
        raise NotRegistered
    if event.called_off:
        raise CalledOff
    if event.started(at):
        raise EventStarted
    locking.settle(event, at=at)
    registration = locking.again(registration)
    if registration.is_waiting:
        if at < event.waiting_closes or event.places_left < 1:
            raise EventFull
        _confirm_place(registration, who=who, why=why, at=at)
    return registration


def superseded(registration: Registration) -> bool:
    """Whether this person is registered through another sign-up already (rule 5)."""
    others = Registration.objects.filter(event=registration.event_id).exclude(pk=registration.pk)
    return others.counting().of_address(registration.email).exists()


def _once(number: UUID | None, *, at: datetime) -> tuple[UUID, Registration | None]:
    """The uuid for this sign-up, and the one that the same form made less than a minute ago."""
    if number is None:
        return uuid4(), None
    minute = int(at.timestamp() // DOUBLE_CLICK.total_seconds())
    this, last = (uuid5(number, str(one)) for one in (minute, minute - 1))
    same = {one.uuid: one for one in Registration.objects.filter(uuid__in=(this, last))}
    # Confirmed or not: a hold more or less would tell a stranger (rule 5).
    fresh = (
        one for one in same.values() if not one.ended_at and at < one.created_at + DOUBLE_CLICK
    )
    return uuid4() if this in same else this, next(fresh, None)


def _confirm_place(registration: Registration, *, who: str, why: str, at: datetime) -> None:
    """The place is theirs; what they asked for beside what they got becomes entries."""
    event = registration.event
    late = not registration.holds_place
    if late:
        how = Seat.How.PROMOTED if registration.is_waiting else Seat.How.CHOSEN
        free = tables.still_free(event, registration.asked)
        places.take_place(registration, free, at=at, how=how)
        registration.holds_place = True
    promoted = registration.is_waiting
    _end_hold(registration, Registration.Status.CONFIRMED)
    seats = list(registration.table_seats.all())
    sits_in, sits_at = {seat.round_id for seat in seats}, {seat.session_id for seat in seats}
    # A table that was full may be free by now: an entry for it is served at once, after others.
    asked = [
        slot
        for slot in tables.known(event, registration.asked)
        if slot.full or slot.round_id not in sits_in
    ]
    wished = [*asked, *tables.known(event, registration.wished)]
    missed = [slot for slot in wished if slot.session_id not in sits_at]
    waiting.join_waitlists(registration, missed, at=at)
    what = Change.What.PROMOTED if promoted else Change.What.CONFIRMED
    new = tables.codes(registration)
    locking.record(registration, what, who=who, why=why, at=at, new=new)
    if promoted:
        mails.store_promoted(registration, at=at)
    else:
        mails.store_registered(registration, at=at)


def _end_hold(registration: Registration, status: Registration.Status) -> None:
    """From pending to what it became."""
    registration.status = status
    registration.hold_expires_at = None
    if status in Registration.COUNTING:
        registration.ended_at = None
    fields = ("status", "holds_place", "confirmed_at", "hold_expires_at", "ended_at")
    locking.save(registration, *fields)


def _create(
    event: Event,
    person: Attendee,
    asked: list[Slot],
    wished: list[Slot],
    *,
    holds: bool,
    until: datetime,
    number: UUID,
    at: datetime,
) -> Registration:
    event.bump()
    return Registration.objects.create(
        event=event,
        uuid=number,
        status=Registration.Status.PENDING,
        **person_names.columns(person.first_name, person.last_name, person.organisation),
        email=person.email,
        role=person.role,
        listed=person.listed,
        language=person.language,
        secret=new_secret(),
        holds_place=holds,
        asked=[slot.pk for slot in asked],
        wished=[slot.pk for slot in wished],
        created_at=at,
        hold_expires_at=until,
        version=event.version,
    )
