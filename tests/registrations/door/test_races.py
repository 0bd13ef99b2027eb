"""The same moment in several processes: the second finds what the first one wrote."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from program.models import Event
from registrations.booking import changing, places
from registrations.door import presence, taps
from registrations.errors import RegistrationError
from registrations.models import DoorPass, Registration
from registrations.organising import by_hand
from registrations.privacy import erasure
from tests.conftest import PATIENCE
from tests.factories import NOW, START, make_event, make_registration, make_slot
from tests.registrations.door.tapping import AT, make_pass, send, tap, walk_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
DEVICES = 6
BEFORE = START - timedelta(minutes=10)
Act = Callable[[], object]


def do(act: Act, barrier, outcomes) -> None:
    """What one process does: wait for all the others, then act."""
    barrier.wait(PATIENCE)
    try:
        outcomes.put(act())
    except Exception as error:
        outcomes.put(type(error).__name__)
    connections.close_all()


def at_once(*acts: Act) -> Counter[Any]:
    """How these ended, each in a process of its own."""
    barrier, outcomes = fork.Barrier(len(acts)), fork.Queue()
    connections.close_all()  # each process opens its own
    processes = [fork.Process(target=do, args=(act, barrier, outcomes)) for act in acts]
    for process in processes:
        process.start()
    ended = Counter(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)
    return ended


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=2)
    make_slot(event, "1a", seats=1), make_slot(event, "1b")
    return event


@pytest.fixture
def devices(event: Event) -> list[DoorPass]:
    return [make_pass(event, f"Ingang {number}") for number in range(DEVICES)]


@pytest.fixture(autouse=True)
def _all_is_right():
    yield
    assert places.differences() == []
    assert [text for event in Event.objects.all() for text in presence.differences(event)] == []


def tapping(door: DoorPass, told: dict[str, Any]) -> Act:
    return lambda: send(door, told, at=BEFORE)[0]


def test_person_whom_all_tick_at_once_is_in_once(event: Event, devices: list[DoorPass]):
    noor = make_registration(event)

    ended = at_once(*(tapping(one, tap("in", noor)) for one in devices))

    assert ended == {"ok": 1, "already": DEVICES - 1}
    assert (presence.count(event), event.door_ops.count()) == (1, DEVICES)


def test_tap_that_is_sent_several_times_at_once_is_taken_once(
    event: Event, devices: list[DoorPass]
):
    els = walk_in()

    assert at_once(*(tapping(devices[0], els) for _device in devices)) == {"ok": DEVICES}
    assert (event.registrations.count(), event.door_ops.count()) == (1, 1)


def test_last_place_goes_to_one_walk_in(event: Event, devices: list[DoorPass]):
    make_registration(event)

    ended = at_once(*(tapping(one, walk_in("Els", f"Bos {one.pk}")) for one in devices))

    assert ended == {"ok": 1, "extra": DEVICES - 1}
    event.refresh_from_db()
    assert (event.taken, presence.count(event)) == (2, DEVICES)


def test_last_place_of_an_event_without_extras_goes_to_one_walk_in(
    event: Event, devices: list[DoorPass]
):
    make_registration(event)

    def press(door: DoorPass) -> Act:
        told = walk_in("Els", f"Bos {door.pk}")
        return lambda: taps.take(door, [told], online=True, at=AT).outcomes[0][1].value

    assert at_once(*map(press, devices)) == {"ok": 1, "DoorFull": DEVICES - 1}
    assert event.registrations.count() == 2


def test_last_seat_goes_to_one(event: Event, devices: list[DoorPass]):
    table, *_others = event.slots.order_by("pk")
    people = [make_registration(event) for _number in range(2)]

    acts = [
        tapping(door, tap("table", person, table=table.pk))
        for door, person in zip(devices, people, strict=False)
    ]
    assert at_once(*acts) == {"ok": 1, "full": 1}


def cancel(noor: Registration) -> object:
    return changing.cancel(noor, at=BEFORE).status


def move(noor: Registration) -> object:
    return by_hand.move(noor, {1: "1b"}, who="organisator", at=BEFORE).status


def erase(noor: Registration) -> object:
    erasure.erase(noor, at=BEFORE)
    return "erased"


@pytest.mark.parametrize("meanwhile", [cancel, move, erase])
def test_tick_counts_whatever_becomes_of_the_sign_up_at_that_moment(
    event: Event, devices: list[DoorPass], meanwhile: Callable[[Registration], object]
):
    noor = make_registration(event, {1: "1a"})

    ended = at_once(
        *(tapping(one, tap("in", noor)) for one in devices),
        lambda: meanwhile(noor),
    )

    assert not [one for one in ended if str(one).endswith("Error")]
    noor.refresh_from_db()
    event.refresh_from_db()
    assert (noor.presence.present, presence.count(event)) == (True, 1)
    if meanwhile is move:
        assert [seat.session.code for seat in noor.table_seats.all()] == ["1b"]
    else:
        assert (noor.status, event.taken) == ("cancelled", 0)


def test_hold_that_runs_out_is_confirmed_by_its_owner_or_by_the_door(
    event: Event, devices: list[DoorPass]
):
    """The link in the mail and the door at the same moment: one person, one place."""
    noor = make_registration(event, confirmed=False, at=BEFORE)

    def confirm() -> object:
        try:
            return by_hand.confirm(noor, who="organisator", why="belde", at=BEFORE).status
        except RegistrationError as error:
            return type(error).__name__

    ended = at_once(*(tapping(one, tap("in", noor)) for one in devices), confirm)

    noor.refresh_from_db()
    event.refresh_from_db()
    assert (ended["ok"], ended["already"]) == (1, DEVICES - 1)
    assert (noor.status, event.taken, presence.count(event)) == ("confirmed", 1, 1)
    assert noor.changes.filter(what="confirmed", at__gt=NOW).count() == 1
