"""An event where a sign-up holds nothing: whoever confirms gets what is free (rule 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import holds, promises, signup
from registrations.booking.places import differences
from registrations.errors import ConfirmedTooLate, TablesRefused, WaitingOffered
from registrations.mail import strangers
from registrations.models import Registration, StoredMail
from registrations.queries import waiting
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def event() -> Event:
    """Two places, and one seat at 1a."""
    event = make_event(slug="wijk", capacity=2, confirm_first=True)
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b", 2)
    return event


def newcomer(event: Event, tables: dict[int, str] | None = None, **more) -> Registration:
    asked = {1: "1a", 2: "1b"} if tables is None else tables
    return signup.sign_up(event, make_person(), asked, at=NOW, **more)


def codes(registration: Registration) -> list[str]:
    return [seat.session.code for seat in registration.table_seats.order_by("round__number")]


def test_sign_up_holds_nothing_and_confirming_gives_place_and_tables(event: Event):
    mine = newcomer(event)
    event.refresh_from_db()
    assert (event.taken, mine.holds_place, codes(mine)) == (0, False, [])
    assert [slot.taken for slot in event.slots.all()] == [0, 0]

    mine = signup.confirm(mine, at=NOW + MINUTE)

    event.refresh_from_db()
    assert (mine.is_confirmed, event.taken, codes(mine)) == (True, 1, ["1a", "1b"])
    assert not mine.waitlist_entries.exists()
    assert differences() == []


def test_more_may_sign_up_than_there_are_places_and_the_first_to_confirm_get_them(event: Event):
    people = [newcomer(event) for _person in range(4)]

    outcome = [signup.confirm(one, at=NOW + MINUTE).status for one in reversed(people)]

    assert outcome == ["confirmed", "confirmed", "waiting", "waiting"]
    assert differences() == []


def test_a_table_that_filled_up_meanwhile_is_waited_for(event: Event):
    first, second = newcomer(event), newcomer(event)
    signup.confirm(first, at=NOW)

    second = signup.confirm(second, at=NOW)

    assert (second.is_confirmed, codes(second)) == (True, ["1b"])
    assert [wait.slot.session.code for wait in waiting.waits_of(second)] == ["1a"]


def test_made_up_addresses_take_no_place_however_many(event: Event):
    for _bot in range(20):
        newcomer(event, {})
    event.refresh_from_db()

    assert event.taken == 0
    assert not event.mails.filter(kind="holds").exists()
    assert make_registration(event, {1: "1a"}).is_confirmed


def test_late_is_as_good_as_in_time(event: Event):
    mine = newcomer(event)

    mine = signup.confirm(mine, at=NOW + timedelta(days=1))

    assert (mine.is_confirmed, codes(mine)) == (True, ["1a", "1b"])


def test_a_full_event_still_asks_whether_to_wait_and_a_full_table_is_refused(event: Event):
    make_registration(event, {1: "1a"})
    with pytest.raises(TablesRefused):
        newcomer(event)
    make_registration(event, {})

    with pytest.raises(WaitingOffered):
        newcomer(event, {})
    on_list = newcomer(event, {}, waiting_too=True)

    assert not on_list.confirms_first, "they were told of the list"
    assert signup.confirm(on_list, at=NOW).is_waiting


def test_once_waiting_is_over_whoever_is_too_late_is_told(event: Event):
    mine, late = newcomer(event, {}), event.waiting_closes + MINUTE
    for _other in range(2):
        make_registration(event, {})

    with pytest.raises(ConfirmedTooLate):
        signup.confirm(mine, at=late)


def test_what_is_held_when_the_switch_is_turned_stays_held(event: Event):
    Event.objects.update(confirm_first=False)
    mine = newcomer(event)
    Event.objects.update(confirm_first=True)
    mine.refresh_from_db()
    assert (mine.holds_place, codes(mine)) == (True, ["1a", "1b"])

    again = newcomer(event, {1: "1a"}, replaces=mine)

    assert (again.holds_place, codes(again)) == (True, ["1a"])
    assert differences() == []


@pytest.mark.parametrize("freed", [False, True])
def test_sending_the_form_again_makes_such_a_hold_last_no_longer(event: Event, freed: bool):
    """A program that kept its cookies cannot hold on to places that way, freed or not."""
    Event.objects.update(confirm_first=False, capacity=8)
    mine = newcomer(event)
    ends = mine.hold_expires_at
    Event.objects.update(confirm_first=True)
    if freed:
        holds.free(event.registrations.held_by_visitors(), who="o", at=NOW + MINUTE)

    for minutes in range(5, 60, 5):
        mine = signup.sign_up(
            event, make_person(), {1: "1a"}, at=NOW + minutes * MINUTE, replaces=mine
        )

    assert ends is not None
    assert mine.hold_expires_at == ends
    holds.free_expired(ends)
    event.refresh_from_db()
    assert event.taken == 0


def test_one_who_sends_the_form_again_still_holds_nothing(event: Event):
    mine = newcomer(event)

    again = newcomer(event, {2: "1b"}, replaces=mine)

    assert (again.holds_place, again.confirms_first) == (False, True)
    assert [one.session.code for one in again.waitlist_entries.requests()] == ["1b"]
    assert Registration.objects.pending().count() == 1


@pytest.mark.parametrize("confirmed", [False, True])
def test_mail_to_another_address_holds_nothing_either(event: Event, confirmed: bool):
    mine = newcomer(event)
    if confirmed:
        signup.confirm(mine, at=NOW)

    other = signup.mail_elsewhere(mine, "els@haarlem.example", at=NOW)

    assert (other.holds_place, other.confirms_first, other.email) == (
        False,
        True,
        "els@haarlem.example",
    )
    assert sorted(one.session.code for one in other.waitlist_entries.requests()) == ["1a", "1b"]
    event.refresh_from_db()
    assert event.taken == confirmed


def test_promise_says_that_nothing_is_held(event: Event):
    promise = promises.of(newcomer(event), at=NOW)

    assert promise is not None
    assert (promise.with_place, promise.confirm_first, list(promise.own_slots)) == (False, True, [])
    assert promise.until == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("late", "language", "said", "not_said"),
    [
        (MINUTE, "nl", "Pas daarna krijg je een plek, als die er nog is", "houden we je plek"),
        (
            timedelta(hours=2),
            "en",
            "Only then do you get a place, if there still is one",
            "run out",
        ),
    ],
)
def test_mail_says_that_nothing_is_held(event: Event, late, language, said, not_said):
    person = make_person(language=language)
    signup.sign_up(event, person, {1: "1a"}, at=NOW)
    strangers.answer(NOW)
    mail = StoredMail.objects.get(kind="confirm")
    mail.send_after = NOW + late
    mail.save()

    written = words_of(mail)

    for text in (written.text, written.html):
        text = " ".join(text.split())
        assert said in text
        assert not_said not in text
    assert "Raadzaal" in written.text, "the table asked for"
