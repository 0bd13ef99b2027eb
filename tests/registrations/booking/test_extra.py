"""A place on top of those of the event, given on purpose by an organiser."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from program.models import Event
from registrations.booking import changing, places, signup
from registrations.errors import EventOver, NotRegistered, TablesRefused
from registrations.models import Change, Registration, Seat, StoredMail
from registrations.organising import by_hand, calling_off
from registrations.privacy import erasure
from registrations.queries.tables import codes
from registrations.reports import figures
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"who": "organisator", "why": "De burgemeester."}


@pytest.fixture
def event() -> Event:
    """With two places, both taken, and a seat left at each table but 1b."""
    event = make_event(capacity=2)
    make_slot(event, "1a", seats=3)
    make_slot(event, "1b", seats=1)
    make_slot(event, "2a", 2, seats=3)
    make_registration(event, {1: "1b"})
    make_registration(event, {1: "1a"})
    return event


@pytest.fixture
def els(event: Event) -> Registration:
    return make_registration(event, {1: "1b", 2: "2a"}, waiting_too=True)


def give(registration: Registration) -> Registration:
    return signup.give_extra(registration, **WHO, at=NOW)


def test_somebody_who_waits_comes_beside_the_places_of_the_event(event, els):
    given = give(els)

    event.refresh_from_db()
    assert (given.status, given.extra, given.holds_place) == ("confirmed", True, False)
    assert event.taken == event.capacity == 2
    assert places.differences() == []


def test_an_extra_gets_tables_as_far_as_free_and_waits_for_the_rest(event, els):
    given = give(els)

    assert codes(given) == {"2": "2a"}
    assert [entry.slot.session.code for entry in given.waitlist_entries.counting()] == ["1b"]
    assert event.slots.get(session__code="2a").taken == 1


def test_a_table_is_never_oversold_by_an_extra(event, els):
    given = give(els)

    with pytest.raises(TablesRefused):
        changing.change_tables(given, {1: "1b"}, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        places.sit_down(given, [event.slots.get(session__code="1b")], at=NOW)


def test_an_extra_gets_one_mail_that_says_that_the_place_is_certain(event, els):
    StoredMail.objects.all().delete()
    give(els)

    [mail] = els.mails.all()
    assert mail.kind == StoredMail.Kind.REGISTERED
    assert "A place has come free" not in words_of(mail).text


def test_nobody_else_who_waits_loses_a_turn(event, els):
    first = make_registration(event, waiting_too=True)
    give(els)

    changing.cancel(event.registrations.holding().first(), at=NOW)

    first.refresh_from_db()
    assert (first.status, first.extra) == ("confirmed", False)


def test_cancelling_an_extra_frees_only_its_seats(event, els):
    waits = make_registration(event, waiting_too=True)
    given = give(els)

    changing.cancel(given, at=NOW)

    event.refresh_from_db()
    waits.refresh_from_db()
    assert (event.taken, waits.status) == (2, "waiting")
    assert not Seat.objects.filter(registration=given).exists()
    assert event.slots.get(session__code="2a").taken == 0
    assert places.differences() == []


def test_erasing_an_extra_frees_only_its_seats(event, els):
    given = give(els)
    erasure.erase(given, at=NOW)

    event.refresh_from_db()
    assert (event.taken, places.differences()) == (2, [])


def test_a_place_that_is_free_is_given_as_such(event, els):
    Event.objects.filter(pk=event.pk).update(capacity=3, waiting_closes_at=NOW)

    given = give(els)

    assert (given.extra, given.holds_place) == (False, True)


def test_giving_twice_changes_nothing(event, els):
    give(els)
    give(els)

    assert Change.objects.filter(registration=els, what="extra").count() == 1


def test_only_those_who_wait_get_one(event):
    cancelled = changing.cancel(make_registration(event, waiting_too=True), at=NOW)

    with pytest.raises(NotRegistered):
        give(cancelled)
    with pytest.raises(EventOver):
        signup.give_extra(make_registration(event, waiting_too=True), **WHO, at=event.ends_at)


def test_extras_are_counted_apart(event, els):
    give(els)

    people = figures.people(event)
    assert (people.confirmed, people.registered, people.extra) == (3, 2, 1)


def test_somebody_who_phones_can_be_added_as_an_extra(event):
    made = by_hand.add(event, make_person(first_name="Bo"), {1: "1a"}, extra=True, **WHO, at=NOW)

    assert (made.status, made.extra, codes(made)) == ("confirmed", True, {"1": "1a"})
    assert places.differences() == []


def test_an_extra_added_by_hand_gets_no_table_that_is_full(event):
    with pytest.raises(TablesRefused):
        by_hand.add(event, make_person(first_name="Bo"), {1: "1b"}, extra=True, **WHO, at=NOW)
    assert event.registrations.count() == 2


def test_with_room_an_extra_is_an_ordinary_place(event):
    Event.objects.filter(pk=event.pk).update(capacity=3)

    assert (
        by_hand.add(event, make_person(first_name="Bo"), {}, extra=True, **WHO, at=NOW).extra
        is False
    )


def test_an_extra_can_be_moved_by_hand(event, els):
    given = give(els)

    by_hand.move(given, {1: "1a"}, who="organisator", at=NOW)

    assert codes(given) == {"1": "1a"}
    assert places.differences() == []


def test_an_extra_stays_one_when_an_event_takes_place_after_all(event, els):
    given = give(els)
    calling_off.call_off(event, who="organisator", at=NOW)
    calling_off.go_on(event, who="organisator", at=NOW)

    given.refresh_from_db()
    assert (given.status, given.extra, places.differences()) == ("confirmed", True, [])


def test_the_database_has_extras_only_among_those_who_come_or_came(event, els):
    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=els.pk).update(extra=True)
