"""How often a page of an attendee asks the database: a ceiling for each step, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from program.models import Event
from program.public.programme import kept_programme, slots_of
from registrations.models import Presence, Registration
from registrations.queries.tokens import code_of, token_of
from tests.factories import make_event, make_registration, make_slot
from tests.registrations.door.tapping import make_pass, on_device, sync, tap

pytestmark = pytest.mark.django_db
# Around a transaction; here inside that of the test.
FRAMES = ("SAVEPOINT", "RELEASE SAVEPOINT")
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


@pytest.fixture(autouse=True)
def in_memory(settings: Any, event: Event) -> None:
    """The programme is known, as it is for all but the first visitor after a change."""
    settings.PROGRAMME_SECONDS = 60
    in_memory_now()


def in_memory_now() -> None:
    event = Event.objects.get()
    assert slots_of(event)
    assert not kept_programme(event).signup_questions
    assert kept_programme(event).venue
    assert kept_programme(event).asked_roles


def asked(post: Callable[[], Any]) -> list[str]:
    """The statements that a POST needs which is carried out."""
    with CaptureQueriesContext(connection) as queries:
        assert post().status_code in (200, 303)
    return [query["sql"] for query in queries]


def under_lock(post: Callable[[], Any]) -> int:
    """How many of them others wait for: those of its one transaction."""
    statements = asked(post)
    frames = [place for place, sql in enumerate(statements) if sql.startswith(FRAMES)]
    inside = statements[frames[0] : frames[-1]]
    return len([sql for sql in inside if not sql.startswith(FRAMES)])


def test_each_step_of_an_attendee_stays_below_its_ceiling(client: Client, event: Event):
    typed = {**TYPED, "round_3": ""}
    signed_up = under_lock(lambda: client.post("/wijk/aanmelden/", typed))
    link = f"/aanmelding/{token_of(Registration.objects.get())}/"
    confirmed = under_lock(lambda: client.post(f"{link}bevestigen/"))
    other = {"round_1": "1b", "round_2": "2a", "round_3": "3a"}
    changed = under_lock(lambda: client.post(f"{link}tafels/", other))
    cancelled = under_lock(lambda: client.post(f"{link}annuleren/"))

    assert Registration.objects.get().is_cancelled
    assert signed_up <= 10
    assert max(confirmed, changed, cancelled) <= 15


def test_signing_up_again_and_the_code_stay_below_their_ceilings(client: Client, event: Event):
    client.post("/wijk/aanmelden/", {**TYPED, "round_3": ""})
    other = {**TYPED, "round_1": "1b", "round_3": ""}
    replaced = under_lock(lambda: client.post("/wijk/aanmelden/", other))
    inbox = "/wijk/aanmelden/controleer-je-mail/"
    moved = under_lock(lambda: client.post(inbox, {"email": "els@haarlem.example"}))
    held = Registration.objects.pending().get()
    confirmed = under_lock(lambda: client.post(inbox, {"code": code_of(held)}))

    held.refresh_from_db()
    assert held.is_confirmed
    assert replaced <= 24
    assert max(moved, confirmed) <= 18


def fill_tables(event: Event, *codes: str) -> list[Registration]:
    """One person at each of these tables of round 1, which have one seat."""
    event.slots.filter(session__code__in=codes).update(seats=1)
    return [make_registration(event, {1: code}) for code in codes]


def change(client: Client, person: Registration, table: str, *entries: str) -> int:
    """The person sits at this table of round 1 alone, and waits for those; what that costs."""
    form = f"/aanmelding/{token_of(person)}/tafels/"
    typed = {"round_1": table, "round_2": "", "round_3": "", "wish_1": entries}
    cost = under_lock(lambda: client.post(form, typed))
    assert [entry.session.code for entry in person.waitlist_entries.all()] == list(entries)
    return cost


def test_changing_while_waiting_stays_below_the_ceiling(client: Client, event: Event):
    """Settling looks each time, and nobody can move."""
    fill_tables(event, "1c", "1d")
    mine = make_registration(event, {1: "1a"})

    assert change(client, mine, "1b", "1c") <= 15, "another table, and one more to wait for"
    assert change(client, mine, "1b", "1d") <= 15, "one entry instead of another"
    assert change(client, mine, "1a") <= 15, "another table, and none to wait for"
    change(client, mine, "1a", "1c")
    assert change(client, mine, "1b", "1d") <= 16, "another table, and one entry for another"


def test_those_who_move_up_cost_the_same_however_many(client: Client, event: Event):
    """Nine statements on top: who moves, their seats, and what of them is written."""
    mine, one = fill_tables(event, "1c", "1d")
    his, *three = fill_tables(event, "1e", "1f", "1g", "1h")
    fill_tables(event, "1b")
    change(client, one, "1d", "1c")
    for person, here, wanted in zip(three, ("1f", "1g", "1h"), ("1e", "1f", "1g"), strict=True):
        change(client, person, here, wanted)

    costs = [change(client, person, "1a", "1b") for person in (mine, his)]

    assert costs[0] == costs[1] <= 24
    assert [who.table_seats.get().session.code for who in (one, *three)] == ["1c", "1e", "1f", "1g"]


def test_a_tick_at_the_door_stays_below_its_ceiling(event: Event):
    person, device = make_registration(event, {1: "1a"}), make_pass(event)
    taken = tap("in", person)

    assert under_lock(lambda: sync(on_device(device), event, taken)) <= 15
    assert Presence.objects.get(registration=person).present


def test_a_device_in_step_costs_no_counting(event: Event):
    person, device = make_registration(event, {1: "1a"}), on_device(make_pass(event))
    sync(device, event, tap("in", person))
    event.refresh_from_db()

    again = asked(lambda: sync(device, event, since=event.version))

    assert not [sql for sql in again if "COUNT" in sql]
    told = sync(device, event, since=event.version).json()
    assert (told["present"], told["expected"]) == (1, 1)
    newcomer = make_registration(event, {1: "1b"})
    assert sync(device, event, tap("in", newcomer)).json()["present"] == 2


def test_a_sign_up_costs_the_same_in_an_event_of_many(client: Client, event: Event):
    few = len(asked(lambda: client.post("/wijk/aanmelden/", {**TYPED, "round_3": ""})))
    for letter in "ijklmnop":
        make_slot(event, f"3{letter}", 3)
    event.bump_programme()
    in_memory_now()
    other = {**TYPED, "email": "els@haarlem.example", "round_3": ""}

    assert len(asked(lambda: Client().post("/wijk/aanmelden/", other))) == few <= 15


def test_a_full_event_where_nobody_can_move_costs_no_more(client: Client, event: Event):
    make_registration(event, {1: "1a"})
    event.slots.filter(session__code="1a").update(seats=1)
    for _waiter in range(3):
        make_registration(event, {1: "1b"}, waitlists={1: ["1a"]})

    typed = {**TYPED, "round_1": "1b", "round_3": ""}
    assert under_lock(lambda: client.post("/wijk/aanmelden/", typed)) <= 10
