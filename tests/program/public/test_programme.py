"""The programme in memory: never older than an organiser's last change, and nobody's to change."""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from program.file import files
from program.models import Event, Round, TableSession
from program.public import programme
from program.public.programme import kept_programme, slots_of
from registrations.management.commands.load_demo import FILE
from registrations.organising.dry_run import dry_run
from registrations.organising.programmes import load_programme
from tests.factories import NOW, make_organiser, make_registration, make_slot
from tests.program.admin.filling_in import filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_memory(settings: Any) -> None:
    settings.PROGRAMME_SECONDS = 60


@pytest.fixture
def event() -> Event:
    read = files.load_toml(FILE.read_bytes())
    load_programme(read, starts_on=date(2026, 12, 7), who="test", at=NOW)
    event = Event.objects.get()
    slots_of(event)
    return event


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def titles() -> set[str]:
    return {slot.session.title for slot in slots_of(Event.objects.get())}


def asked(event: Event) -> int:
    with CaptureQueriesContext(connection) as queries:
        slots_of(event)
    return len(queries)


def test_only_the_seats_are_read_anew(event: Event):
    assert asked(event) == 1


def test_seats_are_those_of_now(event: Event):
    slot = event.slots.get(session__code="6", round__number=1)
    make_registration(event, {1: "6"})
    event.slots.filter(pk=slot.pk).update(seats=3, reserved=1)

    (now,) = [one for one in slots_of(event) if one.pk == slot.pk]
    assert (now.seats, now.reserved, now.taken, now.seats_left) == (3, 1, 1, 1)


def test_slots_of_two_visitors_have_nothing_to_do_with_each_other(event: Event):
    mine, other, *_ = slots_of(event)
    mine.taken, mine.session = mine.seats, other.session
    theirs = slots_of(event)[0]

    assert (mine.full, theirs.full) == (True, False)
    stored = event.slots.get(pk=mine.pk)
    assert theirs.session == stored.session != mine.session
    theirs.full_clean()  # and it is a row that there is, not one to come


@pytest.mark.parametrize("row", ["session", "theme"])
def test_what_an_organiser_saves_is_in_the_next_form(organiser: Client, event: Event, row: str):
    rows = {"session": event.sessions.get(code="6"), "theme": event.themes.get(number=1)}
    path = f"/en/admin/program/event/{event.pk}/programma/{'themas/' if row == 'theme' else ''}"
    typed = {f"{row}-{rows[row].pk}-title": "Heel anders"}
    assert organiser.post(path, filled_in(organiser, path) | typed).status_code == 303

    slots = slots_of(Event.objects.get())
    shown = {slot.session.title for slot in slots} | {slot.session.theme.title for slot in slots}
    assert "Heel anders" in shown


def test_a_question_that_an_organiser_adds_is_in_the_next_form(organiser: Client, event: Event):
    path = f"/en/admin/program/event/{event.pk}/aanmelden/"
    values = filled_in(organiser, path)
    total = int(str(values["signup_questions-INITIAL_FORMS"]))
    added = {
        f"signup_questions-{total}-question": "Waarom kom je?",
        f"signup_questions-{total}-kind": "text",
    }
    organiser.post(path, values | added)

    asked_now = kept_programme(Event.objects.get()).signup_questions
    assert "Waarom kom je?" in [question.question for question in asked_now]


def test_a_file_that_is_loaded_is_in_the_next_form(event: Event):
    text = FILE.read_text(encoding="utf-8").replace("Middelland", "Bovenland")
    load_programme(files.load_toml(text.encode()), starts_on=date(2026, 12, 7), who="test", at=NOW)

    assert any("Bovenland" in title for title in titles())


def test_what_a_dry_run_looked_at_is_not_remembered(event: Event):
    """Not even for the next change, which gets the version that the dry run gave back."""

    def load(name: str) -> None:
        text = FILE.read_text(encoding="utf-8").replace("Middelland", name)
        programme = files.load_toml(text.encode())
        load_programme(programme, starts_on=date(2026, 12, 7), who="test", at=NOW)
        assert any(name in title for title in titles())

    dry_run(Event.objects.filter(pk=event.pk), lambda: load("Bovenland"))
    load("Onderland")
    assert not any("Bovenland" in title for title in titles())


def test_a_table_made_by_hand_in_the_database_is_there_at_once(event: Event):
    make_slot(event, "99", 1)
    assert "Gesprek 99" in titles()

    event.slots.filter(session__code="99").delete()
    assert "Gesprek 99" not in titles()


def test_what_else_is_changed_by_hand_is_there_after_a_minute(
    event: Event, monkeypatch: pytest.MonkeyPatch
):
    TableSession.objects.update(title="Met de hand")
    assert titles() != {"Met de hand"}

    later = monotonic() + 61
    monkeypatch.setattr(programme, "monotonic", lambda: later)
    assert titles() == {"Met de hand"}


def test_a_round_without_a_line_of_the_timetable_has_slots_too(event: Event):
    number = event.rounds.count() + 1
    Round.objects.create(event=event, number=number)
    make_slot(event, "6", number)

    assert len([slot for slot in slots_of(event) if slot.round.number == number]) == 1


def test_memory_has_room_for_so_many_events(event: Event, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(programme, "MOST", 2)
    for number in (1, 2, 3):
        other = Event.objects.get(pk=event.pk)
        other.pk = None
        other.slug = f"ander-{number}"
        other.save()
        kept_programme(other)

    assert len(programme.KNOWN) == 2
