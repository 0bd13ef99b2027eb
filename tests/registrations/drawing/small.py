"""Small events for the property tests, and what is best in them, found by trying everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from hypothesis import strategies as st

from registrations.drawing.problem import (
    MISSED,
    STEPS,
    DrawTable,
    Lists,
    Problem,
    Ranking,
    Wishes,
)

COSTS = [0, 2, 5, 9, 14, 20]

seeds = st.text("0123456789abcdef", min_size=1, max_size=8)


@st.composite
def problems(draw: st.DrawFn, *, people: int = 6) -> Problem:
    """Up to three rounds of up to four tables; sessions may be held in several rounds."""
    tables: list[DrawTable] = []
    for round_ in range(1, draw(st.integers(1, 3)) + 1):
        for session in draw(st.sets(st.integers(1, 5), min_size=1, max_size=4)):
            seats = draw(st.integers(0, 3))
            tables.append(DrawTable(len(tables) + 1, round_, session, seats))
    a_round = draw(st.integers(1, 4))
    numbers = draw(st.sets(st.integers(10_000, 99_999), max_size=people))
    rankings = []
    for number in sorted(numbers):
        wishes: dict[int, tuple[int | None, ...]] = {}
        for round_ in {table.round for table in tables}:
            here = [table.key for table in tables if table.round == round_]
            order = draw(st.permutations(here))
            best: list[int | None] = [*order[: draw(st.integers(0, a_round))]]
            if best and draw(st.integers(0, 3)) == 0:
                best[-1] = None
            said = draw(st.booleans())
            if best or said:
                wishes[round_] = tuple(best)
        rankings.append(Ranking(number, wishes))
    return Problem(draw(st.integers(0, people + 1)), a_round, tuple(tables), tuple(rankings))


@st.composite
def crowded(draw: st.DrawFn) -> Problem:
    """Everybody wants much the same, with just seats enough or one too few: ties and chains."""
    rounds = draw(st.integers(2, 3))
    people = draw(st.integers(3, 6))
    tables = [
        DrawTable(3 * round_ + session, round_ + 1, session, draw(st.integers(1, people // 2)))
        for round_ in range(rounds)
        for session in (0, 1, 2)
    ]
    rankings = []
    for number in range(people):
        wishes: dict[int, tuple[int | None, ...]] = {}
        for round_ in range(rounds):
            order = draw(st.sampled_from([(0, 1, 2), (0, 2, 1), (1, 0, 2)]))
            wishes[round_ + 1] = tuple(3 * round_ + session for session in order)
        rankings.append(Ranking(10_000 + number, wishes))
    return Problem(people, 3, tuple(tables), tuple(rankings))


def least_cost(problem: Problem, lists: Lists) -> int:
    """What the best result costs, by every day of everybody, one person after the other."""
    return _least(problem, lists, _cost)


def fewest_missed(problem: Problem, lists: Lists) -> int:
    """How often somebody has to get nothing of a list."""
    return _least(problem, lists, lambda costs: costs.count(MISSED))


def _least(problem: Problem, lists: Lists, measure: Callable[[list[int]], int]) -> int:
    keys = [table.key for table in problem.tables]
    least = {tuple(table.seats for table in problem.tables): 0}  # by the seats that are left
    for by_round in lists.values():
        after: dict[tuple[int, ...], int] = {}
        for tables, costs in _days(problem, by_round, measure):
            places = [keys.index(table) for table in tables]
            for left, so_far in least.items():
                if all(left[place] for place in places):
                    now = list(left)
                    for place in places:
                        now[place] -= 1
                    best = min(so_far + costs, after.get(tuple(now), 10**9))
                    after[tuple(now)] = best
        least = after
    return min(least.values())


def _days(
    problem: Problem, by_round: Wishes, measure: Callable[[list[int]], int]
) -> Iterator[tuple[list[int], int]]:
    sessions = {table.key: table.session for table in problem.tables}
    choices = []
    for wishes in by_round.values():
        some = list(zip(wishes, COSTS, strict=False))
        choices.append(some if None in wishes else [*some, (None, MISSED)])
    for day in product(*choices):
        tables = [table for table, _cost in day if table is not None]
        if len({sessions[table] for table in tables}) == len(tables):
            yield tables, measure([costs for _table, costs in day])


def _cost(costs: list[int]) -> int:
    total = sum(costs)
    return total + sum(weight * (total - most) for most, weight in STEPS if total > most)
