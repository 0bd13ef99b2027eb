"""Settles the waiting lists of one event: rules 7 and 8, and nothing else.

``settle`` turns a snapshot of the event into the moves to make, in order. It knows no database
and no clock. docs/waiting.md tells what it promises to whom, and why it always ends.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from registrations.settling.cycles import Wish, age, find_ring


@dataclass(frozen=True)
class Table:
    """A sitting: a session held in a round, with the seats that anybody may still take."""

    key: int
    round: int
    session: int
    free: int


@dataclass(frozen=True)
class Waiting:
    """A person on the event's waiting list, since they confirmed.

    ``asked``: the tables requested, at most one a round and no session twice. ``wishes``: other
    tables to wait for. Both in the order of the form. Nothing is held.
    """

    person: int
    since: datetime
    asked: tuple[int, ...] = ()
    wishes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """An event as it stands at one moment, under the lock, expired holds freed.

    ``seats`` gives the tables that a person holds; only those with a wish need be in it.
    ``wishes`` are of people with a place in the event, not of those in ``waiting``.
    """

    at: datetime
    tables: Iterable[Table]
    seats: Mapping[int, Collection[int]]
    wishes: Iterable[Wish]
    places_free: int
    waiting: Iterable[Waiting]


@dataclass(frozen=True)
class Lapsed:
    """Wishes (keys) that ended because their owner sits at that very session by now."""

    ended: tuple[int, ...]


@dataclass(frozen=True)
class Served:
    """A wish got a free seat; its owner left a table of that round, or had none."""

    wish: Wish
    left: int | None
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Swapped:
    """Everybody in a ring moves on to the table of the next, the last one to that of the first."""

    ring: tuple[Wish, ...]
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Promoted:
    """A waiting person has a place in the event now, with seats at ``tables``.

    ``wishes`` are new and to be stored as they are, but for their keys: these are below zero,
    and later moves of the same answer use them.
    """

    person: int
    tables: tuple[int, ...]
    wishes: tuple[Wish, ...]


Move = Lapsed | Served | Swapped | Promoted


def settle(snapshot: Snapshot) -> list[Move]:
    """The moves that rules 7 and 8 ask for, in order; none if the event is settled."""
    return list(_moves(_Hall(snapshot), snapshot))


def _moves(hall: _Hall, snapshot: Snapshot) -> Iterator[Move]:
    if lapsed := hall.take_in(snapshot.wishes):
        yield Lapsed(lapsed)
    while True:
        if wish := hall.oldest_with_a_free_seat():  # rule 7a
            yield hall.serve(wish)
        elif ring := hall.ring_to_swap():  # rule 7b
            yield hall.swap(ring)
        elif person := hall.first_to_promote():  # rule 7c, which is rule 8
            yield hall.promote(person)
        else:
            return


class _Hall:
    """The event while it is being settled: who sits where, and who waits for what.

    A wish ends as soon as its owner sits at its session, or gets another seat in its round by a
    wish. So every wish that stands can be served once its table has a seat; and while it
    stands, its owner does not move in that round. It therefore enters its queues once. Wishes
    that ended are thrown out when they come to the front.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.at = snapshot.at
        self.tables = {table.key: table for table in snapshot.tables}
        self.free = {table.key: table.free for table in snapshot.tables}
        self.places_free = snapshot.places_free
        self.waiting = deque(sorted(snapshot.waiting, key=lambda who: (who.since, who.person)))
        # Person -> round -> table.
        self.seats: defaultdict[int, dict[int, int]] = defaultdict(dict)
        for person, tables in snapshot.seats.items():
            for table in tables:
                self._sit(person, table)
        # Person -> key -> wish, of the wishes that stand.
        self.wishes: defaultdict[int, dict[int, Wish]] = defaultdict(dict)
        # The oldest wish in front: table -> queue, and table left -> table wanted -> queue.
        self.queues: defaultdict[int, deque[Wish]] = defaultdict(deque)
        self.ways: defaultdict[int, defaultdict[int, deque[Wish]]] = defaultdict(
            lambda: defaultdict(deque)
        )
        self.may_have_rings = True
        self.last_key = 0
        self.last_position = -1

    def take_in(self, wishes: Iterable[Wish]) -> tuple[int, ...]:
        """Let the wishes stand that still ask for something; the keys of the others.

        Rule 7: getting a seat in whatever way ends one's wishes for that session.
        """
        lapsed = []
        for wish in sorted(wishes, key=age):
            if self._attends(wish.person, wish.table):
                lapsed.append(wish.key)
            else:
                self._stand(wish)
                start = self._seat_beside(wish)
                if start is not None:
                    self.ways[start][wish.table].append(wish)
            if wish.since == self.at:
                self.last_position = max(self.last_position, wish.position)
        return tuple(lapsed)

    def oldest_with_a_free_seat(self) -> Wish | None:
        """Rule 7a: the oldest wish anywhere that a free seat can serve."""
        fronts = (self._front(self.queues[table]) for table, free in self.free.items() if free > 0)
        return min((wish for wish in fronts if wish), key=age, default=None)

    def serve(self, wish: Wish) -> Served:
        left = self._seat_beside(wish)
        self.free[wish.table] -= 1
        if left is not None:
            self.free[left] += 1
        self._sit(wish.person, wish.table)
        return Served(wish, left, self._end_beside(wish))

    def ring_to_swap(self) -> tuple[Wish, ...]:
        """Rule 7b: the ring to swap, oldest wish first, or nothing.

        Once there is none, none arises: who moves has no other wish left in that round, and who
        is promoted gets a seat only where nobody waits for one.
        """
        if not self.may_have_rings:
            return ()
        fronts = {
            start: {goal: wish for goal, queue in onward.items() if (wish := self._front(queue))}
            for start, onward in self.ways.items()
        }
        ring = find_ring(fronts)
        self.may_have_rings = bool(ring)
        return ring

    def swap(self, ring: tuple[Wish, ...]) -> Swapped:
        for wish in ring:
            self._sit(wish.person, wish.table)
        return Swapped(ring, tuple(key for wish in ring for key in self._end_beside(wish)))

    def first_to_promote(self) -> Waiting | None:
        """Rule 8: the oldest waiting registration, if there is a place for it."""
        return self.waiting[0] if self.waiting and self.places_free > 0 else None

    def promote(self, who: Waiting) -> Promoted:
        """What is free now has nobody waiting for it, or rule 7a would have served them."""
        self.waiting.popleft()
        self.places_free -= 1
        got = []
        for table in who.asked:
            if (
                self.free[table] > 0
                and self.tables[table].round not in self.seats[who.person]
                and not self._attends(who.person, table)
            ):
                self.free[table] -= 1
                self._sit(who.person, table)
                got.append(table)
        wishes = []
        for table in dict.fromkeys((*who.asked, *who.wishes)):
            if not self._attends(who.person, table):
                wishes.append(self._new_wish(who.person, table))
        return Promoted(who.person, tuple(got), tuple(wishes))

    def _new_wish(self, person: int, table: int) -> Wish:
        """A wish that counts from this promotion, so after all that there are by now."""
        self.last_key -= 1
        self.last_position += 1
        wish = Wish(self.last_key, person, table, self.at, self.last_position)
        self._stand(wish)
        return wish

    def _stand(self, wish: Wish) -> None:
        self.wishes[wish.person][wish.key] = wish
        self.queues[wish.table].append(wish)

    def _front(self, queue: deque[Wish]) -> Wish | None:
        while queue and queue[0].key not in self.wishes[queue[0].person]:
            queue.popleft()
        return queue[0] if queue else None

    def _end_beside(self, got: Wish) -> tuple[int, ...]:
        """End a wish that came true, and the owner's wishes that end with it: their keys."""
        table = self.tables[got.table]
        standing = self.wishes[got.person]
        del standing[got.key]
        ended = tuple(
            wish.key
            for wish in standing.values()
            if self.tables[wish.table].round == table.round
            or self.tables[wish.table].session == table.session
        )
        for key in ended:
            del standing[key]
        return ended

    def _seat_beside(self, wish: Wish) -> int | None:
        """Where the owner sits in the round of the wish."""
        return self.seats[wish.person].get(self.tables[wish.table].round)

    def _sit(self, person: int, table: int) -> None:
        self.seats[person][self.tables[table].round] = table

    def _attends(self, person: int, table: int) -> bool:
        """Whether the person sits at that session, at this very table or in another round."""
        session = self.tables[table].session
        return session in [self.tables[held].session for held in self.seats[person].values()]
