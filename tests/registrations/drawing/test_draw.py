"""A whole draw, from lots to a result that the checker lets pass."""

from __future__ import annotations

from registrations.drawing.checker import faults
from registrations.drawing.draw import draw
from tests.registrations.drawing.made_up import made_up


def test_draw_keeps_the_rules_and_is_proven_to_be_the_best():
    problem = made_up(60, 3, 0.05)

    outcome = draw(problem, "seed")

    assert (outcome.method, outcome.gap) == ("solver", 0)
    assert faults(problem, "seed", outcome) == []
