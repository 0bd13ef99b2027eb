"""What a stranger types goes to nobody who has not said that the address is theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from program.models import Event
from registrations.booking import holds, signup
from registrations.mail import strangers
from registrations.mailing import mailings
from registrations.mailing.audience import Audience
from registrations.models import Registration, StoredMail
from registrations.organising import by_hand, calling_off, corrections, dropping, importing
from tests.factories import (
    NOW,
    make_event,
    make_person,
    make_question,
    make_registration,
    make_slot,
)
from tests.mailed import DONE, message_of

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
BY_HAND: dict[str, Any] = WHO | {"why": "per telefoon"}
WORDS: dict[str, Any] = {
    "first_name": "Gefeliciteerd winnaar",
    "last_name": "haal uw prijs op",
    "organisation": "Casino evil.example",
}
TYPED = [*WORDS.values(), "antwoord van een vreemde", "noten en evil.example"]


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=100, needs_question=True)
    for code, number in (("1a", 1), ("2a", 2)):
        make_slot(event, code, number)
    make_question(event, "Waarom kom je?")
    return event


def stranger(event: Event) -> Registration:
    question = event.signup_questions.get()
    return make_registration(
        event,
        {1: "1a", 2: "2a"},
        email="doelwit@haarlem.example",
        answers={question.pk: TYPED[-2]},
        needs=TYPED[-1],
        confirmed=False,
        **WORDS,
    )


def parts(mail: StoredMail) -> str:
    """All of the message that anybody reads: headers, text, page, calendar."""
    message = message_of(mail).message()
    told = [str(value) for value in message.values()]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            told.append(part.get_payload(decode=True).decode())
    return "\n".join(told)


def assert_silent(mail: StoredMail) -> None:
    said = parts(mail)
    assert [words for words in TYPED if words in said] == []
    if mail.kind != "mailing":
        assert "Hallo," in said


def test_mail_to_an_unproven_address_repeats_nothing_that_was_typed(event: Event):
    target = stranger(event)
    looked_at: set[str] = set()

    def look() -> None:
        for mail in target.mails.exclude(message_id__in=looked_at):
            looked_at.add(mail.message_id)
            kinds.add(mail.kind)
            assert_silent(mail)

    kinds: set[str] = set()
    strangers.answer(NOW)
    look()
    dropping.drop(event, [event.slots.get(session__code="2a").pk], **WHO)
    look()
    words = mailings.Words("Nieuws", "Beste {voornaam},\n\nHet is voor {naam}.\n\n{tafels}")
    message = mailings.write(event, words, Audience(statuses=("pending",)), **WHO)
    mailings.send(message, **WHO)
    assert "Beste lezer," in parts(target.mails.get(kind="mailing"))
    look()
    by_hand.mail_link(target, **WHO)
    look()
    calling_off.call_off(event, why="De zaal is niet vrij.", **WHO)
    look()
    by_hand.mail_link(Registration.objects.get(), **WHO)
    look()
    StoredMail.objects.filter(kind="called_off").update(sent_at=NOW, **DONE)
    calling_off.go_on(event, who="organisator", at=NOW + HOUR / 2)
    look()
    assert kinds == {"confirm", "dropped", "rescheduled", "mailing", "called_off", "link"}


def test_neither_does_mail_to_another_or_a_corrected_address(event: Event):
    redirected = signup.mail_elsewhere(stranger(event), "ander@haarlem.example", at=NOW)
    strangers.answer(NOW)
    assert_silent(redirected.mails.get())
    corrections.set_address(redirected, "derde@haarlem.example", **WHO)
    assert_silent(redirected.mails.get())


def test_nor_once_the_time_to_confirm_is_over_or_the_event_has_begun(event: Event):
    target = stranger(event)
    strangers.answer(NOW)
    StoredMail.objects.all().delete()
    for at in (NOW + 2 * HOUR, event.starts_at + HOUR):
        holds.free_expired(at)
        strangers.ask_link(event, target.email, language="nl", at=at)
        strangers.answer(at)
        assert_silent(target.mails.latest("pk"))
    assert [mail.kind for mail in target.mails.order_by("pk")] == ["confirm", "link"]


def test_who_confirmed_is_called_by_name(event: Event):
    confirmed = signup.confirm(stranger(event), at=NOW)
    mail = confirmed.mails.get(kind="registered")
    assert "Beste Gefeliciteerd winnaar haal uw prijs op," in parts(mail)


def test_so_is_who_was_added_or_brought_in_by_an_organiser(event: Event):
    """They answer for what they type, and have seen each line of a list."""
    by_hand.add(event, make_person(first_name="Truus"), {}, **BY_HAND)
    rows = [importing.ListRow(1, make_person(first_name="Henk"))]
    seen = importing.look(event, rows, at=NOW).fingerprint
    importing.bring_in(event, rows, seen=seen, **WHO)
    strangers.answer(NOW)
    for kind, name in (("added", "Truus"), ("confirm", "Henk")):
        assert f"Beste {name} van der Meulen," in parts(StoredMail.objects.get(kind=kind))
