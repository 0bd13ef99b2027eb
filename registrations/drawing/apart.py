"""The solver in a process of its own.

It is a large program in machine code. Whatever becomes of it in there, be it a crash, a search
without end or more memory than there is, the process that sends the mail goes on, and still hears
that it is to stop.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from ctypes import CDLL
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from registrations.drawing.problem import Lists, Problem, Seats

ROOT = Path(__file__).resolve().parents[2]
# Seconds beyond its limit: it looks at the clock between steps, and some of those are long.
GRACE = 30.0
PR_SET_PDEATHSIG = 1  # of linux/prctl.h: the signal that tells of the end of who started it
MISSING = 3  # what it ends with where a part of it is not installed


class Solved(NamedTuple):
    """As ``solver.Solution``, which this process does not load."""

    seats: Mapping[int, Mapping[int, int]]
    bound: int


class Broken(Exception):
    """It ended without an answer; ``str()`` says how."""


def solve(problem: Problem, lists: Lists, start: Seats, *, limit: float) -> Solved:
    """As ``solver.solve``. Raises ImportError where it is not installed, and Broken."""
    try:
        done = subprocess.run(
            (sys.executable, "-m", "registrations.drawing.apart"),
            cwd=ROOT,
            input=pickle.dumps((problem, lists, start, limit)),
            capture_output=True,
            timeout=limit + GRACE,
            check=False,
            # Ctrl+C is for whoever asked: a solver that is stopped would leave it to the draft.
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise Broken(f"no answer {GRACE:.0f} seconds after its time was up") from None
    if done.returncode == MISSING:
        raise ImportError
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Broken(": ".join([f"ended with {done.returncode}", *said]))
    return Solved(*pickle.loads(done.stdout))  # noqa: S301 - from our own process


def _answer() -> None:
    """In that process: read a problem, write what the solver makes of it."""
    # A service that is stopped tells all of its processes, but the one that asked decides.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Without that one, nobody waits for an answer.
    if sys.platform == "linux":
        CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # Standard output is for the answer only, whatever a library has to say.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(OSError):  # only Linux: where memory runs out, this goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    problem, lists, start, limit = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own process
    signal.alarm(math.ceil(limit + GRACE) + 1)  # where that is missing, this ends it
    try:
        solver = import_module("registrations.drawing.solver")
    except ImportError:
        sys.exit(MISSING)
    solution = solver.solve(problem, lists, start, limit=limit)
    with answer:
        pickle.dump(tuple(solution), answer)


if __name__ == "__main__":
    _answer()
