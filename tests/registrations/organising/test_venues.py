"""Anybody may use a venue; what is said of it is changed by those who own all its events."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from program.file import files
from program.file.from_db import programme_of
from program.file.model import Programme, moved
from program.file.spreadsheet.differences import differences
from program.file.venues import DETAILS, KNOWN_BY, venue_for
from program.models import Event, Venue
from registrations.management.commands.load_demo import FILE
from registrations.organising import programmes
from registrations.organising.programmes import load_programme
from tests.factories import make_organiser
from tests.registrations.admin.test_files import confirmed, upload

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEMO = moved(files.load_toml(FILE.read_bytes()), date(2099, 12, 7))
NEW = "/en/admin/program/event/nieuw-uit-bestand/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    """Published, with a route to its venue."""
    route: dict[str, Any] = {
        "getting_there": "Neem de trein.",
        "getting_there_en": "Take the train.",
    }
    said = replace(DEMO, published=True, venue=replace(DEMO.venue, **route))
    return load_programme(said, who="test", at=AT).event


def new(**venue: Any) -> Programme:
    """Another event at the same venue, of which it says this."""
    said: dict[str, Any] = {"getting_there": "", "getting_there_en": "", **venue}
    return replace(DEMO, slug="nieuw", title="Nieuw", venue=replace(DEMO.venue, **said))


def venue_of(slug: str) -> Venue:
    return Event.objects.select_related("venue").get(slug=slug).venue


def as_file(programme: Programme, kind: str) -> bytes:
    return files.written(programme, kind)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_new_file_with_an_empty_cell_leaves_the_venue_as_it_is(event: Event, kind: str):
    client = Client()
    client.force_login(make_organiser(event))
    version = Event.objects.get().version
    content = as_file(new(), kind)

    shown = upload(client, NEW, content, f"p.{kind}")
    assert confirmed(client, NEW, shown).status_code == 302

    assert venue_of("nieuw") == event.venue
    assert venue_of("nieuw").getting_there == "Neem de trein."
    assert Event.objects.get(pk=event.pk).version == version


def test_a_file_from_the_command_line_leaves_it_too(event: Event, tmp_path: Path):
    text = FILE.read_text(encoding="utf-8").replace('"werken-in-de-wijk"', '"nieuw"')
    (tmp_path / "nieuw.toml").write_text(text, encoding="utf-8")

    call_command("load_programme", tmp_path / "nieuw.toml", "--starts-on", "2099-12-08")

    assert venue_of("nieuw") == event.venue
    assert venue_of("nieuw").getting_there == "Neem de trein."


def test_a_colleague_loads_an_event_at_a_venue_of_others(event: Event):
    """Once the file said nothing of the route, and once it says something else of it."""
    client = Client()
    client.force_login(make_organiser())
    before = Event.objects.values().get()

    shown = upload(client, NEW, as_file(new(getting_there="Neem de bus."), "xlsx"))
    assert confirmed(client, NEW, shown).status_code == 302

    copy = venue_of("nieuw")
    assert copy != event.venue
    assert [getattr(copy, name) for name in KNOWN_BY] == [
        getattr(event.venue, name) for name in KNOWN_BY
    ]
    assert (copy.getting_there, copy.getting_there_en) == ("Neem de bus.", "Take the train.")
    assert venue_of(event.slug).getting_there == "Neem de trein."
    assert Event.objects.filter(pk=event.pk).values().get() == before

    # Her file once more, or changed again, is about her own copy.
    mine = Event.objects.filter(slug="nieuw")
    later = new(getting_there="Neem de fiets.")
    programmes.load_programme(later, own=mine, who="noor", at=AT)
    assert venue_of("nieuw").pk == copy.pk
    assert venue_of("nieuw").getting_there == "Neem de fiets."
    assert Venue.objects.count() == 2


def test_those_who_own_all_events_of_a_venue_change_it_for_all(event: Event):
    version = Event.objects.get().version
    own = Event.objects.filter(pk=event.pk)

    programmes.load_programme(new(getting_there="Neem de bus."), own=own, who="noor", at=AT)

    assert venue_of(event.slug).getting_there == "Neem de bus."
    assert venue_of("nieuw") == venue_of(event.slug)
    assert Event.objects.get(pk=event.pk).version == version + 1


def test_an_empty_cell_is_not_shown_as_a_change(event: Event):
    was = programme_of(event)
    empty = replace(was, venue=replace(was.venue, getting_there=""))

    assert differences(was, empty) == []


def test_route_of_one_venue_does_not_move_along_to_another(event: Event):
    """A spreadsheet without those rows, and with another venue."""
    book = load_workbook(BytesIO(as_file(programme_of(event), "xlsx")))
    sheet = book.worksheets[0]
    rows = {sheet.cell(row, 1).value: row for row in range(1, sheet.max_row + 1)}
    sheet.cell(rows["Locatie"], 2, "Buurthuis")
    sheet.cell(rows["Straat en nummer"], 2, "Dam 1")
    sheet.delete_rows(rows["Route"], 2)
    content = BytesIO()
    book.save(content)

    loaded = files.load(content.getvalue(), "p.xlsx", programme_of(event)).programme
    load_programme(loaded, who="noor", at=AT)

    assert (venue_of(event.slug).name, venue_of(event.slug).getting_there) == ("Buurthuis", "")
    assert Venue.objects.get(pk=event.venue_id).getting_there == "Neem de trein."


def test_a_form_can_empty_what_is_said_and_names_what_it_leaves(event: Event):
    said = {name: getattr(event.venue, name) for name in (*KNOWN_BY, *DETAILS)}
    own = Event.objects.filter(pk=event.pk)

    with transaction.atomic():
        kept = venue_for(event, said | {"getting_there": "", "postcode": None}, own=own)

    assert kept == event.venue
    assert (kept.getting_there, kept.postcode) == ("", event.venue.postcode)
    assert venue_of(event.slug).getting_there == ""
