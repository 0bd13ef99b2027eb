"""Files of a draw: right ones, tampered ones, and whatever else somebody may hand in."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registrations.drawing import recount as recounting
from registrations.drawing.checker import faults
from registrations.drawing.draw import draw
from registrations.drawing.lot import lots, numbered, seed_hash
from registrations.drawing.problem import DrawTable, Outcome, Problem, Ranking, Wishes
from registrations.drawing.recount import (
    MOST_BYTES,
    MOST_FAULTS,
    Recount,
    UnreadableResult,
    load,
    published,
    recount,
)
from registrations.drawing.report import as_file
from tests.examples import examples
from tests.registrations.drawing.made_up import made_up
from tests.registrations.drawing.small import crowded, problems, seeds

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
SEED = "5eed"
PROBLEM = replace(made_up(40, 2, 0.1), places=37)

SEED_FITS = (
    f"The seed belongs to this check number: {seed_hash(SEED)}. Compare it with the one in your "
    "e-mail."
)
LOTS_FOLLOW = "Everybody’s lot follows from the seed and their number."
NUMBERED = "The tables are numbered as the lists name them, so nobody chose the order."
KEEPS = "The result keeps all the rules."
SAME = "Drawing again gives everybody the same."
BEST = "No other result has a lower cost."


def made(
    problem: Problem = PROBLEM, seed: str = SEED, *, solver: bool = True, limit: float = 60
) -> Any:
    """A file, as it comes out of JSON."""
    problem, _keys = numbered(problem, seed)
    outcome = draw(problem, seed, solver=solver, limit=limit)
    data = as_file(problem, seed, outcome, title="A day", drawn_at=AT, names={})
    return json.loads(json.dumps(data))


RIGHT = made()
COSTS = f"All wishes together cost {RIGHT['cost']}, as the file says."


def test_right_file_holds():
    assert recount(RIGHT) == Recount(
        "The result of ‘A day’, drawn on 1 December 2026, 13:00. People: 40. "
        f"Tables: {len(PROBLEM.tables)}.",
        (SEED_FITS, LOTS_FOLLOW, NUMBERED, KEEPS, COSTS, SAME, BEST),
        True,
    )


def test_what_it_is_of_is_told_in_dutch():
    with translation.override("nl"):
        about = recount(RIGHT).about

    assert about.startswith("De uitslag van ‘A day’, geloot op 1 december 2026 om 13.00.")


def test_a_title_says_nothing_in_the_name_of_the_check():
    """It stands in a terminal, in one line, whatever is in it."""
    found = recount(RIGHT | {"title": "A\nThe result holds.\x1b[2J\u202e"})

    assert "‘A�The result holds.�[2J�’" in found.about
    assert found.about.isprintable()
    odd = recount(RIGHT | {"method": "\x1b[2J"})
    assert all(line.isprintable() for line in odd.lines)


def test_draft_holds_and_is_said_to_be_one():
    found = recount(made(solver=False))

    assert found.holds
    assert found.lines[-2:] == (
        SAME,
        "It was drawn without the solver, so it may not be the best result.",
    )


def test_search_cut_short_tells_what_could_not_be_repeated():
    data = made(made_up(120, 3, 0), limit=0)

    found = recount(data)

    assert found.holds
    assert "was stopped before it was complete" in found.lines[-2]
    assert found.lines[-1].startswith("The cost could be at most ")

    stopped_here_too = recount(data, limit=0)
    assert stopped_here_too.holds
    assert SAME in stopped_here_too.lines


def test_tables_in_an_order_that_somebody_chose_are_found():
    problem, _keys = numbered(PROBLEM, "another seed")
    outcome = draw(problem, SEED)
    data = as_file(problem, SEED, outcome, title="A day", drawn_at=AT, names={})

    found = recount(json.loads(json.dumps(data)))

    assert not found.holds
    assert "The tables aren’t numbered as the lists name them." in found.lines


def test_without_the_solver_the_rest_is_checked(monkeypatch):
    monkeypatch.setattr(recounting, "solver_version", lambda: None)

    found = recount(RIGHT)

    assert found.holds
    assert found.lines[:5] == (SEED_FITS, LOTS_FOLLOW, NUMBERED, KEEPS, COSTS)
    assert found.lines[5].startswith("The draw can’t be repeated here, because the solver (HiGHS ")


def test_solver_that_fails_here_is_no_reproach(monkeypatch):
    monkeypatch.setattr(
        recounting, "draw", lambda problem, seed, **how: draw(problem, seed, solver=False)
    )

    found = recount(RIGHT)

    assert found.holds
    assert found.lines[-1] == "The solver failed here, so the draw couldn’t be repeated."


def test_solver_that_finds_less_here_is_no_reproach_either(monkeypatch):
    """It calls the draft the best."""
    monkeypatch.setattr(
        recounting,
        "draw",
        lambda problem, seed, **how: replace(
            draw(problem, seed, solver=False), method="solver", gap=0.0
        ),
    )
    found = recount(RIGHT)
    assert found.holds
    assert "though the file has a lower one" in found.lines[-1]


# A result that is as good, and one that is not, though both keep the rules.


def another(**changes: object) -> Any:
    """The file with everybody's tables as in a draw by draft, which keeps the rules too."""
    data = copy.deepcopy(RIGHT)
    drafted = made(solver=False)
    data["people"] = drafted["people"]
    return data | {"cost": drafted["cost"]} | changes


def test_worse_result_that_claims_to_be_the_best_does_not_hold():
    found = recount(another())

    assert not found.holds
    assert found.lines[-1].startswith("Drawing again gives a lower cost, ")
    assert not recount(another(gap=0.0001)).holds


def test_worse_result_that_tells_its_gap_holds():
    assert recount(another(gap=0.999)).holds


def test_result_of_the_solver_passed_off_as_a_draft_does_not_hold():
    found = recount(RIGHT | {"method": "draft", "gap": None})

    assert not found.holds
    assert found.lines[-1] == "Drawing again gives another result."


def two_ways() -> tuple[Any, Any]:
    """A file and another that is exactly as good: two people who want the same two tables."""
    base = {
        "places": 2,
        "wishes_a_round": 2,
        "rounds": [1],
        "tables": [
            {"table": key, "round": 1, "session": key, "seats": 1, "name": None}
            for key in (1, 2, 3)
        ],
    }
    data = copy.deepcopy(RIGHT) | base | {"cost": 2}
    people: list[Any] = [
        {"number": number, "lot": 0, "place": True, "wishes": [wishes], "got": [None]}
        for number, wishes in ((1, [1, 2]), (2, [1, 3]))
    ]
    drawn = lots(SEED, [1, 2])
    for one in people:
        one["lot"] = drawn[one["number"]]
    one, other = copy.deepcopy(people), copy.deepcopy(people)
    one[0]["got"], one[1]["got"] = [1], [3]
    other[0]["got"], other[1]["got"] = [2], [1]
    return data | {"people": one}, data | {"people": other}


def test_result_as_good_holds_only_if_another_version_or_machine_drew():
    files = two_ways()
    (same,) = [data for data in files if SAME in recount(data).lines]
    (other,) = [data for data in files if data is not same]

    assert recount(same).holds
    assert recount(other).lines[-1] == "Drawing again gives another result, at the same cost."
    assert not recount(other).holds
    for elsewhere in ({"solver": "HiGHS 9.0"}, {"machine": "abacus"}):
        found = recount(other | elsewhere)
        assert found.holds
        assert "another result that is exactly as good" in found.lines[-1]


# Each field, tampered with.


def tampered(change: Callable[[Any], object]) -> Any:
    data = copy.deepcopy(RIGHT)
    change(data)
    assert data != RIGHT
    return data


def person(data: Any, *, place: bool = True) -> Any:
    return next(one for one in data["people"] if one["place"] is place and any(one["wishes"][0]))


def exchange(data: Any, name: str) -> None:
    first = data["people"][0]
    other = next(one for one in data["people"] if one[name] != first[name])
    first[name], other[name] = other[name], first[name]


TAMPERED: dict[str, Callable[[Any], object]] = {
    "seed": lambda data: data.update(seed="another"),
    "seed with its hash": lambda data: data.update(seed="other", seed_hash=seed_hash("other")),
    "hash": lambda data: data.update(seed_hash=seed_hash("another")),
    "method": lambda data: data.update(method="draft"),
    "unknown method": lambda data: data.update(method="dice"),
    "more places": lambda data: data.update(places=38),
    "fewer places": lambda data: data.update(places=36),
    "cost": lambda data: data.update(cost=data["cost"] - 1),
    "wishes a round": lambda data: data.update(wishes_a_round=6),
    "fewer seats": lambda data: data["tables"][0].update(seats=1),
    "more seats": lambda data: [table.update(seats=40) for table in data["tables"]],
    "another session": lambda data: [table.update(session=1) for table in data["tables"][::2]],
    "number": lambda data: person(data).update(number=1),
    "lot": lambda data: exchange(data, "lot"),
    "nobody's lot": lambda data: person(data).update(lot=99),
    "place": lambda data: person(data).update(place=False),
    "another place": lambda data: person(data, place=False).update(place=True),
    "wishes": lambda data: person(data)["wishes"].reverse(),
    "first wish": lambda data: exchange(data, "wishes"),
    "tables": lambda data: exchange(data, "got"),
    "table taken away": lambda data: person(data).update(got=[None, None]),
    "person left out": lambda data: data["people"].pop(0),
    "person put in": lambda data: data["people"].append(
        {"number": 5, "lot": 41, "place": True, "wishes": [[], []], "got": [None, None]}
    ),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_tampered_file_does_not_hold(change):
    data = tampered(change)

    try:
        found = recount(data)
    except UnreadableResult:
        return
    assert not found.holds


# In Dutch, whatever it says.


def in_both(said: Callable[[], tuple[str, ...]]) -> list[tuple[str, str]]:
    """Line by line what it says in English and in Dutch."""
    english = said()
    with translation.override("nl"):
        return list(zip(english, said(), strict=True))


def unquoted(sentence: str) -> str:
    """Without the names of fields, which are as in the file."""
    return re.sub(r"‘[^’]*’", "", sentence)


ENGLISH = re.compile(r"\b(the|The|this|is not|has|people|than|would|there|table|and|twice|of)\b")


def assert_dutch(pairs: list[tuple[str, str]]) -> None:
    for english, dutch in pairs:
        assert unquoted(english) != unquoted(dutch)
        assert not ENGLISH.search(unquoted(dutch)), dutch


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED.keys())
def test_a_tampered_file_is_told_of_in_dutch(change):
    data = tampered(change)

    def said() -> tuple[str, ...]:
        try:
            return recount(data).lines
        except UnreadableResult as error:
            return (str(error),)

    assert_dutch(in_both(said))


def every_fault() -> Iterator[tuple[Problem, Outcome]]:
    """A result for each sentence of the checker."""
    tables = (
        *(DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 2)),
        *(DrawTable(3, 2, 1, 1), DrawTable(4, 2, 3, 2)),
    )

    def problem(one: Wishes, other: Wishes, places: int = 2) -> Problem:
        return Problem(places, 2, tables, (Ranking(1, one), Ranking(2, other)))

    alike: Wishes = {1: (1, 2), 2: (4, 3)}
    came = tuple(lots(SEED, (1, 2)))
    early, late = came

    def outcome(one: dict[int, int], other: dict[int, int], method: str = "draft") -> Outcome:
        return Outcome(came, (), {early: one, late: other}, method, None)

    usual = problem(alike, alike)
    yield usual, outcome({1: 1, 2: 4}, {1: 2, 2: 4}, "dice")
    yield usual, Outcome(came[::-1], (), {}, "draft", None)
    yield problem(alike, alike, 1), Outcome(came[:1], (), {late: {1: 2}}, "draft", None)
    yield problem(alike, alike, 1), Outcome(came[:1], came[1:], {late: {1: 2}}, "draft", None)
    yield usual, outcome({1: 4}, {1: 9})
    yield problem({1: (1, None)}, {1: (1, None)}), outcome({1: 2}, {1: 2})
    yield usual, outcome({1: 1, 2: 3}, {1: 1, 2: 4})
    yield usual, outcome({1: 1, 2: 4}, {})
    yield problem({1: (2, 1)}, {1: (2, 1)}), outcome({1: 1, 2: 4}, {1: 2, 2: 4})
    yield usual, outcome({1: 2, 2: 4}, {1: 1, 2: 4})
    two = (DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1))
    crossed = (Ranking(early, {1: (1, 2)}), Ranking(late, {1: (2, 1)}))
    yield Problem(2, 2, two, crossed), outcome({1: 2}, {1: 1})


def faults_of(problem: Problem, outcome: Outcome) -> tuple[str, ...]:
    return tuple(faults(problem, SEED, outcome))


def test_each_fault_is_told_in_dutch():
    told: set[str] = set()
    for problem, outcome in every_fault():
        pairs = in_both(partial(faults_of, problem, outcome))
        assert pairs
        assert_dutch(pairs)
        told |= {re.sub(r"\d+", "0", english) for english, _dutch in pairs}
    # All sentences of the checker but one: nobody can have a table listed after 'rather none'.
    assert len(told) == 12


def test_more_faults_than_are_told_are_counted_in_dutch():
    data = tampered(lambda data: [one.update(got=[None, None]) for one in data["people"]])
    told = published(data)
    more = len(faults(told.problem, told.seed, told.outcome)) - MOST_FAULTS

    pairs = in_both(lambda: recount(data).lines)

    assert pairs[-1] == (f"And {more} more.", f"En nog {more}.")
    assert_dutch(pairs)


def test_how_much_better_it_could_be_is_rounded_up_and_written_as_people_do():
    data = made(made_up(120, 3, 0), limit=0) | {"gap": 0.9871}

    english, dutch = in_both(lambda: recount(data).lines)[-1]

    assert "at most 98.8 % lower" in english
    assert "98,8 %" in dutch


def test_title_date_and_names_are_not_checked():
    """So the command says that they are not."""
    data = copy.deepcopy(RIGHT) | {"title": "Another", "drawn_at": "2020-01-01T00:00:00+00:00"}
    for table in data["tables"]:
        table["name"] = "Z Another table"

    assert recount(data).holds


# What is no file of a draw at all.

BROKEN: dict[str, tuple[Callable[[Any], object], str]] = {
    "no format": (lambda data: data.pop("format"), "‘format’"),
    "another format": (lambda data: data.update(format={"name": "x"}), "isn’t the result"),
    "newer format": (lambda data: data["format"].update(version="2.0"), "newer version"),
    "no people": (lambda data: data.pop("people"), "‘people’"),
    "people as text": (lambda data: data.update(people="all"), "‘people’"),
    "person as number": (lambda data: data["people"].append(3), "‘people’"),
    "too many people": (lambda data: data.update(people=[0] * 20_001), "‘people’"),
    "half a person": (lambda data: person(data).update(got=[None]), "‘people’"),
    "place as text": (lambda data: person(data).update(place="yes"), "‘people’"),
    "lot as text": (lambda data: person(data).update(lot="1"), "‘lot’"),
    "number as truth": (lambda data: person(data).update(number=True), "‘number’"),
    "wish as fraction": (lambda data: person(data).update(wishes=[[1.5], []]), "‘wishes’"),
    "far too high": (lambda data: person(data).update(got=[10**30, None]), "‘got’"),
    "wish for no table": (lambda data: person(data).update(wishes=[[999], []]), "can’t be"),
    "twice the same": (lambda data: data["people"].append(data["people"][0]), "can’t be"),
    "no tables": (lambda data: data.update(tables=[]), "‘rounds’"),
    "table without seats": (lambda data: data["tables"][0].pop("seats"), "‘seats’"),
    "rounds out of order": (lambda data: data["rounds"].reverse(), "‘rounds’"),
    "rounds as objects": (lambda data: data.update(rounds=[{}, []]), "‘rounds’"),
    "places below zero": (lambda data: data.update(places=-1), "‘places’"),
    "too many wishes": (lambda data: data.update(wishes_a_round=21), "‘wishes_a_round’"),
    "gap as text": (lambda data: data.update(gap="small"), "‘gap’"),
    "gap of nothing": (lambda data: data.update(gap=float("nan")), "‘gap’"),
    "long seed": (lambda data: data.update(seed="s" * 201), "‘seed’"),
    "no seed": (lambda data: data.update(seed=None), "‘seed’"),
    "no title": (lambda data: data.pop("title"), "‘title’"),
    "title as list": (lambda data: data.update(title=["A day"]), "‘title’"),
    "no moment": (lambda data: data.pop("drawn_at"), "‘drawn_at’"),
    "moment as text": (lambda data: data.update(drawn_at="today"), "‘drawn_at’"),
    "moment anywhere": (lambda data: data.update(drawn_at="2026-12-01T12:00"), "‘drawn_at’"),
    "end of time": (lambda data: data.update(drawn_at="9999-12-31T23:59Z"), "‘drawn_at’"),
    "no cost": (lambda data: data.pop("cost"), "‘cost’"),
    "solver as list": (lambda data: data.update(solver=[]), "‘solver’"),
    "no machine": (lambda data: data.pop("machine"), "‘machine’"),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_file_gives_a_sentence(change, words):
    data = tampered(change)

    def said() -> tuple[str, ...]:
        with pytest.raises(UnreadableResult) as refused:
            recount(data)
        return (str(refused.value),)

    assert words in said()[0]
    assert_dutch(in_both(said))


@pytest.mark.parametrize("data", [None, [], 3, "file", {}, {"format": None}, {"format": []}])
def test_something_else_gives_a_sentence(data):
    with pytest.raises(UnreadableResult):
        recount(data)


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000, b" " * (MOST_BYTES + 1)],
    ids=["empty", "cut off", "no text", "deep", "long number", "too large"],
)
def test_bytes_that_are_no_json_give_a_sentence(raw):
    with pytest.raises(UnreadableResult):
        load(raw)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 50) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def test_a_day_of_many_short_rounds_can_be_read():
    tables = tuple(DrawTable(key, key, key, 1) for key in range(1, 31))
    problem = Problem(1, 1, tables, (Ranking(1, {}),))

    assert recount(made(problem, solver=False)).holds


@settings(max_examples=examples(300), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_value_anywhere_gives_anything_but_a_sentence(data):
    """Some value of a small file is replaced by something else."""
    file = copy.deepcopy(SMALL)
    place: object = file
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))  # type: ignore[arg-type]
        key = data.draw(st.sampled_from(keys))
        inner = place[key]  # type: ignore[index]
        if not inner or not isinstance(inner, dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(ANYTHING)  # type: ignore[index]
            break
        place = inner
    with suppress(UnreadableResult):
        recount(file)


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(st.one_of(problems(), crowded()), seeds, st.booleans())
def test_file_of_any_draw_holds(problem, seed, solver):
    assert recount(made(problem, seed, solver=solver)).holds


SMALL = made(made_up(12, 2, 0.2))
