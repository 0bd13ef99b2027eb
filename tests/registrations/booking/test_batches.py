"""The worker's jobs, event by event: what goes wrong at one stops no other."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.models import F

from program.models import Event
from program.models.event import EventQuerySet
from registrations.booking import holds, waiting
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.mailing.mailings import Words
from registrations.management.commands import work
from registrations.models import Registration, SpecialNeeds
from registrations.privacy import erasure
from tests.factories import NOW, START, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

LONG_AFTER = START + timedelta(days=400)


class Broken(Exception):
    """What no rule foresees; it says what no log may hold."""


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """Two events with everything a worker has to do; the lock of the first breaks afterwards."""
    found = make_event(), make_event()
    for event in found:
        make_slot(event, "1a", 1)
        person = make_registration(event, {1: "1a"})
        SpecialNeeds.objects.create(registration=person, text="Rolstoel", consented_at=NOW)
        make_registration(event, waitlists={1: ["1a"]})
        make_registration(event, confirmed=False)
        asked = make_registration(event, confirmed=False)
        Registration.objects.filter(pk=asked.pk).update(
            origin="file", status="expired", holds_place=False, ended_at=NOW
        )
        Event.objects.filter(pk=event.pk).update(taken=F("taken") - 1)
        words = Words("Tot dan", "Hallo")
        mailings.write(event, words, REGISTERED, send_at=NOW, who="organisator", at=NOW)
    lock = EventQuerySet.locked

    def locked(self: EventQuerySet, pk: int) -> Event:
        if pk == found[0].pk:
            raise Broken("anna@a.example")
        return lock(self, pk)

    monkeypatch.setattr(EventQuerySet, "locked", locked)
    return found


@pytest.mark.parametrize(
    ("job", "at", "what"),
    [
        (erasure.erase_due, LONG_AFTER, "event"),
        (erasure.erase_needs_due, LONG_AFTER, "event"),
        (erasure.erase_unanswered, LONG_AFTER, "event"),
        (holds.free_expired, NOW + timedelta(days=1), "event"),
        (waiting.tell_waiters, START - timedelta(seconds=1), "event"),
        (mailings.queue_due, NOW, "message"),
    ],
)
def test_an_event_that_fails_is_named_in_the_log_and_stops_no_other(
    events: tuple[Event, Event],
    job: Callable[[datetime], int],
    at: datetime,
    what: str,
    caplog: pytest.LogCaptureFixture,
):
    broken, sound = events
    key = broken.pk if what == "event" else broken.mailings.get().pk
    before = sound.changes.count()

    with caplog.at_level(logging.ERROR), pytest.raises(Broken):
        job(at)

    assert sound.changes.count() > before
    (line,) = caplog.messages
    assert line.startswith(f"{what} {key}: Broken at batches.py:")
    assert "anna" not in line


def test_what_a_job_did_for_each_event_is_added_up():
    for _number in range(2):
        event = make_event()
        make_registration(event)
        make_registration(event)

    assert erasure.erase_due(LONG_AFTER) == 4


def test_the_worker_erases_special_needs_though_an_event_cannot_be_erased(
    events: tuple[Event, Event], monkeypatch: pytest.MonkeyPatch
):
    def broken(_at: datetime) -> int:
        raise Broken

    monkeypatch.setattr(erasure, "erase_due", broken)
    # The test's own connection is in a transaction and has to stay.
    monkeypatch.setattr(f"{work.__name__}.close_old_connections", lambda: None)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    Event.objects.update(starts_at=NOW - timedelta(days=400), ends_at=NOW - timedelta(days=399))

    with pytest.raises(CommandError):
        call_command("work", "--once")

    assert not SpecialNeeds.objects.filter(registration__event=events[1]).exists()
