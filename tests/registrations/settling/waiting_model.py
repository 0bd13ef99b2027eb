"""Rules 7 and 8 once more, without any thought of speed, to judge the settling by.

Written from the words of the rules alone: every wish and every ring is looked at, every time.
It shares the data classes with the real thing, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from registrations.settling.cycles import Wish
from registrations.settling.settle import Lapsed, Move, Promoted, Served, Snapshot, Swapped, Waiting

Ring = tuple[Wish, ...]


class Model:
    """An event that can take one move at a time."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.at = snapshot.at
        self.tables = {table.key: table for table in snapshot.tables}
        self.seats = {person: set(tables) for person, tables in snapshot.seats.items()}
        self.wishes = sorted(snapshot.wishes, key=older_first)
        self.places_free = snapshot.places_free
        self.waiting = sorted(snapshot.waiting, key=lambda who: (who.since, who.person))
        self.new_wishes = 0
        of_this_moment = [wish.position for wish in self.wishes if wish.since == self.at]
        self.next_position = max(of_this_moment, default=-1) + 1

    def snapshot(self) -> Snapshot:
        return Snapshot(
            at=self.at,
            tables=list(self.tables.values()),
            seats=self.seats,
            wishes=self.wishes,
            places_free=self.places_free,
            waiting=self.waiting,
        )

    def settle(self) -> list[Move]:
        moves = []
        while move := self.next_move():
            self.make(move)
            moves.append(move)
        return moves

    def next_move(self) -> Move | None:
        if lapsed := [wish.key for wish in self.wishes if self.sits_there(wish.person, wish.table)]:
            return Lapsed(tuple(lapsed))
        for wish in self.wishes:
            if self.tables[wish.table].free > 0:
                return Served(wish, self.seat_beside(wish), self.ends_with(wish))
        if ring := self.ring_to_swap():
            return Swapped(ring, tuple(key for wish in ring for key in self.ends_with(wish)))
        if self.places_free > 0 and self.waiting:
            return self.promotion(self.waiting[0])
        return None

    def make(self, move: Move) -> None:
        match move:
            case Lapsed(ended):
                self.end(*ended)
            case Served(wish, left, ended):
                self.end(wish.key, *ended)
                if left is not None:
                    self.leave(wish.person, left)
                self.sit(wish.person, wish.table)
            case Swapped(ring, ended):
                self.end(*(wish.key for wish in ring), *ended)
                for wish in ring:
                    left = self.seat_beside(wish)
                    assert left is not None
                    self.seats[wish.person] ^= {left, wish.table}
            case Promoted(person, tables, wishes):
                self.places_free -= 1
                self.waiting = [who for who in self.waiting if who.person != person]
                for table in tables:
                    self.sit(person, table)
                self.wishes = sorted([*self.wishes, *wishes], key=older_first)
                self.new_wishes += len(wishes)
                self.next_position += len(wishes)

    def promotion(self, who: Waiting) -> Promoted:
        """The tables asked for as far as free; of the rest each that may be wished for, once."""
        got: list[int] = []
        for key in who.asked:
            table = self.tables[key]
            beside = [self.tables[other] for other in got]
            if (
                table.free > 0
                and table.round not in [other.round for other in beside]
                and table.session not in [other.session for other in beside]
            ):
                got.append(key)
        sessions = [self.tables[key].session for key in got]
        rest: list[int] = []
        for key in [*who.asked, *who.wishes]:
            if key not in rest and self.tables[key].session not in sessions:
                rest.append(key)
        return Promoted(
            who.person,
            tuple(got),
            tuple(
                Wish(
                    key=-1 - self.new_wishes - place,
                    person=who.person,
                    table=table,
                    since=self.at,
                    position=self.next_position + place,
                )
                for place, table in enumerate(rest)
            ),
        )

    def rings(self) -> Iterator[Ring]:
        """Every ring of people, once from each of its wishes."""
        for wish in self.wishes:
            if self.seat_beside(wish) is not None:
                yield from self._rings_on((wish,))

    def _rings_on(self, chain: Ring) -> Iterator[Ring]:
        if chain[-1].table == self.seat_beside(chain[0]):
            yield chain
        people = {wish.person for wish in chain}
        for wish in self.wishes:
            if wish.person not in people and self.seat_beside(wish) == chain[-1].table:
                yield from self._rings_on((*chain, wish))

    def ring_to_swap(self) -> Ring:
        rings = list(self.rings())
        if not rings:
            return ()
        oldest = min((ring[0] for ring in rings), key=older_first)
        return min(
            (ring for ring in rings if ring[0] == oldest),
            key=lambda ring: (len(ring), sorted(map(older_first, ring))),
        )

    def ends_with(self, got: Wish) -> tuple[int, ...]:
        table = self.tables[got.table]
        return tuple(
            wish.key
            for wish in self.wishes
            if wish.person == got.person
            and wish.key != got.key
            and (
                self.tables[wish.table].round == table.round
                or self.tables[wish.table].session == table.session
            )
        )

    def sits_there(self, person: int, table: int) -> bool:
        """At that session: at this table or in another round."""
        held = [self.tables[key].session for key in self.seats.get(person, ())]
        return self.tables[table].session in held

    def seat_beside(self, wish: Wish) -> int | None:
        """The seat that the owner has in the round of the wish."""
        for key in self.seats.get(wish.person, ()):
            if self.tables[key].round == self.tables[wish.table].round:
                return key
        return None

    def sit(self, person: int, table: int) -> None:
        assert self.tables[table].free > 0
        self.seats.setdefault(person, set()).add(table)
        self.change_free(table, -1)

    def leave(self, person: int, table: int) -> None:
        self.seats[person].remove(table)
        self.change_free(table, +1)

    def end(self, *keys: int) -> None:
        assert len(set(keys)) == len(keys)
        assert set(keys) <= {wish.key for wish in self.wishes}
        self.wishes = [wish for wish in self.wishes if wish.key not in keys]

    def change_free(self, key: int, change: int) -> None:
        table = self.tables[key]
        self.tables[key] = replace(table, free=table.free + change)


def older_first(wish: Wish) -> tuple[object, ...]:
    return wish.since, wish.position, wish.key
