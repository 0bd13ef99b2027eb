"""A connection knows which locks its transaction has."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import connection, transaction

from program.database.held import held_by
from program.models import Event
from tests.factories import make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class Slip(Exception):
    pass


@pytest.fixture
def event() -> Event:
    return make_event()


def holds(event: Event) -> bool:
    return f"event {event.pk}" in held_by(connection)


def test_lock_is_held_until_the_transaction_ends(event: Event):
    with transaction.atomic():
        assert not holds(event)
        Event.objects.locked(event.pk)
        assert holds(event)
    assert not holds(event)

    with suppress(Slip), transaction.atomic():
        Event.objects.locked(event.pk)
        raise Slip
    assert not holds(event)


def test_lock_outlives_a_savepoint_that_is_kept(event: Event):
    with transaction.atomic():
        with transaction.atomic():
            Event.objects.locked(event.pk)
        assert holds(event)


def test_lock_is_given_back_with_the_savepoint_that_it_came_after(event: Event):
    other = make_event(slug="andere")
    with transaction.atomic():
        Event.objects.locked(event.pk)
        with suppress(Slip), transaction.atomic():
            with transaction.atomic():
                Event.objects.locked(other.pk)
            raise Slip
        assert holds(event)
        assert not holds(other)


def test_new_connection_holds_nothing(event: Event):
    with suppress(Slip), transaction.atomic():
        Event.objects.locked(event.pk)
        connection.close()
        raise Slip
    assert Event.objects.count() == 1
    assert not holds(event)


def test_lock_that_is_not_there_is_not_held(event: Event):
    with transaction.atomic():
        with pytest.raises(Event.DoesNotExist):
            Event.objects.locked(0)
        assert [lock for lock in held_by(connection) if lock.startswith("event")] == []
