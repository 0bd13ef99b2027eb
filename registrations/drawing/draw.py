"""One draw: lots, then tables by the solver or else by the draft, and never past the checker."""

from __future__ import annotations

import logging
from importlib import import_module

from registrations.drawing import apart as solver_apart
from registrations.drawing.checker import faults
from registrations.drawing.draft import draft
from registrations.drawing.improve import improve
from registrations.drawing.lot import by_lot
from registrations.drawing.problem import Outcome, Problem, filled_lists, total_cost

logger = logging.getLogger(__name__)

LIMIT = 60.0  # seconds


class Refused(Exception):
    """The checker found ``faults`` in a result that nothing else could replace."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults[:5]))
        self.faults = faults


def draw(
    problem: Problem,
    seed: str,
    *,
    limit: float = LIMIT,
    solver: bool = True,
    apart: bool = False,
) -> Outcome:
    """The result of a problem (``lot.numbered``); the same for the same problem and seed.

    ``limit``: seconds for the solver; only a search that it stops can end elsewhere a second time.
    ``apart``: the solver has a process of its own, as it should where others depend on this one.
    Without ``solver`` the draft decides. Raises Refused if even the draft does not pass the
    checker, which no problem should bring about.
    """
    came, waiting = by_lot(problem, seed)
    lists = filled_lists(problem, came)
    drafted = improve(problem, lists, draft(problem, lists))
    if solver:
        try:
            # Late: without it there is the draft, and few processes ever need what it takes.
            found = solver_apart if apart else import_module("registrations.drawing.solver")
            solution = found.solve(problem, lists, drafted, limit=limit)
            seats = improve(problem, lists, solution.seats)
            costs = total_cost(lists, seats)
            gap = max(0, costs - solution.bound) / costs if costs else 0.0
            return _checked(problem, seed, Outcome(came, waiting, seats, "solver", gap))
        except ImportError:
            logger.warning("drawing: the solver is not installed, so the draft decides")
        except solver_apart.Broken as error:
            logger.error("drawing: the solver failed (%s), so the draft decides", error)
        except Refused as error:
            # Without its sentences: they name people by their numbers, and logs outlive these.
            count = len(error.faults)
            logger.error("drawing: the solver broke rules (%d), so the draft decides", count)
        except Exception:
            # Whatever goes wrong in there, everybody gets their day.
            logger.exception("drawing: the solver failed, so the draft decides")
    return _checked(problem, seed, Outcome(came, waiting, drafted, "draft", None))


def _checked(problem: Problem, seed: str, outcome: Outcome) -> Outcome:
    if found := faults(problem, seed, outcome):
        raise Refused(found)
    return outcome
