"""Random days at the sign-up desk: after every step the promises of rules 1, 6, 7 and 8 hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from program.models import Event, Slot
from registrations.booking import changing, holds, locking, signup
from registrations.booking.places import differences
from registrations.booking.waiting import waitlist_codes
from registrations.errors import RegistrationError
from registrations.models import Registration, Seat, WaitlistEntry
from registrations.organising import dropping
from registrations.queries.tables import codes
from tests.examples import examples
from tests.factories import NOW, make_event, make_person, make_registration, make_slot

pytestmark = pytest.mark.django_db

TABLES = {1: ("", "1a", "2a", "6"), 2: ("", "1b", "6")}
# What people do, the usual more often than the rare; the numbers choose who and which table.
NAMES = (
    *("entry", "entry", "entry", "entry", "entry", "entry", "cancel", "cancel"),
    *("sign_up", "sign_up", "change", "unwish", "capacity", "seats", "wait", "drop"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 5), st.integers(0, 4), st.integers(0, 4)),
    min_size=8,
    max_size=14,
)


# In these a person chooses tables for themselves.
CHOOSING = ("cancel", "change", "entry")

# The seats at the start of a day: every table is full, and so is the event.
SEATED: list[dict[int, str]] = [
    {1: "1a", 2: "1b"},
    {1: "2a", 2: "1b"},
    {1: "2a", 2: "6"},
    {1: "6"},
    {},
]


class Undo(Exception):
    """Leaves the database as it was before an example."""


@dataclass
class Desk:
    """One event, and what people do to it."""

    event: Event
    at: datetime = NOW
    people: list[Registration] = field(default_factory=list)
    seen: Seen = field(init=False)

    def __post_init__(self) -> None:
        self.seen = Seen.of(self.event)

    def sign_up(self, who: int, table: int, other: int) -> None:
        """A newcomer asks for a table and waits for another; every third confirms late."""
        late, waiting = who == 0, who % 2 == 0
        tables, entries = self.asked(table), self.wished(other)
        newcomer = signup.sign_up(
            self.event, make_person(), tables, entries, waiting_too=waiting, at=self.at
        )
        self.people.append(newcomer)
        if late:
            self.wait(70, 0, 0)
        signup.confirm(newcomer, at=self.at)

    def cancel(self, who: int, _table: int, _other: int) -> None:
        changing.cancel(self.people[who], at=self.at)

    def change(self, who: int, table: int, other: int) -> None:
        tables, entries = self.asked(table), self.wished(other)
        changing.change_tables(self.people[who], tables, entries, at=self.at)

    def entry(self, who: int, table: int, _other: int) -> None:
        """Wait for one more table and keep everything else."""
        one, slot = self.people[who], self.slot(table)
        tables = {int(number): code for number, code in codes(one).items()}
        entries = {int(number): list(found) for number, found in waitlist_codes(one).items()}
        entries.setdefault(slot.round.number, []).append(slot.session.code)
        changing.change_tables(one, tables, entries, at=self.at)

    def unwish(self, who: int, table: int, _other: int) -> None:
        changing.stop_waiting(self.people[who], self.slot(table).pk, at=self.at)

    def capacity(self, _who: int, more: int, fewer: int) -> None:
        """As an organiser would: never below what is taken (rule 10)."""
        with transaction.atomic():
            event = Event.objects.locked(self.event.pk)
            event.capacity = max(event.capacity + more - fewer, event.taken)
            event.save(update_fields=["capacity"])
            locking.settle(event, at=self.at)

    def seats(self, _who: int, table: int, more: int) -> None:
        with transaction.atomic():
            event = Event.objects.locked(self.event.pk)
            slot = self.slot(table)
            slot.seats = max(slot.seats + more - 2, slot.taken)
            slot.save(update_fields=["seats"])
            locking.settle(event, at=self.at)

    def drop(self, _who: int, table: int, _other: int) -> None:
        """A table drops out, or takes place after all."""
        slot = self.slot(table)
        if slot.dropped:
            dropping.take_place_after_all(self.event, [slot.pk], who="o", at=self.at)
        else:
            dropping.drop(self.event, [slot.pk], who="o", at=self.at)

    def wait(self, minutes: int, _table: int, _other: int) -> None:
        self.at += timedelta(minutes=minutes)
        holds.free_expired(self.at)

    def asked(self, table: int) -> dict[int, str]:
        slot = self.slot(table)
        return {slot.round.number: slot.session.code}

    def wished(self, table: int) -> dict[int, list[str]]:
        return {number: [code] for number, code in self.asked(table).items()}

    def slot(self, index: int) -> Slot:
        return self.event.slots.order_by("pk")[index]

    def do(self, name: str, who: int, table: int, other: int) -> None:
        """One step; what a rule refuses changes nothing."""
        self.at += timedelta(minutes=1)
        who %= len(self.people)
        before = self.seen
        try:
            getattr(self, name)(who, table, other)
        except RegistrationError:
            refused = name != "sign_up"  # which may have got half-way: it confirms too
        else:
            refused = False
        after = self.seen = Seen.of(self.event)
        if refused:
            assert after == before
            return
        after.keep_the_promises()
        after.keep_the_promises_since(before, self.people[who].pk if name in CHOOSING else None)


@dataclass(frozen=True)
class Seen:
    """The event at one moment."""

    places: tuple[int, int]  # taken, capacity
    free: dict[int, int]  # slot -> free seats
    seats: dict[tuple[int, int], tuple[int, str]]  # (person, round) -> slot, how
    sessions: list[tuple[int, int]]  # (person, session)
    entries: dict[tuple[int, int], tuple[datetime, int, int]]  # (person, slot) -> age
    rounds: dict[int, int]  # slot -> round
    dropped: set[int]
    waiting: list[int]
    status: dict[int, str]

    @classmethod
    def of(cls, event: Event) -> Seen:
        event.refresh_from_db()
        people = Registration.objects.filter(event=event)
        seats = Seat.objects.filter(event=event)
        return cls(
            places=(event.taken, event.capacity),
            free={one.pk: one.seats_left for one in event.slots.all()},
            seats={(one.registration_id, one.round_id): (one.slot_id, one.how) for one in seats},
            sessions=[(one.registration_id, one.session_id) for one in seats],
            entries={
                (one.registration_id, one.slot_id): (one.since, one.position, one.pk)
                for one in WaitlistEntry.objects.counting().filter(event=event)
                if one.since
            },
            rounds=dict(event.slots.values_list("pk", "round")),
            dropped=set(event.slots.exclude(dropped_at=None).values_list("pk", flat=True)),
            waiting=list(people.waiting().values_list("pk", flat=True)),
            status=dict(people.values_list("pk", "status")),
        )

    def keep_the_promises(self) -> None:
        assert differences() == []
        assert self.places[0] <= self.places[1]
        assert min(self.free.values()) >= 0
        assert len(self.sessions) == len(set(self.sessions))
        assert not [one for one in self.entries if self.free[one[1]] > 0], "a free seat is wished"
        assert not (self.waiting and self.places[0] < self.places[1]), "a free place is waited for"
        assert not self.cycles()
        assert not self.dropped.intersection(table for _person, table in self.entries)
        assert not self.dropped.intersection(table for table, _how in self.seats.values())

    def cycles(self) -> list[int]:
        """Tables from which following people's entries leads back to the same table."""
        ways: dict[int, set[int]] = {table: set() for table in self.free}
        for person, wanted in self.entries:
            seat = self.seats.get((person, self.rounds[wanted]))
            if seat:
                ways[seat[0]].add(wanted)
        found = []
        for start in ways:
            reached, edge = set(), set(ways[start])
            while edge:
                reached |= edge
                edge = set().union(*(ways[table] for table in edge)) - reached
            if start in reached:
                found.append(start)
        return found

    def keep_the_promises_since(self, before: Seen, acting: int | None) -> None:
        """``acting`` changed something themselves; others only got what they waited for."""
        for (person, round_), (table, _how) in before.seats.items():
            if person == acting or self.status[person] in ("expired", "cancelled"):
                continue
            now = self.seats.get((person, round_))
            if now is None:
                assert table in self.dropped, "a seat was lost by waiting"
                continue
            assert now[0] == table or (person, now[0]) in before.entries, "moved without asking"
        for (person, table), age in before.entries.items():
            got = self.seats.get((person, self.rounds[table]))
            if not got or got != (table, "moved_up") or person == acting:
                continue
            earlier = [
                one
                for one, other_age in before.entries.items()
                if one[1] == table and other_age < age and one in self.entries
            ]
            assert not earlier, "a free seat went to a later entry"


@pytest.fixture
def full_house(db) -> tuple[Event, list[Registration]]:
    event = make_event(capacity=5)
    for code, number, seats in [("1a", 1, 1), ("2a", 1, 2), ("6", 1, 1), ("1b", 2, 2)]:
        make_slot(event, code, number, seats=seats)
    make_slot(event, "6", 2, seats=1)
    return event, [make_registration(event, tables) for tables in SEATED]


@settings(
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(STEPS)
def test_every_day_at_the_desk_keeps_the_promises(full_house, steps):
    event, people = full_house
    try:
        with transaction.atomic():
            desk = Desk(event, people=list(people))
            for step in steps:
                desk.do(*step)
            raise Undo
    except Undo:
        pass
