"""Rules 1 to 6, 9 and 11, driven through the actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from program.models import Event, Slot
from registrations.booking import changing, holds, signup
from registrations.booking.places import differences
from registrations.errors import (
    ChangesClosed,
    ConfirmedTooLate,
    EventFull,
    EventStarted,
    NotRegistered,
    RequestsClosed,
    SignupClosed,
    SignupNotOpen,
    TablesRefused,
)
from registrations.mail import strangers
from registrations.models import Change, Registration, StoredMail
from registrations.privacy import erasure
from registrations.queries import waiting
from tests.factories import NOW, START, make_event, make_person, make_registration, make_slot

pytestmark = pytest.mark.django_db
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def taken(event: Event) -> dict[str, int]:
    """All counters of an event, once they are known to be true."""
    assert differences() == []
    event.refresh_from_db()
    slots = Slot.objects.filter(event=event).select_related("session", "round")
    return {"event": event.taken} | {
        f"{slot.session.code}/{slot.round.number}": slot.taken for slot in slots
    }


def mails(registration: Registration) -> list[str]:
    return list(registration.mails.values_list("kind", flat=True))


def test_sign_up_holds_the_place_and_the_seats():
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "1b", 2)

    registration = signup.sign_up(event, make_person(), {1: "1a", 2: "1b"}, at=NOW)

    assert registration.status == "pending"
    assert registration.hold_expires_at == NOW + HOUR
    assert taken(event) == {"event": 1, "1a/1": 1, "1b/2": 1}
    assert mails(registration) == ["confirm"]


def test_sign_up_stamps_the_version_and_writes_history():
    event = make_event()
    make_slot(event, "1a", 1)
    registration = make_registration(event, {1: "1a"})
    event.refresh_from_db()

    changes = list(registration.changes.values_list("what", "version", "new"))

    assert [what for what, _version, _new in changes] == ["signed_up", "confirmed"]
    assert [new for _what, _version, new in changes] == [{"1": "1a"}] * 2
    assert changes[-1][1] == registration.version <= event.version


def test_sign_up_stores_what_somebody_said_of_themselves():
    said: dict[str, Any] = {
        "organisation": "Gemeente",
        "language": "en",
        "listed": True,
        "phone": "06 12345678",
    }

    registration = make_registration(make_event(), role="inwoner", **said)

    registration.refresh_from_db()
    assert {name: getattr(registration, name) for name in said} == said
    assert registration.role is not None
    assert registration.role.code == "inwoner"


def test_sign_up_takes_all_or_nothing():
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "1b", 2, seats=1)
    make_registration(event, {2: "1b"})

    with pytest.raises(TablesRefused) as refused:
        signup.sign_up(event, make_person(), {1: "1a", 2: "1b"}, at=NOW)

    assert [field for field, _sentence in refused.value.problems] == ["round_2"]
    assert taken(event) == {"event": 1, "1a/1": 0, "1b/2": 1}
    assert Registration.objects.count() == 1


def test_sign_up_names_every_table_that_cannot_be_had():
    event = make_event(rounds=3)
    make_slot(event, "1a", 1, seats=0)
    make_slot(event, "6", 2)
    make_slot(event, "6", 3)

    with pytest.raises(TablesRefused) as refused:
        signup.sign_up(event, make_person(), {1: "1a", 2: "6", 3: "6"}, at=NOW)

    assert [field for field, _sentence in refused.value.problems] == ["round_1", "round_3"]


def test_sign_up_refuses_a_session_that_does_not_run_in_the_round():
    event = make_event()
    make_slot(event, "1a", 1)

    with pytest.raises(TablesRefused):
        signup.sign_up(event, make_person(), {2: "1a"}, at=NOW)


def test_sign_up_refuses_a_full_event():
    event = make_event(capacity=1)
    make_registration(event)

    with pytest.raises(EventFull):
        signup.sign_up(event, make_person(), {}, at=NOW)

    assert taken(event) == {"event": 1}


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (NOW - timedelta(days=2), SignupNotOpen),
        (NOW + timedelta(days=2), SignupClosed),
    ],
)
def test_sign_up_needs_an_open_event(at, error):
    event = make_event(
        signup_opens_at=NOW - timedelta(days=1), signup_closes_at=NOW + timedelta(days=1)
    )

    with pytest.raises(error):
        signup.sign_up(event, make_person(), {}, at=at)


def test_sign_up_frees_holds_that_ran_out():
    event = make_event(capacity=1)
    late = signup.sign_up(event, make_person(), {}, at=NOW)

    signup.sign_up(event, make_person(), {}, at=NOW + HOUR)

    late.refresh_from_db()
    assert late.status == "expired"
    assert taken(event) == {"event": 1}


def test_no_hold_outlives_the_start():
    event = make_event()
    registration = signup.sign_up(event, make_person(), {}, at=START - timedelta(minutes=10))

    assert registration.hold_expires_at == START


def test_holds_are_short_while_over_a_quarter_is_unconfirmed():
    event = make_event(capacity=4)
    first, second, third = (
        signup.sign_up(event, make_person(), {}, at=NOW) for _person in range(3)
    )

    until = [one.hold_expires_at for one in (first, second, third)]

    assert until == [NOW + HOUR, NOW + QUARTER, NOW + QUARTER]
    first.refresh_from_db()
    assert first.hold_expires_at == NOW + QUARTER, "it was promised no more for sure"
    assert event.mails.filter(kind="holds").count() == 1


def test_organiser_is_warned_by_the_hold_that_goes_over_a_quarter():
    event = make_event(capacity=8)
    for _person in range(2):
        signup.sign_up(event, make_person(), {}, at=NOW)
    assert not event.mails.filter(kind="holds").exists()

    signup.sign_up(event, make_person(), {}, at=NOW)

    assert event.mails.filter(kind="holds").count() == 1


def test_confirm_twice_changes_nothing():
    event = make_event()
    registration = make_registration(event)
    event.refresh_from_db()
    version = event.version

    signup.confirm(registration, at=NOW + HOUR)

    event.refresh_from_db()
    assert event.version == version
    assert mails(registration) == ["confirm", "registered"]


def test_confirm_frees_the_other_holds_of_the_address():
    event = make_event()
    make_slot(event, "1a", 1)
    first = make_registration(event, {1: "1a"}, email="Noor@haarlem.example", confirmed=False)
    second = make_registration(event, {}, email="noor@haarlem.example", confirmed=False)

    signup.confirm(second, at=NOW)

    first.refresh_from_db()
    assert first.status == "expired"
    assert taken(event) == {"event": 1, "1a/1": 0}
    with pytest.raises(NotRegistered):
        signup.confirm(first, at=NOW)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("tables", "entries"),
    [({}, {}), ({1: "1b", 2: "2a"}, {}), ({1: "1b"}, {1: ["1a"]}), ({}, {1: ["1a"]})],
)
def test_signing_up_costs_the_same_whoever_has_the_address(tables, entries, full):
    """Rule 5: not only the answer, also its time."""
    event = make_event()
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b")
    make_slot(event, "2a", 2)
    make_registration(event, {1: "1a"}, email="sits@haarlem.example")
    make_registration(event, email="none@haarlem.example")
    make_registration(event, {1: "1b"}, waitlists={1: ["1a"]}, email="entries@haarlem.example")
    if full:
        Event.objects.filter(pk=event.pk).update(capacity=3)
        for name, asked in (("waits", {1: "1b"}), ("asks_none", {})):
            email = f"{name}@haarlem.example"
            make_registration(event, asked, email=email, waiting_too=True)

    def queries(name: str) -> int:
        person = make_person(f"{name}@haarlem.example")
        with CaptureQueriesContext(connection) as asked:
            signup.sign_up(event, person, tables, entries, waiting_too=full, at=NOW)
        return len(asked)

    names = ["stranger", "sits", "none", "entries", *(["waits", "asks_none"] if full else [])]
    assert len({queries(name) for name in names}) == 1


def test_a_registered_address_signs_up_with_the_same_answer_and_another_mail():
    event = make_event()
    make_slot(event, "1a", 1)
    registered = make_registration(event, email="noor@haarlem.example")

    again = signup.sign_up(event, make_person("NOOR@haarlem.example"), {1: "1a"}, at=NOW)
    strangers.answer(NOW)

    assert again.status == "pending"
    assert taken(event) == {"event": 2, "1a/1": 1}
    assert mails(again) == []
    assert mails(registered) == ["registered", "already"]
    with pytest.raises(NotRegistered):
        signup.confirm(again, at=NOW)


def test_a_late_confirmation_takes_what_is_still_free():
    event = make_event()
    make_slot(event, "1a", 1, seats=1)
    make_slot(event, "1b", 2, seats=1)
    late = make_registration(event, {1: "1a", 2: "1b"}, confirmed=False)
    make_registration(event, {1: "1a"}, at=NOW + HOUR)

    late = signup.confirm(late, at=NOW + 2 * HOUR)

    assert late.status == "confirmed"
    assert taken(event) == {"event": 2, "1a/1": 1, "1b/2": 1}


def test_a_late_confirmation_for_a_full_event_joins_the_waiting_list():
    event = make_event(capacity=1)
    late = make_registration(event, confirmed=False)
    make_registration(event, at=NOW + HOUR)

    late = signup.confirm(late, at=NOW + 2 * HOUR)

    assert (late.status, mails(late)) == ("waiting", ["confirm", "waiting"])


def test_a_late_confirmation_is_refused_once_waiting_is_over():
    event = make_event(capacity=1, waiting_closes_at=NOW + HOUR)
    late = make_registration(event, confirmed=False)
    make_registration(event, at=NOW + HOUR)

    with pytest.raises(ConfirmedTooLate):
        signup.confirm(late, at=NOW + 2 * HOUR)


def test_confirm_after_the_start_is_refused():
    registration = make_registration(make_event(), confirmed=False)

    with pytest.raises(EventStarted):
        signup.confirm(registration, at=START)


def test_change_tables_moves_the_counters():
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "2a", 1)
    make_slot(event, "1b", 2)
    registration = make_registration(event, {1: "1a", 2: "1b"})

    changed = changing.change_tables(registration, {1: "2a", 2: ""}, at=NOW)

    assert taken(event) == {"event": 1, "1a/1": 0, "2a/1": 1, "1b/2": 0}
    assert changed.version > registration.version
    change = changed.changes.get(what=Change.What.TABLES)
    assert (change.old, change.new) == ({"1": "1a", "2": "1b"}, {"1": "2a"})
    assert mails(registration)[-1] == "tables"


@pytest.mark.parametrize("waits_on", [{}, {1: ["1c"]}])
def test_change_tables_lets_the_next_one_have_the_seat_that_was_left(waits_on):
    event = make_event()
    for code, seats in (("1a", 1), ("1b", 5), ("1c", 1)):
        make_slot(event, code, 1, seats=seats)
    leaver = make_registration(event, {1: "1a"})
    make_registration(event, {1: "1c"})
    next_one = make_registration(event, {1: "1b"}, waitlists={1: ["1a"]})

    changing.change_tables(leaver, {1: "1b"}, waits_on, at=NOW)

    assert next_one.table_seats.get().session.code == "1a"
    assert taken(event) == {"event": 3, "1a/1": 1, "1b/1": 1, "1c/1": 1}


def test_change_tables_keeps_everything_when_one_is_full():
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "2a", 1, seats=1)
    make_slot(event, "1b", 2)
    make_registration(event, {1: "2a"})
    registration = make_registration(event, {1: "1a"})

    with pytest.raises(TablesRefused):
        changing.change_tables(registration, {1: "2a", 2: "1b"}, at=NOW)

    assert taken(event) == {"event": 2, "1a/1": 1, "2a/1": 1, "1b/2": 0}


def test_change_tables_may_keep_a_full_table_of_ones_own():
    event = make_event()
    make_slot(event, "1a", 1, seats=1)
    make_slot(event, "1b", 2)
    registration = make_registration(event, {1: "1a"})

    changing.change_tables(registration, {1: "1a", 2: "1b"}, at=NOW)

    assert taken(event) == {"event": 1, "1a/1": 1, "1b/2": 1}


def test_change_tables_swaps_a_session_between_rounds():
    event = make_event()
    for number in (1, 2):
        make_slot(event, "6", number)
        make_slot(event, "7", number)
    registration = make_registration(event, {1: "6", 2: "7"})

    changing.change_tables(registration, {1: "7", 2: "6"}, at=NOW)

    assert taken(event) == {"event": 1, "6/1": 0, "7/1": 1, "6/2": 1, "7/2": 0}


def test_change_tables_to_the_same_tells_nobody():
    event = make_event()
    make_slot(event, "1a", 1)
    registration = make_registration(event, {1: "1a"})

    changing.change_tables(registration, {1: "1a", 2: ""}, at=NOW)

    assert mails(registration) == ["confirm", "registered"]


def test_change_tables_ends_in_time():
    event = make_event(changes_close_at=NOW + HOUR)
    registration = make_registration(event)

    with pytest.raises(ChangesClosed):
        changing.change_tables(registration, {}, at=NOW + HOUR)


def on_the_list(event: Event, tables: dict[int, str], *, at: datetime = NOW) -> Registration:
    return make_registration(event, tables, waiting_too=True, at=at)


def wants(registration: Registration) -> list[tuple[str, bool]]:
    entries = registration.waitlist_entries.requests().select_related("session")
    return [(entry.session.code, entry.asked) for entry in entries]


@pytest.fixture
def full_event() -> Event:
    """One place, taken; 1a has one seat, taken too."""
    event = make_event(capacity=1)
    make_slot(event, "1a", 1, seats=1)
    for code in ("2a", "3a"):
        make_slot(event, code, 1)
    make_slot(event, "1b", 2)
    make_registration(event, {1: "1a"}, email="eerste@haarlem.example")
    return event


def test_waiting_people_ask_for_other_tables_and_keep_their_place_in_the_queue(full_event: Event):
    first = on_the_list(full_event, {1: "2a"})
    second = on_the_list(full_event, {1: "2a"}, at=NOW + HOUR)
    before = taken(full_event)

    later = NOW + 2 * HOUR
    changing.change_requests(first, {1: "1a", 2: "1b"}, {1: ["1a"]}, at=later)

    first.refresh_from_db()
    assert wants(first) == [("1a", True), ("1b", True)]
    assert [waiting.place_of(one) for one in (first, second)] == [(1, 2), (2, 2)]
    assert (first.status, first.confirmed_at) == ("waiting", NOW)
    assert taken(full_event) == before
    assert mails(first) == ["confirm", "waiting"]

    # Who was first is first to get a place, with what they asked for last.
    changing.cancel(Registration.objects.get(email="eerste@haarlem.example"), at=later)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("confirmed", "waiting")
    assert [seat.session.code for seat in first.table_seats.all()] == ["1a", "1b"]
    assert first.waitlist_entries.count() == 0


def test_asking_for_other_tables_is_history_and_asking_for_the_same_is_not(full_event: Event):
    waiter = on_the_list(full_event, {1: "2a"})

    for _time in range(2):
        changing.change_requests(waiter, {1: "3a"}, {1: ["1a"], 2: ["1b"]}, at=NOW + HOUR)

    waiter.refresh_from_db()
    full_event.refresh_from_db()
    told = waiter.changes.filter(what="waitlists").values_list("who", "old", "new", "version")
    assert list(told) == [
        ("attendee", {"1": ["2a"]}, {"1": ["3a", "1a"], "2": ["1b"]}, full_event.version)
    ]
    assert waiter.version == full_event.version


def test_other_tables_can_be_asked_for_as_long_as_the_list_is_open(full_event: Event):
    waiter = on_the_list(full_event, {1: "2a"})
    closes = full_event.waiting_closes

    changing.change_requests(waiter, {1: "3a"}, at=closes - timedelta(seconds=1))
    with pytest.raises(RequestsClosed):
        changing.change_requests(waiter, {1: "2a"}, at=closes)

    assert wants(waiter) == [("3a", True)]


def test_a_request_for_a_table_that_is_not_there_changes_nothing(full_event: Event):
    waiter = on_the_list(full_event, {1: "2a"})

    with pytest.raises(TablesRefused):
        changing.change_requests(waiter, {1: "1b"}, at=NOW)
    with pytest.raises(TablesRefused):
        changing.change_requests(waiter, {1: "3a"}, {2: ["3a"]}, at=NOW)

    assert wants(waiter) == [("2a", True)]


def test_only_those_on_the_list_ask(full_event: Event):
    with pytest.raises(NotRegistered):
        changing.change_requests(full_event.registrations.get(), {1: "2a"}, at=NOW)


def test_cancel_frees_everything_at_once():
    event = make_event()
    make_slot(event, "1a", 1)
    registration = make_registration(event, {1: "1a"}, listed=True)

    cancelled = changing.cancel(registration, at=NOW)

    assert taken(event) == {"event": 0, "1a/1": 0}
    assert (cancelled.status, cancelled.listed) == ("cancelled", False)
    cancelled.refresh_from_db()
    assert cancelled.ended_at == NOW
    assert mails(registration)[-1] == "cancelled"
    (change,) = registration.changes.filter(what="cancelled")
    assert (change.old, change.new) == ({"1": "1a"}, {})


def test_cancel_twice_changes_nothing():
    event = make_event()
    registration = make_registration(event)
    changing.cancel(registration, at=NOW)

    changing.cancel(registration, at=NOW)

    assert taken(event) == {"event": 0}
    assert mails(registration).count("cancelled") == 1


def test_cancel_ends_at_the_start():
    registration = make_registration(make_event())

    with pytest.raises(EventStarted):
        changing.cancel(registration, at=START)


def test_a_cancelled_person_may_sign_up_again():
    event = make_event()
    changing.cancel(make_registration(event, email="noor@haarlem.example"), at=NOW)

    again = make_registration(event, email="noor@haarlem.example")

    assert again.status == "confirmed"
    assert taken(event) == {"event": 1}


def test_free_expired_frees_only_what_ran_out():
    event = make_event()
    make_slot(event, "1a", 1)
    ended = make_registration(event, {1: "1a"}, confirmed=False)
    goes_on = make_registration(event, {1: "1a"}, confirmed=False, at=NOW + HOUR / 2)

    assert holds.free_expired(NOW + HOUR) == 1

    assert taken(event) == {"event": 1, "1a/1": 1}
    for one in (event, ended, goes_on):
        one.refresh_from_db()
    assert goes_on.version < ended.version == event.version


def test_asking_for_a_link_mails_only_those_who_have_one():
    event = make_event()
    noor = make_registration(event, email="noor@haarlem.example")
    ida = make_registration(event, email="ida@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    before = StoredMail.objects.count()

    for address in ("niemand@haarlem.example", "Noor@haarlem.example", "ida@haarlem.example"):
        strangers.ask_link(event, address, language="nl", at=NOW)
    assert strangers.answer(NOW) == 2

    assert StoredMail.objects.count() == before + 2
    assert mails(noor)[-1] == "link"
    assert mails(ida) == ["confirm", "confirm"]


def test_a_question_for_a_link_is_never_sent_itself():
    strangers.ask_link(make_event(), "niemand@haarlem.example", language="nl", at=NOW)

    assert StoredMail.objects.due(NOW).count() == 0


def test_a_late_confirmation_copes_with_tables_that_were_moved():
    event = make_event()
    first, second = make_slot(event, "1a", 1), make_slot(event, "2b", 2)
    late = make_registration(event, {1: "1a", 2: "2b"}, confirmed=False)
    holds.free_expired(NOW + HOUR)
    Slot.objects.filter(pk=second.pk).update(round=first.round)

    late = signup.confirm(late, at=NOW + 2 * HOUR)

    assert late.table_seats.get().slot == first


def test_somebody_just_erased_by_another_request_is_not_listed():
    registration = make_registration(make_event())
    erasure.erase(registration, at=START)  # from the start on the place stays

    with pytest.raises(NotRegistered):
        changing.set_listed(registration, True, at=START)
