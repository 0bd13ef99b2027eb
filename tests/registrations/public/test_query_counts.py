"""How often a page of an attendee asks the database: a ceiling for each step, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from program.models import Event
from registrations.models import Registration
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_slot

pytestmark = pytest.mark.django_db
# Of a transaction, which asks nothing.
FRAMES = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT")
TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "role": "inwoner",
    "round_1": "1a",
    "round_2": "2a",
    "agree": "on",
}


@pytest.fixture
def event() -> Event:
    event = make_event(slug="wijk", rounds=3)
    for number in (1, 2, 3):
        for letter in "abcdefgh":
            make_slot(event, f"{number}{letter}", number)
    return event


def asked(post: Callable[[], Any]) -> int:
    """How many statements a POST needs that is carried out."""
    with CaptureQueriesContext(connection) as queries:
        assert post().status_code == 303
    return len([query for query in queries if not query["sql"].startswith(FRAMES)])


def test_each_step_of_an_attendee_stays_below_its_ceiling(client: Client, event: Event):
    typed = {**TYPED, "round_3": ""}
    signed_up = asked(lambda: client.post("/wijk/aanmelden/", typed))
    link = f"/aanmelding/{token_of(Registration.objects.get())}/"
    confirmed = asked(lambda: client.post(f"{link}bevestigen/"))
    other = {"round_1": "1b", "round_2": "2a", "round_3": "3a"}
    changed = asked(lambda: client.post(f"{link}tafels/", other))
    cancelled = asked(lambda: client.post(f"{link}annuleren/"))

    assert Registration.objects.get().is_cancelled
    ceilings = {"sign up": 20, "confirm": 30, "change": 30, "cancel": 30}
    found = dict(zip(ceilings, (signed_up, confirmed, changed, cancelled), strict=True))
    assert {step: count for step, count in found.items() if count > ceilings[step]} == {}


def test_a_sign_up_costs_the_same_in_an_event_of_many(client: Client, event: Event):
    few = asked(lambda: client.post("/wijk/aanmelden/", {**TYPED, "round_3": ""}))
    for letter in "ijklmnop":
        make_slot(event, f"3{letter}", 3)
    other = {**TYPED, "email": "els@haarlem.example", "round_3": ""}

    assert asked(lambda: client.post("/wijk/aanmelden/", other)) == few
