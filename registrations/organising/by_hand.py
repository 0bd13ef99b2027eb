"""What organisers do for somebody: sign up by phone, confirm, move, send the link.

Nobody who waits is passed over by it (rules 3 and 8).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from program.models import Event, Slot
from registrations.booking import holds, locking, places, signup, waiting
from registrations.booking.changing import give_back
from registrations.errors import (
    DrawToCome,
    DrawUnderWay,
    Erased,
    EventFull,
    LinkUnderWay,
    MovedMeanwhile,
    NoSeatToMove,
    NothingChanged,
    NothingToMail,
    NotPublished,
    RegisteredAlready,
    SameName,
    StillInTheQueue,
    WaitingOffered,
)
from registrations.mail import mails
from registrations.models import Change, Registration, Seat, StoredMail
from registrations.names import person_names
from registrations.queries import tables
from registrations.queries.tables import NO_WAITLISTS, Tables, Waitlists

Kind = StoredMail.Kind
GRACE = timedelta(minutes=1)  # within which a second link is an accident


@transaction.atomic
def add(
    event: Event,
    person: signup.Attendee,
    tables_asked: Tables,
    waitlists_asked: Waitlists = NO_WAITLISTS,
    *,
    on_reserved: Collection[int] = (),
    waiting_too: bool = False,
    namesake: bool = False,
    extra: bool = False,
    who: str,
    why: str,
    at: datetime,
) -> Registration:
    """Sign up somebody who phoned, with an address or without: confirmed at once, all or nothing.

    If the event is full, or people wait for it, they join the waiting list with ``waiting_too``;
    with ``extra`` they get a place on top of the others instead, and tables that are free.
    In the rounds ``on_reserved`` they get a reserved seat. ``namesake``: somebody else may have
    this name already. Possible until the event is over. Raises NotPublished,
    CalledOff, EventOver, RegisteredAlready, SameName, EventFull, DrawUnderWay, DrawToCome,
    WaitingOffered, TablesRefused.
    """
    event = Event.objects.locked(event.pk)
    if not event.published:
        raise NotPublished
    locking.refuse_over(event, at=at)
    standing = locking.settle_first(event, at=at)
    counting = event.registrations.counting()
    if counting.of_address(person.email).exists():
        raise RegisteredAlready
    columns = person_names.columns(person.first_name, person.last_name, person.organisation)
    if not namesake and counting.filter(sort_key=columns["sort_key"]).exists():
        raise SameName
    full = signup.must_wait(event, standing, at=at)
    extra, waits = full and extra, full and not extra
    if waits and at >= event.waiting_closes:
        raise EventFull
    if event.draw_to_come and not event.ranking_open(at):
        raise DrawUnderWay
    if event.draw_to_come and extra:
        raise DrawToCome
    if waits and not waiting_too:
        raise WaitingOffered
    slots = tables.by_round_and_code(event)
    asked = tables.choose(
        slots, tables_asked, full_too=waits, reserved=() if waits else on_reserved
    )
    beside = tables.choose_waitlists(slots, waitlists_asked, asked)
    places.count_places(event, 0 if full else 1)
    registration = signup.create(
        event,
        person,
        origin=Registration.Origin.HAND,
        status=Registration.Status.WAITING if waits else Registration.Status.CONFIRMED,
        holds_place=not full,
        extra=extra,
        confirmed_at=at,
        draw_number=signup.free_draw_number(event) if waits and event.draw_to_come else None,
        at=at,
    )
    locking.record(registration, Change.What.ADDED, who=who, why=why, at=at)
    if waits:
        places.ask(signup.requests(registration, asked, beside))
        in_draw = {"draw": True} if event.draw_to_come else None
        locking.record(registration, Change.What.WAITING, who=who, at=at, new=in_draw)
    else:
        given = [one for one in asked if one.round.number in on_reserved]
        give(registration, given, who=who, at=at)
        places.sit_down(registration, asked, at=at, how=Seat.How.GIVEN)
        waiting.join_waitlists(registration, beside, at=at)
        new = tables.codes_of(asked)
        what = Change.What.EXTRA if extra else Change.What.CONFIRMED
        locking.record(registration, what, who=who, at=at, new=new)
    mails.store(registration, Kind.ADDED, at=at)
    holds.expire_others(event, registration, who=who, at=at)
    locking.settle(event, at=at)
    return locking.again(registration)


@transaction.atomic
def confirm(registration: Registration, *, who: str, why: str, at: datetime) -> Registration:
    """An organiser vouches for somebody who cannot confirm by mail; twice changes nothing.

    Otherwise as ``signup.confirm``: in time they keep what they hold, too late they stand behind
    those who wait. Those on the waiting list get a place only once it has closed.
    Raises Erased, CalledOff, EventOver, StillInTheQueue, RegisteredAlready, and what
    ``signup.confirm`` raises.
    """
    event, registration = locking.locked(registration)
    if registration.erased_at:
        raise Erased
    locking.refuse_over(event, at=at)
    if registration.is_waiting:
        if event.draw_to_come:
            raise DrawToCome
        if at < event.waiting_closes:
            raise StillInTheQueue
        return signup.take_free_place(registration, who=who, why=why, at=at)
    if not registration.is_confirmed and registration.superseded():
        raise RegisteredAlready
    return signup.confirm(registration, who=who, why=why, at=at)


@transaction.atomic
def move(
    registration: Registration,
    wanted: Tables,
    *,
    on_reserved: Collection[int] = (),
    seen: Mapping[str, str] | None = None,
    who: str,
    why: str = "",
    mail: bool = True,
    at: datetime,
) -> Registration:
    """Seat somebody elsewhere, all or nothing, until the event is over.

    In the rounds ``on_reserved`` they get a reserved seat, unless they sit at that table already.
    ``seen`` is what the organiser was shown, as ``tables.codes``: a page that is out of date moves
    nobody back. Entries on waiting lists stay, except those that the new seats end (rule 7). Raises
    NoSeatToMove, CalledOff, EventOver, TablesRefused, NothingChanged, MovedMeanwhile.
    """
    event, registration = locking.locked(registration)
    locking.refuse_over(event, at=at)
    if not registration.is_confirmed:
        raise NoSeatToMove
    _standing, registration = locking.settled(registration, at=at)
    seats = list(registration.table_seats.select_related("round", "session"))
    old, mine = tables.codes_of(seats), {seat.slot_id for seat in seats}
    by_code = tables.by_round_and_code(event)
    slots = tables.choose(by_code, wanted, mine=mine, reserved=on_reserved)
    if {slot.pk for slot in slots} == mine:
        raise NothingChanged
    if seen is not None and seen != old:
        raise MovedMeanwhile
    given = [one for one in slots if one.round.number in on_reserved and one.pk not in mine]
    give(registration, given, who=who, at=at)
    places.change_seats(registration, seats, slots, at=at, how=Seat.How.GIVEN)
    waiting.drop_pointless_entries(registration)
    locking.save(registration)
    new = tables.codes_of(slots)
    locking.record(registration, Change.What.TABLES, who=who, why=why, at=at, old=old, new=new)
    if mail:
        mails.store(registration, Kind.TABLES, at=at)
    locking.settle(event, at=at)
    return locking.again(registration)


@transaction.atomic
def resend(registration: Registration, *, who: str, at: datetime) -> None:
    """Mail somebody their link: to confirm by, or to their page.

    Twice in a row sends one. Raises NothingToMail, LinkUnderWay.
    """
    _event, registration = locking.locked(registration)
    if not may_mail(registration, at):
        raise NothingToMail
    if mail := under_way(registration, at):
        raise LinkUnderWay(mail.created_at, mail.sent_at)
    mail_link(registration, who=who, at=at)


def may_mail(registration: Registration, at: datetime) -> bool:
    """Whether there is a useful link, and an address to mail it to."""
    to_confirm = registration.is_pending and not registration.hold_over(at)
    of_use = to_confirm or registration.counts
    return of_use and bool(registration.email)


def under_way(registration: Registration, at: datetime) -> StoredMail | None:
    """The same link, waiting to be sent or sent less than a minute ago. Needs the lock."""
    kind = Kind.CONFIRM if _to_confirm(registration) else Kind.LINK
    same = registration.mails.filter(kind=kind, to=registration.email, failed_at=None)
    return same.filter(Q(sent_at=None) | Q(sent_at__gt=at - GRACE)).last()


def _to_confirm(registration: Registration) -> bool:
    return registration.is_pending and not registration.event.called_off


def mail_link(registration: Registration, *, who: str, at: datetime) -> None:
    """As ``resend``, for somebody who may be mailed. Needs the lock on the event."""
    if _to_confirm(registration):
        mails.store(registration, Kind.CONFIRM, at=at)
    else:
        mails.store(registration, Kind.LINK, unasked=True, at=at)
    locking.record(registration, Change.What.RESENT, who=who, at=at)


def give(registration: Registration, slots: Iterable[Slot], *, who: str, at: datetime) -> None:
    """Release one reserved seat of each slot, for this person to sit on.

    Needs the lock on the event; in the same transaction the caller takes the seats.
    """
    slots = list(slots)
    places.release(slots)
    for slot in slots:
        old, new = _words(slot, slot.reserved), _words(slot, slot.reserved - 1)
        locking.record(registration, Change.What.RESERVED, who=who, at=at, old=old, new=new)


def _words(slot: Slot, reserved: int) -> dict[str, int | str]:
    return {"round": slot.round.number, "code": slot.session.code, "reserved": reserved}


# People at a time: the organiser waits, and so does everybody who signs up.
MOST = 300


def cancel_many(
    chosen: QuerySet[Registration], *, who: str, why: str, mail: bool, at: datetime
) -> int:
    """Cancel those who hold or wait for a place at an event that is still to come; how many.

    All are cancelled before anybody moves up, so none of them gets the place of another.
    """
    cancelled = 0
    for event_key in _events_of(chosen):
        with transaction.atomic():
            event = Event.objects.locked(event_key)
            if event.called_off or event.started(at):
                continue
            people = list(event.registrations.cancellable().filter(pk__in=chosen.values("pk")))
            for registration in people:
                registration.event = event
                give_back(registration, who=who, why=why, mail=mail, at=at)
            locking.settle_free(event, at=at)
            cancelled += len(people)
    return cancelled


def resend_many(chosen: QuerySet[Registration], *, who: str, at: datetime) -> tuple[int, int]:
    """Mail their link to those who have a useful one, and an address.

    Returns how many, and for how many more it was on its way already.
    """
    sent = already = 0
    for event_key in _events_of(chosen):
        with transaction.atomic():
            event = Event.objects.locked(event_key)
            for registration in event.registrations.filter(pk__in=chosen.values("pk")):
                registration.event = event
                if not may_mail(registration, at):
                    continue
                if under_way(registration, at):
                    already += 1
                    continue
                mail_link(registration, who=who, at=at)
                sent += 1
    return sent, already


def _events_of(chosen: QuerySet[Registration]) -> list[int]:
    keys = chosen.order_by("event_id").values_list("event_id", flat=True)
    return list(keys.distinct())
