from __future__ import annotations

from dataclasses import replace

import pytest

from registrations.drawing.problem import (
    MISSED,
    DrawTable,
    Lists,
    Problem,
    Ranking,
    cost,
    cost_of,
    cost_of_day,
    filled_lists,
    total_cost,
)

A, B, C, D = range(1, 5)
ANN, BOB, CAS = range(1, 4)


def event(*rankings: Ranking, seats: tuple[int, int, int, int] = (2, 4, 3, 0), a_round: int = 3):
    """One round with the tables A to D."""
    tables = tuple(DrawTable(key, 1, key, free) for key, free in zip((A, B, C, D), seats))  # noqa: B905
    return Problem(len(rankings), a_round, tables, rankings)


def test_each_further_wish_costs_more_than_the_one_before():
    assert [cost(position) for position in range(6)] == [0, 2, 5, 9, 14, 20]


def test_no_table_costs_what_its_place_on_the_list_costs_and_missing_out_far_more():
    assert cost_of((A, None), None) == 2
    assert cost_of((None,), None) == 0
    assert cost_of((A, B), None) == MISSED
    assert cost_of((A, B), B) == 2


def test_a_day_of_second_choices_costs_more_than_it_adds_up_to():
    assert cost_of_day([0, 2, 2]) == 4
    assert cost_of_day([2, 2, 2]) > 6
    assert cost_of_day([5, 5, 0]) + cost_of_day([0, 0, 0]) > cost_of_day([5, 0, 0]) * 2


def test_cost_of_a_result_is_that_of_all_days():
    lists: Lists = {ANN: {1: (A, B), 2: (C,)}, BOB: {1: (A, None), 2: (C,)}}

    assert total_cost(lists, {ANN: {1: B, 2: C}, BOB: {2: C}}) == 4
    assert total_cost(lists, {ANN: {1: A}, BOB: {1: A, 2: C}}) == cost_of_day([MISSED])


def test_short_list_is_filled_with_the_tables_that_have_most_seats_a_wish():
    problem = event(Ranking(ANN, {1: (A,)}))

    assert filled_lists(problem, [ANN]) == {ANN: {1: (A, B, C)}}


def test_wishes_of_others_count_against_a_table():
    """Four seats for three people are fewer a person than three for one."""
    rankings = [
        Ranking(ANN, {1: (A,)}),
        Ranking(BOB, {1: (B, A, C)}),
        Ranking(CAS, {1: (B, A, None)}),
    ]

    assert filled_lists(event(*rankings), [ANN, BOB, CAS])[ANN] == {1: (A, C, B)}


def test_tables_filled_in_before_count_in_the_order_of_the_lot():
    """Two people leave it open: the second is sent elsewhere than the first."""
    problem = event(Ranking(ANN, {}), Ranking(BOB, {1: ()}), seats=(2, 2, 0, 0), a_round=1)

    assert filled_lists(problem, [ANN, BOB]) == {ANN: {1: (A,)}, BOB: {1: (B,)}}
    assert filled_lists(problem, [BOB, ANN]) == {BOB: {1: (A,)}, ANN: {1: (B,)}}


def test_of_equally_wanted_tables_the_larger_one_is_filled_in():
    problem = event(Ranking(ANN, {}), Ranking(BOB, {1: (B,)}), seats=(2, 4, 0, 0), a_round=1)

    assert filled_lists(problem, [ANN, BOB])[ANN] == {1: (B,)}


def test_only_those_who_came_are_counted():
    problem = event(Ranking(ANN, {}), Ranking(BOB, {1: (B, A)}), seats=(3, 4, 0, 0), a_round=2)

    assert filled_lists(problem, [ANN]) == {ANN: {1: (B, A)}}
    assert filled_lists(problem, [ANN, BOB])[ANN] == {1: (B, A)}
    assert filled_lists(replace(problem, a_round=3), [ANN, BOB])[BOB] == {1: (B, A)}


def test_list_that_ends_with_rather_no_table_stays_as_it_is():
    problem = event(Ranking(ANN, {1: (A, None)}), Ranking(BOB, {1: (None,)}))

    assert filled_lists(problem, [ANN, BOB]) == {ANN: {1: (A, None)}, BOB: {1: (None,)}}


def test_whoever_asks_for_nothing_gets_somewhere_if_there_is_room():
    """Nobody has a wish, and all lists together name each table about as often as it has seats."""
    rankings = [Ranking(number, {}) for number in range(12)]
    problem = event(*rankings, seats=(3, 3, 3, 3), a_round=1)

    filled = [by_round[1] for by_round in filled_lists(problem, range(12)).values()]

    assert sorted(filled) == sorted([(A,), (B,), (C,), (D,)] * 3)


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({1: (A, A)}, "1 wishes for table 1 twice"),
        ({1: (A, B, C, D)}, "1 has too many wishes in round 1"),
        ({1: (None, A)}, "1 wishes for no table of round 1"),
        ({1: (A, None, None)}, "1 wishes for no table of round 1"),
        ({1: (9,)}, "1 wishes for no table of round 1"),
        ({2: (A,)}, "1 wishes for no table of round 2"),
    ],
)
def test_impossible_wishes_are_refused(wishes, why):
    with pytest.raises(ValueError, match=f"^{why}$"):
        event(Ranking(ANN, wishes))


def test_the_same_table_number_or_session_cannot_be_there_twice():
    table = DrawTable(A, 1, 1, 1)

    with pytest.raises(ValueError, match=r"^twice the same table: 1$"):
        Problem(1, 1, (table, replace(table, session=2)), ())
    with pytest.raises(ValueError, match=r"^twice the session 1 in round 1$"):
        Problem(1, 1, (table, replace(table, key=B)), ())
    with pytest.raises(ValueError, match=r"^twice the same number: 1$"):
        Problem(1, 1, (table,), (Ranking(ANN, {}), Ranking(ANN, {})))


def test_tables_and_people_stand_in_the_order_of_their_numbers():
    tables = (DrawTable(A, 1, 1, 1), DrawTable(B, 1, 2, 1))
    rankings = (Ranking(ANN, {}), Ranking(BOB, {}))

    assert Problem(1, 1, tables[::-1], rankings[::-1]) == Problem(1, 1, tables, rankings)
