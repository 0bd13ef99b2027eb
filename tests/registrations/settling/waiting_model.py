"""Rules 7 and 8 once more, without any thought of speed, to judge the settling by.

Written from the words of the rules alone: every entry and every cycle is looked at, every time.
It shares the data classes with the real thing, and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from registrations.settling.cycles import QueueEntry
from registrations.settling.settle import Lapsed, Move, Promoted, Served, Snapshot, Swapped, Waiting

Cycle = tuple[QueueEntry, ...]


class Model:
    """An event that can take one move at a time."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.at = snapshot.at
        self.tables = {table.key: table for table in snapshot.tables}
        self.seats = {person: set(tables) for person, tables in snapshot.seats.items()}
        self.entries = sorted(snapshot.entries, key=older_first)
        self.places_free = snapshot.places_free
        self.waiting = sorted(snapshot.waiting, key=in_turn)
        self.new_waitlists = 0
        of_this_moment = [entry.position for entry in self.entries if entry.since == self.at]
        self.next_position = max(of_this_moment, default=-1) + 1

    def snapshot(self) -> Snapshot:
        return Snapshot(
            at=self.at,
            tables=list(self.tables.values()),
            seats=self.seats,
            entries=self.entries,
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
        if lapsed := [
            entry.key for entry in self.entries if self.sits_there(entry.person, entry.table)
        ]:
            return Lapsed(tuple(lapsed))
        for entry in self.entries:
            if self.tables[entry.table].free > 0:
                return Served(entry, self.seat_beside(entry), self.ends_with(entry))
        if cycle := self.cycle_to_swap():
            return Swapped(cycle, tuple(key for entry in cycle for key in self.ends_with(entry)))
        if self.places_free > 0 and self.waiting:
            return self.promotion(self.waiting[0])
        return None

    def make(self, move: Move) -> None:
        match move:
            case Lapsed(ended):
                self.end(*ended)
            case Served(entry, left, ended):
                self.end(entry.key, *ended)
                if left is not None:
                    self.leave(entry.person, left)
                self.sit(entry.person, entry.table)
            case Swapped(cycle, ended):
                self.end(*(entry.key for entry in cycle), *ended)
                for entry in cycle:
                    left = self.seat_beside(entry)
                    assert left is not None
                    self.seats[entry.person] ^= {left, entry.table}
            case Promoted(person, tables, entries):
                self.places_free -= 1
                self.waiting = [who for who in self.waiting if who.person != person]
                for table in tables:
                    self.sit(person, table)
                self.entries = sorted([*self.entries, *entries], key=older_first)
                self.new_waitlists += len(entries)
                self.next_position += len(entries)

    def promotion(self, who: Waiting) -> Promoted:
        """Of the tables asked for the first of each round that is free; entries for those that
        stand before it, or for all if none is, and for the tables to wait for beside them.
        """
        got: list[int] = []
        better: list[int] = []
        for key in who.asked:
            table = self.tables[key]
            beside = [self.tables[other] for other in got]
            if (
                table.free > 0
                and table.round not in [other.round for other in beside]
                and table.session not in [other.session for other in beside]
            ):
                got.append(key)
            elif table.round not in [other.round for other in beside]:
                better.append(key)
        sessions = [self.tables[key].session for key in got]
        rest: list[int] = []
        for key in [*better, *who.entries]:
            if key not in rest and self.tables[key].session not in sessions:
                rest.append(key)
        return Promoted(
            who.person,
            tuple(got),
            tuple(
                QueueEntry(
                    key=-1 - self.new_waitlists - place,
                    person=who.person,
                    table=table,
                    since=self.at,
                    position=self.next_position + place,
                    ranked=table in better and self.several(who.asked, table),
                )
                for place, table in enumerate(rest)
            ),
        )

    def several(self, asked: Iterable[int], table: int) -> bool:
        """Whether more than one of these is of the round of ``table``."""
        return [self.tables[key].round for key in asked].count(self.tables[table].round) > 1

    def cycles(self) -> Iterator[Cycle]:
        """Every cycle of people, once from each of its entries."""
        for entry in self.entries:
            if self.seat_beside(entry) is not None:
                yield from self._cycles_on((entry,))

    def _cycles_on(self, chain: Cycle) -> Iterator[Cycle]:
        if chain[-1].table == self.seat_beside(chain[0]):
            yield chain
        people = {entry.person for entry in chain}
        for entry in self.entries:
            if entry.person not in people and self.seat_beside(entry) == chain[-1].table:
                yield from self._cycles_on((*chain, entry))

    def cycle_to_swap(self) -> Cycle:
        cycles = list(self.cycles())
        if not cycles:
            return ()
        oldest = min((cycle[0] for cycle in cycles), key=older_first)
        return min(
            (cycle for cycle in cycles if cycle[0] == oldest),
            key=lambda cycle: (len(cycle), sorted(map(older_first, cycle))),
        )

    def ends_with(self, got: QueueEntry) -> tuple[int, ...]:
        table = self.tables[got.table]
        return tuple(
            entry.key
            for entry in self.entries
            if entry.person == got.person
            and entry.key != got.key
            and (
                self.tables[entry.table].session == table.session
                or (
                    self.tables[entry.table].round == table.round
                    and not (entry.ranked and got.ranked and older_first(entry) < older_first(got))
                )
            )
        )

    def sits_there(self, person: int, table: int) -> bool:
        """At that session: at this table or in another round."""
        held = [self.tables[key].session for key in self.seats.get(person, ())]
        return self.tables[table].session in held

    def seat_beside(self, entry: QueueEntry) -> int | None:
        """The seat that the owner has in the round of the entry."""
        for key in self.seats.get(entry.person, ()):
            if self.tables[key].round == self.tables[entry.table].round:
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
        assert set(keys) <= {entry.key for entry in self.entries}
        self.entries = [entry for entry in self.entries if entry.key not in keys]

    def change_free(self, key: int, change: int) -> None:
        table = self.tables[key]
        self.tables[key] = replace(table, free=table.free + change)


def in_turn(who: Waiting) -> tuple[float, datetime, int]:
    """Those who were in a draw by lot, then the others by when they came."""
    return math.inf if who.lot is None else who.lot, who.since, who.person


def older_first(entry: QueueEntry) -> tuple[object, ...]:
    return entry.since, entry.position, entry.key
