"""A wrong day that is put right: who lost what, and who hears of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from program.models import Event
from registrations.models import StoredMail
from registrations.organising import dry_run
from registrations.organising.propagate import followed
from tests.factories import NOW, START, make_event, make_registration
from tests.mailed import DONE

pytestmark = pytest.mark.django_db
WRONG = START - timedelta(days=365)


def move_to(start, *, tell: bool) -> None:
    def move() -> None:
        event = Event.objects.locked(Event.objects.get().pk)
        lasts = event.ends_at - event.starts_at
        event.starts_at, event.ends_at = start, start + lasts
        event.save(update_fields=["starts_at", "ends_at"])
        event.bump_programme()

    followed(Event.objects.all(), move, who="organisator", at=NOW, tell=tell)


def told() -> int:
    return StoredMail.objects.filter(kind="rescheduled").count()


def test_slip_that_nobody_heard_of_is_put_right_in_silence():
    make_registration(make_event(starts_at=START))
    move_to(START + timedelta(days=1), tell=False)
    move_to(START, tell=True)
    assert told() == 0


def test_another_day_after_a_silent_slip_is_told():
    make_registration(make_event(starts_at=START))
    move_to(START + timedelta(days=1), tell=False)
    move_to(START + timedelta(days=2), tell=True)
    assert told() == 1


def test_day_that_people_heard_of_is_taken_back_with_a_mail():
    make_registration(make_event(starts_at=START))
    move_to(START + timedelta(days=1), tell=True)
    StoredMail.objects.update(sent_at=NOW, **DONE)
    move_to(START, tell=True)
    assert told() == 2


def test_those_whose_hold_ends_with_a_wrong_day_are_counted_first():
    event = make_event(starts_at=START)
    make_registration(event, confirmed=False)
    with translation.override("en"):
        seen = dry_run.dry_run(Event.objects.all(), lambda: move_to(WRONG, tell=True))
    sentence = "1 person who has not confirmed yet loses their place at once, for good."
    assert sentence in seen.notes
