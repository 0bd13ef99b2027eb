"""A small event in memory, for random sequences of what people and organisers do.

It refuses what the rules refuse (every method tells whether it was done), and settles after
every change: the real function gives the moves, and each one is checked as it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from registrations.settling.cycles import QueueEntry
from registrations.settling.settle import (
    CutShort,
    Lapsed,
    Move,
    Promoted,
    Served,
    SlotState,
    Snapshot,
    Swapped,
    Waiting,
    settle,
)
from tests.registrations.settling.waiting_model import Model, older_first

START = datetime(2026, 12, 1, tzinfo=UTC)


class Is(StrEnum):
    AWAY = "away"  # not signed up, cancelled
    PENDING = "pending"  # holds a place and seats
    ASKING = "asking"  # pending too, for the waiting list: holds nothing
    EXPIRED = "expired"
    CONFIRMED = "confirmed"
    WAITING = "waiting"


HOLDS_A_PLACE = (Is.PENDING, Is.CONFIRMED)


@dataclass
class Person:
    status: Is = Is.AWAY
    seats: set[int] = field(default_factory=set)
    asked: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    since: datetime = START


class TinyEvent:
    def __init__(self, tables: Iterable[SlotState], *, people: int, capacity: int) -> None:
        """``SlotState.free`` is here the number of seats to begin with."""
        self.now = START
        self.capacity = capacity
        self.tables = {table.key: table for table in tables}
        self.seats = {table.key: table.free for table in self.tables.values()}
        self.people = {person: Person() for person in range(people)}
        self.entries: dict[int, QueueEntry] = {}
        self.last_entry = 0

    # What happens.

    def sign_up(self, person: int, tables: Iterable[int], entries: Iterable[int]) -> bool:
        who = self.people[person]
        asked = self.one_a_round(tables)
        if who.status in (*HOLDS_A_PLACE, Is.WAITING):
            return False
        direct = self.places_free() > 0 and not self.waiting()
        if direct and not all(self.free(table) > 0 for table in asked):
            return False
        who.status = Is.PENDING if direct else Is.ASKING
        who.asked, who.entries = asked, self.waitlists_beside(asked, entries)
        who.seats = set(asked) if direct else set()
        return True

    def confirm(self, person: int) -> bool:
        """In time or late: who holds nothing comes after those who wait (rules 4 and 8)."""
        who = self.people[person]
        if who.status is Is.PENDING:
            who.status = Is.CONFIRMED
            for position, table in enumerate(who.entries):
                self.add_entry(person, table, position)
        elif who.status in (Is.ASKING, Is.EXPIRED):
            who.status, who.since = Is.WAITING, self.now
        else:
            return False
        return self.settle()

    def expire(self, person: int) -> bool:
        who = self.people[person]
        if who.status not in (Is.PENDING, Is.ASKING):
            return False
        who.status, who.seats = Is.EXPIRED, set()
        return self.settle()

    def cancel(self, person: int) -> bool:
        if self.people[person].status not in (Is.CONFIRMED, Is.WAITING):
            return False
        self.people[person] = Person()
        self.entries = {k: entry for k, entry in self.entries.items() if entry.person != person}
        return self.settle()

    def entry(self, person: int, table: int) -> bool:
        wanted = {entry.table for entry in self.entries.values() if entry.person == person}
        if (
            self.people[person].status is not Is.CONFIRMED
            or self.attends(person, table)
            or table in wanted
        ):
            return False
        self.add_entry(person, table, 0)
        return self.settle()

    def unwish(self, person: int, number: int) -> bool:
        own = [key for key, entry in self.entries.items() if entry.person == person]
        if not own:
            return False
        del self.entries[own[number % len(own)]]
        return self.settle()

    def change(self, person: int, tables: Iterable[int]) -> bool:
        """Sit at these tables and no others, all of it or nothing (rule 2)."""
        who, chosen = self.people[person], set(self.one_a_round(tables))
        if who.status is not Is.CONFIRMED:
            return False
        if not all(self.free(table) > 0 for table in chosen - who.seats):
            return False
        who.seats = chosen
        return self.settle()

    def set_capacity(self, capacity: int) -> bool:
        if capacity < self.capacity - self.places_free():
            return False
        self.capacity = capacity
        return self.settle()

    def set_seats(self, table: int, seats: int) -> bool:
        if seats < self.seats[table] - self.free(table):
            return False
        self.seats[table] = seats
        return self.settle()

    def later(self) -> bool:
        self.now += timedelta(minutes=1)
        return True

    # What is so.

    def free(self, table: int) -> int:
        return self.seats[table] - sum(table in who.seats for who in self.people.values())

    def places_free(self) -> int:
        return self.capacity - sum(who.status in HOLDS_A_PLACE for who in self.people.values())

    def waiting(self) -> list[Waiting]:
        return [
            Waiting(person, who.since, who.asked, who.entries)
            for person, who in self.people.items()
            if who.status is Is.WAITING
        ]

    def attends(self, person: int, table: int) -> bool:
        session = self.tables[table].session
        return any(self.tables[held].session == session for held in self.people[person].seats)

    def one_a_round(self, tables: Iterable[int]) -> tuple[int, ...]:
        """As many of these as one person may have together (rule 6)."""
        chosen: list[SlotState] = []
        for table in map(self.tables.__getitem__, tables):
            if table.round not in [other.round for other in chosen] and table.session not in [
                other.session for other in chosen
            ]:
                chosen.append(table)
        return tuple(table.key for table in chosen)

    def waitlists_beside(self, asked: Iterable[int], entries: Iterable[int]) -> tuple[int, ...]:
        sessions = [self.tables[table].session for table in asked]
        return tuple(
            table for table in dict.fromkeys(entries) if self.tables[table].session not in sessions
        )

    def add_entry(self, person: int, table: int, position: int) -> None:
        self.last_entry += 1
        self.entries[self.last_entry] = QueueEntry(
            self.last_entry, person, table, self.now, position
        )

    def snapshot(self) -> Snapshot:
        wishing = {entry.person for entry in self.entries.values()}
        return Snapshot(
            at=self.now,
            tables=[replace(t, free=self.free(t.key)) for t in self.tables.values()],
            seats={person: frozenset(self.people[person].seats) for person in wishing},
            entries=list(self.entries.values()),
            places_free=self.places_free(),
            waiting=self.waiting(),
        )

    # The settling, and what must hold after each move.

    def settle(self) -> bool:
        snapshot = self.snapshot()
        moves = settle(snapshot)
        assert moves == Model(snapshot).settle() == settle_front(snapshot, 1)
        assert len(moves) <= most_moves(snapshot)
        new_keys: dict[int, int] = {}
        for move in moves:
            before = {person: set(who.seats) for person, who in self.people.items()}
            self.make(move, new_keys)
            self.check_seats(move, before)
        self.check_settled()
        return True

    def make(self, move: Move, new_keys: dict[int, int]) -> None:
        match move:
            case Lapsed(ended):
                for key in ended:
                    entry = self.entries.pop(new_keys.get(key, key))
                    assert self.attends(entry.person, entry.table)
            case Served(entry, left, ended):
                self.check_turn(entry, new_keys)
                self.end(entry, ended, new_keys)
                if left is not None:
                    self.people[entry.person].seats.remove(left)
                self.people[entry.person].seats.add(entry.table)
            case Swapped(cycle, ended):
                for entry, by in zip(cycle, (cycle[-1], *cycle[:-1]), strict=True):
                    assert by.table in self.people[entry.person].seats
                    own = [key for key in ended if self.owner(key, new_keys) == entry.person]
                    self.end(entry, own, new_keys)
                    self.people[entry.person].seats ^= {by.table, entry.table}
            case Promoted(person, tables, entries):
                who = self.people[person]
                assert all((who.since, person) <= (w.since, w.person) for w in self.waiting())
                who.status, who.seats = Is.CONFIRMED, set(tables)
                assert set(tables) | {entry.table for entry in entries} <= {
                    *who.asked,
                    *who.entries,
                }
                for entry in entries:
                    self.last_entry += 1
                    new_keys[entry.key] = self.last_entry
                    self.entries[self.last_entry] = replace(entry, key=self.last_entry)

    def owner(self, key: int, new_keys: dict[int, int]) -> int:
        entry = self.entries.get(new_keys.get(key, key))
        return -1 if entry is None else entry.person

    def end(self, got: QueueEntry, ended: Iterable[int], new_keys: dict[int, int]) -> None:
        """Exactly the entries of that round and of that session must end."""
        table = self.tables[got.table]
        due = {
            key
            for key, entry in self.entries.items()
            if entry.person == got.person
            and table.key != entry.table
            and (
                self.tables[entry.table].round == table.round
                or self.tables[entry.table].session == table.session
            )
        }
        assert {new_keys.get(key, key) for key in ended} == due
        for key in (*due, new_keys.get(got.key, got.key)):
            del self.entries[key]

    def check_turn(self, served: QueueEntry, new_keys: dict[int, int]) -> None:
        """No free seat goes to a later entry while an earlier one could take it."""
        assert self.free(served.table) > 0
        key = new_keys.get(served.key, served.key)
        could = [entry for entry in self.entries.values() if self.free(entry.table) > 0]
        assert self.entries[key] == min(could, key=older_first)

    def check_seats(self, move: Move, before: dict[int, set[int]]) -> None:
        """Nothing oversold, one seat a round, no session twice, and nobody moved unasked."""
        assert self.places_free() >= 0
        assert all(self.free(table) >= 0 for table in self.tables)
        for person, who in self.people.items():
            held = [self.tables[table] for table in who.seats]
            assert len({table.round for table in held}) == len(held)
            assert len({table.session for table in held}) == len(held)
            rounds = {table.round for table in held}
            assert {self.tables[table].round for table in before[person]} <= rounds
            asked = {
                entry.table
                for entry in ((move.entry,) if isinstance(move, Served) else ())
                + (move.cycle if isinstance(move, Swapped) else ())
                if entry.person == person
            }
            if isinstance(move, Promoted) and move.person == person:
                asked = set(move.tables)
            assert who.seats - before[person] == asked

    def check_settled(self) -> None:
        """No seat free that somebody waits for, no place free, no cycle left, nothing to do."""
        assert not [entry for entry in self.entries.values() if self.free(entry.table) > 0]
        assert not (self.waiting() and self.places_free() > 0)
        assert not [w for w in self.entries.values() if self.attends(w.person, w.table)]
        assert not list(Model(self.snapshot()).cycles())
        assert settle(self.snapshot()) == []


def most_moves(snapshot: Snapshot) -> int:
    """The bound of docs/waiting.md: one for the lapsed, one an entry, one a promotion."""
    to_come = [1 + len({*who.asked, *who.entries}) for who in snapshot.waiting]
    return 1 + len(list(snapshot.entries)) + sum(to_come)


def settle_front(snapshot: Snapshot, front: int) -> list[Move]:
    """As ``registrations.booking.queues`` does: from the front of each queue, if that may do."""
    part, model = cut(snapshot, front), Model(snapshot)
    pointless = [one for one in model.entries if model.sits_there(one.person, one.table)]
    if part.cut and (pointless or any(model.cycles())):
        return settle(snapshot)
    try:
        return settle(part)
    except CutShort:
        return settle(snapshot)


def cut(snapshot: Snapshot, front: int) -> Snapshot:
    """So many entries of each queue, one more at which it is cut, all others of these people."""
    entries = sorted(snapshot.entries, key=older_first)
    queues: dict[int, list[QueueEntry]] = {}
    for entry in entries:
        queues.setdefault(entry.table, []).append(entry)
    people = {entry.person for queue in queues.values() for entry in queue[: front + 1]}
    of_this_moment = [entry.position for entry in entries if entry.since == snapshot.at]
    return replace(
        snapshot,
        seats={person: held for person, held in snapshot.seats.items() if person in people},
        entries=[entry for entry in entries if entry.person in people],
        cut={queue[front].key for queue in queues.values() if len(queue) > front},
        last_position=max(of_this_moment, default=-1),
    )
