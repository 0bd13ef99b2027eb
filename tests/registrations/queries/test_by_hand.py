"""Queries that are written by hand say what those of the models say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import changing
from registrations.models import Registration
from registrations.queries.coming import first_listed
from registrations.queries.waiting import Queues
from tests.factories import NOW, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    """Somebody in every state who wants to be seen, and waiters for two tables, beside another."""
    busy(slug="elders")
    event = busy(slug="wijk")
    Registration.objects.filter(status="confirmed").update(listed=True)
    return event


def busy(slug: str) -> Event:
    event = make_event(slug=slug, capacity=6)
    for code, seats in (("1", 1), ("2", 9), ("3", 1)):
        make_slot(event, code, 1, seats=seats)
    make_registration(event, {1: "1"}, first_name="Anna", organisation="Buurtzorg")
    make_registration(event, {1: "3"}, first_name="Bo", role="inwoner")
    make_registration(event, {1: "2"}, waitlists={1: ["1"]}, first_name="Chris")
    make_registration(event, waitlists={1: ["1"]}, first_name="Dewi")
    make_registration(event, waitlists={1: ["3"]}, first_name="Emre")
    left = make_registration(event, first_name="Fatima")
    changing.cancel(left, at=NOW)
    make_registration(event, first_name="Guus", confirmed=False)
    for name in ("Hilde", "Ilse"):
        make_registration(event, waitlists={1: ["1"]}, waiting_too=True, first_name=name)
    return event


def test_those_listed_first_are_those_whom_the_model_lists(event: Event):
    coming = event.registrations.all()
    for most in (2, 9):
        people, number = first_listed(event, most)

        assert people == list(coming.listed()[:most])
        assert number == coming.confirmed().count() == 5
        assert [(one.name, one.organisation, one.role) for one in people] == [
            (one.name, one.organisation, one.role) for one in coming.listed()[:most]
        ]


def test_whoever_does_not_want_to_be_seen_is_not_listed(event: Event):
    event.registrations.filter(first_name__in=("Anna", "Bo")).update(listed=False)
    assert [one.first_name for one in first_listed(event, 9)[0]] == ["Chris", "Dewi", "Emre"]
    event.registrations.update(listed=False)
    assert first_listed(event, 9) == ([], 0)


def test_queues_count_those_whom_the_model_counts(event: Event):
    queues = Queues(event, at=NOW)
    first, _second, third = event.slots.order_by("session__code")

    assert queues.people == event.registrations.waiting().count() == 2
    assert queues.tables == {first.pk: 2, third.pk: 1}
    assert sum(queues.tables.values()) == event.waitlist_entries.counting().count()


def test_queues_count_nobody_once_waiting_has_closed(event: Event):
    queues = Queues(event, at=event.waiting_closes + timedelta(seconds=1))
    assert (queues.people, queues.tables) == (0, {})


def test_an_event_is_found_by_its_address_if_it_is_published(event: Event):
    found = Event.objects.named("wijk")
    assert (found, found.title, found.starts_at) == (event, event.title, event.starts_at)
    Event.objects.filter(pk=event.pk).update(published=False)
    for slug in ("wijk", "nergens"):
        with pytest.raises(Event.DoesNotExist):
            Event.objects.named(slug)
