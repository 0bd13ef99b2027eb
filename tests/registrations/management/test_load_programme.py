from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from program.file import files
from program.file.refusals import PeopleInTheWay
from program.models import Event
from registrations.management.commands.load_demo import FILE
from registrations.models import Registration
from registrations.organising.programmes import load_programme
from tests.factories import make_event, make_registration

pytestmark = pytest.mark.django_db

TEXT = FILE.read_text(encoding="utf-8")
MONDAY = date(2026, 12, 7)
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    return load(TEXT)


def load(text: str, *, starts_on: date = MONDAY, at: datetime = AT) -> Event:
    programme = files.load_toml(text.encode())
    return load_programme(programme, starts_on=starts_on, who="test", at=at).event


def rows(event: Event) -> list[object]:
    """All that is stored of an event and its people, but not when it was loaded."""
    models = (event.themes, event.sessions, event.slots, event.speakers, event.rounds)
    return [
        Event.objects.filter(pk=event.pk).values().get(),
        *[list(rows.order_by("pk").values()) for rows in models],
        list(event.agenda.values()),
        list(event.questions.values()),
        list(event.registrations.order_by("pk").values()),
        list(event.changes.values()),
    ]


def test_same_file_again_changes_nothing_not_even_the_version(event: Event):
    make_registration(event, {1: "6", 2: "7"}, at=AT)
    before = rows(event)
    load(TEXT)
    assert rows(event) == before


def test_first_load_is_version_one_and_a_line_of_history(event: Event):
    assert event.version == 1
    change = event.changes.get()
    assert (change.what, change.who, change.at, change.version) == ("programme", "test", AT, 1)
    assert len([step for step in change.new["steps"] if step["model"] == "slot"]) == 16


def test_changed_file_updates_and_keeps_the_people(event: Event):
    noor = make_registration(event, {1: "6", 2: "7"}, at=AT)
    version = Event.objects.get(pk=event.pk).version
    text = TEXT.replace('title = "Breda Begroot"', 'title = "Breda begroot mee"')
    load(text.replace("Burgerzaal, tafel 11", "Burgerzaal, tafel 1"))
    event.refresh_from_db()
    assert event.sessions.get(code="1a").title == "Breda begroot mee"
    assert [(seat.slot.session.code, seat.slot.location) for seat in noor.table_seats.all()] == [
        ("6", "Burgerzaal, tafel 1"),
        ("7", "Burgerzaal, tafel 12"),
    ]
    assert (event.taken, event.version) == (1, version + 1)
    assert Registration.objects.get() == noor


def test_slot_with_people_is_not_removed_and_the_error_names_how_many(event: Event):
    for _ in range(3):
        make_registration(event, {1: "8"}, at=AT)
    before = rows(event)
    text, count = re.subn(r"    \{ round = 1, .*tafel 13.*\n", "", TEXT)
    assert count == 1
    with pytest.raises(PeopleInTheWay) as caught:
        load(text.replace('title = "Breda Begroot"', 'title = "Ander"'))
    (problem,) = caught.value.mistakes
    assert problem.sentence == ("Session 8 has to stay in round 1: 3 people have a seat there.")
    assert str(problem.place) == "sessions 8, slots"
    assert rows(event) == before


def test_seats_held_too_long_are_no_reason_to_refuse(event: Event):
    make_registration(event, {1: "8"}, confirmed=False, at=AT)
    text = re.sub(r"    \{ round = 1, .*tafel 13.*\n", "", TEXT)
    with pytest.raises(PeopleInTheWay):
        load(text)
    load(text, at=datetime(2026, 11, 23, 13, 1, tzinfo=UTC))
    assert event.slots.count() == 15


def test_other_day_keeps_the_clock_across_the_change_of_time(event: Event):
    # Wintertime: Amsterdam is one hour ahead; from 28 March 2027 two.
    assert event.starts_at == datetime(2026, 12, 7, 13, tzinfo=UTC)
    moved = load(TEXT, starts_on=date(2027, 3, 29))
    assert moved.starts_at == datetime(2027, 3, 29, 12, tzinfo=UTC)
    assert moved.ends_at == datetime(2027, 3, 29, 16, tzinfo=UTC)
    assert f"{moved.agenda.get(round__number=1).starts:%H:%M}" == "15:00"
    assert moved.pk == event.pk


def test_deadlines_move_along_on_the_same_clock():
    text = TEXT.replace(
        "capacity = 96",
        """capacity = 96
signup_opens = 2016-10-01 09:00:00
signup_closes = 2016-10-31 12:00:00
waiting_closes = 2016-10-29 20:00:00
changes_close = 2016-10-31 13:00:00
""",
        1,
    )
    moved = load(text)
    # The same clock: 1 October 2016 was in summertime, 7 November 2026 is not.
    assert moved.signup_opens_at == datetime(2026, 11, 7, 8, tzinfo=UTC)
    assert moved.signup_closes_at == datetime(2026, 12, 7, 11, tzinfo=UTC)
    assert moved.waiting_closes_at == datetime(2026, 12, 5, 19, tzinfo=UTC)
    assert moved.changes_close_at == datetime(2026, 12, 7, 12, tzinfo=UTC)


def test_calendar_of_an_attendee_gets_a_higher_number_only_if_it_says_something_else(event: Event):
    noor = make_registration(event, {1: "6"}, at=AT)
    before = noor.version
    load(TEXT.replace('organisation = "AT Osborne"', 'organisation = "Osborne"'))
    noor.refresh_from_db()
    assert noor.version == before
    changed = load(TEXT.replace("Burgerzaal, tafel 11", "Hal"))
    noor.refresh_from_db()
    assert noor.version == changed.version > before


def test_hold_does_not_outlive_a_start_that_comes_sooner(event: Event):
    noor = make_registration(event, confirmed=False, at=AT)
    at = AT.replace(minute=30)
    moved = load(TEXT.replace('starts = "14:00"', 'starts = "13:45"'), starts_on=at.date(), at=at)
    noor.refresh_from_db()
    assert moved.starts_at == datetime(2026, 11, 23, 12, 45, tzinfo=UTC)
    assert noor.hold_expires_at == moved.starts_at


def test_weekday_is_that_of_the_file_also_when_the_event_moves():
    tuesday = load(TEXT, starts_on=date(2026, 12, 8))
    assert tuesday.day == date(2026, 12, 8)


def test_other_event_at_the_venue_gets_a_new_version_only_if_the_venue_changes(event: Event):
    other = make_event(slug="ander")
    Event.objects.filter(pk=other.pk).update(venue=event.venue)
    load(TEXT.replace("capacity = 96", "capacity = 97", 1))
    assert Event.objects.get(pk=other.pk).version == 0
    load(TEXT.replace('city = "Zaandam"', 'city = "Zaandam"\ngetting_there = "Met de trein."'))
    assert Event.objects.get(pk=other.pk).version == 1


# The command


def run(path: Path, *options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("load_programme", str(path), *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refused(path: Path, *options: str) -> tuple[str, str]:
    """What the command says of mistakes, and how it ends."""
    err = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("load_programme", str(path), *options, stderr=err)
    return err.getvalue(), str(caught.value)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "programma.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_command_says_what_changed_and_then_that_nothing_has(tmp_path: Path):
    path = write(tmp_path, TEXT)
    out, err = run(path, "--starts-on", "2026-12-07")
    assert "Added: session ‘1a Breda Budgets’" in out
    assert err == ""
    assert Event.objects.get().day == MONDAY
    assert run(path, "--starts-on", "2026-12-07") == ("Nothing has changed.\n", "")


def test_command_names_every_mistake_with_its_place_and_changes_nothing(tmp_path: Path):
    text = TEXT.replace('"maandag"', '"dinsdag"').replace("theme = 8", "theme = 9")
    text = text.replace('code = "7"', 'code = "6"').replace('ends = "15:45"', 'ends = "14:45"')
    path = write(tmp_path, text)
    mistakes, summary = refused(path)
    assert mistakes.splitlines() == [
        f"{path}: {mistake}"
        for mistake in [
            "weekday: The weekday does not fit: 31 October 2016 is a Monday, not a dinsdag.",
            "agenda 15:00, ends: The end, 14:45, is not after the start, 15:00.",
            "sessions 6, code: There is a session with code 6 already.",
            "sessions 8, theme: There is no theme 9.",
        ]
    ]
    assert summary == "4 mistakes: nothing was loaded."
    assert not Event.objects.exists()


def test_command_exits_with_an_error_when_people_are_in_the_way(tmp_path: Path, event: Event):
    make_registration(event, {2: "4"}, at=AT)
    path = write(tmp_path, TEXT.replace("seats = 8,", "seats = 0,"))
    mistake, summary = refused(path, "--starts-on", "2026-12-07")
    assert "0 seats are too few for table 4 in round 2: 1 is taken." in mistake
    assert summary == "1 mistake: nothing was loaded."


def test_command_mails_people_about_another_day_and_says_so(tmp_path: Path, event: Event):
    noor = make_registration(event, at=AT)
    out, err = run(write(tmp_path, TEXT), "--starts-on", "2026-12-14")
    assert out.endswith("1 person gets a mail about the new time or place.\n")
    assert err == ""
    assert event.mails.get(kind="rescheduled").registration == noor


def test_command_mails_nobody_if_told_so(tmp_path: Path, event: Event):
    make_registration(event, at=AT)
    run(write(tmp_path, TEXT), "--starts-on", "2026-12-14", "--no-mail")
    assert not event.mails.filter(kind="rescheduled").exists()


def test_another_address_of_a_venue_tells_the_people_of_other_events_there(event: Event):
    other = Event.objects.create(
        slug="ander",
        title="Ander",
        venue=event.venue,
        capacity=5,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )
    noor = make_registration(other, at=AT)
    load(TEXT.replace("1506 MZ", "1506 XX"))
    assert other.mails.get(kind="rescheduled").registration == noor


def test_command_refuses_what_is_not_there_with_one_line(tmp_path: Path):
    path = tmp_path / "programma.toml"
    with pytest.raises(CommandError, match=re.escape(str(path))):
        run(path)


def test_command_refuses_what_is_no_text_with_one_line(tmp_path: Path):
    path = tmp_path / "programma.toml"
    path.write_bytes(b"title = \xff")
    assert refused(path)[0] == f"{path}: The file: Save this file as UTF-8.\n"


@pytest.mark.parametrize("day", ["7-12-2026", "maandag", "9999-12-31"])
def test_command_refuses_a_day_it_cannot_read(tmp_path: Path, day: str):
    with pytest.raises(CommandError, match="--starts-on"):
        run(write(tmp_path, TEXT), "--starts-on", day)


def test_command_says_what_another_day_does_that_cannot_be_undone(event: Event):
    make_registration(event, at=AT)
    errors = StringIO()

    call_command("load_programme", FILE, "--starts-on", "2025-12-08", stderr=errors)

    assert "The day is in the past: Monday 8 December 2025." in errors.getvalue()
    assert "The name and the answers of 1 person are erased on" in errors.getvalue()
