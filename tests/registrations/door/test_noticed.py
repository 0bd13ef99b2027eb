"""Whom organisers should look at."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.booking import changing
from registrations.door import turnout
from tests.factories import NOW, make_crowd, make_event, make_registration, make_slot
from tests.registrations.door.tapping import AT, make_pass, send, tap, walk_in

pytestmark = pytest.mark.django_db


def test_organisers_hear_of_people_let_in_without_a_place():
    event = make_event(capacity=2)
    door = make_pass(event)
    noor = make_registration(event, first_name="Noor")
    changing.cancel(noor, at=NOW)
    make_registration(event, first_name="Els", last_name="Bakker")
    send(door, tap("in", noor))
    send(door, walk_in("Elz", "Backer"), at=AT + timedelta(minutes=1))
    send(door, walk_in("Piet", "Vis"), at=AT + timedelta(minutes=2))

    found = turnout.noticed(event)

    assert [one.name for one in found.without_place] == [noor.name]
    assert [one.name for one in found.extra] == ["Piet Vis"]
    assert [one.name for one in found.twice] == ["Elz Backer"]


def test_what_the_door_counted_costs_the_same_queries_for_any_crowd():
    event = make_event(capacity=1000)
    make_slot(event, "1a")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            turnout.arrivals(event), turnout.per_table(event), turnout.per_role(event)
            turnout.noticed(event), turnout.devices(event)
        return len(queries)

    noor = make_registration(event, {1: "1a"})
    send(make_pass(event), walk_in(), tap("in", noor))
    few = count()
    make_crowd(event, 100)

    assert count() == few
