"""Rules 7 and 8 through the actions: who moves when, and what is stored about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from program.models import Event
from registrations.booking import changing, holds, signup, waiting
from registrations.booking.places import differences
from registrations.errors import EventFull, TablesRefused, WaitingOffered
from registrations.mail import strangers
from registrations.models import Registration
from registrations.queries import waiting as queries
from tests.factories import NOW, START, make_event, make_person, make_registration, make_slot

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def sits(registration: Registration) -> dict[int, str]:
    """Round number to table, once the counters are known to be true."""
    assert differences() == []
    seats = registration.table_seats.select_related("round", "session")
    return {seat.round.number: seat.session.code for seat in seats}


def waits(registration: Registration) -> dict[int, str]:
    entries = registration.waitlist_entries.counting().select_related("round", "session")
    return {entry.round.number: entry.session.code for entry in entries}


def status(registration: Registration) -> str:
    registration.refresh_from_db()
    return registration.status


def mails(registration: Registration) -> list[str]:
    """The mails about waiting, in order."""
    usual = ["confirm", "registered"]
    return list(registration.mails.exclude(kind__in=usual).values_list("kind", flat=True))


@pytest.fixture
def event() -> Event:
    """Tables 1a, 2a and 3a in round 1 and 1b in round 2, each with one seat; 6 in both."""
    event = make_event()
    for code in ("1a", "2a", "3a"):
        make_slot(event, code, 1, seats=1)
    make_slot(event, "1b", 2, seats=1)
    make_slot(event, "6", 1, seats=1)
    make_slot(event, "6", 2, seats=1)
    return event


def test_an_entry_is_served_when_a_seat_comes_free(event):
    anna = make_registration(event, {1: "1a"})
    bert = make_registration(event, {1: "2a"})
    changing.change_tables(bert, {1: "2a"}, {1: ["1a"]}, at=NOW)
    assert (sits(bert), waits(bert)) == ({1: "2a"}, {1: "1a"})

    changing.cancel(anna, at=NOW + HOUR)

    assert (sits(bert), waits(bert)) == ({1: "1a"}, {})
    assert mails(bert) == ["moved"]
    seat = bert.table_seats.get()
    assert (seat.how, seat.got_at, seat.waited_since) == ("moved_up", NOW + HOUR, NOW)


def test_a_chain_fills_every_seat_that_is_left(event):
    anna, bert, carla = (
        make_registration(event, {1: code}, waitlists={1: [entry]} if entry else {})
        for code, entry in (("1a", ""), ("2a", "1a"), ("3a", "2a"))
    )

    changing.cancel(anna, at=NOW)

    assert [sits(one) for one in (bert, carla)] == [{1: "1a"}, {1: "2a"}]
    assert make_registration(event, {1: "3a"}).status == "confirmed"


def test_a_cycle_is_swapped_at_once(event):
    people = {code: make_registration(event, {1: code}) for code in ("1a", "2a", "3a")}

    for code, entry in (("1a", "2a"), ("2a", "3a"), ("3a", "1a")):
        changing.change_tables(people[code], {1: code}, {1: [entry]}, at=NOW)

    assert [sits(one) for one in people.values()] == [{1: "2a"}, {1: "3a"}, {1: "1a"}]
    assert {one.table_seats.get().how for one in people.values()} == {"swapped"}
    assert [mails(one) for one in people.values()] == [["moved"]] * 3


def test_a_cycle_that_confirming_closes_is_swapped_at_once(event):
    bert = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]}, confirmed=False)
    anna = make_registration(event, {1: "1a"}, waitlists={1: ["2a"]})

    signup.confirm(bert, at=NOW)

    assert (sits(anna), sits(bert)) == ({1: "2a"}, {1: "1a"})


def test_an_entry_counts_from_confirming_not_from_signing_up(event):
    holder = make_registration(event, {1: "1a"})
    first_to_ask = signup.sign_up(event, make_person(), {}, {1: ["1a"]}, at=NOW)
    make_registration(event, {}, waitlists={1: ["1a"]}, at=NOW + HOUR / 4)
    second = event.registrations.confirmed().get(confirmed_at=NOW + HOUR / 4)
    signup.confirm(first_to_ask, at=NOW + HOUR / 2)

    changing.cancel(holder, at=NOW + HOUR)

    assert (sits(second), sits(first_to_ask)) == ({1: "1a"}, {})


def test_an_entry_kept_keeps_its_place_in_the_queue(event):
    holder = make_registration(event, {1: "1a"})
    first, second = (make_registration(event, {}, waitlists={1: ["1a"]}) for _one in range(2))
    changing.change_tables(first, {1: "2a"}, {1: ["1a"]}, at=NOW + HOUR)

    changing.cancel(holder, at=NOW + 2 * HOUR)

    assert (sits(first), sits(second)) == ({1: "1a"}, {})


def test_waiting_for_others_instead(event):
    for code in ("1a", "2a", "3a"):
        make_registration(event, {1: code})
    anna = make_registration(event, {}, waitlists={1: ["1a", "2a"]})

    def queued() -> list[tuple[str, datetime | None]]:
        entries = anna.waitlist_entries.order_by("session__code")
        return list(entries.values_list("session__code", "since"))

    later, last = NOW + HOUR, NOW + 2 * HOUR
    changing.change_tables(anna, {}, {1: ["2a", "3a"]}, at=later)
    assert queued() == [("2a", NOW), ("3a", later)]
    changing.change_tables(anna, {}, {1: ["3a"]}, at=last)
    assert queued() == [("3a", later)]
    changing.change_tables(anna, {}, {1: ["3a", "1a"]}, at=last)
    assert queued() == [("1a", last), ("3a", later)]

    changes = anna.changes.filter(what="waitlists").order_by("pk")
    assert [(change.old, change.new) for change in changes][-1] == (
        {"1": ["3a"]},
        {"1": ["3a", "1a"]},
    )


def test_history_has_all_tables_of_whoever_moves(event):
    anna = make_registration(event, {1: "1a"})
    bert = make_registration(event, {1: "2a", 2: "1b"}, waitlists={1: ["1a"]})

    changing.cancel(anna, at=NOW)

    (moved,) = bert.changes.filter(what="moved", who="waiting list")
    assert (moved.old, moved.new) == ({"1": "2a", "2": "1b"}, {"1": "1a", "2": "1b"})


def test_an_entry_for_a_free_table_is_served_at_once(event):
    anna = make_registration(event, {1: "1a"}, waitlists={1: ["2a"]})

    assert (sits(anna), waits(anna)) == ({1: "2a"}, {})


def test_an_entry_for_a_session_of_another_round_is_refused(event):
    with pytest.raises(TablesRefused) as refused:
        make_registration(event, {2: "6"}, waitlists={1: ["6"]})

    assert [field for field, _sentence in refused.value.problems] == ["wish_1"]


def test_a_seat_got_in_another_round_ends_entries_for_its_session(event):
    holders = [make_registration(event, {number: "6"}) for number in (1, 2)]
    anna = make_registration(event, {}, waitlists={1: ["6"], 2: ["6"]})

    changing.cancel(holders[1], at=NOW)

    assert (sits(anna), waits(anna)) == ({2: "6"}, {})


def test_stop_waiting_lets_one_entry_go(event):
    holder = make_registration(event, {1: "1a"})
    anna = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]})

    changing.stop_waiting(anna, event.slots.get(session__code="1a").pk, at=NOW)
    changing.cancel(holder, at=NOW)

    assert (sits(anna), waits(anna)) == ({1: "2a"}, {})


def test_an_expired_hold_serves_those_who_wait(event):
    make_registration(event, {1: "1a"}, confirmed=False)
    anna = make_registration(event, {}, waitlists={1: ["1a"]})

    holds.free_expired(NOW + HOUR)

    assert sits(anna) == {1: "1a"}


class TestWaitingForAPlace:
    @pytest.fixture
    def full(self) -> Event:
        event = make_event(capacity=1)
        make_slot(event, "1a", 1, seats=1)
        make_slot(event, "1b", 2)
        return event

    def join(self, event: Event, tables=None, **options: Any) -> Registration:
        return make_registration(event, tables or {}, waiting_too=True, **options)

    def test_it_is_offered_not_forced(self, full):
        make_registration(full)

        with pytest.raises(WaitingOffered):
            signup.sign_up(full, make_person(), {}, at=NOW)

    def test_nothing_is_held(self, full):
        make_registration(full, {1: "1a"})

        waiter = self.join(full, {1: "1a", 2: "1b"})

        assert (waiter.status, sits(waiter), mails(waiter)) == ("waiting", {}, ["waiting"])

    def test_it_counts_from_confirming(self, full):
        holder = make_registration(full)
        first_to_ask = self.join(full, confirmed=False)
        first_to_confirm = self.join(full, at=NOW + HOUR / 4)
        signup.confirm(first_to_ask, at=NOW + HOUR / 2)

        changing.cancel(holder, at=NOW + HOUR)

        assert [status(one) for one in (first_to_confirm, first_to_ask)] == ["confirmed", "waiting"]

    def test_a_place_comes_with_the_tables_still_free_and_entries_for_the_rest(self, full):
        Event.objects.update(capacity=2)
        make_registration(full, {1: "1a"})
        leaving = make_registration(full)
        waiter = self.join(full, {1: "1a", 2: "1b"})

        changing.cancel(leaving, at=NOW + HOUR)

        assert (status(waiter), sits(waiter), waits(waiter)) == (
            "confirmed",
            {2: "1b"},
            {1: "1a"},
        )
        assert mails(waiter) == ["waiting", "promoted"]
        seat = waiter.table_seats.get()
        assert (seat.how, seat.waited_since) == ("promoted", waiter.confirmed_at)
        (change,) = waiter.changes.filter(who="waiting list")
        assert (change.what, change.old, change.new) == ("promoted", {}, {"2": "1b"})

    def test_those_who_get_a_place_at_once_each_wait_for_their_own_tables(self, full):
        Event.objects.update(capacity=3)
        make_registration(full, {1: "1a"})
        make_slot(full, "2a", 1, seats=0)
        leaving = [make_registration(full, confirmed=False) for _one in range(2)]
        anna, bert = self.join(full, {1: "1a"}), self.join(full, {1: "2a"})
        carla = self.join(full, {1: "1a", 2: "1b"})

        holds.free(Registration.objects.filter(pk__in=[one.pk for one in leaving]), who="o", at=NOW)

        assert [status(one) for one in (anna, bert, carla)] == ["confirmed"] * 2 + ["waiting"]
        assert (waits(anna), waits(bert), waits(carla)) == ({1: "1a"}, {1: "2a"}, {})
        # What she asked for is still known when her turn comes.
        changing.cancel(anna, at=NOW + HOUR)
        assert (status(carla), sits(carla), waits(carla)) == ("confirmed", {2: "1b"}, {1: "1a"})

    def test_a_better_table_that_is_free_comes_with_the_place(self, full):
        """Of the table that they had asked for nothing is kept, not for a moment."""
        make_slot(full, "2a", 1, seats=1)
        holder = make_registration(full)
        anna = self.join(full, {1: "1a"}, waitlists={1: ["2a"]})

        changing.cancel(holder, at=NOW + HOUR)

        assert (sits(anna), waits(anna)) == ({1: "2a"}, {})
        assert anna.table_seats.get().how == "moved_up"
        assert mails(anna) == ["waiting", "promoted"]

    def test_a_free_table_beside_a_full_one_comes_from_its_queue(self, full):
        Event.objects.update(capacity=2)
        make_slot(full, "2a", 1, seats=1)
        make_registration(full, {1: "1a"})
        leaving = make_registration(full)
        anna = self.join(full, {1: "1a"}, waitlists={1: ["2a"]})

        changing.cancel(leaving, at=NOW + HOUR)

        assert sits(anna) == {1: "2a"}
        assert anna.table_seats.get().how == "moved_up"

    def test_of_two_who_get_a_place_at_once_the_first_to_confirm_gets_the_table(self, full):
        Event.objects.update(capacity=2)
        leaving = [make_registration(full, confirmed=False) for _one in range(2)]
        first_to_ask = self.join(full, {1: "1a"}, confirmed=False)
        first_to_confirm = self.join(full, {1: "1a"}, at=NOW + HOUR / 4)
        signup.confirm(first_to_ask, at=NOW + HOUR / 2)

        holds.free(Registration.objects.filter(pk__in=[one.pk for one in leaving]), who="o", at=NOW)

        assert (sits(first_to_confirm), sits(first_to_ask)) == ({1: "1a"}, {})
        assert waits(first_to_ask) == {1: "1a"}

    def test_newcomers_queue_up_even_if_a_place_is_free(self, full):
        full.waiting_closes_at = NOW + HOUR
        make_registration(full)
        self.join(full)
        Event.objects.update(capacity=2)  # behind the back of the actions

        newcomer = self.join(full, at=NOW)

        assert newcomer.status == "waiting"

    def test_cancelling_leaves_the_queue(self, full):
        holder = make_registration(full)
        first, second = self.join(full), self.join(full)
        changing.cancel(first, at=NOW)

        changing.cancel(holder, at=NOW)

        assert [status(one) for one in (first, second)] == ["cancelled", "confirmed"]

    def test_one_person_waits_once(self, full):
        make_registration(full)
        self.join(full, email="noor@haarlem.example")
        again = self.join(full, email="Noor@haarlem.example", confirmed=False)
        strangers.answer(NOW)

        assert again.mails.count() == 0
        assert full.registrations.waiting().count() == 1


class TestAfterWaitingCloses:
    LATE = START - timedelta(hours=1)

    def test_nobody_moves(self, event):
        holder = make_registration(event, {1: "1a"})
        anna = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]})

        changing.cancel(holder, at=self.LATE)

        assert sits(anna) == {1: "2a"}

    def test_what_comes_free_is_taken_by_hand(self, event):
        holder = make_registration(event, {1: "1a"})
        anna = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]})
        changing.cancel(holder, at=self.LATE)

        changing.change_tables(anna, {1: "1a"}, at=self.LATE)

        assert sits(anna) == {1: "1a"}

    def test_a_waiting_person_takes_a_free_place(self):
        event = make_event(capacity=1)
        holder = make_registration(event)
        waiter = make_registration(event, waiting_too=True)
        with pytest.raises(EventFull):
            signup.take_free_place(waiter, at=self.LATE)
        changing.cancel(holder, at=self.LATE)
        assert status(waiter) == "waiting"

        signup.take_free_place(waiter, at=self.LATE)

        assert status(waiter) == "confirmed"

    def test_tables_that_come_with_a_place_taken_by_hand_came_from_the_waiting_list(self):
        event = make_event(capacity=1)
        make_slot(event, "1a")
        holder = make_registration(event)
        waiter = make_registration(event, {1: "1a"}, waiting_too=True)
        changing.cancel(holder, at=self.LATE)

        signup.take_free_place(waiter, at=self.LATE)

        seat = waiter.table_seats.get()
        assert (seat.how, seat.waited_since) == ("promoted", waiter.confirmed_at)

    def test_whoever_comes_first_gets_what_is_free(self):
        """From that moment on nobody stands behind those who waited."""
        event = make_event(capacity=1)
        holder = make_registration(event)
        make_registration(event, waiting_too=True)
        changing.cancel(holder, at=event.waiting_closes)

        newcomer = make_registration(event, at=event.waiting_closes)

        assert status(newcomer) == "confirmed"

    def test_a_full_event_offers_no_waiting_list(self):
        event = make_event(capacity=1)
        make_registration(event)

        with pytest.raises(EventFull) as refused:
            signup.sign_up(event, make_person(), {}, waiting_too=True, at=self.LATE)

        assert type(refused.value) is EventFull

    def test_all_who_wait_are_told_once(self, event):
        make_registration(event, {1: "1a"})
        anna = make_registration(event, {}, waitlists={1: ["1a"]})

        assert waiting.tell_waiters(event.waiting_closes - timedelta(seconds=1)) == 0
        assert waiting.tell_waiters(event.waiting_closes) == 1
        assert waiting.tell_waiters(event.waiting_closes) == 0
        assert mails(anna) == ["waiting_over"]

    def test_a_change_in_between_is_no_reason_not_to_tell(self, event):
        make_registration(event, {1: "1a"})
        make_registration(event, {}, waitlists={1: ["1a"]})
        make_registration(event, at=self.LATE)

        assert waiting.tell_waiters(self.LATE) == 1

    def test_nobody_is_told_once_it_has_started(self, event):
        make_registration(event, {1: "1a"})
        make_registration(event, {}, waitlists={1: ["1a"]})

        assert waiting.tell_waiters(event.starts_at) == 0


def test_everybody_is_told_where_they_stand_in_each_queue(event):
    """By age, at one moment by the order in the form, then by the order of storing."""
    make_registration(event, {1: "1a"})
    make_registration(event, {1: "2a"})
    later = make_registration(event, {}, waitlists={1: ["1a"]}, at=NOW + HOUR)
    first, second = (make_registration(event, {}, waitlists={1: ["2a", "1a"]}) for _one in "ab")

    def stands(person: Registration) -> dict[str, tuple[int, int]]:
        waits = queries.waits_of(person)
        return {wait.slot.session.code: (wait.place, wait.of) for wait in waits}

    assert stands(first) == {"2a": (1, 2), "1a": (1, 3)}
    assert stands(second) == {"2a": (2, 2), "1a": (2, 3)}
    assert stands(later) == {"1a": (3, 3)}


def test_a_table_asked_for_while_full_that_came_free_before_confirming_is_had():
    """The page offered the waiting list, but a place was free once it was sent."""
    event = make_event()
    make_slot(event, "1a", seats=1)
    make_slot(event, "2a", 2)
    anna = make_registration(event, {1: "1a"})
    bert = make_registration(event, {1: "1a", 2: "2a"}, waiting_too=True, confirmed=False)
    changing.cancel(anna, at=NOW)

    signup.confirm(bert, at=NOW)

    assert sits(bert) == {1: "1a", 2: "2a"}


def test_who_cancels_waits_for_nothing_any_more(event):
    anna = make_registration(event, {1: "1a"})
    bert = make_registration(event, {}, waitlists={1: ["1a"]})

    changing.cancel(bert, at=NOW + HOUR)
    changing.cancel(anna, at=NOW + HOUR)

    bert.refresh_from_db()
    assert (status(bert), sits(bert), waits(bert)) == ("cancelled", {}, {})


@pytest.mark.parametrize("freed", [True, False])
def test_a_late_confirmation_is_like_one_in_time(event, freed: bool):
    """Also of a hold that ran out and that nobody has freed yet."""
    late = make_registration(event, {1: "1a"}, confirmed=False)
    if freed:
        holds.free_expired(NOW + HOUR)

    signup.confirm(late, at=NOW + 2 * HOUR)

    late.refresh_from_db()
    assert (late.status, late.ended_at, sits(late)) == ("confirmed", None, {1: "1a"})
    seat = late.table_seats.get()
    assert (seat.how, seat.waited_since) == ("chosen", None)
    (change,) = late.changes.filter(what="confirmed")
    assert change.new == {"1": "1a"}


def test_a_late_confirmation_asks_in_the_order_of_the_rounds(event):
    """What was held when the hold ran out, and what was full then, make one list."""
    make_registration(event, {2: "1b"})
    late = make_registration(
        event, {1: "1a", 2: "1b"}, waitlists={1: ["2a"]}, waiting_too=True, confirmed=False
    )
    holds.free_expired(NOW + HOUR)

    wanted = late.waitlist_entries.requests()
    assert list(wanted.values_list("asked", "session__code")) == [
        (True, "1a"),
        (True, "1b"),
        (False, "2a"),
    ]
