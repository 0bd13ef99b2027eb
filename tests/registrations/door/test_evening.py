"""No check-in is lost, doubled or invented, whatever becomes of the network."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from program.models import Event
from registrations.booking import places
from registrations.door import presence, rows, turnout
from registrations.models import Change, DoorOp, Registration
from tests.factories import START
from tests.registrations.door.evening import Office, make_evening, settle, use
from tests.registrations.door.phone import Phone
from tests.registrations.door.tapping import make_pass, on_device, sync

PHONES, STEPS = 4, 110
# Each a whole evening. Those that ever went wrong stay in the list.
SEEDS = [*range(5)]
FAILED_ONCE: list[int] = []
WITHDRAWN = "Ingang 0"


def phone_at(event: Event, label: str, chance: random.Random) -> Phone:
    """A phone with a pass of its own, on the door's real pages."""
    client = on_device(make_pass(event, label))

    def post(body):
        answer = sync(client, event, **body)
        assert answer.status_code in (200, 410)
        assert b"@" not in answer.content, "no address leaves the house"
        return answer.json()

    clock_error = timedelta(minutes=chance.randint(-600, 600))
    return Phone(label, post, chance, clock_error)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [*SEEDS, *FAILED_ONCE])
def test_evening_ends_with_everybody_counted_once(seed: int, monkeypatch: pytest.MonkeyPatch):
    chance, at = random.Random(seed), START - timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: at)
    event = make_evening(at)
    office = Office(event, chance)
    phones = [phone_at(event, f"Ingang {number}", chance) for number in range(PHONES)]
    ends = chance.randrange(STEPS // 2, STEPS)
    for step in range(STEPS):
        at += timedelta(seconds=chance.randint(0, 60))
        if step == ends:
            office.withdraw(WITHDRAWN, at)
        if chance.random() < 0.15:
            office.do_something(at)
        else:
            use(chance.choice(phones), chance, at)

    new = phone_at(event, "Ingang nieuw", chance)
    settle(event, phones, at)
    new.sync(at)

    event.refresh_from_db()
    everybody_is_counted_once(event, phones)
    each_tap_is_stored_with_its_moment(event, phones)
    history_tells_each_tap(event, phones)
    history_explains_each_status(event)
    phones_agree_with_the_server(event, phones, new)


def taken(phone: Phone) -> list[tuple[datetime, dict[str, Any]]]:
    """All but what was refused: what was tapped on it after it was withdrawn."""
    refused = phone.refused()
    assert not refused or phone.label == WITHDRAWN
    return [(at, tap) for at, tap in phone.made if tap["id"] not in refused]


def everybody_is_counted_once(event: Event, phones: list[Phone]) -> None:
    """The set rule once more, over what was tapped: in, if some check-in was never undone."""
    taps = [tap for phone in phones for _at, tap in taken(phone)]
    undone = {ref for tap in taps for ref in tap.get("refs", ())}
    came = {
        person_of(event, tap["id"] if tap["kind"] == "walkin" else tap["reg"])
        for tap in taps
        if tap["kind"] in ("in", "walkin") and tap["id"] not in undone
    }
    written = [
        person_of(event, f"r{one.registration_id}" if one.registration_id else f"g{one.guest_id}")
        for one in event.presences.filter(present=True)
    ]
    assert sorted(written) == sorted(came)
    assert presence.differences(event) == []
    assert places.differences() == []


def person_of(event: Event, key: str) -> str:
    """One name for a person, whichever row or tap a phone knew them by."""
    if key[0] == "g" and key[1:].isdecimal():
        return key
    if key[0] == "r" and key[1:].isdecimal():
        one = event.registrations.get(pk=key[1:])
    else:
        walked_in = DoorOp.objects.get(pk=key, kind=DoorOp.Kind.WALK_IN).registration
        assert walked_in is not None
        one = walked_in
    same = event.registrations.of_address(one.email).order_by("pk").first()
    return f"r{(same or one).pk}"


def each_tap_is_stored_with_its_moment(
    event: Event, phones: list[Phone], within: timedelta = timedelta()
) -> None:
    """By the true time, however wrong the clock of the phone."""
    made = {(tap["id"], phone.label): at for phone in phones for at, tap in taken(phone)}
    ops = event.door_ops.values_list("pk", "door_pass__label", "at")
    stored = {(str(key), label): at for key, label, at in ops}
    assert stored.keys() == made.keys()
    assert [key for key, at in stored.items() if abs(at - made[key]) > within] == []


def history_tells_each_tap(event: Event, phones: list[Phone]) -> None:
    what = {
        "in": Change.What.CHECKED_IN,
        "undo": Change.What.CHECK_UNDONE,
        "walkin": Change.What.WALKED_IN,
    }
    made = Counter(
        (what[tap["kind"]].value, phone.label)
        for phone in phones
        for _at, tap in taken(phone)
        if tap["kind"] in what
    )
    told = event.changes.filter(what__in=what.values()).values_list("what", "who")
    assert Counter(told) == made


BECAME = {
    "signed_up": {"pending"},
    "added": {"confirmed", "waiting"},
    "confirmed": {"confirmed"},
    "walked_in": {"confirmed"},
    "promoted": {"confirmed"},
    "waiting": {"waiting"},
    "cancelled": {"cancelled"},
    "expired": {"expired"},
    "erased": {"pending", "confirmed", "waiting", "cancelled", "expired"},
}


def history_explains_each_status(event: Event) -> None:
    for one in event.registrations.all():
        last = one.changes.filter(what__in=BECAME).order_by("-pk").first()
        assert last is not None
        assert one.status in BECAME[last.what], f"{one.status} after {last.what}"


def phones_agree_with_the_server(event: Event, phones: list[Phone], new: Phone) -> None:
    """A phone that got the changes bit by bit has what a new phone gets."""
    withdrawn = [phone for phone in phones if phone.wiped]
    assert [phone.label for phone in withdrawn] == [WITHDRAWN]
    assert [(phone.rows, phone.queue) for phone in withdrawn] == [({}, [])]
    for phone in phones:
        if phone.wiped:
            continue
        assert phone.rows == new.rows
        assert phone.state["version"] == event.version
        told = (presence.count(event), rows.expected(event), rows.to_come(event))
        assert phone.counts() == told
    shown = {row["id"] for row in new.rows.values() if row.get("live") and not_on_the_list(row)}
    noticed = {f"r{one.pk}" for one in turnout.noticed(event).without_place}
    assert noticed == shown, "who is in without a place is shown to staff and organisers"


def not_on_the_list(row: dict[str, object]) -> bool:
    return row.get("s", Registration.Status.CONFIRMED) not in ("confirmed", "guest")
