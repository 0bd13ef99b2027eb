from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from program.models import Event
from registrations.models import Change, Guest, Registration
from registrations.organising import guests
from registrations.reports import prints
from registrations.templatetags.lists_tags import crowded, name_size
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_organiser,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db
NAMES = (
    *("deelnemers", "tafels", "badges", "tafelborden", "aantallen"),
    *("bijzonderheden", "zonder-namen"),
)


def page(event: Event, name: str) -> str:
    """In English: its words are those of the code."""
    with translation.override("en"):
        return reverse("admin:event-print", args=[event.pk, name])


def page_of_lists(event: Event) -> str:
    with translation.override("en"):
        return reverse("admin:event-lists", args=[event.pk])


def organiser_of(*events: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(*events, first_name="Olga"))
    return client


def words(html: str) -> str:
    return " ".join(strip_tags(html.split("<main")[1]).split())


@pytest.mark.parametrize(
    ("first", "last", "size"),
    [
        ("Jo", "Li", 30),
        ("Chantal", "van Oldenbarnevelt", 24),
        ("Maria-Magdalena", "Ōtani", 20),
        ("Jan Peter Willem", "Bonte-Balkenende van Hasselt", 20),
        ("Anna-Sophie Wilhelmina Charlotte", "van der Meulen", 16),
        ("Wolfeschlegelsteinhausenbergerdorff", "Hubert Blaine", 11),
    ],
)
def test_a_name_is_as_large_as_its_badge_has_room(first: str, last: str, size: int):
    somebody = Guest(first_name=first, last_name=last)

    assert name_size(prints.ListedPerson(somebody, [])) == size


def test_attendees_are_in_order_of_surname_with_guests_among_them():
    event = make_event()
    make_slot(event, "1a")
    make_slot(event, "2", 2)
    make_registration(event, {1: "1a"}, first_name="Jan", last_name="van den Berg")
    make_registration(event, first_name="An", last_name="Berg-Smit")
    make_registration(event, first_name="Çağla", last_name="Çelik")
    make_registration(event, first_name="No", last_name="Show", confirmed=False)
    guests.add_hosts(event, who="organisator", at=NOW)
    make_guest(event, "Pers", "Bakker", kind="press")

    found = prints.attendees(event)

    shown = [
        (
            letter,
            one.person.sort_name,
            one.person.kind if isinstance(one.person, Guest) else "",
            [place.code if place else "" for place in one.places],
        )
        for letter, people in found.letters
        for one in people
    ]
    assert shown == [
        ("#", "1a, Gastheer", "host", ["1a", ""]),
        ("#", "2, Gastheer", "host", ["", "2"]),
        ("B", "Bakker, Pers", "press", ["", ""]),
        ("B", "Berg, Jan van den", "", ["1a", ""]),
        ("B", "Berg-Smit, An", "", ["", ""]),
        ("C", "Çelik, Çağla", "", ["", ""]),
    ]


def test_a_sheet_has_its_host_who_sits_there_and_empty_lines():
    event = make_event()
    make_slot(event, "1a", seats=4)
    make_slot(event, "1b", seats=1)
    dropped = make_slot(event, "1c", seats=1)
    type(dropped).objects.filter(pk=dropped.pk).update(dropped_at=NOW)
    make_registration(event, {1: "1a"}, first_name="Bo", last_name="Zwart")
    make_registration(event, {1: "1a"}, first_name="Bo", last_name="Aalders")
    make_registration(event, {1: "1b"}, first_name="Vol", last_name="Tafel")
    make_registration(event, {1: "1a"}, first_name="Nog", last_name="Niet", confirmed=False)

    found = [
        (
            sheet.slot.session.code,
            [str(hosting) for hosting in sheet.hosts],
            [one.sort_name for one in sheet.people],
            list(sheet.blank),
        )
        for sheet in prints.sheets(event)
    ]

    assert found == [
        ("1a", ["Gastheer 1a"], ["Aalders, Bo", "Zwart, Bo"], [3, 4]),
        ("1b", ["Gastheer 1b"], ["Tafel, Vol"], [2, 3]),
    ]


@pytest.mark.parametrize(
    ("organisation", "low"),
    [("Gemeente Zaanstad", False), ("Samenwerkingsverband van gemeenten " * 3, True)],
)
def test_lines_of_a_table_are_low_if_its_page_is_full(organisation: str, low: bool):
    event = make_event()
    make_slot(event, "1a", seats=14)
    for _number in range(14):
        make_registration(event, {1: "1a"}, organisation=organisation[:100])

    (sheet,) = prints.sheets(event)

    assert crowded(sheet) is low


def test_a_table_that_stays_has_one_sign_and_one_that_moves_has_two():
    event = make_event()
    make_slot(event, "1", 1)
    make_slot(event, "1", 2)
    make_slot(event, "2", 1, location="Raadzaal")
    make_slot(event, "2", 2, location="Trouwzaal")

    found = [
        (sign.session.code, sign.location, [slot.round.number for slot in sign.slots])
        for sign in prints.signs(event)
    ]

    assert found == [
        ("1", "Raadzaal", [1, 2]),
        ("2", "Raadzaal", [1]),
        ("2", "Trouwzaal", [2]),
    ]


def test_the_last_page_of_badges_is_filled_up_with_empty_ones():
    event = make_event()
    make_crowd(event, 12)

    pages = prints.attendees(event).badges

    assert [[one is not None for one in page].count(True) for page in pages] == [10, 2]
    assert [len(page) for page in pages] == [10, 10]


def test_those_who_were_erased_are_on_no_list():
    event = make_event()
    make_slot(event, "1a", seats=3)
    make_registration(event, {1: "1a"})
    Registration.objects.update(
        **dict.fromkeys(
            (
                *("first_name", "last_name", "sort_name", "sort_key", "search_name"),
                *("organisation", "email", "secret"),
            ),
            "",
        ),
        erased_at=NOW,
    )

    assert prints.attendees(event).people == []
    assert [sheet.people for sheet in prints.sheets(event)] == [[]]


def test_special_needs_are_on_their_own_list_alone():
    event = make_event(needs_question="Wat heb je nodig?")
    make_slot(event, "1a")
    make_registration(event, {1: "1a"}, needs="Ringleiding")
    client = organiser_of(event)

    pages = {name: client.get(page(event, name)).text for name in NAMES}

    assert tuple(name for name, html in pages.items() if "Ringleiding" in html) == NAMES[-2:]
    assert "Ringleiding 1" in words(pages["zonder-namen"])
    assert "Meulen" not in pages["zonder-namen"]
    assert "Confidential." in words(pages["bijzonderheden"])
    assert "Meulen, Noor van der Ringleiding 1a –" in words(pages["bijzonderheden"])


@pytest.mark.parametrize("name", NAMES)
def test_each_print_is_in_the_history_without_names(name: str):
    event = make_event(needs_question="Wat heb je nodig?")
    make_slot(event, "1a")
    make_registration(event, {1: "1a"}, needs="Ringleiding")
    client = organiser_of(event)
    who = event.organisers.get().username

    assert client.head(page(event, name)).status_code == 200  # which shows nobody anything
    assert client.get(page(event, name)).status_code == 200

    (change,) = event.changes.filter(what=Change.What.PRINTED)
    people = 0 if name in ("tafelborden", "aantallen") else 1
    assert (change.who, change.old, change.new) == (who, {}, {"list": name, "people": people})
    assert change.registration is None


@pytest.mark.parametrize("name", NAMES)
def test_a_print_is_of_ones_own_events_and_has_nothing_inline(name: str):
    event = make_event()
    make_slot(event, "1a")
    make_crowd(event, 3)

    response = organiser_of(event).get(page(event, name))

    assert re.findall(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", response.text) == []
    assert "no-store" in response["Cache-Control"]
    assert organiser_of(make_event()).get(page(event, name)).status_code == 404
    assert Client().get(page(event, name)).status_code == 302
    assert event.changes.filter(what=Change.What.PRINTED).count() == 1


def test_an_unknown_list_is_not_found():
    event = make_event()

    assert organiser_of(event).get(page(event, "gasten")).status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_a_print_costs_the_same_queries_for_any_crowd(name: str):
    small, large = make_event(), make_event(capacity=400)
    for event, people in ((small, 3), (large, 300)):
        for round_number in (1, 2):
            make_slot(event, "1a", round_number, seats=200)
            make_slot(event, "1b", round_number, seats=200)
        make_crowd(event, people)
        guests.add_hosts(event, who="organisator", at=NOW)
    client = organiser_of(small, large)
    client.get(page(small, name))

    with CaptureQueriesContext(connection) as few:
        client.get(page(small, name))
    with CaptureQueriesContext(connection) as many:
        client.get(page(large, name))

    assert len(few) == len(many)


def test_the_page_of_lists_tells_who_looked_at_what():
    event = make_event(needs_question="Wat heb je nodig?")
    client = organiser_of(event)
    who = event.organisers.get().username
    client.get(page(event, "deelnemers"))

    html = client.get(page_of_lists(event)).text

    links = re.findall(r"/lijsten/([\w-]+)/", html)
    assert tuple(links) == NAMES
    assert f"Attendee list, {who}" in " ".join(strip_tags(html).split())


def test_special_needs_have_no_list_where_they_are_not_asked():
    event = make_event()

    html = organiser_of(event).get(page_of_lists(event)).text

    assert tuple(re.findall(r"/lijsten/([\w-]+)/", html)) == NAMES[:-2]
