"""What people ask for before a draw, in numbers."""

from __future__ import annotations

import pytest

from registrations.booking import drawing
from registrations.reports import draws
from tests.registrations.drawn import draw_event, rank

pytestmark = pytest.mark.django_db


def test_each_round_has_its_own_open_lists_and_its_own_no_table():
    event = draw_event()
    rank(event, {1: ["a"]})
    rank(event, {1: ["b", "a", ""], 2: [""]})
    rank(event, {})

    asked = draws.asked(drawing.snapshot(event))

    assert [(one.anywhere, one.no_table) for one in asked] == [(1, 1), (2, 1)]
    assert [
        [(table.slot.session.code, table.first, table.listed) for table in one.tables]
        for one in asked
    ] == [
        [("a", 1, 2), ("b", 1, 1), ("c", 0, 0)],
        [("c", 0, 0), ("d", 0, 0), ("e", 0, 0)],
    ]
