"""The solver in its own process, and whatever may become of it there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from registrations.drawing import apart
from registrations.drawing.checker import faults
from registrations.drawing.draw import draw
from tests.registrations.drawing.made_up import made_up

pytestmark = pytest.mark.processes

PROBLEM = made_up(30, 2, 0.05)
Highs = Callable[[str], int]


@pytest.fixture
def highs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Highs:
    """What that process does when it loads HiGHS."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return (tmp_path / "highspy.py").write_text


def test_it_draws_the_same_as_in_this_process():
    outcome = draw(PROBLEM, "seed", apart=True)

    assert outcome == draw(PROBLEM, "seed")
    assert (outcome.method, outcome.gap) == ("solver", 0)


STUBBORN = """
import os, signal, sys

print("HiGHS says hello", flush=True)
os.kill(os.getpid(), signal.SIGTERM)
assert os.getsid(0) == os.getpid(), "Ctrl+C would reach it"
sys.path.remove(os.path.dirname(__file__))
del sys.modules["highspy"]
import highspy
"""


def test_neither_a_stop_of_the_service_nor_what_a_library_prints_changes_the_result(highs: Highs):
    highs(STUBBORN)

    assert draw(PROBLEM, "seed", apart=True) == draw(PROBLEM, "seed")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ImportError", "the solver is not installed"),
        ("import os; os.kill(os.getpid(), 11)", "ended with -11"),
        ("import os; os._exit(0)", "the solver failed"),
        ("raise MemoryError('too much')", "ended with 1: MemoryError: too much"),
        ("import time; time.sleep(600)", "no answer 0 seconds after its time was up"),
    ],
    ids=["missing", "crash", "no answer", "error", "hangs"],
)
def test_if_it_ends_without_an_answer_the_draft_decides(
    highs: Highs,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    code: str,
    said: str,
):
    highs(code)
    hangs = "sleep" in code
    if hangs:
        monkeypatch.setattr(apart, "GRACE", 0.0)

    with caplog.at_level(logging.WARNING):
        outcome = draw(PROBLEM, "seed", apart=True, limit=1 if hangs else 60)

    assert outcome == draw(PROBLEM, "seed", solver=False)
    assert faults(PROBLEM, "seed", outcome) == []
    assert said in caplog.text
    assert "so the draft decides" in caplog.text
