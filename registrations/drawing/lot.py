"""What chance decides: the seed, the lots that follow from it, and the numbers of tables."""

from __future__ import annotations

import secrets
from collections import defaultdict
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


def numbered(problem: Problem, seed: str) -> tuple[Problem, dict[int, int]]:
    """The same problem, its tables and sessions numbered from 1 by the lists themselves.

    Sessions by who names them first, in the order of the lot and then of the rounds; those that
    nobody names come last, by their rounds and seats. Tables by round, then by session. So a number
    tells nothing that the lists do not, and nobody can choose it: of results at the same cost,
    which one comes out depends on the numbers. Also returns the new number of each table.
    """
    wishes = {ranking.number: ranking.wishes for ranking in problem.rankings}
    session = {table.key: table.session for table in problem.tables}
    named = (
        session[key]
        for number in lots(seed, wishes)
        for round_ in problem.rounds
        for key in wishes[number].get(round_, ())
        if key is not None
    )
    held: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for table in problem.tables:
        held[table.session].append((table.round, table.seats))
    in_order = dict.fromkeys((*named, *sorted(held, key=lambda one: sorted(held[one]))))
    sessions = {one: number for number, one in enumerate(in_order, 1)}
    in_rounds = sorted(problem.tables, key=lambda table: (table.round, sessions[table.session]))
    tables = {table.key: number for number, table in enumerate(in_rounds, 1)}
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
                        round_: tuple(None if key is None else tables[key] for key in listed)
                        for round_, listed in ranking.wishes.items()
                    },
                )
                for ranking in problem.rankings
            ),
        ),
        tables,
    )


def _hash(seed: str, number: int) -> str:
    return sha256(f"{seed}:{number}".encode()).hexdigest()
