"""Guests on the attendee list, and seats that an organiser keeps out of sign-up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from program.models import Event, Hosting, Speaker
from registrations.booking import changing, signup
from registrations.booking.places import differences
from registrations.errors import Erased, NoPlaceForGuest, TablesRefused
from registrations.models import Change, Guest, Registration
from registrations.organising import by_hand, dropping, guests
from registrations.privacy import erasure
from registrations.queries.tables import codes
from tests.factories import NOW, START, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {"who": "organisator"}


@pytest.fixture
def event() -> Event:
    return make_event(capacity=2)


@pytest.fixture(autouse=True)
def _counters_stay_right():
    yield
    assert differences() == []


def add(event: Event, *, place: bool = False, name: str = "Burg") -> Guest:
    details = guests.Details("Jan", name, "Gemeente", Guest.Kind.OFFICIAL, place)
    return guests.add(event, details, **WHO, at=NOW)


def taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).taken


def test_guest_is_on_the_list_and_takes_no_place(event):
    guest = add(event)

    assert (guest.name, guest.sort_key, guest.kind) == ("Jan Burg", "burg , jan", "official")
    assert taken(event) == 0
    assert guest.version == Event.objects.get().version
    change = Change.objects.get(what="guest")
    assert change.new == {
        "guest": guest.pk,
        "done": "added",
        "kind": "official",
        "holds_place": False,
    }


def test_guest_takes_a_place_where_an_organiser_says_so_and_one_is_free(event):
    make_registration(event)
    add(event, place=True)
    assert taken(event) == 2

    with pytest.raises(NoPlaceForGuest):
        add(event, place=True, name="Vol")
    assert event.guests.count() == 1


def test_guest_passes_over_nobody_who_waits(event):
    make_registration(event)
    leaving = make_registration(event)
    waiting = make_registration(event, waiting_too=True)
    changing.cancel(leaving, at=NOW)

    with pytest.raises(NoPlaceForGuest):
        add(event, place=True)
    waiting.refresh_from_db()
    assert waiting.is_confirmed


def test_guest_gets_the_place_of_a_hold_that_ran_out(event):
    make_registration(event)
    make_registration(event, confirmed=False)
    details = guests.Details("Jan", "Burg", holds_place=True)

    guests.add(event, details, **WHO, at=NOW + timedelta(hours=2))

    assert taken(event) == 2


def test_changed_guest_takes_or_gives_back_a_place(event):
    guest = add(event)
    more = guests.Details("Jan", "Burgers", "", Guest.Kind.PRESS, True)

    changed = guests.change(guest, more, **WHO, at=NOW)
    assert (changed.sort_name, changed.organisation, taken(event)) == ("Burgers, Jan", "", 1)

    less = guests.Details("Jan", "Burgers", "", Guest.Kind.PRESS, False)
    guests.change(guest, less, **WHO, at=NOW)
    assert taken(event) == 0


def test_removed_guest_frees_the_place_and_leaves_an_empty_row(event):
    guest = add(event, place=True)
    make_registration(event)
    waiting = make_registration(event, waiting_too=True)

    guests.remove(guest, **WHO, at=NOW)
    guests.remove(guest, **WHO, at=NOW)

    waiting.refresh_from_db()
    guest.refresh_from_db()
    assert waiting.is_confirmed
    assert (guest.name, guest.holds_place, guest.erased_at) == ("", False, NOW)
    assert Change.objects.filter(what="guest").count() == 2
    with pytest.raises(Erased):
        guests.change(guest, guests.Details("A", "B"), **WHO, at=NOW)


def test_hosts_are_added_once_and_come_back_if_removed(event):
    make_slot(event, "1a")
    make_slot(event, "1a", 2)
    Speaker.objects.create(event=event, name="Nobody's host")
    Speaker.objects.filter(name="Gastheer 1a").update(name="Zoë van Dijk", organisation="x" * 150)

    assert guests.add_hosts(event, **WHO, at=NOW) == 1
    assert guests.add_hosts(event, **WHO, at=NOW) == 0

    guest = event.guests.get()
    assert (guest.first_name, guest.last_name, guest.kind) == ("Zoë", "van Dijk", "host")
    assert guest.sort_name == "Dijk, Zoë van"
    assert len(guest.organisation) == 100
    guests.remove(guest, **WHO, at=NOW)
    assert guests.add_hosts(event, **WHO, at=NOW) == 1


def test_hosts_of_tables_that_dropped_out_are_left_out(event):
    gone, half = make_slot(event, "1a"), make_slot(event, "1b")
    make_slot(event, "1b", 2)
    later = make_slot(event, "1c")
    dropping.drop(event, [gone.pk, half.pk], **WHO, at=NOW)
    later.delete()  # its round is not known yet

    assert guests.add_hosts(event, **WHO, at=NOW) == 2
    assert {guest.name for guest in event.guests.all()} == {"Gastheer 1b", "Gastheer 1c"}
    Hosting.objects.create(
        event=event, session=half.session, speaker=gone.session.speakers.get(), position=2
    )
    assert guests.add_hosts(event, **WHO, at=NOW) == 1


def test_host_who_left_the_programme_and_came_back_is_on_the_list_once(event):
    """A programme that is loaded anew, or a name typed again, makes another speaker."""
    session = make_slot(event, "1a").session
    Speaker.objects.update(name="Zoë van Dijk")
    guests.add_hosts(event, **WHO, at=NOW)
    event.speakers.all().delete()
    for name in ("zoe Van Dijk", "Zoë van Dijk"):
        again = Speaker.objects.create(event=event, name=name)
        again.hostings.create(event=event, session=session)

    assert guests.add_hosts(event, **WHO, at=NOW) == 1  # the other one is a namesake
    assert guests.add_hosts(event, **WHO, at=NOW) == 0

    assert event.guests.count() == 2
    assert not event.guests.filter(speaker=None).exists()


def test_host_who_is_a_guest_by_name_is_not_offered_again(event):
    make_slot(event, "1a")
    make_slot(event, "1b")
    gone = make_slot(event, "1c")
    dropping.drop(event, [gone.pk], **WHO, at=NOW)
    Speaker.objects.filter(name="Gastheer 1a").update(name="Zoë van Dijk")
    details = guests.Details("Zoe", "van Dijk", "", Guest.Kind.OFFICIAL)
    official = guests.add(event, details, **WHO, at=NOW)

    assert guests.hosts_missing(event) == 1
    assert guests.add_hosts(event, **WHO, at=NOW) == 1
    official.refresh_from_db()
    assert official.speaker == event.speakers.get(name="Zoë van Dijk")
    assert official.kind == "official"
    assert (guests.hosts_missing(event), event.guests.count()) == (0, 2)


def test_guests_are_erased_with_the_others_and_their_places_stay_counted(event):
    add(event, place=True)

    erasure.erase_due(START + timedelta(days=40))

    guest = event.guests.get()
    assert (guest.name, guest.holds_place) == ("", True)
    assert taken(event) == 1


def test_audit_counts_guests_with_the_registrations(event):
    add(event, place=True)
    make_registration(event)
    Event.objects.update(taken=1)

    assert differences() == [
        f"{event.slug}: 1 places taken, but 1 registrations and 1 guests hold one."
    ]
    Event.objects.update(taken=2)


# Reserved seats


@pytest.fixture
def table(event: Event):
    return make_slot(event, "1a", seats=2)


def reserve(table, seats: int) -> None:
    """As the page of all tables does."""
    table.event.slots.filter(pk=table.pk).update(reserved=seats)


def test_reserved_seats_are_out_of_reach_of_sign_up_and_of_waiting(event, table):
    make_registration(event, {1: "1a"})
    leaving = make_registration(event, {1: "1a"})
    changing.change_tables(leaving, {1: ""}, at=NOW)
    reserve(table, 1)

    with pytest.raises(TablesRefused):
        changing.change_tables(leaving, {1: "1a"}, at=NOW)
    waiting = changing.change_tables(leaving, {1: ""}, {1: ["1a"]}, at=NOW)
    assert codes(waiting) == {}


def test_database_refuses_to_reserve_a_seat_that_is_taken(event, table):
    make_registration(event, {1: "1a"})

    with pytest.raises(IntegrityError), transaction.atomic():
        event.slots.update(reserved=2)


def test_seat_given_from_the_reserved_ones_is_free_for_all_once_left(event, table):
    reserve(table, 2)
    person = signup.Attendee("Aaltje", "Kok", "")
    given = by_hand.add(
        event, person, {1: "1a"}, on_reserved=[1], who="organisator", why="Gast.", at=NOW
    )
    changing.cancel(given, **WHO, at=NOW)

    table.refresh_from_db()
    assert (table.reserved, table.taken, table.seats_left) == (1, 0, 1)
    assert Registration.objects.get().is_cancelled
