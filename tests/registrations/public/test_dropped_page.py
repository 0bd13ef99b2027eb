"""A table dropped out: one's own page says so in that round, and what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import html5lib
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from program.models import Event
from registrations.booking import changing
from registrations.models import Registration
from registrations.organising import dropping
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

GONE = (
    "Ronde {0} Je had een plek bij ‘Gesprek {1}’ (sessie {1}). Die sessie gaat niet door. "
    "Kies een andere tafel. Je houdt je plek op het evenement. "
    "Je kunt ook wachten op een volle tafel."
)
EMPTY = "Ronde {0} In deze ronde heb je geen tafel. Kies er een"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def event(now: datetime) -> Event:
    """Rounds 1 and 2 with tables 1 and 2 in the first, 3 and 4 in the second; round 3 has none."""
    event = make_event(starts_at=now + timedelta(days=14), rounds=3)
    for code, number in (("1", 1), ("2", 1), ("3", 2), ("4", 2)):
        make_slot(event, code, number)
    return event


@pytest.fixture
def noor(event: Event, now: datetime) -> Registration:
    """Sits at 1 and 3."""
    return make_registration(event, {1: "1", 2: "3"}, at=now)


def drop(event: Event, *codes: str) -> None:
    keys = [slot.pk for slot in event.slots.filter(session__code__in=codes)]
    dropping.drop(event, keys, who="anja", why="Gastheer is ziek.", at=timezone.now())


def back(event: Event, code: str) -> None:
    keys = [event.slots.get(session__code=code).pk]
    dropping.take_place_after_all(event, keys, who="anja", at=timezone.now())


def page_of(registration: Registration) -> str:
    return f"/aanmelding/{token_of(registration)}/"


def empty_rounds(client: Client, registration: Registration) -> list[str]:
    """What the page says in each round without a table."""
    html = client.get(page_of(registration)).content.decode()
    root = html5lib.parse(html, namespaceHTMLElements=False)
    (day,) = [one for one in root.iter("ol") if one.get("class") == "day"]
    rounds = [" ".join(" ".join(piece.itertext()).split()) for piece in day.findall("li/div")]
    return [words.replace(" .", ".") for words in rounds]


def test_the_round_says_that_its_table_is_gone_and_what_to_do(client: Client, event, noor):
    drop(event, "3")

    assert empty_rounds(client, noor) == [GONE.format(2, 3), EMPTY.format(3)]
    html = client.get(page_of(noor)).content.decode()
    assert f'<a href="{page_of(noor)}tafels/">Kies een andere tafel</a>' in html
    assert "ziek" not in html


def test_it_says_so_until_there_is_another_table(client: Client, event, noor, now):
    drop(event, "1", "3")
    changing.change_tables(noor, {2: "4"}, at=now)
    assert empty_rounds(client, noor) == [GONE.format(1, 1), EMPTY.format(3)]

    changing.change_tables(noor, {1: "2", 2: "4"}, at=now)
    assert empty_rounds(client, noor) == [EMPTY.format(3)]


def test_those_who_left_the_next_table_by_choice_just_have_none(client: Client, event, noor, now):
    drop(event, "1")
    changing.change_tables(noor, {1: "2", 2: "3"}, at=now)
    changing.change_tables(noor, {1: "", 2: "3"}, at=now)

    assert empty_rounds(client, noor) == [EMPTY.format(1), EMPTY.format(3)]


def test_of_two_tables_that_dropped_out_it_names_the_last(client: Client, event, noor, now):
    drop(event, "1")
    changing.change_tables(noor, {1: "2", 2: "3"}, at=now)
    drop(event, "2")

    assert empty_rounds(client, noor) == [GONE.format(1, 2), EMPTY.format(3)]


def test_a_table_that_takes_place_after_all_is_no_longer_gone(client: Client, event, noor):
    drop(event, "1", "3")
    back(event, "1")

    assert empty_rounds(client, noor) == [GONE.format(2, 3), EMPTY.format(3)], "seated at 1 again"


def test_who_finds_no_seat_at_a_table_that_takes_place_after_all_just_has_none(
    client: Client, event, noor
):
    drop(event, "1", "3")
    event.slots.filter(session__code="1").update(seats=0)
    back(event, "1")

    assert empty_rounds(client, noor) == [EMPTY.format(1), GONE.format(2, 3), EMPTY.format(3)]


def test_those_who_sat_elsewhere_or_only_waited_lost_nothing(client: Client, event, now):
    Event.objects.filter(pk=event.pk).update(capacity=5)
    event.slots.filter(session__code="1").update(seats=1)
    make_registration(event, {1: "1"}, at=now)
    waits = make_registration(event, {2: "4"}, waitlists={1: ["1"]}, at=now)
    drop(event, "1", "3")

    assert empty_rounds(client, waits) == [EMPTY.format(1), EMPTY.format(3)]


@pytest.mark.parametrize(
    ("until_start", "words"),
    [
        (
            2,
            "Die sessie gaat niet door. Kies een andere tafel. Je houdt je plek op het evenement.",
        ),
        (
            -1,
            "Die sessie gaat niet door. "
            "Op de site kun je geen tafels meer wijzigen. Bij de deur hoor je waar nog plek is.",
        ),
        (-5, "Die sessie ging niet door."),
    ],
    ids=["the lists have closed", "it is going on", "it is over"],
)
def test_what_to_do_goes_by_the_hour(client: Client, event, noor, now, until_start, words):
    drop(event, "1")
    starts_at = now + timedelta(hours=until_start)
    Event.objects.filter(pk=event.pk).update(
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=4),
        waiting_closes_at=min(now - timedelta(hours=1), starts_at),
    )

    (first, _last) = empty_rounds(client, noor)
    assert first == f"Ronde 1 Je had een plek bij ‘Gesprek 1’ (sessie 1). {words}"


def test_the_page_asks_as_many_questions_for_more_tables_that_dropped_out(
    client: Client,
    event: Event,
    now: datetime,
    settings: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
):
    settings.PROGRAMME_SECONDS = 60
    make_slot(event, "5", 3)
    noor = make_registration(event, {1: "1", 2: "3", 3: "5"}, at=now)
    client.get(page_of(noor))  # from now on the programme is in memory
    with django_assert_num_queries(9):
        client.get(page_of(noor))

    for code in ("1", "3"):
        drop(event, code)
        with django_assert_num_queries(10):
            client.get(page_of(noor))
