"""The page to keep: every number of an event, nobody's name, the same after erasure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from program.models import Event
from registrations.privacy import erasure
from tests.factories import NOW, make_event, make_organiser, make_registration
from tests.registrations.reports.test_after_erasure import ERASED, event
from tests.registrations.reports.test_exports import read_csv, read_ods, read_xlsx

__all__ = ["event"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def client(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def page(event: Event, rest: str = "") -> str:
    return f"/en/admin/program/event/{event.pk}/samenvatting/{rest}"


def test_summary_has_every_number_and_no_name(event: Event, client: Client):
    shown = words(client.get(page(event)).text)

    for said in (
        "Places 8 Registered 4 Expected, with guests and extra people 6 Came in 3",
        "Guests 2 Cancelled 1",
        "Organisations 2",
        "1a Gesprek 1a 1 1 0 0 1",
        "Eet je mee? Answer People Yes 1 No 1 2 answers",
        "fiets 1 trein 2",
        "3 of 6 people are not in.",
    ):
        assert said in shown, said
    for name in ("Meulen", "Smolders", "Vries", "Bakker", "Gemeente Oss", "Buurthuis", "wijk"):
        assert name not in shown, name


def test_summary_and_its_file_are_the_same_after_erasure(event: Event, client: Client):
    def said() -> tuple[str, bytes]:
        html = re.sub(r'class="list-made".*?</p>', "", client.get(page(event)).text, flags=re.S)
        return words(html), client.get(page(event, "bestand/")).getvalue()

    before = said()
    assert erasure.erase_due(ERASED)

    assert said() == before
    lines = before[1].decode("utf-8-sig").splitlines()
    assert '"Places";"8"' in lines
    assert '"Table";"Seats";"Taken";"Reserved";"Free";"Waiting"' in lines


@pytest.mark.parametrize(("kind", "read"), [("xlsx", read_xlsx), ("ods", read_ods)])
def test_its_workbooks_say_what_the_file_says(
    kind: str, read: Callable[[bytes], list[list[Any]]], event: Event, client: Client
):
    lines = client.get(page(event, "bestand/")).getvalue()

    rows = read(client.get(page(event, f"samenvatting.{kind}")).content)

    # What reads xlsx here tells no 0 from an empty cell.
    nothing = ("", "0")
    written = [[str(cell) for cell in row if str(cell) not in nothing] for row in rows]
    assert written == [[cell for cell in row if cell not in nothing] for row in read_csv(lines)]
    assert ["Places", 8] in [row[:2] for row in rows]


def test_overview_links_to_it_once_the_event_is_over(event: Event, client: Client):
    overview = f"/en/admin/program/event/{event.pk}/overzicht/"
    assert page(event) not in client.get(overview).text

    Event.objects.filter(pk=event.pk).update(
        starts_at=NOW, ends_at=NOW + (event.ends_at - event.starts_at)
    )
    assert page(event) in client.get(overview).text


def test_summary_asks_as_many_queries_for_more_people(django_assert_max_num_queries):
    event = make_event()
    client = Client()
    client.force_login(make_organiser(event))
    with django_assert_max_num_queries(40):
        client.get(page(event))
    for _number in range(5):
        make_registration(event)
    with django_assert_max_num_queries(40):
        assert client.get(page(event)).status_code == 200
