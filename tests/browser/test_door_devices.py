"""Several devices at one door, a bad network between them, and the server as it runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from program.models import Event
from registrations import actions, audit
from registrations.door import passes, presence
from registrations.models import DoorOp, DoorUndo
from tests.browser.conftest import Server
from tests.browser.door_device import Device
from tests.factories import make_event, make_registration, make_sitting

MOODS = ["well", "well", "lost request", "lost answer", "twice", "mixed"]
STEPS, DEVICES, PEOPLE = 220, 4, 12
# Each a whole evening; one that ever went wrong stays here.
SEEDS = [1, 20, 300]


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(capacity=15, starts_at=timezone.now() + timedelta(hours=1))
    make_sitting(event, "1a", seats=2)
    for _number in range(PEOPLE):
        make_registration(event, at=timezone.now())
    return event


def evening(site: Server, event: Event, seed: int) -> tuple[list[Device], dict[str, list[str]]]:
    """Random taps on all devices, while people cancel; returns what was tapped, as id to refs."""
    chance = random.Random(seed)
    devices = [
        Device(
            passes.make(event, f"Ingang {n}", who="test", at=timezone.now()),
            site.url,
            chance,
            timedelta(minutes=chance.randint(-600, 600)),
        )
        for n in range(DEVICES)
    ]
    people = [f"r{pk}" for pk in event.registrations.values_list("pk", flat=True)]
    leaving = list(event.registrations.order_by("pk")[:3])
    table = event.sittings.get().pk
    tapped: dict[str, list[str]] = {}
    for _step in range(STEPS):
        device, at = chance.choice(devices), timezone.now()
        match chance.randrange(12):
            case 0 | 1 | 2 | 3:
                tapped[device.tap("in", chance.choice(people), at=at)] = []
            case 4 | 5:
                key = chance.choice(people)
                refs = device.seen(key)
                tapped[device.tap("undo", key, at=at, refs=refs)] = refs
            case 6:
                names = {"first_name": "Els", "last_name": f"Bakker {len(tapped)}"}
                name = device.tap("walkin", "", at=at, table=table, **names)
                tapped[name] = []
                people.append(name)
            case 7:
                tapped[device.tap("table", chance.choice(people), at=at, table=table)] = []
            case 8 if leaving:
                actions.cancel(leaving.pop(), at=at)
            case _otherwise:
                device.sync(mood=chance.choice(MOODS))
    return devices, tapped


def settle(devices: list[Device]) -> None:
    """The network is back: everything is sent, and then everybody hears the last of it."""
    for device in devices:
        while device.queue:
            device.sync()
    for device in devices:
        device.sync()


def present_by_the_rule(event: Event) -> Iterator[tuple[int | None, int | None]]:
    """The set rule once more, over every stored tap: in, if some check-in was never undone."""
    undone = set(DoorUndo.objects.filter(op__event=event).values_list("ref", flat=True))
    for op in event.door_ops.filter(kind__in=("in", "walkin")):
        if op.pk not in undone and op.registration_id:
            yield op.registration_id, op.guest_id


@pytest.mark.parametrize("seed", SEEDS)
def test_no_check_in_is_lost_doubled_or_invented(site: Server, event: Event, seed: int):
    devices, tapped = evening(site, event, seed)

    settle(devices)

    stored = {str(pk) for pk in DoorOp.objects.values_list("pk", flat=True)}
    assert stored == set(tapped)
    refs = {
        str(op): sorted(
            str(ref) for ref in DoorUndo.objects.filter(op=op).values_list("ref", flat=True)
        )
        for op in DoorOp.objects.filter(kind="undo").values_list("pk", flat=True)
    }
    assert refs == {name: sorted(refs_of) for name, refs_of in tapped.items() if name in refs}
    in_the_building = set(event.presences.filter(present=True).values_list("registration", "guest"))
    assert in_the_building == set(present_by_the_rule(event))
    assert presence.differences(event) == []
    assert audit.differences() == []
    new = passes.make(event, "Ingang nieuw", who="test", at=timezone.now())
    fresh = Device(new, site.url, random.Random(seed), timedelta())
    fresh.sync()
    first, *others = [*devices, fresh]
    assert all(other.rows == first.rows for other in others)
    assert sum(bool(row.get("live")) for row in first.rows.values()) == presence.count(event)
