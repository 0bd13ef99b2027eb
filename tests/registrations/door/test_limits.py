"""What a device may not do by itself: one that was shut out, one before the day, one too many."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from program.models import Event
from registrations.booking import changing, places
from registrations.door import judging, limits, passes, presence, taps, words
from registrations.models import DoorOp, DoorPass, HeldTap, Registration
from tests.factories import NOW, START, make_event, make_guest, make_registration, make_slot
from tests.registrations.door.tapping import (
    AT,
    key_of,
    make_pass,
    on_device,
    send,
    sync,
    tap,
    walk_in,
)

pytestmark = pytest.mark.django_db
Outcome = DoorOp.Outcome
BEFORE = (AT - timedelta(minutes=1)).isoformat()


@pytest.fixture
def event() -> Event:
    return make_event(capacity=100, slug="buurt")


@pytest.fixture
def door(event: Event) -> DoorPass:
    return make_pass(event)


def taken(event: Event) -> tuple[int, int]:
    """Places, and people let in at the door."""
    event.refresh_from_db()
    return event.taken, event.registrations.filter(origin=Registration.Origin.DOOR).count()


def test_hundred_walk_ins_after_withdrawal_give_no_place(event: Event, door: DoorPass):
    """Sixteen days before the event they once filled it, with 310 extras on top."""
    at = START - timedelta(days=16)
    passes.withdraw(door, who="o", at=at)

    told = [
        walk_in("Els", f"Bakker {n}", at=(at - timedelta(hours=1)).isoformat()) for n in range(100)
    ]
    assert set(send(door, *told, at=at + timedelta(minutes=1))) == {"refused"}

    assert (taken(event), event.door_ops.count(), event.held_taps.count()) == ((0, 0), 0, 0)


def test_what_was_tapped_before_withdrawal_waits_for_the_organiser(event: Event, door: DoorPass):
    table = make_slot(event, "1a")
    noor, cancelled = make_registration(event), make_registration(event)
    guest = make_guest(event)
    changing.cancel(cancelled, at=NOW)
    passes.withdraw(door, who="o", at=AT)
    els = walk_in(at=BEFORE, seq=1)

    told = [
        tap("in", noor, at=BEFORE),
        tap("in", guest, at=BEFORE),
        tap("in", cancelled, at=BEFORE, anyway=True),
        tap("undo", noor, at=BEFORE, refs=[]),
        tap("table", noor, at=BEFORE, table=table.pk),
        els,
        tap("in", els["id"], at=BEFORE, seq=2),
    ]
    outcomes = send(door, *told, at=AT + timedelta(hours=1))

    assert outcomes == ["held"] * 7
    assert (taken(event), presence.count(event), judging.perhaps_in(event)) == ((1, 0), 0, 4)
    assert {one.why for one in event.held_taps.all()} == {"withdrawn"}
    # Sent once more, as devices do, it waits no second time.
    assert send(door, *told, at=AT + timedelta(hours=2)) == outcomes
    assert event.held_taps.count() == 7


def test_nothing_that_was_tapped_after_withdrawal_is_taken(event: Event, door: DoorPass):
    noor = make_registration(event)
    passes.withdraw(door, who="o", at=AT)

    after = (AT + timedelta(seconds=1)).isoformat()
    told = [tap("in", noor, at=after), walk_in(at=after), tap("in", "r999", at=BEFORE)]

    for minutes in (5, 6):  # nor when it is sent once more
        assert send(door, *told, at=AT + timedelta(minutes=minutes)) == ["refused"] * 3
    assert (event.door_ops.count(), event.held_taps.count(), presence.count(event)) == (0, 0, 0)


def test_time_of_withdrawal_is_judged_on_our_clock(event: Event, door: DoorPass):
    """The device may be hours off: it says how long ago it was tapped."""
    noor, anna = make_registration(event), make_registration(event)
    passes.withdraw(door, who="o", at=AT)
    hour = timedelta(hours=5)
    told = [
        tap("in", noor, at=(AT - timedelta(minutes=1) + hour).isoformat()),
        tap("in", anna, at=(AT + timedelta(minutes=1) + hour).isoformat()),
    ]

    at = AT + timedelta(minutes=10)
    results = taps.take(door, told, at=at, clock=at + hour)

    assert [outcome for _name, outcome in results.outcomes] == ["held", "refused"]


def test_closed_account_gives_no_place_either(event: Event, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(timezone, "now", lambda: AT)
    user = User.objects.create_user("deur", is_staff=True)
    event.door_staff.add(user)
    door = passes.for_user(event, user, at=NOW)
    phone, noor = on_device(door), make_registration(event)
    event.door_staff.clear()

    answer = sync(phone, event, walk_in(at=BEFORE), tap("in", noor, at=BEFORE))

    held = words.outcomes()[Outcome.HELD]
    assert [one["outcome"] for one in answer.json()["results"]] == [held, held]
    assert (answer.status_code, taken(event)) == (410, (1, 0))
    # From now on it is shut out like any other.
    door.refresh_from_db()
    assert door.withdrawn_at == AT
    later = sync(phone, event, walk_in(at=AT.isoformat()))
    assert later.json()["results"][0]["outcome"] == words.outcomes()[Outcome.REFUSED]


def test_no_more_than_some_is_taken_once_a_device_is_shut_out(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_AFTERWARDS", 3)
    passes.withdraw(door, who="o", at=AT)

    outcomes = send(door, *(walk_in(at=BEFORE, seq=n) for n in range(5)), at=AT)

    assert outcomes == ["held"] * 3 + ["refused"] * 2


def test_device_set_up_the_evening_before_ticks_but_gives_no_place(event: Event, door: DoorPass):
    noor, waits = make_registration(event), make_registration(event, confirmed=False)
    evening = START.replace(hour=23, minute=59) - timedelta(days=1)
    when = evening.isoformat()
    ticked = tap("in", noor, at=when, seq=1)

    told = [
        ticked,
        tap("in", waits, at=when, seq=2),
        walk_in(at=when, seq=3),
        tap("undo", noor, at=when, refs=[ticked["id"]], seq=4),
    ]
    assert send(door, *told, at=evening) == ["ok", "early", "early", "ok"]
    assert (event.registrations.get(pk=waits.pk).is_pending, taken(event)) == (True, (2, 0))
    assert presence.count(event) == 0


def test_walk_ins_begin_at_midnight_in_amsterdam_or_some_hours_before(event: Event, door: DoorPass):
    midnight = START.replace(hour=0)

    assert passes.walk_ins_from(event) == midnight
    just_before = midnight - timedelta(seconds=1)
    assert send(door, walk_in(at=just_before.isoformat()), at=just_before) == ["early"]
    assert send(door, walk_in(at=midnight.isoformat()), at=midnight) == ["ok"]
    night = make_event(starts_at=START.replace(hour=1))
    assert passes.walk_ins_from(night) == START.replace(hour=19) - timedelta(days=1)


def test_walk_in_of_before_the_day_that_arrives_on_it_waits(event: Event, door: DoorPass):
    """Tried out without a network, or on a phone with a wrong clock: the organiser knows."""
    evening = (START - timedelta(days=1)).isoformat()

    assert send(door, walk_in(at=evening), at=AT) == ["held"]
    assert (event.held_taps.get().why, taken(event)) == ("early", (0, 0))


def spread(count: int, **more: Any) -> list[dict[str, Any]]:
    """Walk-ins a minute apart, the last one now."""
    moments = [AT - timedelta(minutes=count - n) for n in range(count)]
    return [
        walk_in("Els", f"Bakker {n}", at=at.isoformat(), seq=n, **more)
        for n, at in enumerate(moments)
    ]


def test_one_device_lets_in_a_quarter_of_the_places_by_itself(event: Event, door: DoorPass):
    told = spread(30)

    assert send(door, *told) == ["ok"] * 25 + ["held"] * 5
    assert (taken(event), {one.why for one in event.held_taps.all()}) == ((25, 25), {"many"})
    # Those taken back do not count, and another device has its own number.
    assert send(door, tap("undo", told[0]["id"], refs=[told[0]["id"]])) == ["ok"]
    assert send(door, walk_in("Jan", "Smit")) == ["ok"]
    assert send(make_pass(event, "Ingang B"), walk_in()) == ["ok"]


def test_extras_that_an_event_does_not_want_are_few(door: DoorPass, event: Event):
    """Without a network a device cannot know that all is taken; that is true for a few people."""
    Event.objects.update(capacity=2)
    for _number in range(2):
        make_registration(event)

    assert send(door, *spread(5)) == ["extra"] * 3 + ["held"] * 2
    Event.objects.update(extras_allowed=True)
    assert send(door, walk_in(at=(AT - timedelta(hours=1)).isoformat())) == ["extra"]


def test_names_come_no_faster_than_somebody_types_them(event: Event, door: DoorPass):
    told = [walk_in("Els", f"Bakker {n}", seq=n) for n in range(22)]

    assert send(door, *told) == ["ok"] * 20 + ["held"] * 2


def test_what_is_tapped_on_a_walk_in_that_waits_waits_with_it(event: Event, door: DoorPass):
    *_let_in, els = spread(26)
    send(door, *_let_in, els)

    told = [tap("table", els["id"], table=1), tap("undo", els["id"], refs=[els["id"]])]

    assert send(door, *told) == ["held", "held"]
    event.held_taps.filter(pk=els["id"]).update(
        refused_at=AT, first_name="", last_name="", organisation=""
    )
    assert send(door, tap("in", els["id"])) == ["refused"]


def test_phone_of_an_old_release_shows_a_sentence(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    """Its words came with its page; what it does not know it shows as it comes."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)

    answer = sync(on_device(door), event, walk_in(at=NOW.isoformat()))

    (result,) = answer.json()["results"]
    assert result["outcome"] == (
        "{name} telt niet mee: vóór de dag zelf kun je alleen mensen met een plek aantikken."
    )
    assert answer.json()["walk_ins_from"] == START.replace(hour=0).isoformat()
    assert {*words.KNOWN_OUTCOMES, *words.outcomes()} == {*Outcome}


@pytest.mark.parametrize("kind", ["walkin", "in"])
def test_page_without_scripts_says_why(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch, kind: str
):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    waits = make_registration(event, confirmed=False)
    told = walk_in() if kind == "walkin" else tap("in", waits)

    page = on_device(door).post(f"/deur/{event.slug}/tik/", {key: told[key] for key in told})

    assert page.status_code == 422
    assert "telt niet mee: vóór de dag zelf" in page.text
    assert taken(event) == (1, 0)


# Whatever such a device sends.


def state_of(event: Event) -> dict[str, Any]:
    """Everything that counts: places, seats, what people are; but not who is in."""
    assert places.differences() == []
    event.refresh_from_db()
    return {
        "taken": event.taken,
        "tables": list(event.slots.order_by("pk").values_list("pk", "taken")),
        "people": list(
            event.registrations.order_by("pk").values_list("pk", "status", "holds_place", "extra")
        ),
        "seats": list(
            event.registrations.order_by("pk")
            .annotate(n=Count("table_seats"))
            .values_list("pk", "n")
        ),
        "waiting": list(event.waitlist_entries.order_by("pk").values_list("pk", "since")),
    }


MOMENTS = st.integers(-3 * 24 * 60, 60)  # minutes from now, as the device has it
KINDS = st.sampled_from(["in", "in", "walkin", "undo", "table", "nonsense"])
TAPS = st.lists(
    st.tuples(KINDS, st.integers(0, 9), MOMENTS, st.booleans(), st.integers(0, 3)), max_size=8
)


class WhateverIsSent(TestCase):
    """Withdrawn, closed or too early: counters, places and tables stay as they were."""

    @settings(max_examples=25, deadline=None)
    @given(TAPS, st.sampled_from(["withdrawn", "closed", "early", "taken back"]))
    def test_counters_and_places_do_not_change(
        self, sent: list[tuple[str, int, int, bool, int]], how: str
    ):
        event = make_event(capacity=6, extras_allowed=True)
        slots = [make_slot(event, code, seats=3) for code in ("1a", "1b")]
        people: list[Any] = [
            make_registration(event, {1: "1a"}),
            make_registration(event, confirmed=False, at=AT - timedelta(minutes=30)),
            make_registration(event, confirmed=False),
            make_guest(event),
        ]
        changing.cancel(gone := make_registration(event), at=NOW)
        user = User.objects.create_user("deur", is_staff=True)
        event.door_staff.add(user)
        door = passes.for_user(event, user, at=NOW)
        # What it gave before stands, and can't be used against it.
        els = walk_in(at=(START - timedelta(hours=1)).isoformat())
        waits = tap("in", gone, anyway=True, at=(START - timedelta(hours=1)).isoformat())
        assert send(door, els, waits, at=START - timedelta(hours=1)) == ["ok", "ok"]
        at = AT
        if how == "withdrawn":
            passes.withdraw(door, who="o", at=AT - timedelta(minutes=10))
        elif how == "closed":
            event.door_staff.clear()
        elif how == "taken back":
            passes.withdraw(door, who="o", at=AT)
            DoorPass.objects.update(taken_back_at=AT)
        else:
            at = START - timedelta(hours=14, minutes=10)
            door = make_pass(event, "Vooraf")
        keys = [*map(key_of, people), key_of(gone), els["id"], "r99", "x", els["id"], "g1"]
        made = [els["id"], waits["id"]]
        told = []
        for kind, who, minutes, anyway, table in sent:
            one = walk_in(table=slots[0].pk) if kind == "walkin" else tap(kind, keys[who])
            one |= {"at": (at + timedelta(minutes=minutes)).isoformat(), "anyway": anyway}
            if kind == "table":
                one["table"] = [*(slot.pk for slot in slots), 0, 10**30][table]
            if kind == "undo":
                # Of its own at the least; those of before the day gave nothing.
                one["refs"] = made[2:] if how == "early" else made[:50]
            made.append(one["id"])
            told.append(one)
        before = state_of(event)

        send(door, *told, at=at)
        send(door, *told, at=at + timedelta(minutes=3))

        assert state_of(event) == before
        assert how != "taken back" or not HeldTap.objects.exists()


# However much is sent.


def test_taps_that_wait_are_limited_per_device(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_WAITING", 3)
    gone = make_registration(event)
    changing.cancel(gone, at=NOW)
    evening = (START - timedelta(days=1)).isoformat()

    told = [tap("in", gone, at=evening, anyway=True, seq=n) for n in range(5)]

    assert send(door, *told) == ["held"] * 3 + ["too_many"] * 2
    # What was refused counts too, or a device could begin again each time.
    judging.refuse(event, [one.pk for one in event.held_taps.all()], who="o", at=AT)
    assert send(door, walk_in(at=evening)) == ["too_many"]
    assert send(make_pass(event, "Ingang B"), walk_in(at=evening)) == ["held"]


def test_what_waited_before_withdrawal_leaves_room_for_what_comes_after(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_AFTERWARDS", 2)
    evening = (START - timedelta(days=1)).isoformat()
    earlier = [walk_in("Els", f"Bakker {n}", at=evening, seq=n) for n in range(3)]
    assert send(door, *earlier, at=AT - timedelta(minutes=2)) == ["held"] * 3
    passes.withdraw(door, who="o", at=AT)
    # Accepted after it was shut out, it had still come before.
    judging.accept(event, [UUID(earlier[0]["id"])], who="o", at=AT)

    told = [walk_in("Jan", f"Smit {n}", at=BEFORE, seq=n) for n in range(3)]

    assert send(door, *told, at=AT) == ["held"] * 2 + ["refused"]
    judging.accept(event, [UUID(told[0]["id"])], who="o", at=AT)
    assert send(door, walk_in(at=BEFORE), at=AT) == ["refused"]


def test_taps_on_a_walk_in_that_waits_are_limited_once_shut_out(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(limits, "MOST_AFTERWARDS", 3)
    passes.withdraw(door, who="o", at=AT)
    els = walk_in(at=BEFORE, seq=0)

    told = [tap("in", els["id"], at=BEFORE, seq=n) for n in range(1, 5)]
    late = tap("in", els["id"], at=(AT + timedelta(seconds=1)).isoformat(), seq=9)

    outcomes = send(door, els, *told, late, at=AT + timedelta(minutes=1))
    assert outcomes == ["held"] * 3 + ["refused"] * 3


def test_nobody_waits_for_a_device_that_was_taken_back(event: Event, door: DoorPass):
    noor = make_registration(event)
    passes.withdraw(door, who="o", at=AT)
    DoorPass.objects.update(taken_back_at=AT)
    before = Event.objects.get(pk=event.pk).version

    with CaptureQueriesContext(connection) as queries:
        assert send(door, tap("in", noor, at=BEFORE), at=AT) == ["refused"]

    assert not [one for one in queries if not one["sql"].startswith("SELECT")]
    assert not [one for one in queries if "FOR UPDATE" in one["sql"]]
    assert Event.objects.get(pk=event.pk).version == before


def test_what_is_refused_is_news_for_nobody(event: Event, door: DoorPass):
    """Every other device would fetch the event's news for each of them."""
    noor = make_registration(event)
    passes.withdraw(door, who="o", at=AT)
    before = Event.objects.get(pk=event.pk).version

    after = (AT + timedelta(seconds=1)).isoformat()
    send(door, tap("in", noor, at=after), walk_in(at=after), at=AT + timedelta(minutes=1))
    assert Event.objects.get(pk=event.pk).version == before

    send(door, tap("in", noor, at=BEFORE), at=AT + timedelta(minutes=1))
    assert Event.objects.get(pk=event.pk).version == before + 1
