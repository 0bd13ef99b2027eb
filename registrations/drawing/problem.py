"""What a draw is given and what comes of it, with the cost of a wish (docs/wensenronde.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import TypeVar

from django.utils.translation import gettext as _

T = TypeVar("T")

# By round the tables in one's own order. None, only at the end, is 'rather no table'.
Wishes = Mapping[int, tuple[int | None, ...]]
# Of those who came, in the order of the lot, filled up.
Lists = Mapping[int, Wishes]
# By number and round the table, or no entry.
Seats = Mapping[int, Mapping[int, int]]

# What nothing of one's list costs: as much as moving seventy people from their first wish to
# their fifth. Nobody misses out to spare others a wish.
MISSED = 1000

# Of what a day costs in all, each of these adds what is above it, once more: above 5 counts twice,
# above 10 three times, above 15 four times. docs/wensenronde.md says how they were chosen.
STEPS = ((5, 1), (10, 1), (15, 1))


@dataclass(frozen=True)
class DrawTable:
    """A session in a round. ``seats``: those that the draw may give."""

    key: int
    round: int
    session: int
    seats: int


@dataclass(frozen=True)
class Ranking:
    """What one person would like. A round without wishes means 'wherever there is room'.

    ``number`` says nothing about who it is or when they signed up.
    """

    number: int
    wishes: Wishes


@dataclass(frozen=True)
class Problem:
    """``places``: of the event, to be drawn. ``a_round``: how many wishes a round may have.

    Tables are told apart by their order only, so take them from ``lot.numbered``. Raises ValueError
    if a wish is for no table of its round, or stands there twice.
    """

    places: int
    a_round: int
    tables: tuple[DrawTable, ...]
    rankings: tuple[Ranking, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", tuple(sorted(self.tables, key=lambda one: one.key)))
        object.__setattr__(
            self, "rankings", tuple(sorted(self.rankings, key=lambda one: one.number))
        )
        for key in _twice(table.key for table in self.tables):
            raise ValueError(_("twice the same table: %(table)s") % {"table": key})
        for round_, session in _twice((table.round, table.session) for table in self.tables):
            words = {"round": round_, "session": session}
            raise ValueError(_("twice the session %(session)s in round %(round)s") % words)
        for number in _twice(ranking.number for ranking in self.rankings):
            raise ValueError(_("twice the same number: %(number)s") % {"number": number})
        rounds = {table.key: table.round for table in self.tables}
        for ranking in self.rankings:
            for round_, wishes in ranking.wishes.items():
                named = wishes[:-1] if wishes and wishes[-1] is None else wishes
                words = {"number": ranking.number, "round": round_}
                if any(key is None or rounds.get(key) != round_ for key in named):
                    raise ValueError(_("%(number)s wishes for no table of round %(round)s") % words)
                for wish in _twice(named):
                    why = _("%(number)s wishes for table %(table)s twice")
                    raise ValueError(why % {**words, "table": wish})
                if len(wishes) > self.a_round:
                    raise ValueError(_("%(number)s has too many wishes in round %(round)s") % words)

    @property
    def rounds(self) -> list[int]:
        return sorted({table.round for table in self.tables})


@dataclass(frozen=True)
class Outcome:
    """``came`` have a place, ``waiting`` have none; both in the order of the lot.

    ``gap``: by how much, at most, the cost could still be lower, as a share of it; 0 is the proven
    best, None is unknown. ``method``: 'solver' or 'draft'.
    """

    came: tuple[int, ...]
    waiting: tuple[int, ...]
    seats: Seats
    method: str
    gap: float | None


def _twice(found: Iterable[T]) -> list[T]:
    """What is there more than once."""
    return [one for one, times in Counter(found).items() if times > 1]


def cost(position: int) -> int:
    """What the wish in that position costs, from 0: 0, 2, 5, 9, 14 …"""
    return position * (position + 3) // 2


def cost_of(wishes: Sequence[int | None], table: int | None) -> int:
    """What it costs somebody with that (filled) list to get this table, or none."""
    return cost(wishes.index(table)) if table in wishes else MISSED


def cost_of_day(costs: Iterable[int]) -> int:
    """What the draw makes as small as it can, of one person's rounds together."""
    total = sum(costs)
    return total + sum(weight * max(0, total - above) for above, weight in STEPS)


def total_cost(lists: Lists, seats: Seats) -> int:
    """What a result costs: the sum over everybody who came."""
    return sum(
        cost_of_day(
            cost_of(wishes, seats.get(number, {}).get(round_))
            for round_, wishes in by_round.items()
        )
        for number, by_round in lists.items()
    )


def filled_lists(
    problem: Problem, came: Sequence[int]
) -> dict[int, dict[int, tuple[int | None, ...]]]:
    """The lists of those who came, in the order of the lot, each filled up to ``a_round`` tables.

    Added are the tables with the most seats for each person who has them on their list, those they
    were added to before included; of equals the one with more seats, then the first. A list that
    ends with 'rather no table' stays as it is.
    """
    own = {ranking.number: ranking.wishes for ranking in problem.rankings}
    lists: dict[int, dict[int, tuple[int | None, ...]]] = {number: {} for number in came}
    for round_ in problem.rounds:
        seats = {t.key: t.seats for t in problem.tables if t.round == round_ and t.seats > 0}
        listed = Counter(chain.from_iterable(own[number].get(round_, ()) for number in came))
        # Floats will do: fractions of such numbers that are equal are so as floats, others not.
        roomiest = [(-seats[key] / (listed[key] + 1), -seats[key], key) for key in seats]
        heapify(roomiest)
        for number in came:
            wishes, seen = list(own[number].get(round_, ())), []
            while None not in wishes and len(wishes) < problem.a_round and roomiest:
                key = heappop(roomiest)[-1]
                seen.append(key)
                if key not in wishes:
                    wishes.append(key)
                    listed[key] += 1
            for key in seen:
                heappush(roomiest, (-seats[key] / (listed[key] + 1), -seats[key], key))
            lists[number][round_] = tuple(wishes)
    return lists
