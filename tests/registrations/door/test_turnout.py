"""What organisers see of the door: who came, when, and who did not."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from program.models import Event
from registrations.booking import changing
from registrations.door import turnout
from registrations.door.turnout import Turnout
from tests.factories import (
    START,
    make_event,
    make_guest,
    make_organiser,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import make_pass, send, tap, walk_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "2", 2)
    return event


def overview(event: Event) -> str:
    """The words of the page, in English: those of the code."""
    client = Client()
    client.force_login(make_organiser(event))
    with translation.override("en"):
        html = client.get(reverse("admin:event-overview", args=[event.pk])).text
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def clock(event: Event) -> list[tuple[str, int]]:
    return [(f"{timezone.localtime(at):%H:%M}", n) for at, n in turnout.arrivals(event)]


def test_arrivals_are_counted_per_five_minutes_without_a_gap(event):
    door = make_pass(event)
    for minutes in (-4, -1, 0, 11):
        at = START + timedelta(minutes=minutes)
        send(door, tap("in", make_registration(event), at=at.isoformat()), at=at)

    assert clock(event) == [("13:55", 2), ("14:00", 1), ("14:05", 0), ("14:10", 1)]


def test_an_arrival_that_was_taken_back_is_none(event):
    door, one = make_pass(event), make_registration(event)
    come_in = tap("in", one)
    send(door, come_in, tap("undo", one, refs=[come_in["id"]]))

    assert clock(event) == []
    assert "Arrivals per five minutes" not in overview(event)


def test_a_wrong_clock_falls_in_the_first_or_the_last_step(event):
    door = make_pass(event)
    for days in (-400, 400):
        one = make_registration(event)
        send(door, tap("in", one))
        event.presences.filter(registration=one).update(at=START + timedelta(days=days))

    found = clock(event)
    assert (found[0], found[-1]) == (("11:00", 1), ("18:00", 1))
    shown = overview(event)
    assert "1 person came in before 11:00 and is counted at that time." in shown
    assert "1 person came in after the end and is counted at the end." in shown


def test_absent_people_are_counted_per_table_and_per_role(event):
    came = make_registration(event, {1: "1a"}, role="student")
    make_registration(event, {1: "1a"}, role="student")
    make_registration(event, {2: "2"}, role="inwoner")
    guest = make_guest(event)
    make_guest(event)
    send(make_pass(event), tap("in", came), tap("in", guest), walk_in())

    tables = {str(one.session.code): found for one, found in turnout.per_table(event)}
    assert tables == {"1a": Turnout(2, 1), "2": Turnout(1, 0)}
    assert dict(turnout.per_role(event)) == {
        "student": Turnout(2, 1),
        "inwoner": Turnout(1, 0),
        "": Turnout(1, 1),
        "gasten": Turnout(2, 1),
    }


def test_overview_draws_who_came_once_somebody_is_in(event):
    came = make_registration(event, {1: "1a"}, role="student")
    make_registration(event, {1: "1a"}, role="student")
    assert "who came" not in overview(event)

    send(make_pass(event), tap("in", came))

    shown = overview(event)
    assert "1 in now" in shown
    assert "Arrivals per five minutes From People 14:05 1" in shown
    assert "counted at" not in shown
    assert "Roles: who came Role Expected In Not in student 2 1 1" in shown
    assert "Round 1: who came Table Expected In Not in 1a Gesprek 1a 2 1 1" in shown
    assert "1 of 2 people is not in." in shown


def test_overview_is_there_when_the_only_one_who_was_in_has_cancelled(event):
    early = START - timedelta(days=2)
    one = make_registration(event)
    send(make_pass(event), tap("in", one, at=early.isoformat()), at=early)
    changing.cancel(one, at=early)

    assert "who came" not in overview(event)
