"""What a draw came to: for each person, for each round, and as a file that anybody can check."""

from __future__ import annotations

import platform
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib import metadata
from typing import NamedTuple

from registrations.drawing.lot import lots, seed_hash
from registrations.drawing.problem import Outcome, Problem, cost, filled_lists, total_cost

FORMAT = "tafelronde-uitslag"
VERSION = "1.0"

# A table with fewer wishes is told of without a figure, and in the file without its name.
FEW = 5

# A gap wider than that says only that the search had hardly begun, so no figure is told.
TOO_WIDE = 0.5

JSON = dict[str, object]


class How(StrEnum):
    WISH = "wish"
    FILLED = "filled"  # a table added to a list that was short or empty
    BY_WISH = "by_wish"  # no table, as was asked for
    NOTHING = "nothing"  # nothing of one's list


class Result(NamedTuple):
    """What somebody has in a round. ``wish``: which one came true, from 1; None for the others."""

    how: How
    wish: int | None = None


@dataclass(frozen=True)
class Shares:
    """How many people of a round got what. ``wishes``: the first, the second and so on."""

    wishes: tuple[int, ...]
    filled: int
    by_wish: int
    nothing: int

    @property
    def people(self) -> int:
        return sum(self.wishes) + self.filled + self.by_wish + self.nothing


def gap_to_tell(gap: float | None) -> float | None:
    """What the solver left open, if it says anything."""
    return None if gap is None or gap > TOO_WIDE else gap


def solver_version() -> str | None:
    """Such as 'HiGHS 1.16.0'; None where it is missing."""
    try:
        return f"HiGHS {metadata.version('highspy')}"
    except metadata.PackageNotFoundError:
        return None


def demand(problem: Problem) -> dict[int, tuple[int, ...]]:
    """By table how many have it as their first wish, as their second and so on."""
    asked = Counter(
        (key, position)
        for ranking in problem.rankings
        for wishes in ranking.wishes.values()
        for position, key in enumerate(wishes)
    )
    return {
        table.key: tuple(asked[table.key, position] for position in range(problem.a_round))
        for table in problem.tables
    }


def fewer_than_five(problem: Problem) -> set[int]:
    """The tables of which figures would say too much about who wanted them."""
    return {table for table, wishes in demand(problem).items() if sum(wishes) < FEW}


def results(problem: Problem, outcome: Outcome) -> dict[int, dict[int, Result]]:
    """Of those who came, by number and round, in the order of the lot."""
    own = {ranking.number: ranking.wishes for ranking in problem.rankings}
    return {
        number: {
            round_: _result(own[number].get(round_, ()), outcome.seats.get(number, {}).get(round_))
            for round_ in problem.rounds
        }
        for number in outcome.came
    }


def _result(wishes: tuple[int | None, ...], table: int | None) -> Result:
    if table is None:
        return Result(How.BY_WISH if None in wishes else How.NOTHING)
    if table in wishes:
        return Result(How.WISH, wishes.index(table) + 1)
    return Result(How.FILLED)


def gave_in(problem: Problem, outcome: Outcome) -> dict[int, int]:
    """By number the cost of their wishes, over all rounds, as people would count it.

    Who left a list empty gave in nothing with any table. Nothing of one's list counts as one wish
    further than the last that one may have; that it weighs more in the draw is to prevent it.
    """
    own = {ranking.number: ranking.wishes for ranking in problem.rankings}
    lists = filled_lists(problem, outcome.came)
    found = {}
    for number, by_round in lists.items():
        found[number] = 0
        for round_, wishes in by_round.items():
            table = outcome.seats.get(number, {}).get(round_)
            if table not in wishes:
                found[number] += cost(problem.a_round)
            elif own[number].get(round_):
                found[number] += cost(wishes.index(table))
    return found


def shares(problem: Problem, outcome: Outcome) -> dict[int, Shares]:
    """By round, of those who came."""
    counted = {round_: Counter[Result]() for round_ in problem.rounds}
    for by_round in results(problem, outcome).values():
        for round_, result in by_round.items():
            counted[round_][result] += 1
    return {
        round_: Shares(
            tuple(found[Result(How.WISH, nth)] for nth in range(1, problem.a_round + 1)),
            found[Result(How.FILLED)],
            found[Result(How.BY_WISH)],
            found[Result(How.NOTHING)],
        )
        for round_, found in counted.items()
    }


def as_file(
    problem: Problem,
    seed: str,
    outcome: Outcome,
    *,
    title: str,
    drawn_at: datetime,
    names: Mapping[int, str],
) -> JSON:
    """The (numbered) problem and its result as data, without anybody's name.

    ``names``: of the tables, by their numbers. A session of which a table has few wishes goes
    without; were it the only one, its name would be the one that is missing, so the session with
    the fewest wishes after it goes without as well. docs/wensenronde.md has the fields.
    """
    nameless = _nameless(problem)
    drawn = lots(seed, (ranking.number for ranking in problem.rankings))
    own = {ranking.number: ranking.wishes for ranking in problem.rankings}
    few = fewer_than_five(problem)
    rounds, came = problem.rounds, set(outcome.came)
    return {
        "format": {"name": FORMAT, "version": VERSION},
        "title": title,
        "drawn_at": drawn_at.isoformat(),
        "seed": seed,
        "seed_hash": seed_hash(seed),
        "method": outcome.method,
        "gap": outcome.gap,
        "solver": solver_version() if outcome.method == "solver" else None,
        "machine": platform.machine(),
        "places": problem.places,
        "wishes_a_round": problem.a_round,
        "cost": total_cost(filled_lists(problem, outcome.came), outcome.seats),
        "rounds": rounds,
        "tables": [
            {
                "table": table.key,
                "round": table.round,
                "session": table.session,
                "seats": table.seats,
                "name": None if table.session in nameless else names.get(table.key),
                "fewer_than_five": table.key in few,
            }
            for table in problem.tables
        ],
        "people": [
            {
                "number": number,
                "lot": lot,
                "place": number in came,
                "wishes": [list(own[number].get(round_, ())) for round_ in rounds],
                "got": [outcome.seats.get(number, {}).get(round_) for round_ in rounds],
            }
            for number, lot in drawn.items()
        ],
    }


def _nameless(problem: Problem) -> set[int]:
    """The sessions that the file does not name.

    Everybody can read in which rounds a session is held and with how many seats. So of those that
    are alike in this, one never goes without its name alone, if there are two.
    """
    wishes = {table: sum(asked) for table, asked in demand(problem).items()}
    least: dict[int, int] = {}
    held: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for table in problem.tables:
        least[table.session] = min(wishes[table.key], least.get(table.session, wishes[table.key]))
        held[table.session].append((table.round, table.seats))
    by_least = sorted(least, key=lambda session: (least[session], session))
    alike: defaultdict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
    for session in by_least:
        alike[tuple(sorted(held[session]))].append(session)
    found: set[int] = set()
    for sessions in alike.values():
        few = sum(least[session] < FEW for session in sessions)
        found.update(sessions[: max(few, 2) if few else 0])
    return found if len(found) != 1 else {*found, *by_least[:2]}
