"""The draft, sentence by sentence."""

from __future__ import annotations

from registrations.drawing.draft import draft
from registrations.drawing.problem import DrawTable, Problem

ANN, BOB, CAS = range(1, 4)


def event(*tables: DrawTable) -> Problem:
    return Problem(3, 3, tables, ())


def test_first_round_goes_by_lot():
    problem = event(DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1))
    both = {1: (1, 2)}

    assert draft(problem, {ANN: both, BOB: both}) == {ANN: {1: 1}, BOB: {1: 2}}
    assert draft(problem, {BOB: both, ANN: both}) == {BOB: {1: 1}, ANN: {1: 2}}


def test_who_gave_in_most_chooses_first_in_the_next_round():
    problem = event(*(DrawTable(key, 1 + key // 4, key, 1) for key in (1, 2, 3, 4, 5, 6)))
    same = {1: (1, 2, 3), 2: (4, 5, 6)}

    assert draft(problem, {ANN: same, BOB: same, CAS: same}) == {
        ANN: {1: 1, 2: 6},
        BOB: {1: 2, 2: 5},
        CAS: {1: 3, 2: 4},
    }


def test_all_rounds_before_count():
    """Bob gave in last, but Ann gave in more: of the last seat she is the first to choose."""
    seats = {1: 0, 2: 0, 3: 2, 4: 1, 5: 1, 8: 1}
    problem = event(*(DrawTable(key, 1 + key // 4, key, free) for key, free in seats.items()))
    ann = {1: (1, 2, 3), 2: (4, 5), 3: (8,)}
    bob = {1: (3,), 2: (4, 5), 3: (8,)}

    assert draft(problem, {BOB: bob, ANN: ann}) == {BOB: {1: 3, 2: 5}, ANN: {1: 3, 2: 4, 3: 8}}


def test_who_got_nothing_gave_in_most():
    problem = event(DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1), DrawTable(3, 2, 3, 1))
    lists = {ANN: {1: (1, 2), 2: (3,)}, BOB: {1: (1, 2), 2: (3,)}, CAS: {1: (1, 2), 2: (3,)}}

    assert draft(problem, lists) == {ANN: {1: 1}, BOB: {1: 2}, CAS: {2: 3}}


def test_of_those_who_gave_in_as_much_the_lot_decides():
    problem = event(DrawTable(1, 1, 1, 2), DrawTable(2, 2, 2, 1))
    same = {1: (1,), 2: (2,)}

    assert draft(problem, {BOB: same, ANN: same}) == {BOB: {1: 1, 2: 2}, ANN: {1: 1}}


def test_nobody_takes_a_session_that_they_have():
    problem = event(DrawTable(1, 1, 7, 1), DrawTable(2, 2, 7, 1), DrawTable(3, 2, 8, 1))

    assert draft(problem, {ANN: {1: (1,), 2: (2, 3)}}) == {ANN: {1: 1, 2: 3}}


def test_who_would_rather_have_no_table_takes_none():
    problem = event(DrawTable(1, 1, 1, 1), DrawTable(2, 1, 2, 1))

    assert draft(problem, {ANN: {1: (1, 2)}, BOB: {1: (1, None)}}) == {ANN: {1: 1}, BOB: {}}
