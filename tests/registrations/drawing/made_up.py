"""Made-up demand: some tables are wanted by many, and everybody has a taste of their own."""

from __future__ import annotations

import math
import random

from registrations.drawing.problem import DrawTable, Problem, Ranking

SEATS = 16


def made_up(people: int, rounds: int, spare: float, *, seed: int = 1) -> Problem:
    """As many people as places, five wishes a round, and that share of seats to spare.

    Popularity falls as in a list of towns by size (Zipf) and counts as much as one's own taste. One
    in ten ends a list early, one in twenty leaves one empty, one in twenty would rather have no
    table than a third one. Half of the sessions are held in every round.
    """
    chance = random.Random(f"{people} {rounds} {spare} {seed}")
    tables = max(6, math.ceil(people * (1 + spare) / SEATS))
    seats = [math.ceil(people * (1 + spare)) // tables] * tables
    for extra in range(math.ceil(people * (1 + spare)) - sum(seats)):
        seats[extra] += 1
    held: list[DrawTable] = []
    for round_ in range(1, rounds + 1):
        for number in range(tables):
            again = number % 2 == 0
            session = number if again else number + tables * round_
            held.append(DrawTable(len(held) + 1, round_, session, seats[number]))
    sessions = sorted({table.session for table in held})
    chance.shuffle(sessions)
    pull = {session: -0.8 * math.log(rank) for rank, session in enumerate(sessions, 1)}
    rankings = []
    for number in chance.sample(range(10_000, 100_000), people):
        liked = {session: pull[session] + gumbel(chance) for session in sessions}
        wishes: dict[int, tuple[int | None, ...]] = {}
        for round_ in range(1, rounds + 1):
            here = [table for table in held if table.round == round_]
            here.sort(key=lambda table: -liked[table.session])
            best: list[int | None] = [table.key for table in here[:5]]
            throw = chance.random()
            if throw < 0.05:
                best = []
            elif throw < 0.15:
                best = best[: chance.randint(1, 3)]
            elif throw < 0.20:
                best = [*best[:2], None]
            wishes[round_] = tuple(best)
        rankings.append(Ranking(number, wishes))
    return Problem(people, 5, tuple(held), tuple(rankings))


def gumbel(chance: random.Random) -> float:
    """Added to a pull, this makes the first choice fall by the odds of the pulls."""
    return -math.log(-math.log(chance.random()))
