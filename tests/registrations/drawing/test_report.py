"""Figures of a draw, and its file."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from datetime import UTC, datetime

from registrations.drawing.draw import draw
from registrations.drawing.lot import lots, seed_hash
from registrations.drawing.problem import (
    DrawTable,
    Outcome,
    Problem,
    Ranking,
    filled_lists,
    total_cost,
)
from registrations.drawing.report import (
    How,
    Result,
    Shares,
    as_file,
    demand,
    fewer_than_five,
    gave_in,
    results,
    shares,
    solver_version,
)

A, B, C, D = range(1, 5)
ANN, BOB, CAS, DEE, EVA = range(11, 16)
AT = datetime(2026, 12, 1, 12, tzinfo=UTC)

# Two rounds: A and B, C and D.
TABLES = tuple(DrawTable(key, 1 + key // 3, key, 2) for key in (A, B, C, D))
PROBLEM = Problem(
    places=4,
    a_round=2,
    tables=TABLES,
    rankings=(
        Ranking(ANN, {1: (A, B), 2: (C,)}),
        Ranking(BOB, {1: (A, None), 2: (None,)}),
        Ranking(CAS, {1: (A, B), 2: ()}),
        Ranking(DEE, {1: (B, A)}),
        Ranking(EVA, {1: (B,), 2: (D, C)}),
    ),
)
OUTCOME = Outcome(
    came=(ANN, BOB, CAS, DEE),
    waiting=(EVA,),
    seats={ANN: {1: B, 2: D}, BOB: {}, CAS: {1: A, 2: C}, DEE: {1: B}},
    method="solver",
    gap=0.0,
)


def test_demand_counts_first_and_further_wishes_of_everybody():
    assert demand(PROBLEM) == {A: (3, 1), B: (2, 2), C: (1, 1), D: (1, 0)}


def test_tables_with_fewer_than_five_wishes_are_told_apart():
    rankings = tuple(Ranking(number, {1: (A,) if number else (A, B)}) for number in range(5))

    assert fewer_than_five(replace(PROBLEM, rankings=rankings)) == {B, C, D}


def test_results_say_which_wish_came_true():
    assert results(PROBLEM, OUTCOME) == {
        ANN: {1: Result(How.WISH, 2), 2: Result(How.FILLED)},
        BOB: {1: Result(How.BY_WISH), 2: Result(How.BY_WISH)},
        CAS: {1: Result(How.WISH, 1), 2: Result(How.FILLED)},
        DEE: {1: Result(How.WISH, 1), 2: Result(How.NOTHING)},
    }


def test_shares_count_each_kind_by_round():
    assert shares(PROBLEM, OUTCOME) == {
        1: Shares(wishes=(2, 1), filled=0, by_wish=1, nothing=0),
        2: Shares(wishes=(0, 0), filled=2, by_wish=1, nothing=1),
    }
    assert {one.people for one in shares(PROBLEM, OUTCOME).values()} == {4}


def test_giving_in_is_what_the_wishes_cost():
    """An empty list gives in nothing with any table; getting nothing is one wish further."""
    assert gave_in(PROBLEM, OUTCOME) == {ANN: 2 + 2, BOB: 2, CAS: 0, DEE: 0 + 5}
    without = replace(OUTCOME, seats={ANN: {1: B}})
    assert gave_in(PROBLEM, without)[ANN] == 2 + 5


def file_of(problem: Problem, outcome: Outcome, seed: str = "5eed") -> dict:
    names = {table.key: f"Table {table.key}" for table in problem.tables}
    data = as_file(problem, seed, outcome, title="A day", drawn_at=AT, names=names)
    assert json.loads(json.dumps(data)) == data
    return data


def test_file_has_what_a_recount_needs():
    problem = replace(PROBLEM, places=5)
    outcome = draw(problem, "5eed")
    drawn = lots("5eed", (one.number for one in problem.rankings))

    data = file_of(problem, outcome)

    people = data.pop("people")
    assert [table.pop("name") for table in data["tables"]] == [None] * 4
    assert data == {
        "format": {"name": "tafelronde-uitslag", "version": "1.0"},
        "title": "A day",
        "drawn_at": "2026-12-01T12:00:00+00:00",
        "seed": "5eed",
        "seed_hash": seed_hash("5eed"),
        "method": "solver",
        "gap": 0.0,
        "solver": solver_version(),
        "machine": platform.machine(),
        "places": 5,
        "wishes_a_round": 2,
        "cost": total_cost(filled_lists(problem, outcome.came), outcome.seats),
        "rounds": [1, 2],
        "tables": [
            {"table": A, "round": 1, "session": A, "seats": 2, "fewer_than_five": True},
            {"table": B, "round": 1, "session": B, "seats": 2, "fewer_than_five": True},
            {"table": C, "round": 2, "session": C, "seats": 2, "fewer_than_five": True},
            {"table": D, "round": 2, "session": D, "seats": 2, "fewer_than_five": True},
        ],
    }
    assert [one["number"] for one in people] == list(drawn)
    assert [one["got"] for one in people] == [
        [outcome.seats[number].get(1), outcome.seats[number].get(2)] for number in drawn
    ]
    assert any(None not in one["got"] for one in people)
    (bob,) = [one for one in people if one["number"] == BOB]
    assert bob == {
        "number": BOB,
        "lot": drawn[BOB],
        "place": True,
        "wishes": [[A, None], [None]],
        "got": [outcome.seats[BOB].get(1), None],
    }


def test_who_has_no_place_stands_in_the_file_without_a_table():
    outcome = draw(PROBLEM, "5eed")

    (last,) = [one for one in file_of(PROBLEM, outcome)["people"] if not one["place"]]

    assert (last["number"], last["lot"], last["got"]) == (outcome.waiting[0], 5, [None, None])


def test_a_draft_names_no_solver():
    assert file_of(PROBLEM, draw(PROBLEM, "5eed", solver=False))["solver"] is None


def named(*wishes: int, seats: str = "") -> list[str]:
    """The names in the file of tables with so many wishes each, all in one round.

    ``seats``: a letter a table; those with the same letter have as many.
    """
    letters = seats or "a" * len(wishes)
    tables = tuple(DrawTable(key, 1, key, ord(letters[key])) for key in range(len(wishes)))
    numbers = iter(range(1000))
    rankings = tuple(
        Ranking(next(numbers), {1: (key,)})
        for key, times in enumerate(wishes)
        for _ in range(times)
    )
    problem = Problem(len(rankings), 1, tables, rankings)
    data = file_of(problem, draw(problem, "5eed", solver=False))
    return [table["name"] for table in data["tables"] if table["name"]]


def test_tables_with_few_wishes_have_no_name_and_never_only_one():
    assert named(9, 9, 9, 9) == ["Table 0", "Table 1", "Table 2", "Table 3"]
    assert named(9, 4, 3, 9) == ["Table 0", "Table 3"]
    assert named(9, 4, 8, 9) == ["Table 0", "Table 3"]
    assert named(9, 5, 9) == ["Table 0", "Table 1", "Table 2"]


def test_table_with_few_wishes_is_not_told_by_its_seats():
    """Another one with as many goes without its name too, if there is one."""
    assert named(9, 4, 8, 9, 7, seats="abbaa") == ["Table 0", "Table 3", "Table 4"]
    assert named(9, 4, 3, 9, 8, 7, seats="abaabb") == ["Table 3", "Table 4"]
    assert named(9, 4, 8, 9, seats="abaa") == ["Table 0", "Table 3"]


def test_table_with_few_wishes_is_not_told_by_its_rounds():
    tables = (
        *(DrawTable(key, 1, key, 9) for key in (A, B)),
        *(DrawTable(key, 2, key, 9) for key in (C, D)),
    )
    rankings = tuple(Ranking(number, {1: (A, B), 2: (C,)}) for number in range(6))
    problem = Problem(6, 3, tables, (*rankings, Ranking(6, {1: (A,), 2: (C,)})))

    data = file_of(problem, draw(problem, "5eed"))

    assert [table["name"] for table in data["tables"]] == ["Table 1", "Table 2", None, None]


def test_session_with_few_wishes_at_one_table_is_nameless_at_all_its_tables():
    for few, many in ((1, 2), (2, 1)):  # the round in which nobody wants it, and the other one
        tables = (*(DrawTable(key, many, key, 9) for key in (A, B, C)), DrawTable(D, few, A, 9))
        rankings = tuple(Ranking(number, {many: (A, B, C)}) for number in range(6))
        problem = Problem(6, 3, tables, rankings)

        data = file_of(problem, draw(problem, "5eed"))

        names = {table["table"]: table["name"] for table in data["tables"]}
        assert names == {A: None, B: None, C: "Table 3", D: None}
        assert [t["table"] for t in data["tables"] if t["fewer_than_five"]] == [D]


def test_session_that_few_want_in_its_first_round_is_nameless_in_the_second():
    tables = (DrawTable(A, 1, A, 9), *(DrawTable(key, 2, key - 1, 9) for key in (B, C, D)))
    rankings = tuple(Ranking(number, {2: (D, C, B)}) for number in range(6))
    problem = Problem(6, 3, tables, rankings)

    data = file_of(problem, draw(problem, "5eed"))

    assert [table["name"] for table in data["tables"]] == [None, None, None, "Table 4"]
