"""Small events, drawn and compared with what is best in them (small.py)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from registrations.drawing import solver
from registrations.drawing.checker import faults
from registrations.drawing.draft import draft
from registrations.drawing.draw import draw
from registrations.drawing.improve import improve
from registrations.drawing.lot import by_lot, numbered
from registrations.drawing.problem import MISSED, Problem, cost_of, filled_lists, total_cost
from tests.examples import examples
from tests.registrations.drawing.small import (
    crowded,
    fewest_missed,
    least_cost,
    problems,
    seeds,
)

FAST = settings(suppress_health_check=list(HealthCheck))

either = st.one_of(problems(), crowded())


def missed(lists, seats) -> int:
    return sum(
        cost_of(wishes, seats[number].get(round_)) == MISSED
        for number, by_round in lists.items()
        for round_, wishes in by_round.items()
    )


@settings(FAST, max_examples=examples(100))
@given(either, seeds)
def test_solver_finds_what_trying_everything_finds(problem, seed):
    lists = filled_lists(problem, by_lot(problem, seed)[0])

    outcome = draw(problem, seed)

    assert (outcome.method, outcome.gap) == ("solver", 0)
    assert total_cost(lists, outcome.seats) == least_cost(problem, lists)
    assert missed(lists, outcome.seats) == fewest_missed(problem, lists)


@settings(FAST, max_examples=examples(100))
@given(either, seeds)
def test_what_costs_least_can_be_bettered_for_nobody(problem, seed):
    """The improving is for drafts, and for a search cut short."""
    lists = filled_lists(problem, by_lot(problem, seed)[0])
    start = draft(problem, lists)

    found = solver.solve(problem, lists, start, limit=60)

    assert found.bound == total_cost(lists, found.seats)
    assert total_cost(lists, improve(problem, lists, found.seats)) == found.bound


@settings(FAST, max_examples=examples(300))
@given(either, seeds)
def test_draft_keeps_the_rules(problem, seed):
    outcome = draw(problem, seed, solver=False)

    assert (outcome.method, outcome.gap) == ("draft", None)
    assert faults(problem, seed, outcome) == []


@settings(FAST, max_examples=examples(60))
@given(either, seeds, st.randoms(use_true_random=False))
def test_no_order_of_what_is_given_matters(problem, seed, random):
    tables, rankings = list(problem.tables), list(problem.rankings)
    random.shuffle(tables)
    random.shuffle(rankings)
    for number, ranking in enumerate(rankings):
        wishes = list(ranking.wishes.items())
        random.shuffle(wishes)
        rankings[number] = replace(ranking, wishes=dict(wishes))
    shuffled = Problem(problem.places, problem.a_round, tuple(tables), tuple(rankings))

    for solved in (True, False):
        one = draw(problem, seed, solver=solved)
        other = draw(shuffled, seed, solver=solved)
        assert one == other
        assert list(one.seats) == list(other.seats)


@settings(FAST, max_examples=examples(60))
@given(either, st.lists(seeds, min_size=2, max_size=4, unique=True))
def test_whatever_the_seed_the_cost_is_the_least(problem, seeds):
    """When there is a place for everybody; who comes is another matter."""
    everybody = replace(problem, places=len(problem.rankings))
    found = set()
    for seed in seeds:
        lists = filled_lists(everybody, by_lot(everybody, seed)[0])
        if all(len(wishes) == problem.a_round for by in lists.values() for wishes in by.values()):
            own = {one.number: dict(one.wishes) for one in everybody.rankings}
            if own == {number: dict(by_round) for number, by_round in lists.items()}:
                found.add(total_cost(lists, draw(everybody, seed).seats))

    assert len(found) <= 1


@settings(FAST, max_examples=examples(100))
@given(either, seeds)
def test_numbered_tables_are_the_same_tables(problem, seed):
    found, new = numbered(problem, seed)

    assert sorted(new.values()) == list(range(1, len(problem.tables) + 1))
    back = {renamed: key for key, renamed in new.items()}
    for table in found.tables:
        (before,) = [one for one in problem.tables if one.key == back[table.key]]
        assert (before.round, before.seats) == (table.round, table.seats)
        alike = {back[one.key] for one in found.tables if one.session == table.session}
        assert alike == {one.key for one in problem.tables if one.session == before.session}
    for before, after in zip(problem.rankings, found.rankings, strict=True):
        assert before.number == after.number
        assert before.wishes == {
            round_: tuple(None if key is None else back[key] for key in wishes)
            for round_, wishes in after.wishes.items()
        }


@settings(FAST, max_examples=examples(200))
@given(either, seeds, st.randoms(use_true_random=False))
def test_nobody_chooses_the_numbers_of_tables(problem, seed, random):
    """However tables and sessions were numbered before; so neither does anybody choose a result."""
    keys, sessions = ({one.key for one in problem.tables}, {one.session for one in problem.tables})
    key, session = (
        dict(zip(sorted(those), random.sample(range(1, 1000), len(those)), strict=True))
        for those in (keys, sessions)
    )
    otherwise = replace(
        problem,
        tables=tuple(
            replace(one, key=key[one.key], session=session[one.session]) for one in problem.tables
        ),
        rankings=tuple(
            replace(
                ranking,
                wishes={
                    round_: tuple(None if one is None else key[one] for one in wishes)
                    for round_, wishes in ranking.wishes.items()
                },
            )
            for ranking in problem.rankings
        ),
    )

    assert numbered(otherwise, seed)[0] == numbered(problem, seed)[0]


@settings(FAST, max_examples=examples(100))
@given(either, seeds, st.lists(st.integers(0, 40 * solver.UNIT), min_size=12, max_size=12))
def test_no_result_costs_less_than_the_bound_whatever_the_prices(problem, seed, prices):
    lists = filled_lists(problem, by_lot(problem, seed)[0])
    assume(lists)
    days = solver._Days(problem, lists)
    asked = np.array([*prices[: len(problem.tables)], 0])

    spent = sum(int(costs.min(axis=1).sum()) for _first, costs in days.priced(asked))

    bound = spent - sum(price * seats for price, seats in zip(asked, days.seats, strict=False))
    assert bound <= least_cost(problem, lists) * solver.UNIT
