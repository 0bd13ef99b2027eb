"""What can be better for somebody at nobody's cost."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registrations.drawing.checker import faults
from registrations.drawing.improve import improve
from registrations.drawing.lot import by_lot
from registrations.drawing.problem import (
    DrawTable,
    Lists,
    Outcome,
    Problem,
    cost_of,
    filled_lists,
)
from tests.examples import examples
from tests.registrations.drawing.small import crowded, problems, seeds

ANN, BOB, CAS = range(1, 4)
TABLES = (DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1), DrawTable(3, 1, 3, 1))
ONE_ROUND = Problem(3, 3, TABLES, ())


def test_free_seat_goes_to_who_prefers_it_the_earlier_lot_first():
    lists = {BOB: {1: (1, 2)}, ANN: {1: (1, 3)}}

    assert improve(ONE_ROUND, lists, {ANN: {1: 3}, BOB: {1: 2}}) == {BOB: {1: 1}, ANN: {1: 3}}


def test_who_has_nothing_gets_a_free_seat():
    assert improve(ONE_ROUND, {ANN: {1: (1,)}}, {ANN: {}}) == {ANN: {1: 1}}


def test_seat_that_is_left_serves_the_next():
    lists = {ANN: {1: (2, 1)}, BOB: {1: (3, 2)}}

    assert improve(ONE_ROUND, lists, {ANN: {1: 1}, BOB: {1: 2}}) == {ANN: {1: 2}, BOB: {1: 3}}


def test_cycle_of_three_moves_on():
    lists = {ANN: {1: (2, 1)}, BOB: {1: (3, 2)}, CAS: {1: (1, 3)}}
    before = {ANN: {1: 1}, BOB: {1: 2}, CAS: {1: 3}}

    assert improve(ONE_ROUND, lists, before) == {ANN: {1: 2}, BOB: {1: 3}, CAS: {1: 1}}


def test_nobody_moves_to_a_session_that_they_attend():
    problem = Problem(
        1, 2, (DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1), DrawTable(3, 2, 1, 1)), ()
    )
    lists = {ANN: {1: (1, 2), 2: (3,)}}

    assert improve(problem, lists, {ANN: {1: 2, 2: 3}}) == {ANN: {1: 2, 2: 3}}


def test_move_in_a_later_round_opens_one_in_an_earlier():
    """Ann leaves session 1 in round 2, and may then have it in round 1."""
    tables = (
        DrawTable(1, 1, 1, 1),
        DrawTable(2, 1, 2, 1),
        DrawTable(3, 2, 1, 1),
        DrawTable(4, 2, 4, 1),
    )
    lists = {ANN: {1: (1, 2), 2: (4, 3)}}

    assert improve(Problem(1, 2, tables, ()), lists, {ANN: {1: 2, 2: 3}}) == {ANN: {1: 1, 2: 4}}


def test_of_those_with_the_same_lists_the_earlier_lot_has_the_better_day():
    lists: Lists = {BOB: {1: (1, 2)}, CAS: {1: (1, 2, 3)}, ANN: {1: (1, 2)}}
    before = {ANN: {1: 1}, BOB: {1: 2}, CAS: {1: 3}}

    assert improve(ONE_ROUND, lists, before) == {BOB: {1: 1}, CAS: {1: 3}, ANN: {1: 2}}


@settings(suppress_health_check=list(HealthCheck), max_examples=examples(200))
@given(st.one_of(crowded(), problems()), seeds, st.randoms(use_true_random=False))
def test_any_allowed_result_ends_by_the_rules_with_nobody_worse_off(problem, seed, random):
    came, waiting = by_lot(problem, seed)
    lists = filled_lists(problem, came)
    before = anyhow(problem, lists, random)

    after = improve(problem, lists, before)

    assert faults(problem, seed, Outcome(came, waiting, after, "draft", None)) == []
    alike: dict[str, list[int]] = {}
    for number, by_round in lists.items():
        alike.setdefault(str(by_round), []).append(number)
    for numbers in alike.values():
        assert sum(gave_in(lists, after, n) for n in numbers) <= sum(
            gave_in(lists, before, n) for n in numbers
        )
        if len(numbers) == 1:
            for round_, wishes in lists[numbers[0]].items():
                had, has = (seats[numbers[0]].get(round_) for seats in (before, after))
                assert cost_of(wishes, has) <= cost_of(wishes, had)


def anyhow(problem, lists, random):
    """Some of what they listed for some of them, within the seats and no session twice."""
    left = {table.key: table.seats for table in problem.tables}
    session = {table.key: table.session for table in problem.tables}
    seats: dict[int, dict[int, int]] = {number: {} for number in lists}
    for number, by_round in lists.items():
        for round_, wishes in by_round.items():
            table = random.choice([*wishes, None])
            attends = [session[key] for key in seats[number].values()]
            if table is not None and left[table] and session[table] not in attends:
                seats[number][round_] = table
                left[table] -= 1
    return seats


def gave_in(lists, seats, number):
    return sum(cost_of(w, seats[number].get(round_)) for round_, w in lists[number].items())
