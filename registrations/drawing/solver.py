"""The whole day at once: everybody, every round, at the least cost that HiGHS can find.

A column for each person, round and table on their list says whether they get it. All of the model
is whole numbers, in the order of the lot: who is helped among results of the same cost follows from
that order, and from nothing else.
"""

from __future__ import annotations

import math
from collections import defaultdict
from importlib import import_module, metadata
from typing import Any, NamedTuple

from registrations.drawing.problem import MISSED, STEPS, Lists, Problem, Seats, cost

# Steps of the search, which are the same on every machine. Seconds come second.
MOST_NODES = 5_000


class SolverMissing(Exception):
    """HiGHS is not installed here."""


class Unsolved(Exception):
    """HiGHS came to no result; ``str()`` says what it told instead."""


class Solution(NamedTuple):
    """``bound``: no result costs less."""

    seats: dict[int, dict[int, int]]
    bound: int


def solve(problem: Problem, lists: Lists, start: Seats, *, limit: float) -> Solution:
    """The best result found within so many seconds, or ``start`` if that is no worse.

    Raises SolverMissing and Unsolved.
    """
    try:
        highspy = import_module("highspy")
    except ImportError as error:
        raise SolverMissing from error
    model = _Model(problem, lists)
    # Callbacks are not needed, and to get them ready it greets on standard output.
    quiet = type("QuietHighs", (highspy.Highs,), {"enableCallbacks": lambda self: None})
    highs = quiet()
    highs.silent()
    options = {"threads": 1, "random_seed": 1, "mip_max_nodes": MOST_NODES, "time_limit": limit}
    # Costs are whole numbers: what is less than one away is the best.
    for option, value in (options | {"mip_rel_gap": 0.0, "mip_abs_gap": 0.99}).items():
        if highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise Unsolved(f"it does not know the option {option}")
    if highs.passModel(model.as_lp(highspy)) != highspy.HighsStatus.kOk:
        raise Unsolved("it did not take the model")
    begin = highspy.HighsSolution()
    begin.col_value = model.values(lists, start)
    highs.setSolution(begin)
    highs.run()
    info = highs.getInfo()
    if info.primal_solution_status != highspy.kSolutionStatusFeasible:
        raise Unsolved(highs.modelStatusToString(highs.getModelStatus()))
    seats = model.seats(lists, highs.getSolution().col_value)
    return Solution(seats, math.ceil(info.mip_dual_bound - 0.01))


class _Model:
    """Columns from 0 up to a bound, each with a cost, and rows that hold them together."""

    def __init__(self, problem: Problem, lists: Lists) -> None:
        self.costs: list[int] = []
        self.most: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[float, float, dict[int, int]]] = []  # at least, at most, factors
        # By number, round and table (None: no table) the column; by number those of the steps.
        self.gets: dict[tuple[int, int, int | None], int] = {}
        self.above: dict[int, list[int]] = {}
        session = {table.key: table.session for table in problem.tables}
        at_table: defaultdict[int, list[int]] = defaultdict(list)
        for number, by_round in lists.items():
            at_session: defaultdict[int, list[int]] = defaultdict(list)
            day: dict[int, int] = {}
            for round_, wishes in by_round.items():
                costs = {table: cost(position) for position, table in enumerate(wishes)}
                costs.setdefault(None, MISSED)
                for table, costing in costs.items():
                    # One of a round is 1, so that 'no table' is whole if all tables are.
                    column = self._column(costing, 1, whole=table is not None)
                    self.gets[number, round_, table] = column
                    day[column] = costing
                    if table is not None:
                        at_table[table].append(column)
                        at_session[session[table]].append(column)
                self._row(1, 1, [self.gets[number, round_, table] for table in costs])
            for columns in at_session.values():
                if len(columns) > 1:
                    self._row(0, 1, columns)
            self.above[number] = [
                self._column(weight, math.inf, whole=False) for _, weight in STEPS
            ]
            for (most, _), over in zip(STEPS, self.above[number], strict=True):
                self.rows.append((-math.inf, most, {**day, over: -1}))
        for key, seats in ((table.key, table.seats) for table in problem.tables):
            if len(at_table[key]) > seats:
                self._row(0, seats, at_table[key])

    def as_lp(self, highspy: Any) -> Any:
        kinds = highspy.HighsVarType
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.costs), len(self.rows)
        lp.col_cost_ = self.costs
        lp.col_lower_ = [0] * len(self.costs)
        lp.col_upper_ = self.most
        lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in self.whole]
        lp.row_lower_ = [at_least for at_least, _, _ in self.rows]
        lp.row_upper_ = [at_most for _, at_most, _ in self.rows]
        starts = [0]
        for _, _, factors in self.rows:
            starts.append(starts[-1] + len(factors))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = starts
        lp.a_matrix_.index_ = [column for _, _, factors in self.rows for column in factors]
        lp.a_matrix_.value_ = [factor for _, _, factors in self.rows for factor in factors.values()]
        return lp

    def values(self, lists: Lists, seats: Seats) -> list[float]:
        """A result as HiGHS takes it."""
        values = [0.0] * len(self.costs)
        for number, by_round in lists.items():
            total = 0
            for round_ in by_round:
                column = self.gets[number, round_, seats[number].get(round_)]
                values[column] = 1.0
                total += self.costs[column]
            for (above, _), over in zip(STEPS, self.above[number], strict=True):
                values[over] = float(max(0, total - above))
        return values

    def seats(self, lists: Lists, values: list[float]) -> dict[int, dict[int, int]]:
        seats: dict[int, dict[int, int]] = {number: {} for number in lists}
        for (number, round_, table), column in self.gets.items():
            if table is not None and values[column] > 0.5:
                seats[number][round_] = table
        return seats

    def _column(self, costing: int, most: float, *, whole: bool) -> int:
        self.costs.append(costing)
        self.most.append(most)
        self.whole.append(whole)
        return len(self.costs) - 1

    def _row(self, at_least: float, at_most: float, columns: list[int]) -> None:
        self.rows.append((at_least, at_most, dict.fromkeys(columns, 1)))


def version() -> str | None:
    """Such as 'HiGHS 1.16.0'; None where it is missing."""
    try:
        return f"HiGHS {metadata.version('highspy')}"
    except metadata.PackageNotFoundError:
        return None
