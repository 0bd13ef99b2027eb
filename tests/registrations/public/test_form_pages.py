"""The pages of the forms, as the browser and a screen reader get them."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from program.models import Event
from registrations.booking import changing, holds
from registrations.models import Registration
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

WRONG = {
    "first_name": "Noor <b>",
    "last_name": "",
    "email": "noor.vandermeulen",
    "organisation": "gemeente & zo",
    "role": "ambtenaar",
    "round_1": "6",
    "listed": "on",
}


@pytest.fixture
def event() -> Event:
    starts_at = (timezone.now() + timedelta(days=14)).replace(hour=12, minute=0)
    event = make_event(starts_at=starts_at, slug="wijk", title="Werken in de wijk")
    make_slot(event, "1a", 1)
    make_slot(event, "6", 1)
    full = make_slot(event, "1b", 2, seats=1)
    make_slot(event, "6", 2)
    event.slots.filter(pk=full.pk).update(taken=1)
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    return make_registration(event, {1: "1a"}, email="noor@haarlem.example", at=timezone.now())


def parse(html: bytes) -> Element:
    """The page, refused when it breaks a rule of HTML's own parser."""
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    return page


def by_id(page: Element, key: str) -> Element:
    return next(element for element in page.iter() if element.get("id") == key)


def text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def order(page: Element, *keys: str) -> bool:
    """Whether the elements with these ids follow each other on the page."""
    ids = [element.get("id") for element in page.iter()]
    places = [ids.index(key) for key in keys]
    return places == sorted(places)


@pytest.fixture
def refused(client: Client, event: Event) -> Element:
    response = client.post("/wijk/aanmelden/", WRONG)
    assert response.status_code == 422
    return parse(response.content)


def test_refused_form_puts_a_focused_summary_above_and_outside_the_form(refused: Element):
    main = next(refused.iter("main"))
    ids_in_form = [element.get("id") for element in next(main.iter("form")).iter()]
    heading = by_id(refused, "errors")

    assert text(next(refused.iter("title"))).startswith(("Error:", "Fout:"))
    assert (heading.tag, heading.get("tabindex"), "autofocus" in heading.attrib) == (
        "h2",
        "-1",
        True,
    )
    assert "errors" not in ids_in_form
    assert order(refused, "errors", "id_first_name")


def test_refused_form_links_each_error_to_its_field_in_the_same_words(refused: Element):
    section = next(one for one in refused.iter("section") if one.get("aria-labelledby") == "errors")
    links = {link.get("href", "")[1:]: text(link) for link in section.iter("a")}

    assert list(links) == ["id_round_2_1", "id_last_name", "id_email", "id_agree"]
    for target, sentence in links.items():
        field = target.rsplit("_", 1)[0] if "round" in target else target
        assert by_id(refused, target).tag == "input"
        assert text(by_id(refused, f"{field}_error")).endswith(sentence)


@pytest.mark.parametrize("name", ["last_name", "email", "agree"])
def test_wrong_field_is_wired_to_its_error_before_the_input(refused: Element, name: str):
    field = by_id(refused, f"id_{name}")

    assert field.get("aria-invalid") == "true"
    assert f"id_{name}_error" in field.get("aria-describedby", "").split()
    assert order(refused, f"id_{name}_error", f"id_{name}")
    assert text(by_id(refused, f"id_{name}_error")).startswith(("Error:", "Fout:"))


def test_every_description_exists(refused: Element):
    ids = [element.get("id") for element in refused.iter() if element.get("id")]
    named = [
        key
        for element in refused.iter()
        for attribute in ("aria-describedby", "aria-labelledby")
        for key in element.get(attribute, "").split()
    ]

    assert set(named) - set(ids) == set()
    assert len(ids) == len(set(ids))


def test_wrong_round_is_wired_as_a_whole(refused: Element):
    group = next(
        one for one in refused.iter("fieldset") if one.get("aria-labelledby") == "id_round_2_legend"
    )

    assert (group.get("role"), group.get("aria-required"), group.get("aria-invalid")) == (
        "radiogroup",
        "true",
        "true",
    )
    assert group.get("aria-describedby") == "id_round_2_error"
    assert by_id(group, "id_round_2_legend").tag == "legend"


def test_refused_form_keeps_all_that_was_typed(refused: Element):
    values = {
        element.get("name", ""): element.get("value", "")
        for element in refused.iter("input")
        if element.get("type") not in ("radio", "checkbox", "hidden")
    }
    ticked = [
        (element.get("name"), element.get("value"))
        for element in refused.iter("input")
        if "checked" in element.attrib
    ]
    roles = [one.get("value") for one in refused.iter("option") if "selected" in one.attrib]

    assert values == {name: WRONG[name] for name in values}
    assert ticked == [("round_1", "6"), ("listed", None)]
    assert roles == ["ambtenaar"]


def test_form_leaves_checking_to_us(client: Client, event: Event):
    page = parse(client.get("/wijk/aanmelden/").content)
    form = next(next(page.iter("main")).iter("form"))
    fields = [by_id(page, f"id_{name}") for name in ("first_name", "last_name", "email", "role")]

    assert "novalidate" in form.attrib
    assert [one for one in page.iter() if "required" in one.attrib] == []
    assert [field.get("aria-required") for field in fields] == ["true"] * 4
    assert by_id(page, "id_organisation").get("aria-required") is None


def test_form_names_its_fields_to_the_browser(client: Client, event: Event):
    page = parse(client.get("/wijk/aanmelden/").content)
    wiring = {
        name: by_id(page, f"id_{name}").get("autocomplete")
        for name in ("first_name", "last_name", "email", "organisation", "role")
    }

    assert wiring == {
        "first_name": "given-name",
        "last_name": "family-name",
        "email": "email",
        "organisation": "organization",
        "role": "organization-title",
    }
    email = by_id(page, "id_email")
    assert (email.get("type"), email.get("maxlength"), email.get("spellcheck")) == (
        "email",
        "254",
        "false",
    )


def test_every_label_names_one_field_and_holds_no_link(client: Client, event: Event):
    page = parse(client.get("/wijk/aanmelden/").content)
    fields = {
        element.get("id")
        for element in page.iter()
        if element.tag in ("input", "select") and element.get("type") != "hidden"
    }
    labels = list(page.iter("label"))

    assert [label.get("for") for label in labels if list(label.iter("a"))] == []
    assert {label.get("for") for label in labels} == fields
    assert [one for one in page.iter() if "placeholder" in one.attrib] == []


def test_full_table_says_so_and_can_be_waited_for(client: Client, event: Event):
    page = parse(client.get("/wijk/aanmelden/").content)
    full = next(one for one in page.iter("div") if one.get("class") == "choice full")

    assert "Gesprek 1b" in text(full)
    assert {"Full", "Vol"} & set(re.findall(r"\w+", text(full)))
    assert [(one.get("type"), one.get("name")) for one in full.iter("input")] == [
        ("checkbox", "wish_2")
    ]


def test_full_table_is_only_full_once_waiting_has_closed(client: Client, event: Event):
    Event.objects.filter(pk=event.pk).update(waiting_closes_at=timezone.now())

    page = parse(client.get("/wijk/aanmelden/").content)
    full = next(one for one in page.iter("div") if one.get("class") == "choice full")

    assert list(full.iter("input")) == []


def test_full_event_shows_no_form_but_keeps_what_was_typed(client: Client, event: Event):
    Event.objects.filter(pk=event.pk).update(capacity=event.taken, waiting_closes_at=timezone.now())

    page = parse(client.get("/wijk/aanmelden/").content)
    refused = parse(client.post("/wijk/aanmelden/", WRONG).content)

    assert list(next(page.iter("main")).iter("form")) == []
    assert by_id(refused, "id_email").get("value") == WRONG["email"]


def test_form_asks_the_database_as_often_for_many_tables_and_rounds(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
):
    counts = []
    for rounds, tables in ((1, 1), (4, 12)):
        event = make_event(rounds=rounds, starts_at=timezone.now() + timedelta(days=14))
        for number in range(tables):
            make_slot(event, f"t{number}", number % rounds + 1)
        with django_assert_max_num_queries(30) as queries:
            client.get(f"/{event.slug}/aanmelden/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("language", ["", "/en"])
@pytest.mark.parametrize(
    "path",
    [
        "aanmelden/",
        "aanmelden/controleer-je-mail/",
        "mijn-link/",
        "mijn-link/?verstuurd=1",
        "wie-komen/",
    ],
)
def test_public_pages_are_sound_html(client: Client, noor: Registration, language: str, path: str):
    response = client.get(f"{language}/wijk/{path}")

    assert response.status_code == 200
    assert len(list(parse(response.content).iter("h1"))) == 1


@pytest.mark.parametrize("part", ["", "tafels/", "annuleren/", "wissen/"])
def test_personal_pages_are_sound_html_and_in_no_search_engine(
    client: Client, noor: Registration, part: str
):
    page = parse(client.get(f"/aanmelding/{token_of(noor)}/{part}").content)

    assert [one.get("content") for one in page.iter("meta") if one.get("name") == "robots"] == [
        "noindex"
    ]


def test_personal_page_shows_my_tables_and_how_to_leave(client: Client, noor: Registration):
    page = parse(client.get(f"/aanmelding/{token_of(noor)}/").content)
    links = {link.get("href") for link in page.iter("a")}
    base = f"/aanmelding/{token_of(noor)}/"

    assert "Noor" in text(next(page.iter("h1")))
    assert "Gesprek 1a" in text(page)
    assert {
        f"{base}{part}" for part in ("agenda.ics", "gegevens/", "tafels/", "annuleren/", "wissen/")
    } <= links


def test_personal_page_carries_no_link_to_another_site(client: Client, noor: Registration):
    page = parse(client.get(f"/aanmelding/{token_of(noor)}/").content)

    assert [link.get("href") for link in page.iter("a") if "://" in link.get("href", "")] == []


def test_listed_button_sends_the_other_answer(client: Client, noor: Registration):
    address = f"/aanmelding/{token_of(noor)}/"
    sent = []
    for _time in range(2):
        page = parse(client.get(address).content)
        (field,) = [one for one in page.iter("input") if one.get("name") == "listed"]
        sent.append(field.get("value"))
        client.post(f"{address}zichtbaar/", {"listed": sent[-1]})

    assert sent == ["on", ""]


@pytest.mark.parametrize("status", ["pending", "expired", "cancelled"])
def test_other_states_have_a_page_of_their_own(client: Client, event: Event, status: str):
    now = timezone.now()
    person = make_registration(event, {1: "1a"}, confirmed=status == "cancelled", at=now)
    if status == "cancelled":
        changing.cancel(person, at=now)
    if status == "expired":
        holds.free_expired(now + timedelta(hours=1))

    page = parse(client.get(f"/aanmelding/{token_of(person)}/").content)

    buttons = [text(one) for one in page.iter("button")]
    assert len(list(page.iter("h1"))) == 1
    assert len(buttons) == (0 if status == "cancelled" else 1)


def test_a_link_that_does_not_work_offers_another(client: Client):
    response = client.get("/aanmelding/nee/")

    assert response.status_code == 404
    assert len(list(parse(response.content).iter("h1"))) == 1
