"""Settles the waiting lists of one event: rules 7 and 8, and nothing else.

``settle`` turns a snapshot of the event into the moves to make, in order. It knows no database
and no clock. docs/waiting.md tells what it promises to whom, and why it always ends.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter, defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from registrations.settling.cycles import QueueEntry, age, find_cycle


@dataclass(frozen=True)
class SlotState:
    """A slot: a session held in a round, with the seats that anybody may still take."""

    key: int
    round: int
    session: int
    free: int


@dataclass(frozen=True)
class Waiting:
    """A person on the event's waiting list, since they confirmed.

    ``lot``: of those who were in a draw; they stand in front, in that order. ``asked``: the tables
    requested, of one round the favourite first. ``entries``: other tables to wait for. Both in the
    order of the form. Nothing is held.
    """

    person: int
    since: datetime
    asked: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    lot: int | None = None


def turn(who: Waiting) -> tuple[bool, int, datetime, int]:
    """The order of the event's waiting list."""
    return who.lot is None, who.lot or 0, who.since, who.person


@dataclass(frozen=True)
class Snapshot:
    """An event as it stands at one moment, under the lock, expired holds freed.

    ``seats`` gives the tables that a person holds; only those with an entry need be in it.
    ``entries`` are of people with a place in the event, not of those in ``waiting``; of each of
    these people all are in it.

    A queue may be ``cut`` at one of its entries (the key of that): ahead of it all are there,
    behind it perhaps some. A snapshot with a cut is only of an event where nobody waits in a
    cycle, or for a session that they attend. Its ``last_position`` is the highest of all entries
    since ``at``.
    """

    at: datetime
    tables: Iterable[SlotState]
    seats: Mapping[int, Collection[int]]
    entries: Iterable[QueueEntry]
    places_free: int
    waiting: Iterable[Waiting]
    cut: Collection[int] = ()
    last_position: int = -1


class CutShort(Exception):
    """Who is next stands behind the entry at which a queue of the snapshot was cut."""


@dataclass(frozen=True)
class Lapsed:
    """Entries (keys) that ended because their owner now sits at that very session."""

    ended: tuple[int, ...]


@dataclass(frozen=True)
class Served:
    """An entry got a free seat; its owner left a table of that round, or had none."""

    entry: QueueEntry
    left: int | None
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Swapped:
    """Everybody in a cycle moves on to the table of the next, the last one to that of the first."""

    cycle: tuple[QueueEntry, ...]
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Promoted:
    """A waiting person has a place in the event now, with seats at ``tables``.

    ``entries`` are new and to be stored as they are, but for their keys: these are below zero,
    and later moves of the same answer use them.
    """

    person: int
    tables: tuple[int, ...]
    entries: tuple[QueueEntry, ...]


Move = Lapsed | Served | Swapped | Promoted


def settle(snapshot: Snapshot) -> list[Move]:
    """The moves that rules 7 and 8 ask for, in order; none if the event is settled.

    Raises CutShort if queues were cut and more of them is needed.
    """
    return list(_moves(_Hall(snapshot), snapshot))


def _moves(hall: _Hall, snapshot: Snapshot) -> Iterator[Move]:
    if lapsed := hall.take_in(snapshot.entries):
        yield Lapsed(lapsed)
    while True:
        if entry := hall.oldest_with_a_free_seat():  # rule 7a
            yield hall.serve(entry)
        elif cycle := hall.cycle_to_swap():  # rule 7b
            yield hall.swap(cycle)
        elif person := hall.first_to_promote():  # rule 7c, which is rule 8
            yield hall.promote(person)
        else:
            return


def _preferred(entry: QueueEntry, got: QueueEntry) -> bool:
    """Whether its owner, who got a seat in that round, ranked this one higher still (rule 16)."""
    return entry.ranked and got.ranked and age(entry) < age(got)


class _Hall:
    """The event while it is being settled: who sits where, and who waits for what.

    An entry ends as soon as its owner sits at its session, or gets another seat in its round by
    waiting. So every entry that stands can be served once its table has a seat, and joins the queue
    of that table once. Entries that ended are thrown out when they come to the front.

    Only entries that are ranked above the seat that came stay (rule 16). Their owner has moved, so
    they lead there from another table: they join the ways from it, and their old ones are thrown
    out.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.at = snapshot.at
        self.tables = {table.key: table for table in snapshot.tables}
        self.free = {table.key: table.free for table in snapshot.tables}
        self.places_free = snapshot.places_free
        self.waiting = deque(sorted(snapshot.waiting, key=turn))
        # Person -> round -> table.
        self.seats: defaultdict[int, dict[int, int]] = defaultdict(dict)
        for person, tables in snapshot.seats.items():
            for table in tables:
                self._sit(person, table)
        # Person -> key -> entry, of the entries that stand.
        self.entries: defaultdict[int, dict[int, QueueEntry]] = defaultdict(dict)
        # The oldest entry in front: table -> queue, and table left -> table wanted -> queue.
        self.queues: defaultdict[int, deque[QueueEntry]] = defaultdict(deque)
        self.ways: defaultdict[int, defaultdict[int, deque[QueueEntry]]] = defaultdict(
            lambda: defaultdict(deque)
        )
        self.cut = snapshot.cut
        self.may_have_cycles = not snapshot.cut
        self.last_key = 0
        self.last_position = snapshot.last_position

    def take_in(self, entries: Iterable[QueueEntry]) -> tuple[int, ...]:
        """Keep the entries that still ask for something; returns the keys of the others.

        Rule 7: getting a seat in whatever way ends one's entries for that session.
        """
        lapsed = []
        for entry in sorted(entries, key=age):
            if self._attends(entry.person, entry.table):
                lapsed.append(entry.key)
            else:
                self._stand(entry)
                start = self._seat_beside(entry)
                if start is not None:
                    self.ways[start][entry.table].append(entry)
            if entry.since == self.at:
                self.last_position = max(self.last_position, entry.position)
        return tuple(lapsed)

    def oldest_with_a_free_seat(self) -> QueueEntry | None:
        """Rule 7a: the oldest entry anywhere that a free seat can serve."""
        fronts = (self._front(self.queues[table]) for table, free in self.free.items() if free > 0)
        return min((entry for entry in fronts if entry), key=age, default=None)

    def serve(self, entry: QueueEntry) -> Served:
        left = self._seat_beside(entry)
        self.free[entry.table] -= 1
        if left is not None:
            self.free[left] += 1
        self._sit(entry.person, entry.table)
        return Served(entry, left, self._end_beside(entry))

    def cycle_to_swap(self) -> tuple[QueueEntry, ...]:
        """Rule 7b: the cycle to swap, oldest entry first, or nothing.

        Once there is none, none arises: from then on nobody moves but those who are promoted, and
        they get a seat only where nobody waits for one.
        """
        if not self.may_have_cycles:
            return ()
        fronts = {
            start: {
                goal: entry
                for goal, queue in onward.items()
                if (entry := self._front(queue, start))
            }
            for start, onward in self.ways.items()
        }
        cycle = find_cycle(fronts)
        self.may_have_cycles = bool(cycle)
        return cycle

    def swap(self, cycle: tuple[QueueEntry, ...]) -> Swapped:
        for entry in cycle:
            self._sit(entry.person, entry.table)
        return Swapped(cycle, tuple(key for entry in cycle for key in self._end_beside(entry)))

    def first_to_promote(self) -> Waiting | None:
        """Rule 8: the oldest waiting registration, if there is a place for it."""
        return self.waiting[0] if self.waiting and self.places_free > 0 else None

    def promote(self, who: Waiting) -> Promoted:
        """Nobody waits for what is free now, or rule 7a would have served them."""
        self.waiting.popleft()
        self.places_free -= 1
        got, preferred = [], []
        for table in who.asked:
            if self.tables[table].round in self.seats[who.person]:
                continue  # at one that they ranked higher
            if self.free[table] > 0 and not self._attends(who.person, table):
                self.free[table] -= 1
                self._sit(who.person, table)
                got.append(table)
            else:
                preferred.append(table)
        asked = Counter(self.tables[table].round for table in who.asked)
        entries = []
        for table in dict.fromkeys((*preferred, *who.entries)):
            if not self._attends(who.person, table):
                ranked = table in preferred and asked[self.tables[table].round] > 1
                entries.append(self._new_entry(who.person, table, ranked=ranked))
        return Promoted(who.person, tuple(got), tuple(entries))

    def _new_entry(self, person: int, table: int, *, ranked: bool) -> QueueEntry:
        """An entry that counts from this promotion, so after all that exist by then."""
        self.last_key -= 1
        self.last_position += 1
        entry = QueueEntry(self.last_key, person, table, self.at, self.last_position, ranked)
        self._stand(entry)
        return entry

    def _stand(self, entry: QueueEntry) -> None:
        self.entries[entry.person][entry.key] = entry
        self.queues[entry.table].append(entry)

    def _front(self, queue: deque[QueueEntry], start: int | None = None) -> QueueEntry | None:
        """The oldest entry of a queue that stands, of people at ``start`` if that is given."""
        while queue:
            first = queue[0]
            if first.key in self.cut:
                raise CutShort
            here = start is None or self._seat_beside(first) == start
            if here and first.key in self.entries[first.person]:
                return first
            queue.popleft()
        return None

    def _end_beside(self, got: QueueEntry) -> tuple[int, ...]:
        """End an entry that came true; returns the keys of its owner's entries that end too."""
        table = self.tables[got.table]
        standing = self.entries[got.person]
        del standing[got.key]
        here = [
            entry for entry in standing.values() if self.tables[entry.table].round == table.round
        ]
        stay = [
            entry
            for entry in here
            if _preferred(entry, got) and self.tables[entry.table].session != table.session
        ]
        ended = tuple(
            entry.key
            for entry in standing.values()
            if (entry in here and entry not in stay)
            or self.tables[entry.table].session == table.session
        )
        for key in ended:
            del standing[key]
        if stay and self.cut:
            raise CutShort  # there may be a cycle now
        for entry in stay:
            insort(self.ways[got.table][entry.table], entry, key=age)
        return ended

    def _seat_beside(self, entry: QueueEntry) -> int | None:
        """Where the owner sits in the round of the entry."""
        return self.seats[entry.person].get(self.tables[entry.table].round)

    def _sit(self, person: int, table: int) -> None:
        self.seats[person][self.tables[table].round] = table

    def _attends(self, person: int, table: int) -> bool:
        """Whether the person sits at that session, at this very table or in another round."""
        session = self.tables[table].session
        return session in [self.tables[held].session for held in self.seats[person].values()]
