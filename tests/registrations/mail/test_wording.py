"""A mail is written when it leaves: it tells how things are then, or does not go at all."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from program.models import Event
from registrations.booking import changing, signup
from registrations.mail import mails, outbox, staff_mail, strangers, wording
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import Registration, StoredMail
from registrations.models.mail import LEFT, OVERTAKEN
from registrations.organising import by_hand, calling_off, corrections, dropping
from tests.factories import NOW, make_event, make_person, make_registration, make_slot

pytestmark = pytest.mark.django_db

Mailbox = list[EmailMessage]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def event() -> Event:
    """Two tables in each round; 1a has one seat."""
    event = make_event(title="Werken in de wijk")
    for code, number, seats in (("1a", 1, 1), ("2a", 1, 5), ("1b", 2, 5), ("2b", 2, 5)):
        make_slot(event, code, number, seats=seats)
    return event


def leave() -> None:
    strangers.answer(NOW)
    outbox.send_due(NOW)


def whys(person: Registration) -> dict[str, str]:
    """Why mails to somebody did not go."""
    return dict(person.mails.exclude(failed_at=None).values_list("kind", "error"))


def kinds_sent(person: Registration) -> list[str]:
    sent = person.mails.exclude(sent_at=None).order_by("pk")
    return list(sent.values_list("kind", flat=True))


def test_a_mail_that_had_to_wait_tells_of_the_tables_of_today(event, mailoutbox: Mailbox):
    noor = make_registration(event, {1: "2a", 2: "1b"})
    changing.change_tables(noor, {1: "2a", 2: "2b"}, at=NOW)
    leave()

    assert kinds_sent(noor) == ["registered", "tables"]
    for message in mailoutbox:
        assert "Gesprek 2b" in message.body
        assert "Gesprek 1b" not in message.body


def test_who_was_promoted_before_the_mail_about_waiting_left_gets_the_better_one(
    event, mailoutbox: Mailbox
):
    Event.objects.update(capacity=1)
    first = make_registration(event, {})
    noor = make_registration(event, {}, waiting_too=True)
    assert noor.is_waiting
    changing.cancel(first, at=NOW)
    leave()

    assert kinds_sent(noor) == ["promoted"]
    assert whys(noor) == {"waiting": OVERTAKEN}
    assert [m.subject for m in mailoutbox if m.to == [noor.email]] == [
        "Je hebt een plek: Werken in de wijk"
    ]


def test_who_was_confirmed_meanwhile_is_not_asked_to_confirm(event, mailoutbox: Mailbox):
    noor = make_registration(event, {}, confirmed=False)
    strangers.answer(NOW)
    by_hand.confirm(noor, who="organisator", why="aan de telefoon", at=NOW)
    outbox.send_due(NOW)

    assert kinds_sent(noor) == ["registered"]
    assert whys(noor) == {"confirm": OVERTAKEN}


def test_who_was_confirmed_before_anybody_looked_gets_one_mail(event, mailoutbox: Mailbox):
    noor = make_registration(event, {}, confirmed=False)
    by_hand.confirm(noor, who="organisator", why="aan de telefoon", at=NOW)
    leave()

    assert [message.subject for message in mailoutbox] == [
        "Je bent aangemeld voor Werken in de wijk"
    ]


def test_who_moved_on_before_the_mail_left_reads_where_they_sit_now(event, mailoutbox: Mailbox):
    holder = make_registration(event, {1: "1a"})
    noor = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]})
    StoredMail.objects.all().delete()
    changing.cancel(holder, at=NOW)
    changing.change_tables(noor, {1: "2a", 2: ""}, at=NOW + MINUTE)
    outbox.send_due(NOW + MINUTE)

    assert kinds_sent(noor) == ["moved", "tables"]
    for message in (m for m in mailoutbox if m.to == [noor.email]):
        assert message.subject == "Je tafels zijn gewijzigd: Werken in de wijk"
        assert "Gesprek 2a" in message.body
        assert "Gesprek 1a" not in message.body


@pytest.mark.parametrize("mail", [True, False])
def test_who_left_meanwhile_hears_of_that_alone(event, mailoutbox: Mailbox, mail: bool):
    noor = by_hand.add(
        event, make_person(), {1: "2a"}, who="organisator", why="per telefoon", at=NOW
    )
    changing.cancel(noor, who="organisator", mail=mail, at=NOW)
    leave()

    assert whys(noor) == {"added": LEFT}
    assert kinds_sent(noor) == (["cancelled"] if mail else [])


def test_who_cancels_an_unconfirmed_sign_up_is_not_asked_to_confirm_it(event, mailoutbox: Mailbox):
    noor = make_registration(event, {}, confirmed=False)
    strangers.answer(NOW)
    changing.cancel(noor, at=NOW)
    outbox.send_due(NOW)

    assert whys(noor) == {"confirm": OVERTAKEN}
    assert mailoutbox == []


def test_nobody_is_registered_for_what_is_called_off(event, mailoutbox: Mailbox):
    noor, pending = make_registration(event, {}), make_registration(event, {}, confirmed=False)
    calling_off.call_off(event, who="o", at=NOW)
    leave()

    assert kinds_sent(noor) == kinds_sent(pending) == ["called_off"]
    assert whys(noor) == {"registered": OVERTAKEN}
    assert whys(pending) == {"confirm": OVERTAKEN}


def test_a_mail_that_a_worker_held_tells_nothing_that_was_taken_back(event, mailoutbox: Mailbox):
    """Calling off, and going on after all: a worker had the first mail, and died with it."""
    noor = make_registration(event, {})
    StoredMail.objects.all().delete()
    calling_off.call_off(event, who="o", at=NOW)
    StoredMail.objects.update(lease="x", leased_until=NOW + outbox.LEASE)
    calling_off.go_on(event, who="o", at=NOW + MINUTE)
    outbox.send_due(NOW + outbox.LEASE)

    assert whys(noor) == {"called_off": OVERTAKEN}
    assert kinds_sent(noor) == ["rescheduled"]


def test_nobody_is_promised_a_place_by_itself_once_nobody_moves(event, mailoutbox: Mailbox):
    Event.objects.update(capacity=0)
    noor = make_registration(event, {}, waiting_too=True)
    Event.objects.update(waiting_closes_at=NOW)
    leave()

    assert whys(noor) == {"waiting": OVERTAKEN}


def test_a_corrected_name_is_told_also_while_the_event_is_called_off(event, mailoutbox: Mailbox):
    noor = make_registration(event, {}, first_name="Noor", last_name="Janssen")
    calling_off.call_off(event, who="o", at=NOW)
    corrections.correct_name(noor, "Noor", "Jansen", who="o", why="typefout", at=NOW)
    leave()

    assert kinds_sent(noor) == ["called_off", "corrected"]


def test_who_confirmed_by_another_mail_is_not_asked_again(event, mailoutbox: Mailbox):
    first = make_registration(event, {}, confirmed=False, email="noor@haarlem.example")
    strangers.answer(NOW)
    signup.confirm(
        make_registration(event, {}, confirmed=False, email="Noor@haarlem.example"), at=NOW
    )
    leave()

    assert whys(first) == {"confirm": OVERTAKEN}
    assert not first.mails.exclude(sent_at=None).exists()


def test_who_left_before_they_read_that_they_are_registered_is_asked_to_confirm(
    event, mailoutbox: Mailbox
):
    before = make_registration(event, {}, email="noor@haarlem.example")
    again = make_registration(event, {}, email="noor@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    changing.cancel(before, at=NOW)
    outbox.send_due(NOW)
    assert whys(before)["already"] == LEFT
    leave()

    assert kinds_sent(again) == ["confirm"]


def test_a_link_never_goes_to_another_address_than_that_of_today(event, mailoutbox: Mailbox):
    noor = make_registration(event, {}, email="old@haarlem.example")
    noor.email = "new@haarlem.example"
    noor.save()
    leave()

    assert whys(noor) == {"confirm": OVERTAKEN, "registered": OVERTAKEN}
    assert mailoutbox == []


def test_a_table_that_takes_place_after_all_is_not_said_to_drop_out(event, mailoutbox: Mailbox):
    noor = make_registration(event, {1: "2a", 2: "2b"})
    slots = [event.slots.get(session__code=code).pk for code in ("2a", "2b")]
    dropping.drop(event, slots, who="o", at=NOW)
    dropping.take_place_after_all(event, slots[:1], who="o", at=NOW)
    StoredMail.objects.exclude(kind="dropped").delete()
    leave()

    (message,) = mailoutbox
    assert message.to == [noor.email]
    assert "Sessie 2b" in message.body
    assert "Sessie 2a" not in message.body


def test_a_warning_of_many_holds_that_are_many_no_more_does_not_go(event, mailoutbox: Mailbox):
    mails.store_holds_warning(event, at=NOW)
    leave()

    assert mailoutbox == []


def test_who_asked_for_a_link_and_left_gets_none(event, mailoutbox: Mailbox):
    noor = make_registration(event, {})
    strangers.ask_link(event, noor.email, language="nl", at=NOW)
    strangers.answer(NOW)
    changing.cancel(noor, at=NOW)
    outbox.send_due(NOW)

    assert kinds_sent(noor) == ["cancelled"]


def test_a_mail_that_cannot_be_written_is_logged_with_the_place(event, monkeypatch, caplog):
    make_registration(event, {})
    monkeypatch.setitem(wording.WRITERS, StoredMail.Kind.REGISTERED, lambda *_: 1 // 0)
    leave()

    assert re.search(r"mail \d+ \(registered\): ZeroDivisionError at \w+.py:\d+", caplog.text)
    assert StoredMail.objects.get(kind="registered").attempts == 1


def test_a_question_that_cannot_be_answered_holds_up_no_other(event, monkeypatch):
    first, second = (make_registration(event, {}, confirmed=False) for _number in range(2))
    real = strangers._of

    def fails_for_the_first(event: Event, email: str) -> Registration | None:
        if email == first.email:
            raise ZeroDivisionError
        return real(event, email)

    monkeypatch.setattr(strangers, "_of", fails_for_the_first)
    with pytest.raises(ZeroDivisionError):
        strangers.answer(NOW)
    assert first.mails.get().asked
    assert not second.mails.get().asked


def test_answering_stops_when_it_is_told_to(event):
    for _number in range(2):
        make_registration(event, {}, confirmed=False)

    assert strangers.answer(NOW, stopped=lambda: StoredMail.objects.asked().count() < 2) == 1
    assert StoredMail.objects.asked().count() == 1


def test_a_mail_that_is_done_says_nothing_any_more(event):
    noor = make_registration(event, {})
    mail = noor.mails.get(kind="registered")
    for kept in ({"about": {"before": "Noor"}}, {"about": {}, "asked": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StoredMail.objects.filter(pk=mail.pk).update(sent_at=NOW, **kept)


def test_a_proof_of_a_message_that_is_gone_does_not_go(event, mailoutbox: Mailbox):
    user = User.objects.create_user("olga", email="olga@gemeente.example")
    words = mailings.Words("Nieuws", "Hallo")
    message = mailings.write(event, words, REGISTERED, who="olga", at=NOW)
    mailings.send_proof(event, message, None, user, at=NOW)
    mailings.remove(message)
    leave()

    assert mailoutbox == []
    assert StoredMail.objects.get().error == OVERTAKEN


def test_a_link_to_choose_a_password_goes_to_the_address_of_today_only(mailoutbox: Mailbox):
    user = User.objects.create_user("olga", email="old@gemeente.example")
    staff_mail.password_link(user, at=NOW).save()
    staff_mail.store_notice(user, "Je adres is gewijzigd.", at=NOW)
    User.objects.update(email="new@gemeente.example")
    leave()

    (message,) = mailoutbox
    assert message.to == ["old@gemeente.example"]  # they should know
    assert "Je adres is gewijzigd." in message.body
    assert "/key/" not in message.body


def test_a_sign_up_asks_nothing_about_an_address(event):
    """What a stranger can tell by the time that the answer takes (rule 5)."""
    registered = make_registration(event, {}, email="noor@haarlem.example")
    counts = []
    for address in (registered.email.upper(), "niemand@haarlem.example"):
        with CaptureQueriesContext(connection) as queries:
            signup.sign_up(event, make_person(address), {}, at=NOW)
        about = [sql["sql"] for sql in queries if "haarlem" in sql["sql"].lower()]
        counts.append((len(queries), [sql.split()[0] for sql in about]))

    assert counts[0] == counts[1]
    assert counts[0][1] == ["INSERT", "INSERT"]  # the row and the question
