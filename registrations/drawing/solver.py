"""The whole day at once: everybody, every round, at the least cost that there is.

A *day* of somebody is one choice from their list for each round, without a session twice. Wanted is
a day for everybody, at the least cost together, with no more people at a table than it has seats.

Each person has hundreds of days, of which few matter. Prices find these. Give a seat at each table
a price, and let everybody take the day that is cheapest, its seats paid for. What they spend
together, less the price of all seats there are, is a *bound*: no result costs less, whatever the
prices. HiGHS looks for prices that make it as high as can be (``_find_prices``). A result that
costs little more than the bound can then only be made of days that cost their owner little more
than the cheapest, and from these HiGHS chooses (``_choose``). All days stand in the order of the
lot: nothing else decides among results of the same cost.

Prices are whole numbers of 1/1024, so that the bound is exact however HiGHS rounds.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from registrations.drawing.problem import MISSED, STEPS, Lists, Problem, Seats, cost, cost_of_day

UNIT = 1024  # of prices, in one of cost
NEVER = 2**30  # what cannot be chosen costs
# Of all people together. More would take minutes to look at again and again.
MOST_DAYS = 100_000_000
AT_ONCE = 300_000  # in memory

# Steps of the search, which are the same on every machine. Seconds come second.
MOST_PRICINGS = 300
MOST_TO_CHOOSE = 300_000  # days
MOST_NODES = 10_000

Whole = NDArray[np.int64]


class Unsolved(Exception):
    """There is no answer; ``str()`` says why."""


class Solution(NamedTuple):
    """``bound``: no result costs less."""

    seats: dict[int, dict[int, int]]
    bound: int


class _Day(NamedTuple):
    """``person`` by lot, from 0; of each round which choice, and the row of its table if any."""

    person: int
    choices: tuple[int, ...]
    tables: tuple[int | None, ...]
    cost: int


def solve(problem: Problem, lists: Lists, start: Seats, *, limit: float) -> Solution:
    """The best result found within so many seconds, at worst ``start``. Raises Unsolved."""
    until = time.monotonic() + limit
    if not (lists and problem.rounds):
        return Solution({number: {} for number in lists}, 0)
    days = _Days(problem, lists)
    found = days.of(start)
    # A third is kept for choosing.
    prices, bound = _find_prices(days, found, until - limit / 3)
    found, least = _choose(days, found, prices, bound, until)
    return Solution(days.seats_of(found), max(0, least))


class _Days:
    """Everybody's days. Those of one person are numbered, with the choice in the last round first
    to change, as the digits of a number do.

    ``costs``, ``tables`` and ``sessions`` have one array a round, of people by choices. A table is
    its row in ``seats``; the row after the last stands for none.
    """

    def __init__(self, problem: Problem, lists: Lists) -> None:
        self.lists, self.rounds = lists, problem.rounds
        self.keys = [table.key for table in problem.tables]
        self.seats = [max(0, table.seats) for table in problem.tables]
        row = {key: number for number, key in enumerate(self.keys)}
        session = {table.key: table.session for table in problem.tables}
        self.width = 1 + max(len(one) for by_round in lists.values() for one in by_round.values())
        if len(lists) * self.width ** len(self.rounds) > MOST_DAYS:
            raise Unsolved("so many rounds and wishes make too many days")
        shape = (len(self.rounds), len(lists), self.width)
        self.costs = np.full(shape, NEVER, dtype=np.int64)
        self.tables = np.full(shape, len(self.keys), dtype=np.int64)
        self.sessions = np.full(shape, -1, dtype=np.int64)
        for person, by_round in enumerate(lists.values()):
            for at, round_ in enumerate(self.rounds):
                wishes = by_round[round_]
                for position, key in enumerate(wishes):
                    self.costs[at, person, position] = cost(position)
                    if key is not None:
                        self.tables[at, person, position] = row[key]
                        self.sessions[at, person, position] = session[key]
                if None not in wishes:
                    self.costs[at, person, len(wishes)] = MISSED

    def priced(self, prices: Whole) -> Iterator[tuple[int, Whole]]:
        """The first of some people, and what each of their days costs with its seats paid for."""
        step = max(1, AT_ONCE // self.width ** len(self.rounds))
        for first in range(0, len(self.lists), step):
            some = slice(first, first + step)
            people = len(self.costs[0, some])
            total = paid = np.zeros((people, 1), dtype=np.int64)
            before: list[Whole] = []
            for costs, tables, sessions in zip(
                self.costs[:, some], self.tables[:, some], self.sessions[:, some], strict=True
            ):
                old, new = (people, total.shape[1], 1), (people, 1, self.width)
                total = total.reshape(old) + costs.reshape(new)
                paid = paid.reshape(old) + prices[tables].reshape(new)
                this = np.broadcast_to(sessions.reshape(new), total.shape)
                before = [np.broadcast_to(one.reshape(old), total.shape) for one in before]
                for one in before:
                    total = total + NEVER * ((one == this) & (this >= 0))
                before = [one.reshape(people, -1) for one in (*before, this)]
                total, paid = total.reshape(people, -1), paid.reshape(people, -1)
            above = sum(weight * np.maximum(0, total - most) for most, weight in STEPS)
            yield first, (total + above) * UNIT + paid

    def day(self, person: int, number: int) -> _Day:
        choices = []
        for _round in self.rounds:
            number, choice = divmod(number, self.width)
            choices.append(choice)
        return self._day(person, choices[::-1])

    def of(self, seats: Seats) -> list[_Day]:
        """The days that make up a result."""
        found = []
        for person, (number, by_round) in enumerate(self.lists.items()):
            choices = []
            for round_ in self.rounds:
                wishes, table = by_round[round_], seats[number].get(round_)
                choices.append(wishes.index(table) if table in wishes else len(wishes))
            found.append(self._day(person, choices))
        return found

    def _day(self, person: int, choices: list[int]) -> _Day:
        rows = [int(self.tables[at, person, choice]) for at, choice in enumerate(choices)]
        costs = [int(self.costs[at, person, choice]) for at, choice in enumerate(choices)]
        return _Day(
            person,
            tuple(choices),
            tuple(row if row < len(self.keys) else None for row in rows),
            cost_of_day(costs),
        )

    def seats_of(self, found: Iterable[_Day]) -> dict[int, dict[int, int]]:
        return {
            number: {
                round_: self.keys[row]
                for round_, row in zip(self.rounds, day.tables, strict=True)
                if row is not None
            }
            for number, day in zip(self.lists, found, strict=True)
        }


def _find_prices(days: _Days, start: list[_Day], until: float) -> tuple[Whole, int]:
    """Prices by row of a table (and 0 for no table), and their bound in units.

    HiGHS is given some days, as if they could be divided, and answers with prices at which nobody
    would change among these. Everybody's cheapest day at those prices is added, until it is there
    already: then no other prices make a higher bound.
    """
    model = _Model(days, start)
    best, bound = np.zeros(len(days.seats) + 1, dtype=np.int64), -NEVER * UNIT
    prices = best
    for _pricing in range(MOST_PRICINGS):
        spent, new = 0, 0
        for first, costs in days.priced(prices):
            cheapest = costs.argmin(axis=1)
            spent += int(costs.min(axis=1).sum())
            new += sum(
                model.add(days.day(person, int(number)))
                for person, number in enumerate(cheapest, first)
            )
        here = spent - int((prices[:-1] * days.seats).sum())
        if here > bound:
            best, bound = prices, here
        if not new or (found := model.prices(until)) is None:
            break
        prices = found
    return best, bound


def _choose(
    days: _Days, found: list[_Day], prices: Whole, bound: int, until: float
) -> tuple[list[_Day], int]:
    """The best result of whole days, and what no result costs less than.

    At first a result may cost little more than the bound. Of such a result each day costs its owner
    no more than that above the cheapest, so that all days that it can have are looked at; if there
    is one, the best of them is the best of all. If not, more is allowed.
    """
    least = -(-bound // UNIT)
    allowed = 1
    while True:
        costing = sum(day.cost for day in found)
        if costing <= least:
            return found, costing
        allowed = min(allowed, costing - 1 - least)
        room = (least + allowed) * UNIT - bound
        model = _Model(days, found)
        for first, costs in days.priced(prices):
            near = costs - costs.min(axis=1, keepdims=True) <= room
            for person, number in zip(*np.nonzero(near), strict=True):
                model.add(days.day(first + int(person), int(number)))
            if len(model.days) > MOST_TO_CHOOSE:
                return found, least
        better, complete = model.choose(until)
        if better is not None and sum(day.cost for day in better) < costing:
            found = better
        if not complete:
            return found, least
        costing = sum(day.cost for day in found)
        if costing <= least + allowed:
            return found, costing
        least += allowed + 1  # as nothing was found that costs less
        allowed *= 8


class _Model:
    """Some days, of which each person has one, with room for so many at each table."""

    def __init__(self, days: _Days, start: Iterable[_Day]) -> None:
        self.all = days
        self.days: dict[tuple[int, tuple[int, ...]], _Day] = {}
        for day in start:
            self.add(day)

    def add(self, day: _Day) -> bool:
        """Whether it was not there yet."""
        known = len(self.days)
        self.days.setdefault((day.person, day.choices), day)
        return len(self.days) > known

    def prices(self, until: float) -> Whole | None:
        """None if time is up, or HiGHS finds none for another reason."""
        # Interior points, from the middle of all answers, need far fewer turns than a corner does.
        highs = self._highs(until, whole=False, solver="ipx", run_crossover="off")
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        duals = highs.getSolution().row_dual[len(self.all.lists) :]
        return np.array([*(max(0, round(-dual * UNIT)) for dual in duals), 0], dtype=np.int64)

    def choose(self, until: float) -> tuple[list[_Day] | None, bool]:
        """The best choice found, and whether none is better."""
        highs = self._highs(
            until, whole=True, mip_rel_gap=0.0, mip_abs_gap=0.99, mip_max_nodes=MOST_NODES
        )
        # It is not told of the result so far, which HiGHS 1.16 may then take for the best: costs go
        # up by steps that fit only what its presolving has left (a test has the event).
        highs.run()
        complete = highs.getModelStatus() == highspy.HighsModelStatus.kOptimal
        if highs.getInfo().primal_solution_status != highspy.kSolutionStatusFeasible:
            return None, complete
        values = highs.getSolution().col_value
        found = [day for day, value in zip(self.days.values(), values, strict=True) if value > 0.5]
        found.sort(key=lambda day: day.person)
        return found, complete

    def _highs(self, until: float, *, whole: bool, **options: str | float) -> highspy.Highs:
        people, columns = len(self.all.lists), self.days.values()
        starts, rows = [0], []
        for day in columns:
            rows += [day.person, *(people + row for row in day.tables if row is not None)]
            starts.append(len(rows))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(columns), people + len(self.all.seats)
        lp.col_cost_ = [day.cost for day in columns]
        lp.col_lower_ = [0.0] * len(columns)
        lp.col_upper_ = [1.0] * len(columns)
        lp.row_lower_ = [1.0] * people + [-math.inf] * len(self.all.seats)
        lp.row_upper_ = [1.0] * people + [float(seats) for seats in self.all.seats]
        if whole:
            lp.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = starts, rows
        lp.a_matrix_.value_ = [1.0] * len(rows)
        highs: highspy.Highs = _Quiet()  # type: ignore[no-untyped-call]
        highs.silent()
        left = max(0.0, until - time.monotonic())
        for option, value in {
            "threads": 1,
            "random_seed": 1,
            "time_limit": left,
            **options,
        }.items():
            if highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
                raise Unsolved(f"HiGHS does not know {option}")
        if highs.passModel(lp) != highspy.HighsStatus.kOk:
            raise Unsolved("HiGHS does not take the model")
        return highs


class _Quiet(highspy.Highs):
    """Without callbacks: to get them ready it says hello on standard output."""

    def enableCallbacks(self) -> None:
        pass
