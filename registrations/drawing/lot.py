"""What chance decides: the seed, the lots that follow from it, and tables that nobody knows."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from registrations.drawing.problem import Problem, Ranking


def new_seed() -> str:
    return secrets.token_hex(32)


def seed_hash(seed: str) -> str:
    """What is shown before the draw, so that nobody can choose another seed afterwards."""
    return sha256(seed.encode()).hexdigest()


def lots(seed: str, numbers: Iterable[int]) -> dict[int, int]:
    """By number the lot, from 1: the order of sha256 of 'seed:number', as text. In that order."""
    drawn = sorted(set(numbers), key=lambda number: (_hash(seed, number), number))
    return {number: lot for lot, number in enumerate(drawn, 1)}


def by_lot(problem: Problem, seed: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Who has a place and who waits for one, each in the order of the lot."""
    drawn = tuple(lots(seed, (ranking.number for ranking in problem.rankings)))
    places = max(problem.places, 0)
    return drawn[:places], drawn[places:]


def blind(problem: Problem, secret: str) -> tuple[Problem, dict[int, int]]:
    """The same problem with tables and sessions numbered from 1 in an order that says nothing.

    Also returns the new number of each table. ``secret`` must stay secret, unlike the seed: whoever
    knows it can tell which table is which.
    """
    tables = lots(f"{secret}:table", (table.key for table in problem.tables))
    sessions = lots(f"{secret}:session", (table.session for table in problem.tables))
    return (
        replace(
            problem,
            tables=tuple(
                replace(table, key=tables[table.key], session=sessions[table.session])
                for table in problem.tables
            ),
            rankings=tuple(
                Ranking(
                    ranking.number,
                    {
                        round_: tuple(None if key is None else tables[key] for key in wishes)
                        for round_, wishes in ranking.wishes.items()
                    },
                )
                for ranking in problem.rankings
            ),
        ),
        tables,
    )


def _hash(seed: str, number: int) -> str:
    return sha256(f"{seed}:{number}".encode()).hexdigest()
