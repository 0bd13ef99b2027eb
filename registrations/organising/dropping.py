"""A table drops out, for instance because its host is ill: its people choose again (rule 10).

History keeps, by key, who lost which seat: until the table takes place after all they can get it
back, and until they sit somewhere else in that round somebody has to tell them. Before a draw it
only leaves the choices of those who ranked it, and comes back there if it takes place after all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from program.models import Event, Slot
from registrations.booking import locking, places, waiting
from registrations.mail import mails, notices
from registrations.models import (
    Change,
    Registration,
    RegistrationQuerySet,
    Seat,
    StoredMail,
    WaitlistEntry,
    WaitlistEntryQuerySet,
    history,
)
from registrations.organising import hosts
from registrations.queries import tables
from registrations.queries.snapshots import SlotWords

# In history: every slot that dropped out, by key, and the pairs of a slot and a registration there.
SLOTS, SEATS = "slots", "seats"


@transaction.atomic
def drop(
    event: Event, keys: Collection[int], *, who: str, why: str = "", at: datetime
) -> list[Slot]:
    """These slots do not take place after all; returns those that dropped out now.

    Their people keep their place in the event and lose that seat; entries for them end. What was
    asked for before a draw stays, and means nothing until they take place after all. Each gets one
    mail, with what is still free in that round. ``why`` is for the history alone: it
    may be about a host. Raises CalledOff, EventOver.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_over(event, at=at)
    locking.settle(event, at=at)
    slots = list(event.slots.going_on().filter(pk__in=keys).select_related("session", "round"))
    if not slots:
        return []
    seats = Seat.objects.filter(slot__in=slots).order_by("got_at", "pk")
    lost, waited = _by_person(seats, slots), _by_person(_waited(event, slots), slots)
    old = {pk: tables.codes(Registration(pk=pk)) for pk in lost}
    seated = list(seats.values_list("slot", "registration"))
    places.rearrange(list(seats), [])
    entries = event.waitlist_entries.filter(slot__in=slots)
    (entries.counting() if event.draw_to_come else entries).delete()
    event.bump()
    gone = sorted(one.pk for one in slots)
    Slot.objects.filter(pk__in=gone).update(dropped_at=at)
    event.registrations.filter(pk__in=lost).update(version=event.version)
    new = {"tables": _said(slots), "people": len(lost), SLOTS: gone, SEATS: seated}
    history.record(event, None, Change.What.DROPPED, who=who, why=why, at=at, new=new)
    for registration in event.registrations.filter(pk__in={*lost, *waited}).order_by("pk"):
        registration.event = event
        had, has = old.get(registration.pk), tables.codes(registration)
        locking.record(registration, Change.What.DROPPED, who=who, at=at, old=had, new=has)
        if _may_be_told(registration):
            mine, queue = lost[registration.pk], waited[registration.pk]
            notices.store_dropped(registration, mine, queue, at=at)
    hosts.follow(event, at=at)
    locking.settle(event, at=at)
    return slots


@dataclass
class Returned:
    """What became of those who lost a seat, or a choice, at tables that take place after all."""

    seats: list[Seat] = field(default_factory=list)
    ranked: int = 0  # have it among their choices again, for the draw to come
    sit_elsewhere: int = 0  # at another table in that round, or at that session in another round
    gone: int = 0  # cancelled, not confirmed in time, or erased
    no_seat: int = 0  # the table has fewer seats by now


@transaction.atomic
def take_place_after_all(
    event: Event, keys: Collection[int], *, who: str, at: datetime
) -> Returned:
    """These slots take place again, and those who lost a seat there have it back.

    Not if they sit at another table in that round by now, and as long as there are seats: those
    who sat there first come first. Each gets one mail. Raises CalledOff, EventOver.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_over(event, at=at)
    locking.settle_free(event, at=at)
    dropped = event.slots.filter(pk__in=keys).exclude(dropped_at=None)
    slots = {slot.pk: slot for slot in dropped.select_related("session", "round")}
    if not slots:
        return Returned()
    lost = [pair for pair in _lost_seats([event]) if pair[0] in slots]
    people = _still_coming([event]).in_bulk([person for _slot, person in lost])
    mine = list(
        Seat.objects.filter(registration__in=people).select_related("round", "session").order_by()
    )
    event.bump()
    Slot.objects.filter(pk__in=slots).update(dropped_at=None)
    for slot in slots.values():
        slot.dropped_at = None
    returned = _returned([(slots[slot], person) for slot, person in lost], people, mine, at=at)
    places.rearrange([], returned.seats)
    back = _of_each(returned.seats)
    event.registrations.filter(pk__in=back).update(version=event.version)
    new = {"tables": _said(slots.values()), "back": True, "people": len(back)}
    history.record(event, None, Change.What.DROPPED, who=who, at=at, new=new)
    had = _of_each(mine)
    for key, seats in sorted(back.items()):
        registration = people[key]
        registration.event = event
        waiting.drop_pointless_entries(registration)
        before = tables.codes_of(had[key])
        after = tables.codes_of([*had[key], *(seat.slot for seat in seats)])
        locking.record(registration, Change.What.TABLES, who=who, at=at, old=before, new=after)
        if registration.counts:
            mails.store(registration, mails.Kind.TABLES, at=at)
    returned.ranked = _back_in_choices(event, slots.values(), at=at)
    hosts.follow(event, at=at)
    locking.settle(event, at=at)
    return returned


def _back_in_choices(event: Event, slots: Iterable[Slot], *, at: datetime) -> int:
    """Tell those who ranked these tables for a draw to come; returns how many."""
    if not event.draw_to_come:
        # What those who have a place by now asked for before it is over.
        asked = event.waitlist_entries.filter(slot__in=slots, since=None)
        asked.filter(registration__status=Registration.Status.CONFIRMED).delete()
        return 0
    words = {slot.pk: asdict(SlotWords.of(slot)) for slot in slots}
    back: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    chosen = _choices(event).filter(slot__in=words)
    for person, slot in chosen.values_list("registration", "slot"):
        back[person].append(words[slot])
    for registration in event.registrations.filter(pk__in=back).order_by("pk"):
        mails.store(registration, mails.Kind.RANKED, at=at, back=back[registration.pk])
    return len(back)


def ranked_by(event: Event) -> Counter[int]:
    """By the key of a table that takes place how many people have it among their choices.

    Of those who confirmed, while a draw is to come. One query, or none.
    """
    return Counter(_choices(event).values_list("slot", flat=True) if event.draw_to_come else ())


def _choices(event: Event) -> WaitlistEntryQuerySet:
    """What people ranked for a draw to come, of tables that take place."""
    asked = event.waitlist_entries.requests().filter(asked=True)
    return asked.filter(registration__status=Registration.Status.WAITING)


def _returned(
    lost: Iterable[tuple[Slot, int]],
    people: Mapping[int, Registration],
    mine: Iterable[Seat],
    *,
    at: datetime,
) -> Returned:
    """Who of those gets which seat back; counts the seats of the slots in memory."""
    found = Returned()
    sit = {(seat.registration_id, key) for seat in mine for key in _once(seat)}
    for slot, person in lost:
        if person not in people:
            found.gone += 1
            continue
        seat = Seat.at(slot, people[person], how=Seat.How.CHOSEN, got_at=at)
        keys = {(person, key) for key in _once(seat)}
        if keys & sit:
            found.sit_elsewhere += 1
        elif slot.full:
            found.no_seat += 1
        else:
            found.seats.append(seat)
            sit |= keys
            slot.taken += 1
    return found


def _once(seat: Seat) -> set[tuple[str, int]]:
    """What somebody has at most one seat in (rule 6)."""
    return {("round", seat.round_id), ("session", seat.session_id)}


def _of_each(seats: Iterable[Seat]) -> defaultdict[int, list[Seat]]:
    found: defaultdict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        found[seat.registration_id].append(seat)
    return found


@dataclass(frozen=True)
class LostSeat:
    """Somebody who does not know yet that their table dropped out, as far as the site can tell."""

    registration: Registration
    slot: Slot


def not_told(events: Collection[Event]) -> list[LostSeat]:
    """Those who lost a seat, have no other one in that round, and were not told.

    Told is who got the mail, and who was told by an organiser. As many queries for one event as
    for many; one if no table dropped out.
    """
    keys = [event.pk for event in events]
    gone = Slot.objects.filter(event__in=keys).exclude(dropped_at=None)
    slots = {slot.pk: slot for slot in gone.select_related("session", "round")}
    dropped_at = {key: slot.dropped_at for key, slot in slots.items() if slot.dropped_at}
    if not slots:
        return []
    lost = [pair for pair in _lost_seats(events) if pair[0] in slots]
    people = _still_coming(events).in_bulk([person for _slot, person in lost])
    seated = set(Seat.objects.filter(registration__in=people).values_list("round", "registration"))
    dropped = Change.What.DROPPED
    told = _times(
        Change.objects.filter(what=dropped, registration__in=people, new__told=True), "at"
    )
    mailed = _times(
        StoredMail.objects.filter(
            kind=StoredMail.Kind.DROPPED,
            registration__in=people,
            registration__email_refused_at=None,
            sent_at__isnull=False,
            failed_at=None,
        ),
        "created_at",
    )
    return [
        LostSeat(people[person], slots[key])
        for key, person in lost
        if person in people
        and (slots[key].round_id, person) not in seated
        and not any(at >= dropped_at[key] for at in (*told[person], *mailed[person]))
    ]


@transaction.atomic
def say_told(registration: Registration, *, who: str, at: datetime) -> None:
    """An organiser told this person, by phone for instance, that their table dropped out."""
    event = Event.objects.locked(registration.event_id)
    event.bump()
    history.record(event, registration, Change.What.DROPPED, who=who, at=at, new={"told": True})


def _waited(event: Event, slots: list[Slot]) -> WaitlistEntryQuerySet:
    """Entries for these tables, and requests for them on the event's waiting list."""
    entries = event.waitlist_entries.filter(slot__in=slots)
    return entries.counting() | entries.filter(registration__status=Registration.Status.WAITING)


def _by_person(
    rows: QuerySet[Seat] | QuerySet[WaitlistEntry], slots: list[Slot]
) -> defaultdict[int, list[SlotWords]]:
    """Which of these slots the rows are about, by registration."""
    words = {one.pk: SlotWords.of(one) for one in slots}
    found: defaultdict[int, list[SlotWords]] = defaultdict(list)
    for person, slot in rows.values_list("registration", "slot"):
        found[person].append(words[slot])
    return found


def _may_be_told(registration: Registration) -> bool:
    """An unconfirmed sign-up gets no mail if its address has another one that counts.

    A stranger may have typed it, and the mail would hold the link of that sign-up (rule 5).
    """
    if registration.counts:
        return True
    same = Registration.objects.filter(event=registration.event_id).of_address(registration.email)
    return not same.counting().exists()


def _said(slots: Iterable[Slot]) -> list[dict[str, Any]]:
    return [{"code": one.session.code, "round": one.round.number} for one in slots]


def _lost_seats(events: Collection[Event]) -> list[tuple[int, int]]:
    """The slots that dropped out and the registrations that sat there, in order of their seats.

    Of a table that dropped out twice only the last time, also if nobody sat there by then: who
    gave up a seat in between does not get it back.
    """
    lost: dict[int, list[int]] = {}
    keys = [event.pk for event in events]
    lines = Change.objects.filter(event__in=keys, what=Change.What.DROPPED, registration=None)
    for new in lines.order_by("pk").values_list("new", flat=True):
        again: defaultdict[int, list[int]] = defaultdict(list)
        for slot in new.get(SLOTS, ()):
            again[slot] = []
        for slot, person in new.get(SEATS, ()):
            again[slot].append(person)
        lost |= again
    return [(slot, person) for slot, people in lost.items() for person in people]


def _still_coming(events: Collection[Event]) -> RegistrationQuerySet:
    """Those who may have a seat: a place of their own, or an extra."""
    keys = [event.pk for event in events]
    people = Registration.objects.filter(event__in=keys, erased_at=None)
    return people.confirmed() | people.pending().holding()


def _times(rows: QuerySet[Any], column: str) -> defaultdict[int, list[datetime]]:
    """The moments of these rows by registration."""
    found: defaultdict[int, list[datetime]] = defaultdict(list)
    for person, moment in rows.values_list("registration", column):
        found[person].append(moment)
    return found
