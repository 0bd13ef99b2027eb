"""The version of an event, by which caches and door lists know that something changed."""

from __future__ import annotations

import pytest
from django.db import transaction

from program.models import Event
from registrations.booking import places
from tests.factories import make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(capacity=5)


def stored(event: Event) -> tuple[int, int]:
    return Event.objects.values_list("version", "taken").get(pk=event.pk)


def test_all_that_happens_under_one_lock_has_one_version(event: Event):
    before = event.version
    for number in (1, 2):
        locked = Event.objects.locked(event.pk)
        locked.bump()
        places.count_places(locked, 1)
        locked.bump_programme()
        assert stored(event) == (locked.version, locked.taken) == (before + number, number)


def test_places_alone_give_the_next_version_too(event: Event):
    locked = Event.objects.locked(event.pk)
    places.count_places(locked, 2)
    locked.bump()
    assert stored(event) == (event.version + 1, 2)


def test_what_is_not_locked_counts_each_time(event: Event):
    event.bump()
    event.bump()
    assert stored(event) == (event.version, 0) == (2, 0)


def test_after_a_savepoint_that_is_undone_the_version_still_goes_up(event: Event):
    locked = Event.objects.locked(event.pk)
    with transaction.atomic():
        locked.bump()
        transaction.set_rollback(True)
    locked.refresh_from_db(fields=["version", "taken"])
    locked.bump()
    assert stored(event) == (locked.version, 0) == (event.version + 1, 0)
