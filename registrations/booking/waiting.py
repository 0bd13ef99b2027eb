"""Brings rules 7 and 8 to the database: reads an event, settles it, writes the moves.

Which moves, ``settling`` decides. All this happens in the transaction of the change that
made room, under the event's lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max, Q

from program.models import Event, Slot
from program.public.programme import slots_of
from registrations.booking import places, queues
from registrations.booking.batches import one_by_one
from registrations.mail import mails
from registrations.models import Change, Registration, Seat, WaitlistEntry, history
from registrations.queries import tables
from registrations.settling.cycles import QueueEntry
from registrations.settling.settle import Move, Promoted, Served, Swapped

# Person -> round number -> session code.
Codes = dict[int, dict[str, str]]
WaitlistCodes = dict[str, list[str]]


def moves(event: Event, at: datetime) -> bool:
    """Whether anybody moves at all.

    Not after ``waiting_closes`` (rule 9), nor once called off, nor before a draw (rule 16).
    """
    return at < event.waiting_closes and not (event.called_off or event.draw_to_come)


def settle_event(
    event: Event,
    slots: Collection[Slot] | None = None,
    *,
    people_wait: bool = True,
    at: datetime,
) -> None:
    """Move everybody who can move now, each with one mail. Needs the lock on ``event``.

    The caller has freed the expired holds, and may know the ``slots`` of the event as they are
    now, and that nobody waits for the event.
    """
    if not moves(event, at):
        return
    if slots is None:
        slots = slots_of(event)
    if moved := queues.moves_of(event, slots, people_wait=people_wait, at=at):
        _write(event, {slot.pk: slot for slot in slots}, _outcome(moved), at)


def join_waitlists(
    registration: Registration,
    slots: Iterable[Slot],
    *,
    ranked: Collection[Slot] = (),
    at: datetime,
) -> None:
    """Wait for these slots from now on; there must be no entries for them yet.

    Of those that are ``ranked`` the first of a round is the favourite.
    """
    WaitlistEntry.objects.bulk_create(
        WaitlistEntry.at(slot, registration.pk, since=at, position=place, ranked=slot in ranked)
        for place, slot in enumerate(slots)
    )


def change_waitlists(
    registration: Registration, slots: Collection[Slot], *, at: datetime
) -> tuple[WaitlistCodes, WaitlistCodes]:
    """Wait for exactly these slots; entries that count already keep their time (rule 7).

    Returns what somebody waited for, and what they wait for now. One query if that is the same.
    """
    entries = list(registration.waitlist_entries.select_related("round", "session"))
    old = [entry for entry in entries if entry.since]
    wanted = {slot.pk for slot in slots}
    stay = [entry for entry in old if entry.slot_id in wanted]
    known = {entry.slot_id for entry in stay}
    new = [slot for slot in slots if slot.pk not in known]
    # Somebody who was let in at the door still has the requests of their sign-up.
    gone = [entry.pk for entry in entries if entry not in stay]
    if gone and (new or len(stay) < len(old)):
        registration.waitlist_entries.filter(pk__in=gone).delete()
    join_waitlists(registration, new, at=at)
    return codes_by_round(old), codes_by_round([*stay, *new])


def drop_pointless_entries(registration: Registration) -> None:
    """Getting a seat ends one's entries for that session, in every round (rule 7)."""
    sessions = registration.table_seats.values("session")
    registration.waitlist_entries.filter(session__in=sessions).delete()


def waitlist_codes(registration: Registration) -> WaitlistCodes:
    """Round number to the codes waited for, as history keeps it."""
    entries = registration.waitlist_entries.counting()
    return codes_by_round(entries.select_related("round", "session"))


def codes_by_round(entries: Iterable[WaitlistEntry | Slot]) -> WaitlistCodes:
    """Round number to the codes of these, in their order: as history keeps what somebody wants."""
    codes: WaitlistCodes = {}
    for entry in entries:
        codes.setdefault(str(entry.round.number), []).append(entry.session.code)
    return codes


@dataclass
class _Outcome:
    """What a list of moves comes to."""

    # (person, table) -> how the seat was got, and since when they waited for it
    seats: dict[tuple[int, int], tuple[Seat.How, datetime | None]] = field(default_factory=dict)
    left: set[tuple[int, int]] = field(default_factory=set)
    promoted: list[int] = field(default_factory=list)
    entries: dict[int, QueueEntry] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    def sit(self, entry: QueueEntry, left: int | None, how: Seat.How) -> None:
        if left is not None and not self.seats.pop((entry.person, left), None):
            self.left.add((entry.person, left))
        self.seats[entry.person, entry.table] = how, entry.since
        self.ended.add(entry.key)

    @property
    def people(self) -> set[int]:
        return {person for person, _table in self.seats} | set(self.promoted)


def _outcome(moves: list[Move]) -> _Outcome:
    outcome = _Outcome()
    for move in moves:
        match move:
            case Served(entry, left, _ended):
                outcome.sit(entry, left, Seat.How.MOVED_UP)
            case Swapped(cycle, _ended):
                for index, entry in enumerate(cycle):
                    # Each sits where the one before wants to go.
                    outcome.sit(entry, cycle[index - 1].table, Seat.How.SWAPPED)
            case Promoted(person, got, entries):
                outcome.promoted.append(person)
                for table in got:
                    outcome.seats[person, table] = Seat.How.PROMOTED, None
                outcome.entries |= {entry.key: entry for entry in entries}
        if not isinstance(move, Promoted):
            outcome.ended.update(move.ended)
    return outcome


def _write(event: Event, slots: Mapping[int, Slot], outcome: _Outcome, at: datetime) -> None:
    """As many queries for one person as for many."""
    people = event.registrations.in_bulk(outcome.people)
    old = list(Seat.objects.filter(registration__in=people).order_by())
    left = [seat for seat in old if (seat.registration_id, seat.slot_id) in outcome.left]
    got = [
        Seat.at(
            slots[table],
            people[person],
            how=how,
            got_at=at,
            waited_since=since or people[person].waits_since,
        )
        for (person, table), (how, since) in outcome.seats.items()
    ]
    places.rearrange(left, got)
    places.count_places(event, len(outcome.promoted))
    event.registrations.filter(pk__in=outcome.promoted).update(
        status=Registration.Status.CONFIRMED, holds_place=True
    )
    event.registrations.filter(pk__in=people).update(version=event.version)
    # What was a request of those promoted counts from now on, or came true.
    over = Q(pk__in=[key for key in outcome.ended if key > 0])
    over |= Q(registration__in=outcome.promoted, since=None)
    event.waitlist_entries.filter(over).delete()
    places.forget_abstentions(event, outcome.promoted)
    WaitlistEntry.objects.bulk_create(
        WaitlistEntry.at(
            slots[entry.table],
            entry.person,
            since=entry.since,
            position=entry.position,
            ranked=entry.ranked,
        )
        for entry in outcome.entries.values()
        if entry.key not in outcome.ended
    )
    stays = [seat for seat in old if (seat.registration_id, seat.slot_id) not in outcome.left]
    _tell(event, outcome, people, _codes(slots, old), _codes(slots, [*stays, *got]), at)


def _tell(
    event: Event,
    outcome: _Outcome,
    people: Mapping[int, Registration],
    old: Codes,
    new: Codes,
    at: datetime,
) -> None:
    """One line of history and one mail for each person who moved (rule 7)."""
    changes, letters = [], []
    for key, registration in sorted(people.items()):
        registration.event = event
        promoted = key in outcome.promoted
        what = Change.What.PROMOTED if promoted else Change.What.MOVED
        had, has, who = old.get(key), new.get(key), history.SETTLING
        changes.append(history.change(event, registration, what, who=who, at=at, old=had, new=has))
        letters.append((registration, mails.Kind.PROMOTED if promoted else mails.Kind.MOVED))
    Change.objects.bulk_create(changes)
    mails.store_all(letters, at=at)


def _codes(slots: Mapping[int, Slot], seats: Iterable[Seat]) -> Codes:
    found: defaultdict[int, list[Slot]] = defaultdict(list)
    for seat in seats:
        found[seat.registration_id].append(slots[seat.slot_id])
    return {person: tables.codes_of(sits) for person, sits in found.items()}


def tell_waiters(at: datetime) -> int:
    """Mail those who wait for an event whose lists have closed; returns how many.

    They are told each time that the lists close, but not after the start. Lists that were opened
    again, by a later closing time, close a second time.
    """
    coming = Event.objects.filter(starts_at__gt=at, called_off_at=None)
    due = [
        event.pk
        for event in coming.annotate(told_at=_told_at())
        if event.waiting_closes <= at and not (event.draw_to_come or _knows(event, event.told_at))
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
    closed = event.waiting_closes <= at and not (event.called_off or event.draw_to_come)
    if not closed or _knows(event, told_at):
        return 0  # another worker was first, or an organiser in between
    waiters = event.waitlist_entries.counting().order_by().values("registration")
    people = list(
        event.registrations.waiting() | event.registrations.confirmed().filter(pk__in=waiters)
    )
    event.bump()
    for registration in people:
        registration.event = event
        mails.store(registration, mails.Kind.WAITING_OVER, at=at)
    what, told = Change.What.WAITING_OVER, {"people": len(people)}
    history.record(event, None, what, who=history.WORKER, at=at, new=told)
    return len(people)
