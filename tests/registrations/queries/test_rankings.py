"""What people ranked for a draw, as it is shown to them."""

from __future__ import annotations

import pytest
from django.utils import translation

from registrations.queries import rankings
from tests.registrations.drawn import draw_event, rank

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("ranked", "rounds"),
    [
        ({1: ["a"], 2: ["d"]}, ""),
        ({1: ["a"], 2: [""]}, ""),
        ({1: ["a"]}, "round 2"),
        ({2: [""]}, "round 1"),
        ({}, "rounds 1 and 2"),
    ],
    ids=["all chosen", "no table is a choice", "the second", "the first", "both"],
)
def test_only_rounds_without_any_choice_were_left_open(ranked, rounds):
    somebody = rank(draw_event(), ranked)

    with translation.override("en"):
        sentence = rankings.left_open(rankings.by_round(somebody))

    assert sentence.startswith(f"You chose nothing in {rounds}. " if rounds else "")
    assert bool(sentence) == bool(rounds)
