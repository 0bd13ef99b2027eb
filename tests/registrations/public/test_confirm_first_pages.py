"""What people read where a sign-up holds nothing (rule 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from program.models import Event
from registrations.booking import holds
from registrations.models import Registration
from registrations.queries.tokens import code_of, token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
FORM = "/wijk/aanmelden/"
PAGE = "/wijk/aanmelden/controleer-je-mail/"
NOT_HELD = "Pas daarna krijg je een plek, als die er nog is"
HELD = "We houden je plek"
TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "role": "raadslid",
    "round_1": "1a",
    "agree": "on",
}


@pytest.fixture
def event() -> Event:
    starts_at = timezone.now().replace(minute=0) + timedelta(days=14)
    event = make_event(slug="wijk", starts_at=starts_at, rounds=1, capacity=1, confirm_first=True)
    make_slot(event, "1a", seats=1)
    return event


def words(page: str) -> str:
    return " ".join(page.split())


def newest() -> Registration:
    return Registration.objects.latest("pk")


def test_the_form_says_so_beside_its_button(event: Event):
    page = words(Client().get(f"{FORM}?round_1=1a").text)
    assert "Bevestig daar meteen mee: pas daarna krijg je een plek, als die er nog is." in page

    Event.objects.update(confirm_first=False)
    page = words(Client().get(f"{FORM}?round_1=1a").text)
    assert "Bevestig daar meteen mee" not in page


def test_the_inbox_page_says_so_and_takes_the_code(event: Event):
    client = Client()
    assert client.post(FORM, TYPED).status_code == 303
    page = words(client.get(PAGE).text)
    assert NOT_HELD in page
    assert "Is er geen plek meer, dan kom je op de wachtlijst." in page
    assert HELD not in page
    assert NOT_HELD in words(Client().get(PAGE).text)
    event.refresh_from_db()
    assert event.taken == 0

    answer = client.post(PAGE, {"code": code_of(newest())})

    assert answer.status_code == 303
    assert newest().is_confirmed
    assert newest().table_seats.get().session.code == "1a"


def test_after_waiting_lists_close_no_list_is_promised(event: Event):
    Event.objects.update(waiting_closes_at=timezone.now() - timedelta(hours=1))
    client = Client()
    client.post(FORM, TYPED)

    assert NOT_HELD in words(client.get(PAGE).text)
    assert "wachtlijst" not in words(client.get(PAGE).text)


def test_the_page_of_the_link_asks_to_confirm_now_and_shows_what_was_asked_for(event: Event):
    mine = make_registration(event, {1: "1a"}, confirmed=False, at=timezone.now())
    page = words(Client().get(f"/aanmelding/{token_of(mine)}/").text)

    assert "Bevestig nu: is er plek, dan krijg je die" in page
    assert "Gesprek 1a" in page
    assert "Je vroeg om" in page
    assert HELD not in page
    assert "De plek komt dan weer vrij" not in page


def test_once_it_is_full_the_page_of_the_link_says_that_confirming_leads_to_the_list(event: Event):
    mine = make_registration(event, {1: "1a"}, confirmed=False, at=timezone.now())
    make_registration(event, {1: "1a"}, at=timezone.now())
    page = words(Client().get(f"/aanmelding/{token_of(mine)}/").text)
    assert "Als je bevestigt, kom je op de wachtlijst." in page

    Client().post(f"/aanmelding/{token_of(mine)}/bevestigen/")

    assert Registration.objects.get(pk=mine.pk).is_waiting


def test_one_that_ran_out_says_nothing_of_a_place_that_is_no_longer_held(event: Event):
    at = timezone.now() - timedelta(hours=2)
    mine = make_registration(event, {1: "1a"}, confirmed=False, at=at)

    page = words(Client().get(f"/aanmelding/{token_of(mine)}/").text)

    assert "Bevestig nu: is er plek, dan krijg je die" in page
    assert "niet meer vast" not in page


MAY_BE_GONE = "Bevestig snel, want misschien zijn ze al vrijgegeven."


@pytest.mark.parametrize("gone", [False, True])
def test_a_hold_says_from_when_on_it_may_be_over(
    event: Event, monkeypatch: pytest.MonkeyPatch, gone: bool
):
    """Whether it is does not show: that could tell a stranger who is registered (rule 5)."""
    Event.objects.update(confirm_first=False, capacity=10)
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    client = Client()
    client.post(FORM, TYPED)
    may_end = timezone.localtime(now + timedelta(minutes=15))
    said = f"We houden je plek en je tafels vast tot {may_end:%-H.%M} uur, en daarna tot"
    page = words(client.get(PAGE).text)
    assert said in page
    assert MAY_BE_GONE not in page
    if gone:
        holds.free(Registration.objects.all(), who="o", at=now)

    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(minutes=16))
    page = words(client.get(PAGE).text)
    assert MAY_BE_GONE in page
    assert "en daarna tot" not in page


def test_a_short_hold_cannot_be_shorter(event: Event):
    Event.objects.update(confirm_first=False, capacity=10, hold_minutes=15)
    client = Client()
    client.post(FORM, TYPED)

    page = words(client.get(PAGE).text)
    assert HELD in page
    assert "en daarna tot" not in page
    assert MAY_BE_GONE not in page
