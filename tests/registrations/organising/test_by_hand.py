"""What organisers do for somebody who phones: add, confirm, move, cancel, send the link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils.translation import gettext

from program.models import Event, Slot
from registrations.booking import changing, signup, waiting
from registrations.booking.places import differences
from registrations.errors import (
    CalledOff,
    ConfirmedTooLate,
    Erased,
    EventFull,
    EventOver,
    EventStarted,
    LinkUnderWay,
    NoSeatToMove,
    NothingChanged,
    NothingToMail,
    NotPublished,
    RegisteredAlready,
    SameName,
    StillInTheQueue,
    TablesRefused,
    WaitingOffered,
)
from registrations.models import Change, Registration, StoredMail
from registrations.organising import by_hand
from registrations.privacy import erasure
from registrations.privacy.download import my_data
from registrations.queries.tables import codes
from tests.factories import NOW, START, make_event, make_registration, make_slot
from tests.mailed import DONE, words_of

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=2)
# Waiting has closed (18:00 on the day before), the event has not begun.
MORNING = START - timedelta(hours=4)
WHO: dict[str, Any] = {"who": "organisator", "why": "Belde op."}


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b", seats=2)
    make_slot(event, "2b", 2)
    return event


@pytest.fixture(autouse=True)
def _counters_stay_right():
    yield
    assert differences() == []


def add(event: Event, tables=None, waitlists=None, *, at=NOW, email="", **more) -> Registration:
    person: dict[str, Any] = {
        "first_name": "Aaltje",
        "last_name": f"Kok {Registration.objects.count()}",
    }
    person |= {name: more.pop(name) for name in ("first_name", "last_name") if name in more}
    somebody = signup.Attendee(email=email, **person)
    return by_hand.add(event, somebody, tables or {}, waitlists or {}, **WHO | more, at=at)


def kinds(registration: Registration) -> list[str]:
    return list(registration.mails.values_list("kind", flat=True))


def story(registration: Registration) -> list[tuple[str, str, str]]:
    return list(registration.changes.values_list("what", "who", "why"))


def reserve(event: Event, code: str, seats: int) -> None:
    event.slots.filter(session__code=code).update(reserved=seats)


# Adding


def test_added_person_is_registered_at_once_with_a_reason_and_a_mail(event):
    registration = add(event, {1: "1a", 2: "2b"}, email="aaltje@haarlem.example")

    assert registration.status == "confirmed"
    assert registration.origin == "hand"
    assert codes(registration) == {"1": "1a", "2": "2b"}
    assert story(registration) == [
        ("added", "organisator", "Belde op."),
        ("confirmed", "organisator", ""),
    ]
    (mail,) = registration.mails.all()
    assert mail.kind == "added"
    assert words_of(mail).calendar_method == "REQUEST"
    assert "/aanmelding/" in words_of(mail).text
    event.refresh_from_db()
    assert event.taken == 1
    assert registration.version == event.version


def test_added_person_without_an_address_gets_no_mail_ever(event):
    registration = add(event, {1: "1a"})
    by_hand.move(registration, {1: "1b"}, who="organisator", at=NOW)
    changing.cancel(registration, who="organisator", at=NOW)

    assert StoredMail.objects.count() == 0


def test_people_without_an_address_are_not_one_person(event):
    first, second = add(event), add(event)

    assert my_data(first)["other_sign_ups"] == []
    erasure.erase(first, at=NOW)
    second.refresh_from_db()
    assert second.status == "confirmed"
    assert second.first_name == "Aaltje"


def test_adding_takes_every_table_or_nothing(event):
    make_registration(event, {1: "1a"})

    with pytest.raises(TablesRefused) as refused:
        add(event, {1: "1a", 2: "2b"})

    assert [name for name, _sentence in refused.value.problems] == ["round_1"]
    assert event.registrations.count() == 1
    assert event.slots.get(session__code="2b").taken == 0


def test_somebody_who_is_registered_is_not_added_again(event):
    make_registration(event, email="noor@haarlem.example")

    with pytest.raises(RegisteredAlready):
        add(event, email="Noor@Haarlem.example")
    assert event.registrations.count() == 1


def test_a_name_that_is_there_already_is_asked_about(event):
    make_registration(event, first_name="Zoë", last_name="de Wit")

    with pytest.raises(SameName):
        add(event, first_name="Zoe", last_name="De Wit")
    registration = add(event, first_name="Zoe", last_name="De Wit", namesake=True)

    assert registration.is_confirmed


def test_adding_ends_the_holds_of_that_address(event):
    hold = make_registration(event, {1: "1a"}, email="noor@haarlem.example", confirmed=False)

    add(event, email="noor@haarlem.example")

    hold.refresh_from_db()
    assert hold.status == "expired"
    assert story(hold)[-1] == ("expired", "organisator", "")
    assert event.slots.get(session__code="1a").taken == 0


def test_adding_to_a_full_event_is_offered_the_waiting_list(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event)

    with pytest.raises(WaitingOffered):
        add(event)
    registration = add(event, {1: "1a"}, waiting_too=True, email="aaltje@haarlem.example")

    assert registration.status == "waiting"
    assert story(registration) == [
        ("added", "organisator", "Belde op."),
        ("waiting", "organisator", ""),
    ]
    (mail,) = registration.mails.all()
    assert (mail.kind, words_of(mail).calendar) == ("added", "")
    assert words_of(mail).subject == gettext("You are on the waiting list for %(event)s") % {
        "event": event.title
    }


def test_adding_somebody_passes_over_nobody_who_waits(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    seated = make_registration(event)
    first = add(event, waiting_too=True)
    second = add(event, {1: "1a"}, waiting_too=True)

    changing.cancel(seated, at=LATER)

    assert [Registration.objects.get(pk=one.pk).status for one in (first, second)] == [
        "confirmed",
        "waiting",
    ]


def test_adding_to_a_full_event_once_waiting_has_closed_is_refused(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event)

    with pytest.raises(EventFull):
        add(event, waiting_too=True, at=MORNING)


def test_added_person_can_wait_for_a_full_table(event):
    seated = make_registration(event, {1: "1a"})
    registration = add(event, {1: "1b"}, {1: ["1a"]})
    changing.cancel(seated, at=LATER)

    assert codes(registration) == {"1": "1a"}


def test_adding_is_possible_until_the_event_is_over(event):
    assert add(event, at=START + timedelta(hours=1)).is_confirmed
    with pytest.raises(EventOver):
        add(event, at=START + timedelta(hours=4))


@pytest.mark.parametrize(
    ("state", "refusal"),
    [({"published": False}, NotPublished), ({"called_off_at": NOW}, CalledOff)],
)
def test_nobody_is_added_to_a_draft_or_to_what_is_called_off(event, state, refusal):
    Event.objects.filter(pk=event.pk).update(**state)

    with pytest.raises(refusal):
        add(event)


def test_reserved_seat_goes_to_the_person_an_organiser_chooses(event):
    reserve(event, "1a", 1)
    with pytest.raises(TablesRefused):
        add(event, {1: "1a"})

    registration = add(event, {1: "1a"}, on_reserved=[1])

    slot = event.slots.get(session__code="1a")
    assert (slot.reserved, slot.taken) == (0, 1)
    assert codes(registration) == {"1": "1a"}
    given = registration.changes.get(what="reserved")
    assert given.old == {"round": 1, "code": "1a", "reserved": 1}
    assert given.new == {"round": 1, "code": "1a", "reserved": 0}
    with pytest.raises(TablesRefused):
        add(event, {1: "1a"}, on_reserved=[1])


# Confirming


def test_confirming_by_hand_keeps_what_was_held(event):
    registration = make_registration(event, {1: "1a"}, confirmed=False)

    by_hand.confirm(registration, **WHO, at=NOW)

    registration.refresh_from_db()
    assert registration.status == "confirmed"
    assert story(registration)[-1] == ("confirmed", "organisator", "Belde op.")
    assert kinds(registration) == ["confirm", "registered"]


def test_confirming_by_hand_too_late_stands_behind_those_who_wait(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    late = make_registration(event, {1: "1a"}, confirmed=False)
    make_registration(event, at=LATER)

    by_hand.confirm(late, **WHO, at=LATER)

    late.refresh_from_db()
    assert late.status == "waiting"


def test_confirming_by_hand_too_late_for_the_waiting_list_is_refused(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    late = make_registration(event, confirmed=False)
    make_registration(event, at=LATER)

    with pytest.raises(ConfirmedTooLate):
        by_hand.confirm(late, **WHO, at=MORNING)


def test_a_second_sign_up_of_somebody_registered_is_not_confirmed_by_hand(event):
    make_registration(event, email="noor@haarlem.example")
    second = make_registration(event, email="noor@haarlem.example", confirmed=False)

    with pytest.raises(RegisteredAlready):
        by_hand.confirm(second, **WHO, at=NOW)


def test_nobody_is_confirmed_past_the_waiting_list(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event)
    first = add(event, waiting_too=True)
    with pytest.raises(StillInTheQueue):
        by_hand.confirm(first, **WHO, at=LATER)

    Event.objects.filter(pk=event.pk).update(capacity=2)
    waiting.tell_waiters(MORNING)
    by_hand.confirm(first, **WHO, at=MORNING)

    first.refresh_from_db()
    assert first.status == "confirmed"
    assert story(first)[-1] == ("promoted", "organisator", "Belde op.")


def test_erased_person_is_not_confirmed(event):
    registration = make_registration(event, confirmed=False)
    erasure.erase(registration, at=NOW)

    with pytest.raises(Erased):
        by_hand.confirm(registration, **WHO, at=NOW)


# Moving


def test_moved_person_sits_elsewhere_with_a_mail_and_a_new_calendar(event):
    registration = make_registration(event, {1: "1a"})

    by_hand.move(registration, {1: "1b", 2: "2b"}, **WHO, at=NOW)

    registration.refresh_from_db()
    assert codes(registration) == {"1": "1b", "2": "2b"}
    assert {seat.how for seat in registration.table_seats.all()} == {"given"}
    change = registration.changes.latest("pk")
    assert (change.what, change.who, change.why) == ("tables", "organisator", "Belde op.")
    assert (change.old, change.new) == ({"1": "1a"}, {"1": "1b", "2": "2b"})
    assert kinds(registration)[-1] == "tables"
    assert registration.version == Event.objects.get(pk=event.pk).version
    assert event.slots.get(session__code="1a").taken == 0


def test_moving_can_be_silent(event):
    registration = make_registration(event, {1: "1a"})

    by_hand.move(registration, {1: "1b"}, **WHO, mail=False, at=NOW)

    assert kinds(registration) == ["confirm", "registered"]


def test_moving_never_oversells(event):
    make_registration(event, {1: "1a"})
    registration = make_registration(event, {1: "1b"})

    with pytest.raises(TablesRefused):
        by_hand.move(registration, {1: "1a", 2: "2b"}, **WHO, at=NOW)
    assert codes(registration) == {"1": "1b"}


def test_moving_works_after_changes_closed_until_the_end(event):
    registration = make_registration(event, {1: "1a"})

    by_hand.move(registration, {1: "1b"}, **WHO, at=START + timedelta(hours=1))
    assert codes(registration) == {"1": "1b"}
    with pytest.raises(EventOver):
        by_hand.move(registration, {1: "1a"}, **WHO, at=START + timedelta(hours=4))


def test_moving_gives_a_reserved_seat_and_counts_it_once(event):
    reserve(event, "1a", 1)
    registration = make_registration(event, {1: "1b"})

    by_hand.move(registration, {1: "1a"}, on_reserved=[1], **WHO, at=NOW)

    slot = event.slots.get(session__code="1a")
    assert (slot.reserved, slot.taken) == (0, 1)
    with pytest.raises(NothingChanged):
        by_hand.move(registration, {1: "1a"}, on_reserved=[1], **WHO, at=NOW)


def test_moving_ends_the_entries_for_the_session_and_keeps_the_others(event):
    make_slot(event, "3c", seats=1)
    make_registration(event, {1: "3c"})
    make_registration(event, {1: "1a"})
    make_slot(event, "1a", 2)
    registration = make_registration(event, {1: "1b"}, waitlists={1: ["1a", "3c"]})

    by_hand.move(registration, {1: "1b", 2: "1a"}, **WHO, at=NOW)

    assert list(registration.waitlist_entries.values_list("session__code", flat=True)) == ["3c"]


def test_moving_ends_those_entries_also_when_nobody_is_moved_any_more(event):
    make_registration(event, {1: "1a"})
    make_slot(event, "1a", 2)
    registration = make_registration(event, {1: "1b"}, waitlists={1: ["1a"]})

    by_hand.move(registration, {1: "1b", 2: "1a"}, **WHO, at=MORNING)

    assert not registration.waitlist_entries.exists()


def test_moving_gives_the_seat_left_to_those_who_wait(event):
    leaving = make_registration(event, {1: "1a"})
    waiter = make_registration(event, {1: "1b"}, waitlists={1: ["1a"]})

    by_hand.move(leaving, {1: ""}, **WHO, at=NOW)

    assert codes(waiter) == {"1": "1a"}


def test_only_registered_people_are_moved(event):
    pending = make_registration(event, {1: "1a"}, confirmed=False)

    with pytest.raises(NoSeatToMove):
        by_hand.move(pending, {1: "1b"}, **WHO, at=NOW)


# Cancelling and sending links


def test_cancelling_by_an_organiser_says_so_and_can_be_silent(event):
    told, silent = make_registration(event), make_registration(event)

    changing.cancel(told, **WHO, at=NOW)
    changing.cancel(silent, **WHO, mail=False, at=NOW)

    mail = told.mails.get(kind="cancelled")
    assert words_of(mail).subject == gettext("Your sign-up has been cancelled: %(event)s") % {
        "event": event.title
    }
    assert event.organiser in words_of(mail).text.split("\n\n")[1]
    assert kinds(silent) == ["confirm", "registered"]
    assert story(silent)[-1] == ("cancelled", "organisator", "Belde op.")


def test_organiser_does_not_cancel_after_the_start(event):
    with pytest.raises(EventStarted):
        changing.cancel(make_registration(event), **WHO, at=START)


def test_link_is_sent_again_as_it_fits_the_status(event):
    pending = make_registration(event, confirmed=False)
    confirmed = make_registration(event)
    all_sent()

    for registration in (pending, confirmed):
        by_hand.resend(registration, who="organisator", at=NOW)

    assert kinds(pending) == ["confirm", "confirm"]
    assert kinds(confirmed) == ["confirm", "registered", "link"]
    assert story(confirmed)[-1] == ("resent", "organisator", "")


def all_sent(at: datetime = NOW - timedelta(hours=1)) -> None:
    """The worker was there."""
    StoredMail.objects.waiting().update(sent_at=at, **DONE)


def resend(registration: Registration, at: datetime) -> str:
    """What the organiser is told; empty if the link is mailed."""
    try:
        by_hand.resend(registration, who="organisator", at=at)
    except LinkUnderWay as error:
        return str(error)
    return ""


def test_button_for_the_link_pressed_twice_sends_one(event):
    registration = make_registration(event)

    assert resend(registration, NOW) == ""
    assert resend(registration, NOW + timedelta(hours=1)) == (
        "Deze link is al onderweg, sinds 23 november 2026 om 14.00. Nog een keer sturen helpt niet."
    )
    all_sent(NOW + timedelta(hours=2, minutes=3))
    soon = NOW + timedelta(hours=2, minutes=3, seconds=59)
    assert resend(registration, soon) == (
        "De link is al verstuurd om 16.03. Wacht een minuut voor je er nog een verstuurt."
    )
    assert kinds(registration) == ["confirm", "registered", "link"]
    assert resend(registration, soon + timedelta(seconds=1)) == ""
    assert kinds(registration) == ["confirm", "registered", "link", "link"]
    assert Change.objects.filter(what="resent").count() == 2


def test_link_that_did_not_get_through_or_went_elsewhere_is_sent_again(event):
    registration = make_registration(event)
    assert resend(registration, NOW) == ""
    StoredMail.objects.waiting().update(failed_at=NOW, **DONE)
    assert resend(registration, NOW) == ""
    StoredMail.objects.waiting().update(to="old@a.example")
    assert resend(registration, NOW) == ""


def test_no_link_is_sent_where_none_is_of_use(event):
    cancelled = changing.cancel(make_registration(event), at=NOW)
    late = make_registration(event, confirmed=False)

    for registration, at in ((cancelled, NOW), (late, LATER), (add(event), NOW)):
        with pytest.raises(NothingToMail):
            by_hand.resend(registration, who="organisator", at=at)


# Many


def test_cancelling_many_moves_nobody_who_is_among_them(event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    make_registration(event)
    # Behind the other by name too: they are cancelled in that order.
    among = add(event, waiting_too=True, email="a@haarlem.example", last_name="Zwart")
    stays = add(event, waiting_too=True, email="b@haarlem.example")
    chosen = event.registrations.exclude(pk=stays.pk)

    count = by_hand.cancel_many(chosen, **WHO, mail=True, at=LATER)

    assert count == 2
    among.refresh_from_db()
    stays.refresh_from_db()
    assert (among.status, stays.status) == ("cancelled", "confirmed")
    assert kinds(among) == ["added", "cancelled"]
    assert kinds(stays) == ["added", "promoted"]


def test_cancelling_many_leaves_events_alone_that_have_begun(event):
    begun = make_event(starts_at=START - timedelta(days=3))
    there = make_registration(begun, at=NOW)
    make_registration(event)

    count = by_hand.cancel_many(
        Registration.objects.all(), **WHO, mail=False, at=START - timedelta(days=2)
    )

    assert count == 1
    there.refresh_from_db()
    assert there.status == "confirmed"


def test_links_are_sent_to_many_as_far_as_there_are_any(event):
    make_registration(event)
    make_registration(event, confirmed=False)
    add(event)
    changing.cancel(make_registration(event), at=NOW)

    all_sent()

    for told in ((2, 0), (0, 2)):
        assert by_hand.resend_many(Registration.objects.all(), who="organisator", at=NOW) == told
    assert Change.objects.filter(what="resent").count() == 2


def test_history_holds_no_name_and_no_address(event):
    registration = add(event, {1: "1a"}, email="aaltje@haarlem.example")
    by_hand.move(registration, {1: "1b"}, **WHO, at=NOW)
    changing.cancel(registration, **WHO, at=NOW)

    for change in Change.objects.all():
        said = f"{change.old} {change.new} {change.who} {change.why}"
        assert "Aaltje" not in said
        assert "@" not in said


def test_slot_is_never_left_with_fewer_seats_than_people(event):
    reserve(event, "1b", 1)
    make_registration(event, {1: "1b"})

    with pytest.raises(TablesRefused):
        make_registration(event, {1: "1b"})
    assert Slot.objects.get(session__code="1b").seats_left == 0
