"""Places held by people who do not confirm come free in time (rule 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from registrations.booking import holds, promises, signup
from registrations.booking.places import differences
from registrations.mail import strangers
from registrations.models import Registration, StoredMail
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

pytestmark = pytest.mark.django_db
HOUR, QUARTER, MINUTE = timedelta(hours=1), timedelta(minutes=15), timedelta(minutes=1)


def hold(event: Event, *, at=NOW, **more) -> Registration:
    return signup.sign_up(event, make_person(), {}, at=at, **more)


def ends(event: Event) -> set:
    return {*event.registrations.pending().values_list("hold_expires_at", flat=True)}


def test_made_up_addresses_that_took_every_place_lose_them_all_within_a_quarter_of_an_hour():
    event = make_event(capacity=96)
    for bot in range(96):
        hold(event, at=NOW + bot * timedelta(milliseconds=60))
    assert ends(event) <= {NOW + QUARTER + one * timedelta(milliseconds=60) for one in range(96)}

    holds.free_expired(NOW + QUARTER + timedelta(seconds=6))

    event.refresh_from_db()
    assert event.taken == 0
    assert differences() == []


def test_the_hold_that_goes_over_a_quarter_leaves_all_of_them_another_quarter_of_an_hour():
    event = make_event(capacity=8)
    for _person in range(2):
        hold(event)
    assert ends(event) == {NOW + HOUR}

    later = NOW + 10 * MINUTE
    hold(event, at=later)

    assert ends(event) == {later + QUARTER}


def test_nobody_holds_longer_because_holds_are_many():
    event = make_event(capacity=4, hold_minutes=5)
    for _person in range(3):
        hold(event)

    assert ends(event) == {NOW + 5 * MINUTE}


def test_those_whom_an_organiser_brought_in_keep_their_time():
    event = make_event(capacity=8)
    invited = hold(event)
    Registration.objects.update(origin=Registration.Origin.FILE)
    for _person in range(3):
        hold(event)

    invited.refresh_from_db()
    assert invited.hold_expires_at == NOW + HOUR


def test_sending_the_form_again_gives_no_hour_back_while_holds_are_many():
    event = make_event(capacity=8)
    mine = hold(event)
    for _person in range(3):
        hold(event)

    hold(event, at=NOW + MINUTE, replaces=mine)

    assert max(ends(event)) == NOW + MINUTE + QUARTER


def test_a_hold_moved_to_another_address_ends_with_the_others():
    event = make_event(capacity=8)
    mine = signup.confirm(hold(event), at=NOW)
    for _person in range(3):
        hold(event)

    signup.mail_elsewhere(mine, "els@haarlem.example", at=NOW + MINUTE)

    assert max(ends(event)) == NOW + MINUTE + QUARTER


def test_a_hold_lasts_as_long_as_it_does_when_many_are_held():
    """A quarter of an hour, or less if the event starts sooner."""
    event = make_event(capacity=8)
    mine = hold(event, at=event.starts_at - 40 * MINUTE)
    promise = promises.of(mine, at=mine.created_at)
    assert promise is not None
    assert (promise.until, promise.may_end) == (event.starts_at, mine.created_at + QUARTER)
    assert promise.may_shorten

    version = mine.version

    for _person in range(3):
        hold(event, at=mine.created_at)

    mine.refresh_from_db()
    assert mine.hold_expires_at == promise.may_end
    assert mine.version > version


def test_somebody_who_waits_gets_the_place_of_made_up_addresses_that_then_get_no_other():
    """An event that is held full again and again stays open to whoever confirms."""
    event = make_event(capacity=4)
    for _bot in range(4):
        hold(event)
    mine = signup.confirm(hold(event, waiting_too=True), at=NOW + MINUTE)
    assert mine.is_waiting
    bots = [hold(event, waiting_too=True, at=NOW + MINUTE) for _bot in range(4)]
    assert not any(one.holds_place for one in bots)

    holds.free_expired(NOW + QUARTER)

    mine.refresh_from_db()
    assert mine.is_confirmed


def test_freeing_only_those_of_a_wave_leaves_others_their_hold():
    event = make_event(capacity=8)
    honest = hold(event, at=NOW - HOUR / 2)
    wave = [hold(event) for _bot in range(3)]
    since = event.registrations.held_by_visitors().filter(created_at__gte=NOW)

    assert holds.free(since, who="o", at=NOW) == len(wave)

    assert Registration.objects.pending().get() == honest


def test_replacing_a_shortened_hold_makes_it_no_longer_while_people_wait():
    event = make_event(capacity=8)
    make_slot(event, "1a", seats=1)
    make_registration(event, {1: "1a"})
    make_registration(event, {}, waitlists={1: ["1a"]})
    mine = hold(event)
    others = [hold(event) for _person in range(2)]
    for other in others:
        signup.confirm(other, at=NOW)
    mine.refresh_from_db()
    assert mine.hold_expires_at == NOW + QUARTER

    new = hold(event, at=NOW + MINUTE, replaces=mine)

    assert new.hold_expires_at == NOW + QUARTER
    promise = promises.of(new, at=NOW + MINUTE)
    assert promise is not None
    assert (promise.until, promise.may_end) == (NOW + HOUR, NOW + QUARTER)


def test_an_organiser_is_warned_once_in_six_hours_for_all_events():
    """Strangers cause this mail, and one mailbox may have many events."""
    events = [make_event(slug=f"wijk-{number}", capacity=4) for number in range(3)]
    for number, event in enumerate(events):
        Event.objects.filter(pk=event.pk).update(
            organiser_email="Anja@gemeente.example" if number else "anja@gemeente.example"
        )
        hold(event), hold(event)
    assert StoredMail.objects.filter(kind="holds").count() == 1

    hold(events[1], at=NOW + 7 * HOUR), hold(events[1], at=NOW + 7 * HOUR)

    assert StoredMail.objects.filter(kind="holds").count() == 2


def test_other_mail_and_other_organisers_silence_no_warning():
    asked, crowded, other = (make_event(slug=f"wijk-{one}", capacity=4) for one in range(3))
    Event.objects.filter(pk=other.pk).update(organiser_email="bo@gemeente.example")
    strangers.ask_link(asked, asked.organiser_email, language="nl", at=NOW)

    for event in (crowded, other):
        hold(event), hold(event)

    warned = StoredMail.objects.filter(kind="holds").values_list("event", flat=True)
    assert set(warned) == {crowded.pk, other.pk}


@pytest.mark.parametrize(("held", "said"), [(1, True), (4, False)])
def test_mail_says_that_it_may_be_shorter_if_it_may(held: int, said: bool):
    event = make_event(capacity=8)
    for _person in range(held):
        make_registration(event, confirmed=False)
    strangers.answer(NOW)

    text = words_of(StoredMail.objects.filter(kind="confirm").latest("pk")).text

    may_end = "We houden je plek vast tot 14.15 uur, en daarna ook als het niet heel druk wordt."
    assert (may_end in text) is said
    assert ("Tot dan houden we je plek vast." in text) is not said
    assert f"vóór {'15.00' if said else '14.15'} uur" in text
