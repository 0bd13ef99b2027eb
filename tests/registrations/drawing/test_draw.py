"""A whole draw, from lots to a result that the checker lets pass."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from registrations.drawing import draw as drawing
from registrations.drawing import solver
from registrations.drawing.checker import faults
from registrations.drawing.draw import Refused, draw
from registrations.drawing.lot import by_lot
from registrations.drawing.problem import (
    DrawTable,
    Outcome,
    Problem,
    Ranking,
    filled_lists,
    total_cost,
)
from tests.registrations.drawing.made_up import made_up
from tests.registrations.drawing.small import least_cost

ROOT = Path(__file__).resolve().parents[3]

MEDIUM = made_up(60, 3, 0.05)


def test_draw_keeps_the_rules_and_is_proven_to_be_the_best():
    outcome = draw(MEDIUM, "seed")

    assert (outcome.method, outcome.gap) == ("solver", 0)
    assert faults(MEDIUM, "seed", outcome) == []


def test_draft_that_is_not_the_best_is_not_taken_for_it():
    """Told to begin with the draft, HiGHS 1.16 called its cost of 30 the least that there is."""
    tables = tuple(DrawTable(key, 1 + key // 3, key % 3, 1) for key in range(9))
    most = {1: (0, 1, 2), 2: (3, 4, 5)}
    rankings = (
        Ranking(10000, {**most, 3: (7, 6, 8)}),
        Ranking(10001, {1: (1, 0, 2), 2: (4, 3, 5), 3: (7, 6, 8)}),
        Ranking(10002, {**most, 3: (6, 7, 8)}),
    )
    problem = Problem(3, 3, tables, rankings)

    outcome = draw(problem, "00000000")

    lists = filled_lists(problem, outcome.came)
    assert total_cost(lists, outcome.seats) == least_cost(problem, lists)


def test_solver_does_better_than_the_draft():
    lists = filled_lists(MEDIUM, by_lot(MEDIUM, "seed")[0])

    by_solver, by_draft = draw(MEDIUM, "seed"), draw(MEDIUM, "seed", solver=False)

    assert total_cost(lists, by_solver.seats) < total_cost(lists, by_draft.seats)


def test_places_of_the_event_are_drawn_along():
    problem = replace(MEDIUM, places=45)

    outcome = draw(problem, "seed")

    assert (outcome.came, outcome.waiting) == by_lot(problem, "seed")
    assert len(outcome.came) == 45
    assert list(outcome.seats) == list(outcome.came)


@pytest.mark.parametrize(
    "problem",
    [
        Problem(0, 1, (), ()),
        Problem(5, 1, (), (Ranking(1, {}),)),
        Problem(0, 1, (DrawTable(1, 1, 1, 1),), (Ranking(1, {1: (1,)}),)),
        Problem(1, 1, (DrawTable(1, 1, 1, 0),), (Ranking(1, {1: (1,)}), Ranking(2, {}))),
        Problem(1, 1, (DrawTable(1, 1, 1, -2),), (Ranking(1, {1: (1,)}),)),
    ],
    ids=["nothing", "no tables", "no places", "no seats", "fewer than no seats"],
)
def test_draw_of_next_to_nothing(problem):
    outcome = draw(problem, "seed")

    assert outcome.method == "solver"
    assert outcome.gap == 0
    assert not any(outcome.seats.values())


def test_another_process_draws_the_same():
    code = (
        "import json; from tests.registrations.drawing.made_up import made_up;"
        "from registrations.drawing.draw import draw; outcome = draw(made_up(60, 3, 0.05), 'seed');"
        "print(json.dumps([outcome.came, outcome.seats]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    outcome = draw(MEDIUM, "seed")

    assert json.loads(done.stdout) == json.loads(json.dumps([outcome.came, outcome.seats]))
    assert done.stderr == ""


def test_time_limit_gives_the_best_found_with_its_gap():
    problem = made_up(300, 3, 0)

    outcome = draw(problem, "seed", limit=0)

    assert outcome.method == "solver"
    assert outcome.gap is not None
    assert 0 < outcome.gap <= 1
    assert faults(problem, "seed", outcome) == []


def test_steps_of_the_search_are_limited_too(monkeypatch):
    monkeypatch.setattr(solver, "MOST_PRICINGS", 3)
    monkeypatch.setattr(solver, "MOST_TO_CHOOSE", 100)
    problem = made_up(100, 3, 0)

    outcome = draw(problem, "seed")

    assert outcome == draw(problem, "seed")
    assert outcome.gap is not None
    assert outcome.gap > 0


def drafted(problem, caplog) -> Outcome:
    with caplog.at_level(logging.WARNING):
        outcome = draw(problem, "seed")
    assert (outcome.method, outcome.gap) == ("draft", None)
    assert faults(problem, "seed", outcome) == []
    assert outcome == draw(problem, "seed", solver=False)
    return outcome


@pytest.mark.parametrize("missing", ["highspy", "numpy"])
def test_without_the_solver_the_draft_decides(missing, monkeypatch, caplog):
    monkeypatch.delitem(sys.modules, "registrations.drawing.solver")
    monkeypatch.setitem(sys.modules, missing, None)

    drafted(MEDIUM, caplog)

    assert "drawing: the solver is not installed, so the draft decides" in caplog.text


def test_if_the_solver_fails_the_draft_decides(monkeypatch, caplog):
    def fail(*args: object, **options: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(solver, "solve", fail)

    drafted(MEDIUM, caplog)

    assert "drawing: the solver failed, so the draft decides" in caplog.text
    assert "out of memory" in caplog.text


def test_too_many_days_are_left_to_the_draft(monkeypatch, caplog):
    monkeypatch.setattr(solver, "MOST_DAYS", 1000)

    drafted(MEDIUM, caplog)

    assert "too many days" in caplog.text


def test_result_of_the_solver_that_breaks_a_rule_is_not_taken(monkeypatch, caplog):
    problem = Problem(2, 1, (DrawTable(1, 1, 1, 1),), (Ranking(1, {1: (1,)}), Ranking(2, {})))
    wrong = {1: {1: 1}, 2: {1: 1}}
    monkeypatch.setattr(solver, "solve", lambda *args, **options: solver.Solution(wrong, 0))

    drafted(problem, caplog)

    # A sentence of the checker may name a person by their number, and a log is kept longer.
    assert "broke rules (1)" in caplog.text
    assert "table 1" not in caplog.text


def test_if_nothing_passes_the_checker_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(drawing, "faults", lambda *args: ["Something is wrong."])

    with pytest.raises(Refused, match="Something is wrong") as refused:
        draw(MEDIUM, "seed")
    assert refused.value.faults == ["Something is wrong."]


def test_a_large_event_is_checked_within_seconds():
    problem = made_up(2000, 4, 0.05)

    draw(problem, "seed", solver=False)
