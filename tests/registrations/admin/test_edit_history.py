"""The page of what was done to an event: who, when, why, and nobody's name."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from registrations.admin.event import edit_history
from registrations.models import Change, history
from registrations.organising import calling_off, dropping, guests
from tests.factories import make_event, make_organiser, make_registration, make_slot

GUEST = {"done": "added", "kind": "host"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=10))
    make_slot(event, "1a")
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def address(event: Event) -> str:
    return f"/en/admin/program/event/{event.pk}/geschiedenis/"


def test_history_tells_who_did_what_and_why_and_names_nobody(organiser: Client, event: Event):
    at = timezone.now()
    make_registration(event, {1: "1a"}, at=at, last_name="Bergsma")
    guests.add(event, guests.Details("Jan", "Burg"), who="anja", at=at)
    dropping.drop(event, [event.slots.get().pk], why="Host is ill.", who="anja", at=at)
    calling_off.call_off(event, who="bram", at=at)

    page = organiser.get(address(event))

    told = [(line.what, line.who, line.change.why) for line in page.context["changes"]]
    assert told == [
        ("Called off: not going ahead", "bram", ""),
        ("Table dropped out: Table 1a in round 1", "anja", "Host is ill."),
        ("Guest added, changed or removed: added, guest", "anja", ""),
    ]
    assert "Bergsma" not in page.content.decode()
    assert "Burg" not in page.content.decode()


def test_long_history_has_pages_and_asks_as_much(
    organiser: Client, event: Event, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(edit_history, "LINES", 2)
    history.record(event, None, Change.What.EDITED, who="anja", at=timezone.now())
    with CaptureQueriesContext(connection) as short:
        organiser.get(address(event))
    for number in range(4):
        history.record(event, None, Change.What.EDITED, who=f"anja{number}", at=timezone.now())

    with CaptureQueriesContext(connection) as long:
        first = organiser.get(address(event))
    last = organiser.get(address(event), {"p": 3})

    assert len(long) == len(short)
    assert 'href="?p=2"' in first.content.decode()
    assert [len(page.context["changes"]) for page in (first, last)] == [2, 1]


def test_seventeen_equal_changes_are_one_line(organiser: Client, event: Event):
    at = timezone.now()
    for _guest in range(17):
        history.record(event, None, Change.What.GUEST, who="anja", at=at, new=GUEST)
    history.record(event, None, Change.What.GUEST, who="bram", at=at, new=GUEST)
    history.record(event, None, Change.What.GUEST, who="anja", at=at, why="Ziek", new=GUEST)
    history.record(
        event, None, Change.What.GUEST, who="anja", at=at - timedelta(days=1), why="Ziek", new=GUEST
    )

    page = organiser.get(address(event))

    told = [(line.who, line.change.why, line.times) for line in page.context["changes"]]
    assert told == [("anja", "Ziek", 1), ("anja", "Ziek", 1), ("bram", "", 1), ("anja", "", 17)]
    assert "17 times, since" in page.text


def test_moments_are_written_without_parts_of_a_second(organiser: Client, event: Event):
    history.record(event, None, Change.What.EDITED, who="anja", at=timezone.now())

    found = re.findall(r'datetime="([^"]+)"', organiser.get(address(event)).text)

    assert [re.sub(r"\d", "9", moment) for moment in found] == ["9999-99-99T99:99:99+99:99"]
