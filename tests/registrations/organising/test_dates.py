"""Another day by a slip: nobody is erased soon, and whoever saves it reads first what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone, translation

from program.file.from_db import programme_of
from program.file.model import moved
from program.models import Event
from registrations.models import SpecialNeeds
from registrations.organising import dates, dry_run, programmes
from registrations.organising.propagate import followed
from registrations.privacy import erasure
from tests.factories import NOW, START, make_event, make_guest, make_registration, make_slot

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
A_YEAR_EARLIER = START.date() - 365 * DAY


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event(needs_question="Dieet?", retention_days=30)
    make_slot(event, "1a")
    return event


def save(event: Event, **values: object) -> None:
    """As the admin saves a form."""

    def act() -> None:
        locked = Event.objects.locked(event.pk)
        for name, value in values.items():
            setattr(locked, name, value)
        locked.save(update_fields=values)
        locked.bump_programme()

    with transaction.atomic():
        followed(Event.objects.filter(pk=event.pk), act, who="o", at=NOW, tell=True)


def year_by_form(event: Event) -> None:
    year = 365 * DAY
    save(event, starts_at=event.starts_at - year, ends_at=event.ends_at - year)


def year_by_file(event: Event) -> None:
    programme = moved(programme_of(event), A_YEAR_EARLIER)
    programmes.see_first(programme, seen_first(programme), own=Event.objects.all(), who="o", at=NOW)


def seen_first(programme) -> str:
    return programmes.see_first(programme, own=Event.objects.all(), who="o", at=NOW).fingerprint


def year_by_command(event: Event) -> None:
    programmes.load_programme(programme_of(event), starts_on=A_YEAR_EARLIER, who="load", at=NOW)


def kept_shorter(event: Event) -> None:
    save(event, retention_days=0, ends_at=NOW - DAY, starts_at=NOW - DAY - DAY / 24)


@pytest.mark.parametrize("slip", [year_by_form, year_by_file, year_by_command, kept_shorter])
def test_nobody_is_erased_within_a_week_of_a_slip(event: Event, slip: Callable[[Event], None]):
    person = make_registration(event, needs="Geen noten")
    make_registration(event, needs="Geen vis", confirmed=False)
    make_guest(event)

    slip(event)

    for at in (NOW, NOW + 7 * DAY - SECOND):
        assert (erasure.erase_due(at), erasure.erase_needs_due(at)) == (0, 0)
    person.refresh_from_db()
    assert person.name == "Noor van der Meulen"
    assert SpecialNeeds.objects.count() == 2
    assert event.guests.get().name == "Jan de Vries"

    assert erasure.erase_due(NOW + 7 * DAY) == 3
    person.refresh_from_db()
    assert person.name == ""


def test_a_slip_put_right_in_time_erases_nobody_until_the_real_day(event: Event):
    make_registration(event)
    year_by_form(event)

    save(event, starts_at=event.starts_at, ends_at=event.ends_at)

    assert Event.objects.get().kept_until == event.ends_at + 30 * DAY
    assert erasure.erase_due(event.ends_at + 30 * DAY - SECOND) == 0
    assert erasure.erase_due(event.ends_at + 30 * DAY) == 1


def test_a_title_does_not_put_off_erasure(event: Event):
    make_registration(event)
    save(event, title="Werken in de wijk")

    assert Event.objects.get().dates_changed_at is None


@pytest.mark.django_db(transaction=True)
def test_the_worker_erases_nobody_within_a_week_of_a_slip():
    now = timezone.now()
    # At noon: a programme begins and ends on one day, whatever the time of the test.
    noon = timezone.localtime(now + 9 * DAY).replace(hour=12)
    event = make_event(starts_at=noon, needs_question="Dieet?")
    make_registration(event, needs="Geen noten", at=now)
    programmes.load_programme(
        programme_of(event),
        starts_on=event.day - 365 * DAY,
        who="load",
        at=now - 7 * DAY + DAY / 24,
    )

    call_command("work", "--once", verbosity=0)
    assert event.registrations.get().erased_at is None
    assert SpecialNeeds.objects.exists()

    Event.objects.update(dates_changed_at=now - 7 * DAY)
    call_command("work", "--once", verbosity=0)
    assert event.registrations.get().erased_at
    assert not SpecialNeeds.objects.exists()


def notes(event: Event, **values: object) -> list[str]:
    """What whoever saves this reads first."""

    def act() -> None:
        save(event, **values)

    return dry_run.dry_run(Event.objects.filter(pk=event.pk), act).notes


def test_a_wrong_year_is_questioned_with_what_it_would_do(event: Event):
    make_registration(event, {1: "1a"})
    make_guest(event)
    year = 365 * DAY

    assert notes(event, starts_at=event.starts_at - year, ends_at=event.ends_at - year) == [
        "The day is in the past: Sunday 7 December 2025. Is the year right?",
        "1 person signed up after that day.",
        "Sign-up closes at once: nobody can sign up any more.",
        "The waiting lists close at once: nobody moves up any more.",
        "The names and the answers of 2 people are erased on Monday 30 November 2026 instead "
        "of Wednesday 6 January 2027.",
        "Until then you can still change it back. After that, nobody can bring them back.",
    ]


def test_a_day_so_near_that_waiting_lists_close_is_questioned(event: Event):
    Event.objects.update(capacity=1)
    make_registration(event)
    make_registration(event, waiting_too=True)
    tomorrow = datetime.combine(NOW.date(), START.time(), NOW.tzinfo) + DAY / 3

    said = notes(event, starts_at=tomorrow, ends_at=tomorrow + DAY / 6)

    assert said[:2] == [
        "The waiting lists close at once: nobody moves up any more.",
        "Within a minute, 1 person on a waiting list gets a mail about that.",
    ]


def test_names_kept_for_fewer_days_are_questioned(event: Event):
    make_registration(event)

    assert notes(event, retention_days=1)[0] == (
        "The name and the answers of 1 person are erased on Tuesday 8 December 2026 instead "
        "of Wednesday 6 January 2027."
    )
    assert notes(event, retention_days=90) == []
    assert notes(event, starts_at=event.starts_at + DAY, ends_at=event.ends_at + DAY) == []


def test_a_file_of_a_new_event_on_a_day_in_the_past_is_questioned(event: Event):
    programme = replace(moved(programme_of(event), A_YEAR_EARLIER), slug="nieuw")

    seen = programmes.see_first(programme, own=Event.objects.all(), who="o", at=NOW)

    assert seen.notes == ["The day is in the past: Sunday 7 December 2025. Is the year right?"]
    assert list(dates.past_day(date(2026, 11, 23), at=NOW)) == []
