"""The page of what was done to an event: who, when, why, and nobody's name."""

from __future__ import annotations

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

    told = [(what, who, row.why) for row, what, who in page.context["changes"]]
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
    for _line in range(4):
        history.record(event, None, Change.What.EDITED, who="anja", at=timezone.now())

    with CaptureQueriesContext(connection) as long:
        first = organiser.get(address(event))
    last = organiser.get(address(event), {"p": 3})

    assert len(long) == len(short)
    assert 'href="?p=2"' in first.content.decode()
    assert [len(page.context["changes"]) for page in (first, last)] == [2, 1]
