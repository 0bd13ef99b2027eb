"""The organiser's side: a yes or no to taps that wait, and taking back all of a device."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from program.models import Event, TableSession
from registrations.admin.event import door as door_pages
from registrations.booking import changing, places
from registrations.door import judging, passes, presence, taking_back
from registrations.door.taking_back import TakenBack
from registrations.models import Change, DoorPass, Registration
from tests.factories import (
    NOW,
    START,
    make_event,
    make_guest,
    make_organiser,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import AT, make_pass, send, tap, walk_in

pytestmark = pytest.mark.django_db
BEFORE = (AT - timedelta(minutes=1)).isoformat()
LATER = AT + timedelta(minutes=5)


@pytest.fixture
def event() -> Event:
    return make_event(capacity=4)


@pytest.fixture
def door(event: Event) -> DoorPass:
    return make_pass(event)


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


@pytest.fixture(autouse=True)
def _all_is_right():
    yield
    assert places.differences() == []
    for event in Event.objects.all():
        assert presence.differences(event) == []


def again(registration: Registration) -> Registration:
    return Registration.objects.get(pk=registration.pk)


def taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).taken


# Judging.


def held_walk_in(event: Event, door: DoorPass, table: int = 0) -> str:
    """A walk-in with a table too, from a device that was withdrawn; the id of the tap."""
    passes.withdraw(door, who="o", at=AT)
    els = walk_in(at=BEFORE, seq=1)
    told = [els, tap("table", els["id"], at=BEFORE, table=table, seq=2)]
    assert send(door, *told, at=LATER) == ["held", "held"]
    return str(els["id"])


def test_accepted_walk_in_comes_in_with_what_was_tapped_on_it(event: Event, door: DoorPass):
    table = make_slot(event, "1a")
    held_walk_in(event, door, table.pk)
    (question,) = judging.in_words(event, [*judging.waiting(event)])
    assert (question.name, question.more) == ("Els Bakker", ["tafel gekozen"])

    assert judging.accept(event, [question.tap.pk], who="organisator", at=LATER) == 2

    els = event.registrations.get()
    assert (els.name, els.holds_place, els.table_seats.get().slot) == ("Els Bakker", True, table)
    assert (presence.count(event), event.held_taps.count()) == (1, 0)
    line = event.changes.get(what=Change.What.TAPS_JUDGED)
    assert (line.who, line.new) == ("organisator", {"accepted": 2})
    assert judging.accept(event, [question.tap.pk], who="organisator", at=LATER) == 0


def test_refused_walk_in_is_forgotten_and_stays_refused(event: Event, door: DoorPass):
    key = held_walk_in(event, door)

    assert judging.refuse(event, [event.held_taps.get(kind="walkin").pk], who="o", at=LATER) == 2

    assert {one.name for one in event.held_taps.all()} == {""}
    assert (list(judging.waiting(event)), event.registrations.count()) == ([], 0)
    assert send(door, walk_in(at=BEFORE) | {"id": key}, at=LATER) == ["refused"]


def test_accepted_tick_and_undo_do_what_they_do_at_the_door(event: Event, door: DoorPass):
    noor, gone = make_registration(event), make_registration(event)
    changing.cancel(gone, at=NOW)
    ticked = tap("in", noor)
    send(door, ticked)
    passes.withdraw(door, who="o", at=AT)
    send(
        door,
        tap("in", gone, at=BEFORE, anyway=True),
        tap("undo", noor, at=BEFORE, refs=[ticked["id"]]),
        at=LATER,
    )
    assert [one.name for one in judging.waiting(event)] == [gone.name, noor.name]

    judging.accept(event, [one.pk for one in event.held_taps.all()], who="o", at=LATER)

    assert (again(gone).is_confirmed, presence.count(event)) == (True, 1)
    assert not presence.live(noor)


def test_organiser_judges_on_a_page(event: Event, door: DoorPass, organiser: Client):
    address = reverse("admin:event-door-taps", args=[event.pk])
    passes.withdraw(door, who="o", at=AT)
    told = [walk_in("Els", f"Bakker{n}", at=BEFORE, seq=n) for n in range(4)]
    send(door, *told[:3], at=LATER)

    assert "3 tikken beoordelen" in organiser.get(reverse("admin:event-door", args=[event.pk])).text
    page = organiser.get(address)
    assert "Els Bakker0" in page.text
    assert "verstuurd nadat het toestel was buitengesloten" in page.text

    keys = [one["id"] for one in told]
    assert organiser.post(address, {"tap": keys[:3], "refuse": keys[0]}).status_code == 303
    assert organiser.post(address, {"tap": keys[:3], "accept": "nonsense"}).status_code == 303
    send(door, told[3], at=LATER)  # what the page did not show is not among 'all'
    organiser.post(address, {"tap": keys[:3], "accept": "all"})

    names = [one.last_name for one in event.registrations.order_by("pk")]
    assert names == ["Bakker1", "Bakker2"]
    assert [one.name for one in judging.waiting(event)] == ["Els Bakker3"]
    organiser.post(address, {"tap": keys[3:], "refuse": "all"})
    assert "Er is niets te beoordelen" in organiser.get(address).text


def test_page_shows_and_takes_no_more_than_some_at_once(
    event: Event, door: DoorPass, organiser: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door_pages, "A_PAGE", 3)
    address = reverse("admin:event-door-taps", args=[event.pk])
    Event.objects.update(capacity=20)
    passes.withdraw(door, who="o", at=AT)
    told = [walk_in("Els", f"Bakker{n}", at=BEFORE, seq=n) for n in range(4)]
    send(door, *told, at=LATER)

    first, second = organiser.get(address).text, organiser.get(f"{address}?p=2").text

    assert ("Bakker2" in first, "Bakker3" in first) == (True, False)
    assert ("Bakker2" in second, "Bakker3" in second) == (False, True)
    organiser.post(address, {"tap": [one["id"] for one in told], "accept": "all"})
    assert event.registrations.count() == 3


def test_acceptance_lets_go_of_the_lock_in_between(
    event: Event, door: DoorPass, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(judging, "AT_ONCE", 2)
    Event.objects.update(capacity=20)
    table = make_slot(event, "1a")
    held_walk_in(event, door, table.pk)
    send(door, walk_in("Jan", "Smit", at=BEFORE, seq=3), at=LATER)
    before = Event.objects.get(pk=event.pk).version

    keys = [one.pk for one in judging.waiting(event)]
    assert judging.accept(event, keys, who="o", at=LATER) == 3

    lines = event.changes.filter(what=Change.What.TAPS_JUDGED).order_by("pk")
    assert [line.new for line in lines] == [{"accepted": 2}, {"accepted": 1}]
    assert Event.objects.get(pk=event.pk).version == before + 2
    # Walk-ins come first, whatever was tapped on them.
    assert event.registrations.get(last_name="Bakker").table_seats.get().slot == table


def test_tap_on_a_walk_in_that_was_accepted_says_who(event: Event, door: DoorPass):
    """The site stopped between two parts of 'all of these'."""
    held_walk_in(event, door)
    (els,) = event.held_taps.filter(kind="walkin")

    judging._accept(event, [els.pk], who="o", at=LATER)

    (question,) = judging.in_words(event, [*judging.waiting(event)])
    assert (question.name, question.more) == ("Els Bakker", [])


def test_people_who_may_be_in_are_told_without_counting_them(
    event: Event, door: DoorPass, organiser: Client
):
    """Firefighters look for everybody who may be inside; a made-up tick counts for nobody."""
    noor, sam = make_registration(event), make_registration(event)
    passes.withdraw(door, who="o", at=AT)
    send(make_pass(event, "Ingang B"), tap("in", sam))
    told = [tap("in", one, at=BEFORE) for one in (noor, noor, sam, make_guest(event))]
    assert send(door, *told, walk_in(at=BEFORE), at=LATER) == ["held"] * 5

    page = organiser.get(reverse("admin:event-door", args=[event.pk]))

    assert (presence.count(event), judging.perhaps_in(event)) == (1, 3)
    assert "Misschien zijn er nog 3 mensen binnen" in page.text


# Taking back.


def test_all_of_a_device_is_taken_back(event: Event, door: DoorPass):
    table = make_slot(event, "1a")
    noor, gone = make_registration(event), make_registration(event)
    changing.cancel(gone, at=NOW)
    guest = make_guest(event)
    els = walk_in(table=table.pk, seq=5)
    told = [
        tap("in", noor, seq=1),
        tap("in", gone, anyway=True, seq=2),
        tap("in", guest, seq=3),
        tap("table", noor, table=table.pk, seq=4),
        els,
    ]
    assert send(door, *told) == ["ok"] * 5
    assert (taken(event), presence.count(event)) == (3, 4)

    done = taking_back.take_back_all(door, who="organisator", at=LATER)

    assert done == TakenBack(out=4, places=2, tables=2)
    table.refresh_from_db()
    assert (taken(event), presence.count(event), table.taken) == (1, 0, 0)
    assert (again(noor).status, again(gone).status) == ("confirmed", "cancelled")
    assert event.registrations.get(origin="door").status == "cancelled"
    lines = list(event.changes.filter(who="organisator").values_list("what", flat=True))
    assert lines.count("check_undone") == 4
    assert {"pass_withdrawn", "device_undone", "tables", "cancelled"} <= {*lines}
    # Nothing of it counts again, and twice is once.
    late = tap("in", noor, at=BEFORE, seq=9)
    assert send(door, *told, late, at=LATER) == ["ok"] * 5 + ["refused"]
    assert taking_back.take_back_all(door, who="organisator", at=LATER) == TakenBack()
    assert presence.count(event) == 0


def test_seat_goes_back_whatever_its_session_is_called_by_now(event: Event, door: DoorPass):
    table, noor = make_slot(event, "1a"), make_registration(event)
    send(door, tap("table", noor, table=table.pk))
    TableSession.objects.filter(pk=table.session_id).update(code="9z")

    assert taking_back.take_back_all(door, who="o", at=LATER).tables == 1
    assert not again(noor).table_seats.exists()


def test_seat_that_others_gave_in_the_same_moment_stays(event: Event, door: DoorPass):
    one, two, noor = make_slot(event, "1a"), make_slot(event, "2a", 2), make_registration(event)
    send(door, tap("table", noor, table=one.pk))
    send(make_pass(event, "Ingang B"), tap("table", noor, table=two.pk))

    assert taking_back.take_back_all(door, who="o", at=LATER).tables == 1
    assert again(noor).table_seats.get().slot == two


def test_taking_back_many_ticks_costs_no_more_queries(event: Event, door: DoorPass):
    """It holds the event's lock: 500 ticks once took ten seconds."""
    Event.objects.update(capacity=100)

    def queries(people: int) -> int:
        one = make_pass(event, f"Ingang {people}")
        send(one, *(tap("in", make_registration(event)) for _number in range(people)))
        with CaptureQueriesContext(connection) as caught:
            assert taking_back.take_back_all(one, who="o", at=LATER).out == people
        return len(caught)

    assert queries(12) == queries(3)


def test_whom_another_device_ticked_too_stays_in_with_the_place(event: Event, door: DoorPass):
    noor = make_registration(event)
    changing.cancel(noor, at=NOW)
    send(door, tap("in", noor, anyway=True))
    send(make_pass(event, "Ingang B"), tap("in", noor))

    assert taking_back.take_back_all(door, who="o", at=LATER) == TakenBack(stay=1)
    assert (again(noor).status, presence.count(event)) == ("confirmed", 1)


def test_whom_the_device_took_back_is_in_again(event: Event, door: DoorPass):
    """Somebody who means harm empties the list: then the fire brigade has the wrong number."""
    noor, gone = make_registration(event), make_registration(event)
    changing.cancel(gone, at=NOW)
    honest = make_pass(event, "Ingang B")
    ticks = [tap("in", noor), tap("in", gone, anyway=True), walk_in()]
    assert send(honest, *ticks) == ["ok"] * 3
    refs = [one["id"] for one in ticks]
    send(door, *(tap("undo", one, refs=refs) for one in (noor, gone)))
    assert (presence.count(event), taken(event)) == (0, 1)

    done = taking_back.take_back_all(door, who="o", at=LATER)

    assert done == TakenBack(back=3)
    assert (presence.count(event), taken(event), again(gone).status) == (3, 3, "confirmed")


def test_place_that_went_to_somebody_else_is_not_taken_from_them(event: Event, door: DoorPass):
    gone = make_registration(event)
    changing.cancel(gone, at=NOW)
    tick = tap("in", gone, anyway=True)
    send(make_pass(event, "Ingang B"), tick)
    send(door, tap("undo", gone, refs=[tick["id"]]))
    for _number in range(4):
        make_registration(event, at=START - timedelta(minutes=5))

    assert taking_back.take_back_all(door, who="o", at=LATER) == TakenBack(back=1, without=1)
    assert (again(gone).status, presence.count(event), taken(event)) == ("cancelled", 1, 4)


def test_place_that_was_held_until_a_confirmation_is_kept_and_told(event: Event, door: DoorPass):
    noor = make_registration(event, confirmed=False, at=START - timedelta(minutes=50))
    assert send(door, tap("in", noor), at=START - timedelta(minutes=5)) == ["ok"]

    done = taking_back.take_back_all(door, who="o", at=AT)

    assert done == TakenBack(out=1, confirmed=1)
    assert (again(noor).status, taken(event)) == ("confirmed", 1)


def test_free_places_go_to_those_who_wait(door: DoorPass, event: Event):
    """Their waiting list still moves: it would have been theirs in the first place."""
    Event.objects.update(capacity=1, waiting_closes_at=START)
    at = START - timedelta(minutes=20)
    send(door, walk_in(at=at.isoformat()), at=at)
    anna = make_registration(event, waiting_too=True, at=at)
    assert anna.is_waiting

    taking_back.take_back_all(door, who="o", at=at + timedelta(minutes=1))

    assert (again(anna).status, taken(event)) == ("confirmed", 1)


def test_what_still_waited_is_refused(event: Event, door: DoorPass):
    held_walk_in(event, door)

    assert taking_back.take_back_all(door, who="o", at=LATER) == TakenBack(waited=2)
    assert (list(judging.waiting(event)), event.registrations.count()) == ([], 0)


def test_organiser_sees_first_what_taking_back_does(
    event: Event, door: DoorPass, organiser: Client
):
    noor = make_registration(event)
    send(door, tap("in", noor), walk_in())
    address = reverse("admin:event-door-take-back", args=[event.pk, door.pk])
    assert address in organiser.get(reverse("admin:event-door", args=[event.pk])).text

    page = organiser.get(address)

    text = " ".join(page.text.split())
    assert "2 mensen zijn niet meer binnen" in text
    assert "1 van hen kreeg een plek of extra plek van dit toestel" in text
    assert "het kan een datalek zijn" in text
    assert "Noor van der Meulen" in text
    assert (presence.count(event), taken(event)) == (2, 2)

    done = organiser.post(address, {"_seen": page.context["dry_run"].fingerprint}, follow=True)

    assert "is teruggedraaid" in done.text
    assert (presence.count(event), taken(event)) == (0, 1)
    assert organiser.get(address).status_code == 404


@pytest.mark.parametrize("key", ["rx", "gx", f"r{'9' * 48}", "r", "x", "", "r-1", "g\u0663"])
@pytest.mark.parametrize("kind", ["in", "table", "undo"])
def test_tap_on_nobody_cannot_close_the_page(
    event: Event, door: DoorPass, organiser: Client, key: str, kind: str
):
    """One tap on 'rx' of before the day once made the page of taps that wait a 500 for good."""
    yesterday = (AT - timedelta(days=1)).isoformat()

    outcome = send(door, tap(kind, key, at=yesterday))

    assert outcome == ["unknown_person"]
    assert not event.held_taps.exists()
    assert organiser.get(reverse("admin:event-door-taps", args=[event.pk])).status_code == 200
