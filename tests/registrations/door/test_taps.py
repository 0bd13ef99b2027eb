"""Taps of devices: each counts once, in whatever order it comes."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test.utils import CaptureQueriesContext

from program.models import Event
from registrations.booking import changing
from registrations.door import admitting, presence, taps
from registrations.door.presence import Somebody
from registrations.models import Change, DoorOp, DoorPass, Presence, Registration
from registrations.organising import guests
from tests.factories import NOW, make_event, make_registration
from tests.registrations.door.tapping import AT, make_pass, send, tap, walk_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(capacity=3)


@pytest.fixture
def door(event: Event) -> DoorPass:
    return make_pass(event)


def is_in(person: Somebody) -> bool:
    return Presence.objects.filter(**presence.of(person), present=True).exists()


def test_tap_brings_somebody_in(event: Event, door: DoorPass):
    noor = make_registration(event)

    assert send(door, tap("in", noor)) == ["ok"]
    assert presence.count(event) == 1
    assert (noor.presence.at, noor.presence.door_pass) == (AT, door)


def test_tap_sent_twice_counts_once(event: Event, door: DoorPass):
    once = tap("in", make_registration(event))

    assert send(door, once) == ["ok"]
    assert send(door, once, once) == ["ok", "ok"]
    assert event.door_ops.count() == 1


def test_two_devices_count_somebody_once(event: Event, door: DoorPass):
    noor = make_registration(event)
    other = make_pass(event, "Ingang B")

    assert send(door, tap("in", noor)) + send(other, tap("in", noor)) == ["ok", "already"]
    assert presence.count(event) == 1


def test_undo_takes_back_only_what_it_saw(event: Event, door: DoorPass):
    noor = make_registration(event)
    mine, theirs = tap("in", noor), tap("in", noor)

    send(door, mine, theirs, tap("undo", noor, refs=[mine["id"]]))
    assert is_in(noor)

    send(door, tap("undo", noor, refs=[theirs["id"]]))
    assert not is_in(noor)


def test_order_of_arrival_makes_no_difference(event: Event):
    outcomes = set()
    for order in itertools.permutations(range(4)):
        here = make_event()
        noor, door = make_registration(here), make_pass(here)
        first, second = tap("in", noor), tap("in", noor)
        told = [first, tap("undo", noor, refs=[first["id"]]), second]
        told.append(tap("undo", noor, refs=[first["id"], second["id"]]))
        for place in order:
            send(door, told[place])
        outcomes.add(is_in(noor))

    assert outcomes == {False}


def test_undo_reaches_no_other_event(event: Event, door: DoorPass):
    noor = make_registration(event)
    other = make_event()
    check_in = tap("in", noor)
    send(door, check_in)

    anna = make_registration(other)
    send(make_pass(other), tap("undo", anna, refs=[check_in["id"]]))

    assert is_in(noor)
    assert presence.live(noor) == [DoorOp.objects.get(pk=check_in["id"])]


def test_undo_that_names_the_check_in_of_somebody_else_is_seen_there_too(
    event: Event, door: DoorPass
):
    noor, anna = make_registration(event), make_registration(event)
    check_in = tap("in", anna)

    send(door, check_in, tap("undo", noor, refs=[check_in["id"]]))

    assert not is_in(anna)
    assert presence.differences(event) == []


def test_two_sign_ups_of_one_person_are_one_person(event: Event, door: DoorPass):
    """Two devices may each have ticked another of them."""
    once = make_registration(event, email="noor@a.example", confirmed=False)
    again = make_registration(event, email="Noor@a.example", confirmed=False)

    assert send(door, tap("in", again), tap("in", once)) == ["ok", "already"]
    assert (presence.count(event), is_in(again), is_in(once)) == (1, True, False)


def test_two_names_of_one_address_are_two_people(event: Event, door: DoorPass):
    noor = make_registration(event, email="thuis@a.example")
    piet = make_registration(event, email="thuis@a.example", first_name="Piet", confirmed=False)

    assert send(door, tap("in", noor), tap("in", piet)) == ["ok", "cancelled_but_present"]
    assert presence.count(event) == 2


def test_tap_on_a_walk_in_names_the_tap_that_made_it(event: Event, door: DoorPass):
    els = walk_in()

    undo = tap("undo", els["id"], refs=[els["id"]], seq=2)
    assert send(door, els, undo) == ["ok", "ok"]
    assert not is_in(Registration.objects.get())


def test_taps_on_a_walk_in_may_come_before_it(event: Event, door: DoorPass):
    els = walk_in()
    again = tap("in", els["id"])

    assert send(door, again) == ["unknown_person"]
    assert send(door, tap("undo", els["id"], refs=[els["id"]])) == ["unknown_person"]
    assert send(door, els) == ["ok"]

    assert [str(op.pk) for op in presence.live(Registration.objects.get())] == [again["id"]]
    assert presence.count(event) == 1


def test_guest_comes_in_too(event: Event, door: DoorPass):
    host = guests.add(event, guests.Details("Ria", "Smolders"), who="o", at=NOW)

    assert send(door, tap("in", host), tap("in", host)) == ["ok", "already"]
    assert is_in(host)
    assert send(door, tap("table", host, table=1)) == ["invalid"]


def test_erased_person_who_comes_in_is_counted_and_named_nowhere(event: Event, door: DoorPass):
    host = guests.add(event, guests.Details("Ria", "Smolders"), who="o", at=NOW)
    guests.remove(host, who="o", at=NOW)

    assert send(door, tap("in", host)) == ["ok"]
    assert presence.count(event) == 1


NONSENSE: list[dict[str, Any]] = [
    {"id": "no uuid", "kind": "in"},
    {},
    {"id": str(uuid4()), "kind": "fly", "reg": "r1"},
    {"id": str(uuid4()), "kind": "undo", "reg": "r1", "refs": ["x"]},
    {"id": str(uuid4()), "kind": "undo", "reg": "r1", "refs": None},
    {"id": str(uuid4()), "kind": "in", "reg": "r1", "seq": float("inf")},
    {"id": str(uuid4()), "kind": "table", "reg": "r1", "table": "x"},
    {"id": str(uuid4()), "kind": "walkin", "first_name": "", "last_name": ""},
    {"id": str(uuid4()), "kind": "walkin", "first_name": "\ud800", "last_name": "\ud800"},
]
UNKNOWN: list[dict[str, Any]] = [
    {"id": str(uuid4()), "kind": "in", "reg": "r999999"},
    {"id": str(uuid4()), "kind": "in", "reg": "r" + "9" * 40},
    {"id": str(uuid4()), "kind": "in", "reg": "x"},
    {"id": str(uuid4()), "kind": "in", "reg": str(uuid4()), "seq": 10**30},
    {"id": str(uuid4()), "kind": "undo", "reg": ""},
]


def test_what_makes_no_sense_holds_nothing_up(event: Event, door: DoorPass):
    noor = make_registration(event)

    outcomes = send(door, *NONSENSE, *UNKNOWN, tap("in", noor))

    assert sorted(outcomes) == ["invalid"] * 9 + ["ok"] + ["unknown_person"] * 5
    assert is_in(noor)


def test_tap_that_breaks_the_server_holds_nothing_up(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch, caplog
):
    noor, anna = make_registration(event), make_registration(event, confirmed=False)

    def breaks(*_args: Any, **_kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(admitting, "admit", breaks)
    told = [tap("in", noor), tap("in", anna), walk_in(seq=1)]

    assert send(door, *told) == ["cancelled_but_present", "cancelled_but_present", "ok"]
    assert (is_in(noor), is_in(anna), presence.count(event)) == (True, True, 3)
    assert "could not be carried out" in caplog.text
    monkeypatch.undo()
    assert send(door, *told) == ["cancelled_but_present", "cancelled_but_present", "ok"]


def test_database_that_fails_takes_nothing_so_that_the_device_tries_again(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    def fails(*_args: Any, **_kwargs: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(admitting, "admit", fails)
    with pytest.raises(OperationalError):
        send(door, tap("in", make_registration(event)))

    assert event.door_ops.count() == 0


def test_id_of_another_event_is_not_taken_again(event: Event, door: DoorPass):
    once = tap("in", make_registration(event))
    other = make_event()

    assert send(door, once) == ["ok"]
    assert send(make_pass(other), once | {"reg": "x"}) == ["ok"]
    assert other.door_ops.count() == 0


@pytest.mark.parametrize(
    ("told", "clock", "at"),
    [
        (AT - timedelta(hours=3), AT, AT - timedelta(hours=3)),
        # The device is an hour fast, or a year slow.
        (AT + timedelta(minutes=50), AT + timedelta(hours=1), AT - timedelta(minutes=10)),
        (AT - timedelta(days=365, minutes=5), AT - timedelta(days=365), AT - timedelta(minutes=5)),
        # Set right in between: nobody taps in the future, or before the last two days.
        (AT + timedelta(hours=1), AT, AT),
        (AT - timedelta(days=3), AT, AT),
        # Without a zone, or no time at all.
        (AT.replace(tzinfo=None), AT, AT),
        ("2026-02-31T10:00:00Z", AT, AT),
        (None, AT, AT),
    ],
)
def test_moment_of_a_tap_is_reckoned_on_our_clock(
    event: Event, door: DoorPass, told: Any, clock: datetime, at: datetime
):
    text = told.isoformat() if isinstance(told, datetime) else told
    taps.take(door, [tap("in", make_registration(event)) | {"at": text}], at=AT, clock=clock)

    assert event.door_ops.get().at == at


def test_tap_is_taken_until_two_days_after_the_event(event: Event, door: DoorPass):
    noor = make_registration(event)

    assert send(door, tap("in", noor), at=event.ends_at + timedelta(hours=47)) == ["ok"]
    assert send(door, tap("in", noor), at=event.ends_at + timedelta(hours=49)) == ["late"]
    assert event.door_ops.count() == 1


def test_everything_is_in_the_history_with_the_device(event: Event, door: DoorPass):
    noor = make_registration(event)
    check_in = tap("in", noor)

    send(door, check_in, tap("undo", noor, refs=[check_in["id"]], seq=2))

    assert list(noor.changes.order_by("pk").values_list("what", "who"))[-2:] == [
        ("checked_in", "Ingang A"),
        ("check_undone", "Ingang A"),
    ]


def test_history_of_a_guest_names_nobody(event: Event, door: DoorPass):
    host = guests.add(event, guests.Details("Ria", "Smolders"), who="o", at=NOW)
    send(door, tap("in", host))

    change = event.changes.get(what=Change.What.CHECKED_IN)
    assert (change.registration, change.new) == (None, {"guest": host.pk})


def test_tap_gives_the_row_the_newest_version(event: Event, door: DoorPass):
    noor, anna = make_registration(event), make_registration(event)
    before = Event.objects.get().version

    send(door, tap("in", noor))

    event.refresh_from_db()
    noor.refresh_from_db()
    anna.refresh_from_db()
    assert event.version > before
    assert (noor.version, anna.version <= before) == (event.version, True)


def test_tap_costs_the_same_few_queries_however_many_people_there_are(
    django_assert_max_num_queries,
):
    counts = []
    for people in (3, 30):
        event = make_event(capacity=100)
        door = make_pass(event)
        noor, *_others = [make_registration(event) for _number in range(people)]
        with django_assert_max_num_queries(25) as found:
            send(door, tap("in", noor))
        assert isinstance(found, CaptureQueriesContext)
        counts.append(len(found))

    assert counts[0] == counts[1]


def test_cancelled_after_the_download_is_kept_and_shown(event: Event, door: DoorPass):
    noor = make_registration(event)
    changing.cancel(noor, at=NOW)

    assert send(door, tap("in", noor)) == ["cancelled_but_present"]
    noor.refresh_from_db()
    assert (noor.is_cancelled, is_in(noor)) == (True, True)
