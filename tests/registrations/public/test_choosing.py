"""Tables are chosen where they are read; the address takes the choice to the form."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from program.models import Event, Slot
from program.public.preview import preview_url
from registrations.models import Registration
from registrations.queries.tables import codes
from tests.factories import make_event, make_question, make_registration, make_slot

pytestmark = pytest.mark.django_db

SIGN_UP = "/wijk/aanmelden/"
PERSON = {
    "first_name": "Gül",
    "last_name": "Çelik",
    "email": "gul@haarlem.example",
    "role": "raadslid",
    "agree": "on",
}


@pytest.fixture
def event() -> Event:
    """Round 1: 1a, 6 and 2a, which is full. Round 2: 1b and 6."""
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk", title="De wijk")
    for code, number, seats in (("1a", 1, 9), ("6", 1, 9), ("1b", 2, 9), ("6", 2, 9), ("2a", 1, 1)):
        make_slot(event, code, number, seats=seats)
    make_registration(event, {1: "2a"}, at=timezone.now())
    return event


def page(client: Client, query: str) -> str:
    response = client.get(SIGN_UP + query)
    assert response.status_code == 200
    return response.content.decode()


def inputs(html: str, kind: str) -> list[str]:
    """The inputs of a kind about tables, as 'name=value', with a star when chosen."""
    found = []
    for one in re.findall(r"<input([^>]+)>", html):
        attributes = dict(re.findall(r'(\w+)="([^"]*)"', one))
        name = attributes.get("name", "")
        if attributes.get("type") == kind and name.startswith(("round_", "wish_")):
            found.append(f"{name}={attributes['value']}{'*' if 'checked' in one else ''}")
    return found


def chosen(html: str) -> list[str]:
    return [one for kind in ("radio", "checkbox") for one in inputs(html, kind) if "*" in one]


def sentences(html: str) -> list[str]:
    """What the summary of errors says."""
    summary = html.partition('aria-labelledby="errors"')[2].partition("</section>")[0]
    return [unescape(one) for one in re.findall(r'<a href="#[^"]+">([^<]+)</a>', summary)]


def test_a_choice_in_the_address_leaves_only_the_person_to_be_asked(client: Client, event: Event):
    html = page(client, "?round_1=1a&round_2=6")

    assert inputs(html, "hidden") == ["round_1=1a", "round_2=6"]
    assert inputs(html, "radio") == []
    assert "Gesprek 1a" in html
    assert "Gesprek 6" in html
    assert 'href="/wijk/aanmelden/?round_1=1a&amp;round_2=6&amp;wijzig=1#tafels"' in html


def test_what_the_short_form_sends_is_a_sign_up(client: Client, event: Event):
    html = page(client, "?round_1=1a&round_2=&wish_1=2a")
    sent: dict[str, Any] = dict(one.split("=") for one in inputs(html, "hidden"))

    assert client.post(SIGN_UP, PERSON | sent).status_code == 303
    registration = Registration.objects.latest("pk")
    assert codes(registration) == {"1": "1a"}
    assert [one.session.code for one in registration.waitlist_entries.all()] == ["2a"]


def test_to_wait_for_a_table_and_sit_at_none_is_a_choice(client: Client, event: Event):
    html = page(client, "?wish_1=2a&round_2=6")

    assert inputs(html, "hidden") == ["round_1=", "wish_1=2a", "round_2=6"]
    assert "Je wacht op: Gesprek 2a" in html
    assert client.post(SIGN_UP, PERSON | {"wish_1": "2a", "round_2": "6"}).status_code == 303
    assert codes(Registration.objects.latest("pk")) == {"2": "6"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?round_1=6&round_2=6", "Je koos sessie 6, ‘Gesprek 6’, ook al in ronde 1."),
        ("?round_1=2a&round_2=6", "Sessie 2a, ‘Gesprek 2a’, is vol."),
        ("?round_2=6", "Kies een tafel voor ronde 1"),
        ("?round_1=9z&round_2=6", "Kies een tafel uit de lijst voor ronde 1"),
        ("?round_1=%00&round_2=6", "Kies een tafel uit de lijst voor ronde 1"),
    ],
)
def test_a_choice_that_cannot_be_is_answered_there_and_then(
    client: Client, event: Event, query: str, sentence: str
):
    html = page(client, query)

    (said,) = sentences(html)
    assert said.startswith(sentence)
    assert "<title>Fout:" in html
    assert "round_2=6*" in inputs(html, "radio")
    assert 'name="first_name"' not in html


def test_somebody_may_go_on_choosing_with_what_they_had(client: Client, event: Event):
    html = page(client, "?round_1=1a&round_2=6&wish_1=2a&wijzig=1")

    assert chosen(html) == ["round_1=1a*", "round_2=6*", "wish_1=2a*"]
    assert sentences(html) == []


def test_without_a_choice_the_form_has_the_programme_in_it(client: Client, event: Event):
    html = page(client, "")

    assert inputs(html, "radio") == [
        *("round_1=1a", "round_1=6", "round_1="),
        *("round_2=1b", "round_2=6", "round_2="),
    ]
    assert inputs(html, "checkbox") == ["wish_1=2a"]
    assert chosen(html) == []
    assert 'name="first_name"' in html


def test_a_table_that_fills_up_while_the_form_is_open_is_named_and_nothing_is_lost(
    client: Client, event: Event
):
    Slot.objects.filter(session__code="1a").update(taken=9)

    response = client.post(SIGN_UP, PERSON | {"round_1": "1a", "round_2": "6"})
    html = response.content.decode()

    assert response.status_code == 422
    assert sentences(html)[0].startswith("Sessie 1a, ‘Gesprek 1a’, is vol")
    assert "round_2=6*" in inputs(html, "radio")
    assert "wish_1=1a" in inputs(html, "checkbox")
    assert 'value="gul@haarlem.example"' in html


def test_on_the_waiting_list_a_full_table_is_asked_for_with_its_box(client: Client, event: Event):
    Event.objects.update(capacity=1)

    html = page(client, "?wish_1=2a&round_2=6")
    sent: dict[str, Any] = dict(one.split("=") for one in inputs(html, "hidden"))

    assert '<input type="hidden" name="waiting" value="1">' in html
    assert client.post(SIGN_UP, PERSON | sent | {"waiting": "1"}).status_code == 303
    requests = Registration.objects.latest("pk").waitlist_entries.requests()
    assert {one.session.code: one.asked for one in requests} == {"6": True, "2a": False}


def many(tables: int, slug: str = "wijk") -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug=slug, rounds=3)
    for number in range(tables):
        make_slot(event, str(number), number % 3 + 1)
    return event


def test_a_search_shows_what_fits_and_what_was_chosen(client: Client):
    many(30)

    html = page(client, "?zoeken=1&zoek=gesprek+17&round_1=3")

    assert inputs(html, "radio") == ["round_1=3*", "round_1=", "round_2=", "round_3=17", "round_3="]


@pytest.mark.parametrize("looked_for", ["gástheer 17", "GESPREK 17", "17 gesprek"])
def test_a_search_is_no_spelling_test(client: Client, looked_for: str):
    many(30)
    html = client.get(SIGN_UP, {"zoeken": "1", "zoek": looked_for}).content.decode()
    assert "round_3=17" in inputs(html, "radio")


def test_a_search_without_a_result_says_so(client: Client):
    many(30)
    html = page(client, "?zoeken=1&zoek=olifant")
    assert html.count("We vonden geen tafel die past bij wat je typte.") == 2  # once for the script


@pytest.mark.parametrize(("tables", "there"), [(19, False), (20, True)])
def test_twenty_tables_can_be_searched(client: Client, tables: int, there: bool):
    many(tables)
    assert ('name="zoek"' in client.get("/wijk/").content.decode()) == there


@pytest.mark.parametrize("query", ["?round_1=0&round_2=1&round_3=2", "?round_1=0&wijzig=1"])
def test_choosing_costs_the_same_for_many_tables(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, query: str
):
    counts = []
    for tables in (3, 60):
        event = many(tables, f"wijk-{tables}")
        with django_assert_max_num_queries(20) as queries:
            client.get(f"/{event.slug}/aanmelden/{query}")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_choice_in_the_address_is_kept_for_nobody_else(client: Client, event: Event):
    first, other = page(client, "?round_1=1a&round_2=1b"), page(client, "?round_1=6&round_2=1b")
    assert (inputs(first, "hidden")[0], inputs(other, "hidden")[0]) == ("round_1=1a", "round_1=6")


def test_once_waiting_has_closed_nothing_is_promised(client: Client, event: Event):
    Event.objects.update(waiting_closes_at=timezone.now())

    html = page(client, "?wish_1=2a&round_2=1b")
    assert sentences(html) == ["Kies een tafel voor ronde 1, of kies geen tafel."]
    shown = page(client, "?round_1=&wish_1=2a&round_2=1b")
    assert inputs(shown, "hidden") == ["round_1=", "round_2=1b"]
    assert "Je wacht op" not in shown
    assert client.post(SIGN_UP, PERSON | {"wish_1": "2a", "round_2": "1b"}).status_code == 422


@pytest.mark.parametrize(("code", "ready"), [("6", "round_1=6*"), ("2a", "wish_1=2a*")])
def test_the_page_of_a_session_leads_to_a_form_with_its_table(
    client: Client, event: Event, code: str, ready: str
):
    assert chosen(page(client, f"?tafel={code}")) == [ready]


def test_after_the_tables_comes_what_the_organiser_asks(client: Client, event: Event):
    assert 'class="button" href="#id_first_name"' in page(client, "")
    question = make_question(event, "Hoe kom je?", "one", options=["Te voet", "Fiets"])
    assert f'class="button" href="#id_question_{question.pk}_0"' in page(client, "")


def test_a_list_that_is_only_read_can_be_searched_too(client: Client):
    event = many(25)
    Event.objects.update(signup_opens_at=event.starts_at - timedelta(days=1))
    html = client.get("/wijk/").content.decode()
    assert html.index("data-choose") < html.index("data-find")
    assert 'name="zoek"' not in html


def test_the_preview_of_a_draft_shows_the_seats(client: Client, event: Event):
    link = preview_url(event)
    Event.objects.update(published=False)
    html = client.get(link).content.decode()
    assert "nog 9 plekken" in html
    assert inputs(html, "radio") == []


def test_continuing_without_a_choice_is_answered(client: Client, event: Event):
    assert sentences(page(client, "?verder=1")) == [
        "Kies een tafel voor ronde 1, of kies geen tafel.",
        "Kies een tafel voor ronde 2, of kies geen tafel.",
    ]


def test_the_table_that_is_full_stands_first_and_can_be_waited_for(client: Client, event: Event):
    html = page(client, "?round_1=2a&round_2=6")
    assert html.index('name="wish_1"') < html.index('name="round_1"')
    assert html.count('value="2a"') == 1
