"""The checker finds every kind of fault in results that were right before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from registrations.drawing.checker import faults
from registrations.drawing.draw import draw
from registrations.drawing.problem import (
    DrawTable,
    Outcome,
    Problem,
    Ranking,
    cost_of,
    filled_lists,
)
from tests.examples import examples
from tests.registrations.drawing.small import crowded, problems, seeds

FAST = settings(suppress_health_check=list(HealthCheck))

Seats = dict[int, dict[int, int]]


class Spoiling:
    """A result, and every way to spoil it that must be noticed."""

    def __init__(self, problem: Problem, outcome: Outcome) -> None:
        self.problem, self.outcome = problem, outcome
        self.session = {table.key: table.session for table in problem.tables}
        self.lists = filled_lists(problem, outcome.came)
        self.taken = Counter(table for mine in outcome.seats.values() for table in mine.values())
        self.free = {table.key: table.seats - self.taken[table.key] for table in problem.tables}

    def seated(self, number: int, round_: int, table: int | None) -> Outcome:
        """The result, but for that person at that table, or at none."""
        seats = {one: dict(mine) for one, mine in self.outcome.seats.items()}
        seats.setdefault(number, {}).pop(round_, None)
        if table is not None:
            seats[number][round_] = table
        return replace(self.outcome, seats=seats)

    def listed(self) -> Iterator[tuple[int, int, int]]:
        """Each table on a list that its owner does not have."""
        for number, by_round in self.lists.items():
            for round_, wishes in by_round.items():
                for table in wishes:
                    if table not in (None, self.outcome.seats[number].get(round_)):
                        yield number, round_, table

    def others_come(self) -> Iterator[Outcome]:
        came, waiting = self.outcome.came, self.outcome.waiting
        if came and waiting:
            yield replace(
                self.outcome, came=(*came[:-1], waiting[0]), waiting=(came[-1], *waiting[1:])
            )
        if came:
            yield replace(self.outcome, came=came[:-1], waiting=(came[-1], *waiting))
            yield replace(self.outcome, came=(*came, came[0]))
        if waiting:
            yield replace(self.outcome, came=(*came, waiting[0]), waiting=waiting[1:])

    def other_order(self) -> Iterator[Outcome]:
        if len(self.outcome.came) > 1:
            yield replace(self.outcome, came=self.outcome.came[::-1])
        if len(self.outcome.waiting) > 1:
            yield replace(self.outcome, waiting=self.outcome.waiting[::-1])

    def somebody_is_left_out(self) -> Iterator[Outcome]:
        if self.outcome.waiting:
            yield replace(self.outcome, waiting=self.outcome.waiting[1:])

    def unknown_method(self) -> Iterator[Outcome]:
        yield replace(self.outcome, method="dice")

    def seat_without_a_place(self) -> Iterator[Outcome]:
        for number in self.outcome.waiting:
            for table in self.problem.tables:
                yield self.seated(number, table.round, table.key)

    def too_many_people(self) -> Iterator[Outcome]:
        for number, round_, table in self.listed():
            if self.free[table] == 0:
                yield self.seated(number, round_, table)

    def table_not_listed(self) -> Iterator[Outcome]:
        for number, by_round in self.lists.items():
            for table in self.problem.tables:
                if table.key not in by_round[table.round]:
                    yield self.seated(number, table.round, table.key)

    def table_of_another_round(self) -> Iterator[Outcome]:
        for number, round_, table in self.listed():
            yield self.seated(number, round_ + 1, table)

    def table_that_is_not_there(self) -> Iterator[Outcome]:
        for number in self.outcome.came:
            yield self.seated(number, self.problem.rounds[0], 999)

    def session_twice(self) -> Iterator[Outcome]:
        for number, round_, table in self.listed():
            others = [key for at, key in self.outcome.seats[number].items() if at != round_]
            if self.session[table] in [self.session[key] for key in others]:
                yield self.seated(number, round_, table)

    def seat_taken_away(self) -> Iterator[Outcome]:
        for number, mine in self.outcome.seats.items():
            for round_ in mine:
                yield self.seated(number, round_, None)

    def worse_than_a_free_seat(self) -> Iterator[Outcome]:
        for number, round_, table in self.listed():
            wishes, has = self.lists[number][round_], self.outcome.seats[number].get(round_)
            if has is not None and wishes.index(table) > wishes.index(has) and self.free[table] > 0:
                yield self.seated(number, round_, table)

    def exchange_that_helps_nobody(self) -> Iterator[Outcome]:
        for number, round_, table in self.listed():
            has = self.outcome.seats[number].get(round_)
            for other, mine in self.outcome.seats.items():
                if has is not None and mine.get(round_) == table:
                    theirs = self.lists[other][round_]
                    worse = self.lists[number][round_].index(table) > self.lists[number][
                        round_
                    ].index(has)
                    if worse and has in theirs and theirs.index(has) > theirs.index(table):
                        seats = self.seated(number, round_, table).seats
                        yield replace(
                            self.outcome, seats={**seats, other: {**seats[other], round_: has}}
                        )

    def better_day_for_the_later_lot(self) -> Iterator[Outcome]:
        def gave_in(number: int) -> int:
            mine = self.outcome.seats[number]
            return sum(cost_of(w, mine.get(at)) for at, w in self.lists[number].items())

        for place, first in enumerate(self.outcome.came):
            for second in self.outcome.came[place + 1 :]:
                if self.lists[first] == self.lists[second] and gave_in(first) < gave_in(second):
                    seats = dict(self.outcome.seats)
                    seats[first], seats[second] = seats[second], seats[first]
                    yield replace(self.outcome, seats=seats)


KINDS: list[Callable[[Spoiling], Iterator[Outcome]]] = [
    Spoiling.others_come,
    Spoiling.other_order,
    Spoiling.somebody_is_left_out,
    Spoiling.unknown_method,
    Spoiling.seat_without_a_place,
    Spoiling.too_many_people,
    Spoiling.table_not_listed,
    Spoiling.table_of_another_round,
    Spoiling.table_that_is_not_there,
    Spoiling.session_twice,
    Spoiling.seat_taken_away,
    Spoiling.worse_than_a_free_seat,
    Spoiling.exchange_that_helps_nobody,
    Spoiling.better_day_for_the_later_lot,
]


@pytest.mark.parametrize("spoil", KINDS, ids=lambda kind: kind.__name__)
@settings(FAST, max_examples=examples(40))
@given(st.one_of(crowded(), problems()), seeds, st.booleans(), st.booleans())
def test_every_spoilt_result_is_refused(spoil, problem, seed, solver, short):
    problem = replace(problem, places=max(0, len(problem.rankings) - 2 * short))
    outcome = draw(problem, seed, solver=solver)
    assert faults(problem, seed, outcome) == []

    spoilt = list(spoil(Spoiling(problem, outcome)))

    assume(spoilt)
    assert [one for one in spoilt if not faults(problem, seed, one)] == []


@settings(FAST, max_examples=examples(40))
@given(crowded(), seeds)
def test_result_of_another_seed_is_refused(problem, seed):
    problem = replace(problem, places=len(problem.rankings) - 1)
    outcome, other = draw(problem, seed), draw(problem, seed + "!")

    assume(outcome.came != other.came)
    assert faults(problem, seed, other) != []


# Sentences, on two rounds with the tables A and B, and A and C.

A, B, A2, C = range(1, 5)
TABLES = (
    DrawTable(A, 1, 1, 1),
    DrawTable(B, 1, 2, 2),
    DrawTable(A2, 2, 1, 1),
    DrawTable(C, 2, 3, 2),
)
ANN, BOB = 11111, 22222
SEED = "b"  # Ann has the earlier lot


def event(
    ann: dict[int, tuple[int | None, ...]], bob: dict[int, tuple[int | None, ...]]
) -> Problem:
    return Problem(2, 2, TABLES, (Ranking(ANN, ann), Ranking(BOB, bob)))


def found(problem: Problem, ann: dict[int, int], bob: dict[int, int]) -> list[str]:
    numbers = (ANN, BOB)
    return faults(problem, SEED, Outcome(numbers, (), {ANN: ann, BOB: bob}, "draft", None))


ALIKE = event({1: (A, B), 2: (C, A2)}, {1: (A, B), 2: (C, A2)})


def test_right_result_has_no_faults():
    assert found(ALIKE, {1: A, 2: C}, {1: B, 2: C}) == []


def test_later_lot_with_a_better_day():
    assert found(ALIKE, {1: B, 2: C}, {1: A, 2: C}) == [
        "22222 has a better day than 11111, who has the same lists and an earlier lot."
    ]


def test_free_seat_for_somebody_who_has_nothing_and_for_somebody_who_has_worse():
    assert found(ALIKE, {1: A, 2: C}, {1: B}) == [
        "22222 has nothing in round 2, and there is a free seat at table 4.",
        "22222 has nothing in round 2, and there is a free seat at table 3.",
    ]
    other = event({1: (A, B), 2: (C, A2)}, {1: (B, A), 2: (C, A2)})
    assert found(other, {1: B, 2: C}, {1: B, 2: C}) == [
        "11111 would rather have table 1 in round 1, where a seat is free."
    ]


def test_free_seat_of_a_session_that_one_attends_is_no_fault():
    problem = event({1: (A,), 2: (A2, C)}, {1: (B,), 2: (C,)})

    assert found(problem, {1: A, 2: C}, {1: B, 2: C}) == []


def test_cycle_in_a_round():
    tables = (DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1))
    wishes = (Ranking(ANN, {1: (1, 2)}), Ranking(BOB, {1: (2, 1)}))

    assert found(Problem(2, 2, tables, wishes), {1: 2}, {1: 1}) == [
        "In round 1 people at the tables 1, 2 could exchange seats and all be better off."
    ]


def test_rather_no_table_is_no_fault():
    problem = event({1: (None,), 2: (C, None)}, {1: (B,), 2: (C,)})

    assert found(problem, {2: C}, {1: B, 2: C}) == []
    assert found(problem, {1: A, 2: C}, {1: B, 2: C}) == [
        "11111 has a table in round 1 that is not on their list."
    ]
