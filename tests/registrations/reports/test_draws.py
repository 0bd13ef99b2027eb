"""A draw in numbers, before it and after it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import drawing, signup
from registrations.reports import draws
from tests.factories import make_person
from tests.registrations.drawn import AFTER, CLOSES, draw_event, rank

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


def test_only_who_signed_up_in_time_and_confirmed_later_was_too_late():
    event = draw_event()
    rank(event, {1: ["a"]})
    late = rank(event, {1: ["a"]}, confirmed=False)
    signup.confirm(late, at=CLOSES)
    drawing.draw_due(AFTER)
    newcomer = signup.sign_up(event, make_person(), {1: "b"}, at=AFTER)
    signup.confirm(newcomer, at=AFTER)
    event.refresh_from_db()

    assert draws.too_late(event) == 1


def test_a_round_needs_seats_only_for_those_who_can_come():
    event = draw_event(capacity=2)
    event.slots.filter(round__number=1).update(seats=0)
    event.slots.filter(session__code="a").update(seats=2)
    for _each in range(3):
        rank(event, {})
    a = event.slots.get(session__code="a")

    assert draws.too_few_seats(event) == {}
    assert draws.too_few_seats(event, without=[a.pk]).keys() == {a.round_id}


@pytest.mark.parametrize(
    ("fields", "late"),
    [
        ({}, True),
        ({"wishes_close_at": AFTER}, False),
        ({"published": False}, False),
        ({"called_off_at": AFTER}, False),
        ({"drawn_at": AFTER}, False),
        ({"wishes_close_at": None}, False),
    ],
    ids=["late", "ten minutes are not over", "a draft", "called off", "drawn", "no draw"],
)
def test_a_draw_is_late_ten_minutes_after_choices_closed(fields, late):
    event = draw_event()
    Event.objects.filter(pk=event.pk).update(**fields)
    event.refresh_from_db()

    assert draws.is_late(event, CLOSES + timedelta(seconds=draws.LATE)) is late
    assert not draws.is_late(event, event.ends_at)
