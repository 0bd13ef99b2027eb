"""A sign-up in the place of one's own earlier hold, and what asks another address to confirm."""

from __future__ import annotations

import multiprocessing
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, connections, transaction

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.booking.places import differences
from registrations.errors import (
    CalledOff,
    HoldOver,
    LinkUnknown,
    NotRegistered,
    RedirectedOften,
    TablesRefused,
    WaitingOffered,
    WrongCode,
)
from registrations.mail import outbox, strangers
from registrations.models import Change, Registration, SpecialNeeds, StoredMail
from registrations.names.spelling import folded
from registrations.organising import calling_off
from registrations.privacy import erasure
from registrations.queries.tokens import code_of, find, token_of
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import words_of

LATER = NOW + timedelta(minutes=10)
fork = multiprocessing.get_context("fork")


@pytest.fixture
def event(db: None) -> Event:
    """Table 1a has one seat, the others have room."""
    event = make_event()
    make_slot(event, "1a", 1, seats=1)
    make_slot(event, "1b", 1)
    make_slot(event, "2a", 2, seats=1)
    return event


def hold(event: Event, tables: dict[int, str] | None = None, **person) -> Registration:
    return make_registration(event, tables, confirmed=False, **person)


def again(held: Registration, tables: dict[int, str], **more) -> Registration:
    person = make_person(more.pop("email", held.email))
    return signup.sign_up(
        held.event, person, tables, replaces=held, at=more.pop("at", LATER), **more
    )


def codes(registration: Registration) -> list[str]:
    return [seat.session.code for seat in registration.table_seats.order_by("round__number")]


def fresh(registration: Registration) -> Registration:
    return Registration.objects.get(pk=registration.pk)


# In the place of one's own hold


def test_own_last_seat_is_kept(event: Event):
    held = hold(event, {1: "1a", 2: "2a"})

    new = again(held, {1: "1a", 2: "2a"})

    event.refresh_from_db()
    assert (codes(new), codes(held), event.taken) == (["1a", "2a"], [], 1)
    assert (fresh(held).status, new.status) == ("expired", "pending")
    assert differences() == []


def test_last_place_of_the_event_is_kept(event: Event):
    Event.objects.update(capacity=1)

    new = again(hold(event), {1: "1a"})

    assert (new.holds_place, codes(new)) == (True, ["1a"])
    assert differences() == []


def test_refused_the_old_hold_stays(event: Event):
    held = hold(event, {1: "1a"})
    make_registration(event, {2: "2a"})
    before = Change.objects.count(), StoredMail.objects.count()

    with pytest.raises(TablesRefused):
        again(held, {1: "1b", 2: "2a"})

    assert (fresh(held).status, codes(held)) == ("pending", ["1a"])
    assert find(token_of(held)) == held
    assert (Change.objects.count(), StoredMail.objects.count()) == before
    assert differences() == []


def test_earlier_link_stops_working_and_its_mail_does_not_go(event: Event):
    held = hold(event, {1: "1a"})
    link = token_of(held)

    new = again(held, {1: "1a"})

    for nowhere in (link, token_of(fresh(held))):
        with pytest.raises(LinkUnknown):
            find(nowhere)
    strangers.answer(LATER)
    assert [mail.registration for mail in StoredMail.objects.filter(kind="confirm")] == [new]


def test_old_address_of_a_replaced_hold_is_mailed_no_link_of_it(event: Event):
    held = hold(event, email="noor@gmial.com")
    again(held, {}, email="noor@gmail.com")
    strangers.ask_link(event, "noor@gmial.com", language="nl", at=LATER)
    strangers.ask_to_confirm(fresh(held), at=LATER)  # as if it was asked a moment before
    strangers.answer(LATER)

    assert [mail.to for mail in StoredMail.objects.all()] == ["noor@gmail.com"]


def test_organiser_who_confirms_a_replaced_one_gives_it_a_link(event: Event):
    held = hold(event, email="noor@gmial.com")
    again(held, {}, email="noor@gmail.com")

    confirmed = signup.confirm(held, who="o", at=LATER)

    assert find(token_of(confirmed)) == held


def test_history_says_that_it_was_replaced(event: Event):
    held = hold(event, {1: "1a"})
    again(held, {1: "1a"})

    assert [one.what for one in held.changes.all()] == ["signed_up", "replaced"]


def test_earlier_mail_that_waits_is_given_up(event: Event):
    held = hold(event)
    strangers.answer(NOW)
    again(held, {})

    assert StoredMail.objects.get(registration=held).error == "overtaken"


def test_special_needs_of_the_earlier_one_are_erased(event: Event):
    Event.objects.update(needs_question="Dieet?")
    held = hold(event, needs="Geen noten")
    again(held, {})

    assert not SpecialNeeds.objects.exists()


def test_those_who_wait_get_what_is_left_and_nothing_that_is_kept(event: Event):
    held = hold(event, {1: "1a", 2: "2a"})
    waiter = make_registration(event, {1: "1b"}, waitlists={1: ["1a"], 2: ["2a"]})

    new = again(held, {1: "1a", 2: ""})

    assert (codes(new), codes(waiter)) == (["1a"], ["1b", "2a"])
    assert differences() == []


def test_place_is_kept_though_people_wait_for_one(event: Event):
    Event.objects.update(capacity=1)
    held = hold(event)
    waiter = make_registration(event, waiting_too=True)

    new = again(held, {1: "1b"})

    assert (new.holds_place, fresh(waiter).status) == (True, "waiting")


def test_who_waits_for_it_waits_no_longer(event: Event):
    """Else somebody could hold a seat for ever, by sending the form once an hour."""
    held = hold(event, {1: "1a"})
    make_registration(event, {1: "1b"}, waitlists={1: ["1a"]})

    assert again(held, {1: "1a"}).hold_expires_at == held.hold_expires_at


def test_where_nobody_waits_there_is_time_for_the_new_mail(event: Event):
    assert again(hold(event, {1: "1a"}), {1: "1a"}).hold_expires_at == LATER + timedelta(hours=1)


def test_where_nobody_waits_sending_it_again_takes_no_time_away(event: Event):
    """By now more than a quarter of the places is held, so a new hold is a short one."""
    held = hold(event, {1: "1a"})
    Event.objects.update(capacity=3)
    hold(event)

    assert again(held, {1: "1a"}).hold_expires_at == held.hold_expires_at


def test_turn_on_the_waiting_list_gives_no_place(event: Event):
    Event.objects.update(capacity=0)
    held = hold(event, waiting_too=True)

    with pytest.raises(WaitingOffered):
        again(held, {})
    assert not again(held, {}, waiting_too=True).holds_place
    assert differences() == []


@pytest.mark.parametrize("ended", ["confirmed", "freed", "run out"])
def test_what_is_no_hold_any_more_is_left_alone(event: Event, ended: str):
    held, at = hold(event, {1: "1b"}), LATER
    if ended == "confirmed":
        signup.confirm(held, at=NOW)
    elif ended == "freed":
        holds.free(Registration.objects.filter(pk=held.pk), who="o", at=NOW)
    else:
        at = NOW + timedelta(hours=2)
    link = token_of(held)

    new = again(held, {1: "1b"}, at=at)

    assert new.is_pending
    assert token_of(fresh(held)) == link
    assert differences() == []


def test_double_click_is_one_sign_up(event: Event):
    held, digest = hold(event, {1: "1a"}), uuid4()

    first = again(held, {1: "1a"}, digest=digest)

    assert again(first, {1: "1a"}, digest=digest) == first
    assert Registration.objects.count() == 2


def test_one_person_is_known_by_name_or_by_address(event: Event):
    held = hold(event, email="noor@gmial.com", first_name="Gülşen", last_name="van 't Hof")

    def same(email: str, first: str, last: str) -> bool:
        return signup.same_person(held, make_person(email, first_name=first, last_name=last))

    assert same("NOOR@gmial.com", "Els", "Bakker")
    assert same("noor@gmail.com", "gulsen", "van ’t hof")
    assert not same("els@gmail.com", "Els", "Bakker")
    assert folded(held.name) == "gulsen van 't hof"


# To another address


def test_mail_goes_elsewhere_on_the_same_hold(event: Event):
    held = hold(event, {1: "1a"}, email="noor@gmial.com")
    old_link, old_code = token_of(held), code_of(held)

    moved = signup.mail_elsewhere(held, "noor@gmail.com", at=LATER)
    strangers.answer(LATER)

    event.refresh_from_db()
    assert (Registration.objects.get(), event.taken, codes(moved)) == (held, 1, ["1a"])
    assert moved.hold_expires_at == held.hold_expires_at
    assert token_of(moved) != old_link
    assert code_of(moved) != old_code
    mail = StoredMail.objects.get()
    assert (mail.to, mail.kind) == ("noor@gmail.com", "confirm")
    assert token_of(moved) in words_of(mail).text
    assert [change.what for change in moved.changes.all()] == ["signed_up", "redirected"]
    assert "gmail" not in str(list(moved.changes.values()))


def test_mail_to_the_first_address_that_is_under_way_is_dropped(event: Event, mailoutbox):
    held = hold(event, email="noor@gmial.com")
    strangers.answer(NOW)
    signup.mail_elsewhere(held, "noor@gmail.com", at=LATER)
    strangers.answer(LATER)
    outbox.send_due(LATER)

    assert StoredMail.objects.get(to="noor@gmial.com").error == "overtaken"
    assert StoredMail.objects.get(to="noor@gmail.com").sent_at


def test_same_address_is_asked_once_more_with_the_same_link(event: Event):
    held = hold(event, email="noor@gmail.com")
    strangers.answer(NOW)

    moved = signup.mail_elsewhere(held, "Noor@gmail.com", at=LATER)
    strangers.answer(LATER)

    assert (token_of(moved), code_of(moved)) == (token_of(held), code_of(held))
    assert StoredMail.objects.filter(kind="confirm", failed_at=None).count() == 2


def test_tries_of_a_code_are_not_given_back(event: Event):
    held = hold(event)
    with pytest.raises(WrongCode):
        signup.confirm_by_code(held, "x", at=NOW)

    assert signup.mail_elsewhere(held, "els@gmail.com", at=LATER).code_tries == 1


def test_tries_of_a_code_are_not_given_back_to_whoever_sends_the_form_again(event: Event):
    held = hold(event)
    for _time in range(5):
        with pytest.raises(WrongCode):
            signup.confirm_by_code(held, "x", at=NOW)

    new = again(held, {})

    with pytest.raises(WrongCode) as refused:
        signup.confirm_by_code(new, code_of(new), at=LATER)
    assert (new.code_tries, refused.value.left) == (5, 0)


@pytest.mark.parametrize("ended", ["confirmed", "freed", "cancelled"])
def test_what_is_no_hold_any_more_stays_and_another_is_asked_to_confirm_anew(
    event: Event, ended: str
):
    """As if it were still held: else whoever asks sees that it was confirmed (rule 5)."""
    held = hold(event, {1: "1a", 2: "2a"}, email="noor@haarlem.example")
    if ended == "confirmed":
        signup.confirm(held, at=NOW)
    elif ended == "freed":
        holds.free(Registration.objects.all(), who="o", at=NOW)
    else:
        changing.cancel(held, at=NOW)
    before, link = fresh(held).status, token_of(held)

    anew = signup.mail_elsewhere(held, "els@gmail.com", at=LATER)
    strangers.answer(LATER)

    assert (fresh(held).status, fresh(held).email) == (before, "noor@haarlem.example")
    assert token_of(fresh(held)) == link
    assert (anew.status, anew.email, anew.promise) == ("pending", "els@gmail.com", held.promise)
    assert codes(anew) == ([] if ended == "confirmed" else ["1a", "2a"])
    assert anew.redirects == fresh(held).redirects == 1
    assert StoredMail.objects.get(to="els@gmail.com").kind == "confirm"
    assert differences() == []


def test_form_of_a_sign_up_that_was_replaced_is_another_sign_up(event: Event):
    """Sent once more within the minute in which two are taken for a double click."""
    person, digest = make_person(), uuid4()
    held = signup.sign_up(event, person, {}, digest=digest, at=NOW)
    new = again(held, {}, at=NOW)

    once_more = signup.sign_up(event, person, {}, digest=digest, at=NOW)

    assert once_more not in (held, new)
    assert once_more.status == "pending"


@pytest.mark.parametrize("role", ["inwoner", ""])
def test_it_is_asked_for_the_same_person(event: Event, role: str):
    person = make_person("noor@haarlem.example", organisation="Gemeente", role=role, language="en")
    held = signup.sign_up(event, person, {}, at=NOW)
    signup.confirm(held, at=NOW)

    anew = signup.mail_elsewhere(held, "els@gmail.com", at=LATER)

    same = ("first_name", "last_name", "organisation", "role", "language")
    assert [getattr(anew, name) for name in same] == [getattr(held, name) for name in same]
    assert (anew.organisation, anew.role.code if anew.role else "") == ("Gemeente", role)


@pytest.mark.parametrize("ended", ["run out", "erased"])
def test_mail_goes_nowhere_once_the_hold_was_to_end(event: Event, ended: str):
    held, at = hold(event, email="noor@haarlem.example"), LATER
    if ended == "erased":
        erasure.erase(held, at=NOW)
    else:
        at = NOW + timedelta(hours=1)

    with pytest.raises(HoldOver):
        signup.mail_elsewhere(held, "els@gmail.com", at=at)
    assert Registration.objects.count() == 1


def test_other_addresses_of_one_hold_have_an_end(event: Event):
    held = hold(event)
    for number in range(3):
        signup.mail_elsewhere(held, f"a{number}@gmail.com", at=LATER)

    with pytest.raises(RedirectedOften):
        signup.mail_elsewhere(held, "els@gmail.com", at=LATER)
    with pytest.raises(RedirectedOften):
        signup.mail_elsewhere(again(fresh(held), {}), "els@gmail.com", at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.update(redirects=4)


def test_nothing_is_asked_once_it_is_called_off(event: Event):
    held = hold(event)
    calling_off.call_off(event, why="Storm.", who="o", at=NOW)

    with pytest.raises(CalledOff):
        signup.mail_elsewhere(held, "els@gmail.com", at=LATER)


def test_whoever_was_registered_already_and_left_is_no_reason_to_ask_elsewhere(event: Event):
    """Their mail said that they were; the sign-up that it was about has another address now."""
    known = make_registration(event, email="noor@haarlem.example")
    held = hold(event, email="noor@haarlem.example")
    strangers.answer(NOW)
    signup.mail_elsewhere(held, "els@gmail.com", at=NOW)
    strangers.answer(NOW)
    changing.cancel(known, at=NOW)
    outbox.send_due(NOW + timedelta(minutes=1))

    assert not StoredMail.objects.asked().exists()


# With the code


def test_right_code_confirms(event: Event):
    held = hold(event, {1: "1a"})

    assert signup.confirm_by_code(held, code_of(held), at=LATER).is_confirmed
    assert signup.confirm_by_code(held, code_of(held), at=LATER).is_confirmed
    assert codes(held) == ["1a"]


def test_right_code_is_right_at_the_last_try(event: Event):
    held = hold(event)
    for _time in range(4):
        with pytest.raises(WrongCode):
            signup.confirm_by_code(held, "abcdef", at=LATER)

    assert signup.confirm_by_code(held, code_of(held), at=LATER).is_confirmed


def test_wrong_code_counts_until_none_is_left(event: Event):
    held = hold(event)
    for left in (4, 3, 2, 1, 0, 0):
        with pytest.raises(WrongCode) as refused:
            signup.confirm_by_code(held, "abcdef", at=LATER)
        assert refused.value.left == left

    with pytest.raises(WrongCode):
        signup.confirm_by_code(held, code_of(held), at=LATER)
    assert (fresh(held).status, fresh(held).code_tries) == ("pending", 5)
    assert signup.confirm(held, at=LATER).is_confirmed, "the link goes on working"


def test_every_code_is_wrong_for_an_address_that_is_registered(event: Event):
    make_registration(event, email="noor@haarlem.example")
    held = hold(event, email="noor@haarlem.example")

    with pytest.raises(WrongCode) as refused:
        signup.confirm_by_code(held, code_of(held), at=LATER)
    assert (refused.value.left, fresh(held).status) == (4, "pending")


def test_right_code_of_a_cancelled_sign_up_confirms_nothing(event: Event):
    held = hold(event)
    changing.cancel(held, at=NOW)

    with pytest.raises(NotRegistered):
        signup.confirm_by_code(held, code_of(held), at=LATER)


def test_code_hangs_on_key_sign_up_and_address(event: Event, settings):
    one, other = hold(event, email="a@gmail.com"), hold(event, email="a@gmail.com")
    first = code_of(one)
    assert len(first) == 6
    assert first.isdecimal()

    settings.SECRET_KEY = "another key"
    third = code_of(one)
    one.email = "b@gmail.com"
    assert len({first, third, code_of(one), code_of(other)}) == 4


def test_database_refuses_a_sixth_try(event: Event):
    held = hold(event)
    with pytest.raises(IntegrityError), transaction.atomic():
        Registration.objects.filter(pk=held.pk).update(code_tries=6)


def guess(held: Registration, opening, barrier, outcomes) -> None:
    with opening:
        connection.ensure_connection()
    barrier.wait(PATIENCE)
    try:
        signup.confirm_by_code(held, "000 000", at=LATER)
    except WrongCode as refused:
        outcomes.put(refused.left)
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_many_guesses_at_once_are_counted_one_by_one(transactional_db: None):
    guesses = 8
    held = hold(make_event())
    opening, barrier, outcomes = fork.Lock(), fork.Barrier(guesses), fork.Queue()
    connections.close_all()
    processes = [
        fork.Process(target=guess, args=(held, opening, barrier, outcomes)) for _ in range(guesses)
    ]
    for process in processes:
        process.start()
    left = sorted(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)

    assert left == [0, 0, 0, 0, 1, 2, 3, 4]
    assert fresh(held).code_tries == 5
