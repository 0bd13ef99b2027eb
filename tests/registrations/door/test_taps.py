"""Taps of devices: each counts once, in whatever order it comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from program.models import Event
from registrations import actions, guests
from registrations.door import passes, presence, taps
from registrations.door.presence import Somebody
from registrations.models import DoorPass, Guest, Registration
from tests.factories import NOW, START, make_event, make_registration, make_sitting

pytestmark = pytest.mark.django_db
AT = START + timedelta(minutes=5)


@pytest.fixture
def event() -> Event:
    return make_event(capacity=3)


@pytest.fixture
def door(event: Event) -> DoorPass:
    return passes.make(event, "Ingang A", who="organisator", at=NOW)


def tap(kind: str, person: Somebody | str = "", **more: Any) -> dict[str, Any]:
    key = person if isinstance(person, str) else key_of(person)
    return {"id": str(uuid4()), "kind": kind, "reg": key, "at": AT.isoformat(), **more}


def key_of(person: Somebody) -> str:
    return f"{'g' if isinstance(person, Guest) else 'r'}{person.pk}"


def send(door: DoorPass, *told: dict[str, Any]) -> list[str]:
    return [outcome.value for _name, outcome in taps.take(door, told, at=AT).outcomes]


def is_in(person: Somebody) -> bool:
    return bool(presence.live(person))


def test_tap_brings_somebody_in(event: Event, door: DoorPass):
    noor = make_registration(event)

    assert send(door, tap("in", noor)) == ["ok"]
    assert presence.count(event) == 1


def test_tap_sent_twice_counts_once(event: Event, door: DoorPass):
    once = tap("in", make_registration(event))

    assert send(door, once) == ["ok"]
    assert send(door, once, once) == ["ok", "ok"]
    assert event.door_ops.count() == 1


def test_two_devices_count_somebody_once(event: Event, door: DoorPass):
    noor = make_registration(event)
    other = passes.make(event, "Ingang B", who="organisator", at=NOW)

    assert send(door, tap("in", noor)) + send(other, tap("in", noor)) == ["ok", "already"]
    assert presence.count(event) == 1


def test_undo_takes_back_only_what_it_saw(event: Event, door: DoorPass):
    noor = make_registration(event)
    mine, theirs = tap("in", noor), tap("in", noor)
    undo = tap("undo", noor, refs=[mine["id"]])

    send(door, mine, theirs, undo)
    assert is_in(noor)

    send(door, tap("undo", noor, refs=[theirs["id"]]))
    assert not is_in(noor)


def test_undo_may_come_before_what_it_takes_back(event: Event, door: DoorPass):
    noor = make_registration(event)
    check_in = tap("in", noor)

    send(door, tap("undo", noor, refs=[check_in["id"]]))
    send(door, check_in)

    assert (is_in(noor), presence.count(event)) == (False, 0)


def test_tap_of_somebody_who_cancelled_is_kept_and_shown(event: Event, door: DoorPass):
    noor = make_registration(event)
    actions.cancel(noor, at=NOW)

    assert send(door, tap("in", noor)) == ["cancelled_but_present"]
    noor.refresh_from_db()
    assert (noor.is_cancelled, is_in(noor)) == (True, True)


def test_unconfirmed_gets_the_place_that_was_held(event: Event, door: DoorPass):
    make_sitting(event, "1a")
    noor = make_registration(event, {1: "1a"}, confirmed=False)

    assert send(door, tap("in", noor)) == ["ok"]
    noor.refresh_from_db()
    event.refresh_from_db()
    assert (noor.is_confirmed, noor.table_seats.count(), event.taken) == (True, 1, 1)


def test_walk_in_takes_a_place_while_there_is_one(event: Event, door: DoorPass):
    make_sitting(event, "1a", seats=1)
    table = event.sittings.get()
    people = [
        tap("walkin", first_name="Els", last_name=f"Bakker {n}", table=table.pk) for n in range(4)
    ]

    assert send(door, *people) == ["ok", "ok", "ok", "extra"]
    event.refresh_from_db()
    table.refresh_from_db()
    assert (event.taken, table.taken, presence.count(event)) == (3, 1, 4)


def test_tap_on_a_walk_in_names_the_tap_that_made_it(event: Event, door: DoorPass):
    walk_in = tap("walkin", first_name="Els", last_name="Bakker")

    undo = tap("undo", walk_in["id"], refs=[walk_in["id"]], seq=2)
    assert send(door, walk_in, undo) == ["ok", "ok"]
    assert not is_in(Registration.objects.get())


def test_guest_comes_in_too(event: Event, door: DoorPass):
    host = guests.add(event, guests.Details("Ria", "Smolders"), who="o", at=NOW)

    assert send(door, tap("in", host)) == ["ok"]
    assert is_in(host)


def test_what_makes_no_sense_holds_nothing_up(event: Event, door: DoorPass):
    noor = make_registration(event)
    nonsense = [
        tap("in", "r999999"),
        tap("in", "x"),
        tap("fly", noor),
        {"id": "no uuid", "kind": "in"},
        {},
        tap("walkin", first_name="", last_name=""),
        tap("undo", noor, refs=["x"]),
    ]

    assert sorted(send(door, *nonsense, tap("in", noor))) == sorted(
        [*["unknown_person"] * 2, *["invalid"] * 5, "ok"]
    )


def test_tap_after_two_days_comes_too_late(event: Event, door: DoorPass):
    noor = make_registration(event)
    told = tap("in", noor)

    assert [
        o for _n, o in taps.take(door, [told], at=event.ends_at + timedelta(hours=49)).outcomes
    ] == ["late"]
    assert not is_in(noor)
