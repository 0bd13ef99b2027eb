"""How good the draws are, and how long they take (`make bench`; docs/benchmarks.md).

Made-up demand for events of three sizes, with two to four rounds and some seats to spare: what
comes of it by serial dictatorship (whoever is first by lot chooses a whole day, then the next; only
here), by the draft and by the solver. Ends in an error if the solver misses a mark.
"""

from __future__ import annotations

import time

import pytest

from registrations.drawing.checker import faults
from registrations.drawing.draft import draft
from registrations.drawing.draw import LIMIT, draw
from registrations.drawing.improve import improve
from registrations.drawing.lot import by_lot
from registrations.drawing.problem import Lists, Outcome, Problem, Seats, filled_lists
from registrations.drawing.report import gave_in, shares
from tests.registrations.drawing.made_up import made_up

SEED = "5eed"
MARKS = {100: 10, 400: 10, 2000: LIMIT}  # seconds, by people


def dictatorship(problem: Problem, lists: Lists) -> dict[int, dict[int, int]]:
    """The first by lot takes the first of each list, then the next of what is left."""
    left = {table.key: table.seats for table in problem.tables}
    session = {table.key: table.session for table in problem.tables}
    seats: dict[int, dict[int, int]] = {}
    for number, by_round in lists.items():
        mine = seats[number] = {}
        for round_, wishes in by_round.items():
            attends = {session[table] for table in mine.values()}
            for table in wishes:
                if table is None:
                    break
                if left[table] > 0 and session[table] not in attends:
                    mine[round_] = table
                    left[table] -= 1
                    break
    return seats


def row(problem: Problem, seats: Seats, took: float, gap: float | None) -> str:
    came, waiting = by_lot(problem, SEED)
    outcome = Outcome(came, waiting, seats, "draft", None)
    counted = list(shares(problem, outcome).values())
    people = sum(one.people for one in counted)
    high = sum(one.wishes[0] + one.wishes[1] for one in counted)
    missed = sum(one.nothing for one in counted)
    told = "" if gap is None else "0" if gap == 0 else f"{gap:.2%}"
    worst = max(gave_in(problem, outcome).values())
    return f"{high / people:.0%} | {missed / people:.1%} | {worst} | {took:.2f} | {told}"


@pytest.mark.parametrize("people", MARKS)
def test_draws(people):
    print(
        "\n| people | rounds | to spare | by | 1st or 2nd | nothing | worst off | seconds | gap |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    slow = []
    for rounds in (2, 3, 4):
        for spare in (0.0, 0.05, 0.12):
            problem = made_up(people, rounds, spare)
            lists = filled_lists(problem, by_lot(problem, SEED)[0])
            began = time.perf_counter()
            served = dictatorship(problem, lists)
            first = time.perf_counter() - began
            began = time.perf_counter()
            drafted = improve(problem, lists, draft(problem, lists))
            second = time.perf_counter() - began
            began = time.perf_counter()
            outcome = draw(problem, SEED)
            took = time.perf_counter() - began
            assert outcome.method == "solver"
            assert faults(problem, SEED, outcome) == []
            what = f"| {people} | {rounds} | {spare:.0%} |"
            print(f"{what} dictatorship | {row(problem, served, first, None)} |")
            print(f"{what} draft | {row(problem, drafted, second, None)} |")
            print(f"{what} solver | {row(problem, outcome.seats, took, outcome.gap)} |", flush=True)
            if took > MARKS[people]:
                slow.append(f"{people} people, {rounds} rounds: {took:.0f} s")
    assert slow == []
