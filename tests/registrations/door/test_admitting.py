"""What coming in does to a place, a table and a sign-up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import changing, places, signup
from registrations.door import presence, taps
from registrations.errors import DoorFull
from registrations.models import Change, DoorPass, Registration, StoredMail
from registrations.privacy import erasure
from registrations.queries.tokens import find, token_of
from tests.factories import NOW, START, make_event, make_person, make_registration, make_slot
from tests.registrations.door.tapping import AT, make_pass, send, tap, walk_in
from tests.registrations.drawn import draw_event, rank

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(capacity=2)


@pytest.fixture
def door(event: Event) -> DoorPass:
    return make_pass(event)


@pytest.fixture(autouse=True)
def _all_is_right():
    """Whatever the door does, counters and rows agree, and so do taps and presence."""
    yield
    assert places.differences() == []
    for event in Event.objects.all():
        assert presence.differences(event) == []


def taken(event: Event) -> int:
    return Event.objects.get(pk=event.pk).taken


def again(registration: Registration) -> Registration:
    return Registration.objects.get(pk=registration.pk)


def test_unconfirmed_gets_the_place_that_was_held(event: Event, door: DoorPass):
    make_slot(event, "1a")
    noor = make_registration(event, {1: "1a"}, confirmed=False, at=AT - timedelta(minutes=30))

    assert send(door, tap("in", noor), at=AT - timedelta(minutes=20)) == ["ok"]
    noor = again(noor)
    assert (noor.is_confirmed, noor.table_seats.count(), taken(event)) == (True, 1, 1)


def test_sign_up_that_was_replaced_has_a_link_again_once_it_is_let_in(event: Event, door: DoorPass):
    noor = make_registration(event, confirmed=False, email="noor@gmial.com")
    signup.sign_up(event, make_person("noor@gmail.com"), {}, replaces=noor, at=NOW)

    assert send(door, tap("in", noor)) == ["ok"]

    assert again(noor).is_confirmed
    assert find(token_of(again(noor))) == noor


def test_an_unconfirmed_person_whose_time_ran_out_gets_what_is_free(event: Event, door: DoorPass):
    make_slot(event, "1a", seats=1)
    noor = make_registration(event, {1: "1a"}, confirmed=False)

    assert send(door, tap("in", noor)) == ["ok"]
    noor = again(noor)
    assert (noor.is_confirmed, noor.table_seats.count(), taken(event)) == (True, 1, 1)


def test_unconfirmed_without_a_free_place_is_in_and_stays_unconfirmed(event: Event, door: DoorPass):
    noor = make_registration(event, confirmed=False)
    make_registration(event)
    event.registrations.filter(pk=noor.pk).update(hold_expires_at=NOW)
    make_registration(event, at=NOW + timedelta(hours=2))

    assert send(door, tap("in", noor)) == ["extra"]
    assert (again(noor).status, presence.count(event), taken(event)) == ("expired", 1, 2)


def test_place_that_somebody_held_twice_goes_to_the_first_in_the_queue(
    door: DoorPass, event: Event
):
    """They are let in on one of their sign-ups; the other one ends, as when they confirm."""
    Event.objects.update(waiting_closes_at=START)
    before = START - timedelta(minutes=50)
    one, other = (
        make_registration(event, confirmed=False, email="noor@haarlem.example", at=before)
        for _sign_up in range(2)
    )
    waits = make_registration(event, waiting_too=True, at=before)

    assert send(door, tap("in", one), at=START - timedelta(minutes=40)) == ["ok"]
    assert (again(other).status, again(waits).status) == ("expired", "confirmed")


def test_hold_that_ran_out_goes_to_the_first_in_the_queue(door: DoorPass, event: Event):
    """Late confirmations stand behind those who wait, at the door too (rules 4 and 8)."""
    Event.objects.update(waiting_closes_at=START)
    before = START - timedelta(minutes=50)
    make_registration(event, at=before)
    noor = make_registration(event, confirmed=False, at=before)
    waits = make_registration(event, waiting_too=True, at=before)
    event.registrations.filter(pk=noor.pk).update(hold_expires_at=before + timedelta(minutes=1))

    assert send(door, tap("in", noor), at=START - timedelta(minutes=20)) == ["extra"]
    assert (again(noor).status, again(waits).status) == ("expired", "confirmed")


def test_waiting_person_gets_a_free_place_if_staff_knew(event: Event, door: DoorPass):
    leaving = make_registration(event)
    make_registration(event)
    noor, anna = (make_registration(event, waiting_too=True) for _number in range(2))
    changing.cancel(leaving, at=START - timedelta(hours=1))  # nobody moves by itself any more

    assert send(door, tap("in", anna)) == ["cancelled_but_present"]
    assert (again(anna).status, presence.count(event)) == ("waiting", 1)
    assert send(door, tap("in", noor, anyway=True)) == ["ok"]
    assert (again(noor).status, taken(event)) == ("confirmed", 2)


def test_cancelled_person_whom_staff_let_in_anyway_gets_a_place(event: Event, door: DoorPass):
    noor = make_registration(event)
    changing.cancel(noor, at=NOW)

    assert send(door, tap("in", noor, anyway=True)) == ["ok"]
    assert (again(noor).status, again(noor).ended_at, taken(event)) == ("confirmed", None, 1)


def test_nobody_gets_a_place_at_an_event_that_is_called_off(event: Event, door: DoorPass):
    noor = make_registration(event, confirmed=False)
    Event.objects.update(called_off_at=NOW)

    assert sorted(send(door, tap("in", noor), walk_in())) == ["cancelled_but_present", "extra"]
    assert presence.count(event) == 2
    assert event.registrations.confirmed().get().extra


def test_coming_in_sends_no_mail(event: Event, door: DoorPass):
    noor = make_registration(event, confirmed=False)
    StoredMail.objects.all().delete()

    send(door, tap("in", noor), walk_in())

    assert not StoredMail.objects.exists()


def test_walk_in_takes_a_place_while_there_is_one(event: Event, door: DoorPass):
    table = make_slot(event, "1a", seats=1)

    told = [walk_in("Els", f"Bakker {n}", table=table.pk, seq=n) for n in range(3)]
    assert send(door, *told) == ["ok", "full", "full"]
    assert event.registrations.get(extra=True).name == "Els Bakker 2"
    table.refresh_from_db()
    assert (taken(event), table.taken, presence.count(event)) == (2, 1, 3)


def test_extra_may_sit_at_a_table_that_has_room(event: Event, door: DoorPass):
    table = make_slot(event, "1a", seats=5)
    for _number in range(2):
        make_registration(event)

    els = walk_in(table=table.pk)
    assert send(door, els) == ["extra"]
    table.refresh_from_db()
    assert (taken(event), table.taken) == (2, 1)

    # And gives it back when it was a mistake.
    assert send(door, tap("undo", els["id"], refs=[els["id"]])) == ["ok"]
    table.refresh_from_db()
    assert (taken(event), table.taken) == (2, 0)


def test_extra_who_is_erased_before_the_start_gives_the_table_back(event: Event, door: DoorPass):
    table = make_slot(event, "1a")
    for _number in range(2):
        make_registration(event)
    send(door, walk_in(table=table.pk), at=START - timedelta(minutes=5))

    erasure.erase(event.registrations.get(extra=True), at=START - timedelta(minutes=4))

    table.refresh_from_db()
    assert (table.taken, taken(event)) == (0, 2)


def test_walk_in_that_is_taken_back_gives_its_place_back_and_may_come_again(
    event: Event, door: DoorPass
):
    els = walk_in()
    send(door, els)
    person = event.registrations.get()
    assert (person.origin, person.holds_place, taken(event)) == ("door", True, 1)

    send(door, tap("undo", person, refs=[els["id"]]))
    assert (again(person).status, taken(event)) == ("cancelled", 0)

    assert send(door, tap("in", person)) == ["ok"]
    assert (again(person).status, taken(event)) == ("confirmed", 1)


def test_walk_in_that_comes_again_when_all_is_taken_is_an_extra(event: Event, door: DoorPass):
    els = walk_in()
    send(door, els, tap("undo", els["id"], refs=[els["id"]], seq=2))
    for _number in range(2):
        make_registration(event)

    assert send(door, tap("in", els["id"])) == ["extra"]
    person = event.registrations.get(origin="door")
    assert (person.status, person.extra, taken(event)) == ("confirmed", True, 2)


def test_somebody_who_signed_up_keeps_the_place_when_a_tick_is_taken_back(
    event: Event, door: DoorPass
):
    noor = make_registration(event)
    check_in = tap("in", noor)

    send(door, check_in, tap("undo", noor, refs=[check_in["id"]], seq=2))

    assert (again(noor).status, taken(event)) == ("confirmed", 1)


def test_history_has_a_line_for_every_status_that_a_tick_can_be_taken_back_to():
    statuses = {*Registration.Status.values} - {Registration.Status.PENDING.value}

    assert statuses - {*Change.What.values} == set()


@pytest.mark.parametrize("was", ["expired", "waiting", "cancelled"])
def test_place_that_the_door_gave_is_given_back_when_the_tick_is_taken_back(
    event: Event, door: DoorPass, was: str
):
    """A tap on the wrong name costs nobody a place, and may be made again."""
    table = make_slot(event, "1a", seats=1)
    others = [make_registration(event) for _number in range(2 if was == "waiting" else 0)]
    noor = make_registration(event, {1: "1a"}, confirmed=was != "expired", waiting_too=True)
    if was == "cancelled":
        changing.cancel(noor, at=NOW)
    for other in others:
        changing.cancel(other, at=START - timedelta(minutes=5))
    check_in = tap("in", noor, anyway=True)

    assert send(door, check_in) == ["ok"]
    assert (again(noor).status, taken(event)) == ("confirmed", 1)

    undo = tap("undo", noor, refs=[check_in["id"]])
    assert send(door, undo) == ["ok"]
    table.refresh_from_db()
    assert (again(noor).status, taken(event), table.taken) == (was, 0, 0)
    assert next(one.what for one in noor.changes.order_by("-pk")) == was

    assert send(door, tap("in", noor, anyway=True)) == ["ok"]
    assert (again(noor).status, taken(event)) == ("confirmed", 1)


@pytest.mark.parametrize("was", ["expired", "cancelled"])
def test_tick_that_comes_after_its_undo_keeps_no_place(event: Event, door: DoorPass, was: str):
    noor = make_registration(event, confirmed=was != "expired")
    if was == "cancelled":
        changing.cancel(noor, at=NOW)
    check_in = tap("in", noor, anyway=True)
    undo = tap("undo", noor, refs=[check_in["id"]])

    assert (send(door, undo), send(door, check_in)) == (["ok"], ["ok"])

    assert (again(noor).status, taken(event), presence.count(event)) == (was, 0, 0)


def test_those_about_to_join_the_waiting_list_can_still_do_so(event: Event, door: DoorPass):
    at = START - timedelta(minutes=30)
    Event.objects.update(waiting_closes_at=START)
    others = [make_registration(event) for _number in range(2)]
    noor = make_registration(event, confirmed=False, waiting_too=True, at=at)
    changing.cancel(others[0], at=at)
    check_in = tap("in", noor)

    assert send(door, check_in, tap("undo", noor, refs=[check_in["id"]], seq=2), at=at) == [
        *("ok", "ok"),
    ]
    assert (again(noor).status, again(noor).confirmed_at, taken(event)) == ("expired", None, 1)
    assert signup.confirm(noor, at=at).is_confirmed


def test_place_that_somebody_got_elsewhere_since_is_kept(event: Event, door: DoorPass):
    """They confirmed by their link after a tick at the door was taken back."""
    at = START - timedelta(minutes=30)
    noor = make_registration(event, confirmed=False)
    check_in, later = tap("in", noor), tap("in", noor)
    send(door, check_in, tap("undo", noor, refs=[check_in["id"]], seq=2), at=at)
    signup.confirm(noor, at=at)

    send(door, later, tap("undo", noor, refs=[later["id"]], seq=2))

    assert (again(noor).status, taken(event)) == ("confirmed", 1)


def test_hold_that_was_confirmed_at_the_door_stays(event: Event, door: DoorPass):
    at = START - timedelta(minutes=20)
    noor = make_registration(event, confirmed=False, at=at)
    check_in = tap("in", noor)

    send(door, check_in, tap("undo", noor, refs=[check_in["id"]], seq=2), at=at)

    assert (again(noor).status, taken(event)) == ("confirmed", 1)


def test_walk_in_is_told_when_the_table_is_full(event: Event, door: DoorPass):
    table = make_slot(event, "1a", seats=1)

    told = [walk_in("Els", f"Bakker {n}", table=table.pk, seq=n) for n in range(2)]

    assert send(door, *told) == ["ok", "full"]
    assert presence.count(event) == 2


def test_page_that_is_online_takes_no_extra_where_an_event_has_none(event: Event, door: DoorPass):
    """Judged under the lock, once holds that ran out are free."""
    hold = make_registration(event, confirmed=False)
    make_registration(event)
    els, jan = walk_in("Els"), walk_in("Jan")

    assert taps.take(door, [els], online=True, at=AT).outcomes == [(els["id"], "ok")]
    with pytest.raises(DoorFull):
        taps.take(door, [jan], online=True, at=AT)
    assert (again(hold).status, taken(event), presence.count(event)) == ("expired", 2, 1)
    # What was taken before may be sent again; without a network nobody is refused.
    assert taps.take(door, [els], online=True, at=AT).outcomes == [(els["id"], "ok")]
    assert send(door, jan) == ["extra"]


def test_name_of_a_walk_in_is_cleaned_and_sorted(event: Event, door: DoorPass):
    send(door, walk_in("  Zoë ", "van  den Berg", organisation=" Gemeente "))

    person = event.registrations.get()
    assert (person.name, person.organisation) == ("Zoë van den Berg", "Gemeente")
    assert person.sort_key == "berg , zoe van den"


def test_walk_in_is_in_also_under_a_name_like_a_web_address(event: Event, door: DoorPass):
    """Typed in a hurry, without a network: nobody hears of a refusal until hours later."""
    assert send(door, walk_in("Jan", "van.den Berg")) == ["ok"]

    assert (event.registrations.get().name, presence.count(event)) == ("Jan van.den Berg", 1)


@pytest.mark.parametrize(
    ("first", "last", "where", "name", "kept"),
    [
        ("Els\u202e", "\tBos\nLommer", "\ud800Bo", "Els Bos Lommer", "Bo"),
        ("\u202e", "Bos", "\u2066", "Bos", ""),
        ("E" * 150, "Bos", "W" * 250, "E" * 100 + " Bos", "W" * 100),
    ],
)
def test_walk_in_keeps_what_can_be_stored_of_a_name(
    event: Event, door: DoorPass, first: str, last: str, where: str, name: str, kept: str
):
    assert send(door, walk_in(first, last, organisation=where)) == ["ok"]

    person = event.registrations.get()
    assert (person.name, person.organisation, presence.count(event)) == (name, kept, 1)


@pytest.mark.parametrize(("first", "last"), [("", "Bos"), ("Els", " "), ("\u202e", "\u2066")])
def test_walk_in_without_a_name_is_none(event: Event, door: DoorPass, first: str, last: str):
    assert send(door, walk_in(first, last)) == ["invalid"]

    assert not event.registrations.exists()


def test_walk_in_does_not_pass_those_who_wait_while_the_list_moves(event: Event, door: DoorPass):
    Event.objects.update(waiting_closes_at=START)
    before = START - timedelta(minutes=50)
    make_registration(event, at=before)
    hold = make_registration(event, confirmed=False, at=before)
    waits = make_registration(event, waiting_too=True, at=before)
    event.registrations.filter(pk=hold.pk).update(hold_expires_at=before)

    assert send(door, walk_in(), at=START - timedelta(minutes=20)) == ["extra"]
    assert again(waits).status == "confirmed"


def test_late_choice_of_a_table(event: Event, door: DoorPass):
    first, full = make_slot(event, "1a"), make_slot(event, "1b", seats=1)
    later = make_slot(event, "1a", 2)
    make_registration(event, {1: "1b"})
    noor = make_registration(event)

    assert send(door, tap("table", noor, table=full.pk)) == ["full"]
    assert send(door, tap("table", noor, table=first.pk)) == ["ok"]
    assert send(door, tap("table", noor, table=first.pk)) == ["already"]
    # A session once, and one table a round (rule 6).
    assert send(door, tap("table", noor, table=later.pk)) == ["full"]
    assert send(door, tap("table", noor, table=10**30)) == ["invalid"]
    assert [seat.slot for seat in noor.table_seats.all()] == [first]


def test_table_that_dropped_out_is_not_given(event: Event, door: DoorPass):
    table = make_slot(event, "1a")
    event.slots.update(dropped_at=NOW)

    assert send(door, tap("table", make_registration(event), table=table.pk)) == ["full"]


def test_table_of_another_event_is_not_given(event: Event, door: DoorPass):
    other = make_slot(make_event(), "1a")

    assert send(door, tap("table", make_registration(event), table=other.pk)) == ["invalid"]


def test_reserved_seat_is_not_given_at_the_door(event: Event, door: DoorPass):
    table = make_slot(event, "1a", seats=1)
    event.slots.update(reserved=1)

    assert send(door, tap("table", make_registration(event), table=table.pk)) == ["full"]


def test_seat_goes_to_those_who_wait_for_it_while_the_lists_move(event: Event, door: DoorPass):
    """A hold of the seat ran out: those who waited for it come first (rule 7)."""
    Event.objects.update(waiting_closes_at=START, capacity=5)
    before = START - timedelta(minutes=50)
    table = make_slot(event, "1a", seats=1)
    hold = make_registration(event, {1: "1a"}, confirmed=False, at=before)
    waits = make_registration(event, waitlists={1: ["1a"]}, at=before)
    noor = make_registration(event, at=before)
    event.registrations.filter(pk=hold.pk).update(hold_expires_at=before)

    assert send(door, tap("table", noor, table=table.pk), at=START - timedelta(minutes=20)) == [
        "full"
    ]
    assert waits.table_seats.get().slot == table


def test_those_let_in_can_still_wait_for_the_table_that_they_asked_for(
    event: Event, door: DoorPass
):
    """The request of their sign-up does not stand in the way of the entry."""
    Event.objects.update(waiting_closes_at=START)
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b")
    soon = AT - timedelta(minutes=30)
    make_registration(event, {1: "1a"}, at=soon)
    noor = make_registration(event, {1: "1b"}, waitlists={1: ["1a"]}, confirmed=False, at=soon)
    assert send(door, tap("in", noor), at=soon + timedelta(minutes=5)) == ["ok"]

    changing.change_tables(noor, {1: "1b"}, {1: ["1a"]}, at=soon + timedelta(minutes=6))

    assert [one.session.code for one in noor.waitlist_entries.counting()] == ["1a"]


def test_before_a_draw_the_door_gives_a_place_and_no_table():
    event = draw_event()
    before = START - timedelta(minutes=5)
    door, noor, table = make_pass(event), rank(event, {1: ["a"]}), event.slots.first()
    assert table

    assert send(door, tap("in", noor, anyway=True, at=before.isoformat()), at=before) == ["ok"]
    seat = tap("table", noor, table=table.pk, at=before.isoformat())
    assert send(door, seat, at=before) == ["full"]

    noor = again(noor)
    assert (noor.is_confirmed, noor.holds_place, noor.table_seats.count()) == (True, True, 0)


def test_once_the_event_has_started_nothing_is_drawn_any_more_and_tables_are_given():
    """No worker ran for days: the door goes on without a draw."""
    event = draw_event()
    door, noor = make_pass(event), rank(event, {1: ["a"]})

    assert send(door, tap("in", noor, anyway=True), at=START) == ["ok"]

    assert [seat.session.code for seat in again(noor).table_seats.all()] == ["a"]
