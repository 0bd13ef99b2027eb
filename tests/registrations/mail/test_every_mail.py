"""What is true of every mail there is: its first words, its lines, its links, its colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import html5lib
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from program.models import Event, TableSession
from registrations.booking import changing, holds, signup
from registrations.mail import mails, staff_mail, strangers
from registrations.mail.envelope import WrittenMail
from registrations.mail.text import WIDTH, first_sentences, wrapped
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import Registration, StoredMail
from registrations.organising import by_hand, calling_off, corrections, dropping
from tests.factories import NOW, make_event, make_person, make_registration, make_slot
from tests.mailed import message_of, words_of
from tests.registrations.organising.test_rescheduled import change

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
WHO: dict[str, Any] = {"who": "organisator", "at": NOW}
BY_HAND: dict[str, Any] = WHO | {"why": "per telefoon"}
MESSAGE = """\
Beste {voornaam},

Morgen is het zover. Dit zijn je tafels:

{tafels}

1. Neem een vriend of een vriendin mee die graag meepraat over de toekomst van de wijk.
2. Kijk vooraf [de video](https://video.example/over-de-wijken-van-de-stad-en-wat-daar-gebeurt/123)

[Mijn dag]({link})
"""


def an_event(**fields: Any) -> Event:
    """Four tables, two of them with one seat; titles as long as real ones."""
    fields = {
        "title": "Werken in de wijk",
        "title_en": "Working in the neighbourhood",
        "notice": "Er worden foto’s gemaakt. Wil je niet op de foto? Zeg het bij de deur.",
        "notice_en": "There will be photos. Would you rather not be in them? Say so at the door.",
    } | fields
    event = make_event(**fields)
    for code, number, seats in (("1a", 1, 1), ("2a", 1, 5), ("2b", 2, 1), ("5a", 2, 5)):
        make_slot(event, code, number, seats=seats, location="Burgerzaal, tafel 9")
    for code, title, title_en in (
        ("1a", "Breda Begroot: inwoners beslissen mee over geld voor de wijk", "Breda Decides"),
        ("2a", "Buurtbedrijven en wat een gemeente daarvoor kan doen", "Community businesses"),
        ("2b", "Van klagen naar doen", "From complaining to doing"),
        ("5a", "Dorpen aan zet", "Villages take the lead"),
    ):
        session = TableSession.objects.filter(event=event, code=code)
        session.update(title=title, title_en=title_en)
    return event


def full(event: Event, language: str) -> Registration:
    """Somebody who has the only place."""
    Event.objects.filter(pk=event.pk).update(capacity=1)
    event.refresh_from_db()
    return make_registration(event, {1: "1a", 2: "2b"}, language=language)


def newest(kind: str) -> StoredMail:
    return StoredMail.objects.filter(kind=kind).latest("pk")


def every_mail(language: str) -> Iterator[tuple[str, StoredMail]]:
    """A mail of each kind, and of each other turn that it takes, with what it is about."""
    event = an_event()
    full_1a = make_registration(event, {1: "1a", 2: "2b"}, language=language)
    pending = make_registration(
        event, {1: "2a"}, waitlists={1: ["1a"]}, confirmed=False, language=language
    )
    strangers.answer(NOW)
    yield "confirm", newest("confirm")
    noor = signup.confirm(pending, at=NOW)
    yield "registered, waiting for a table", newest("registered")
    make_registration(event, {}, email=noor.email, confirmed=False, language=language)
    strangers.answer(NOW)
    yield "already", newest("already")
    strangers.ask_link(event, noor.email, language=language, at=NOW)
    strangers.answer(NOW)
    yield "link", newest("link")
    by_hand.mail_link(noor, **WHO)
    yield "link, sent by an organiser", newest("link")
    corrections.correct_name(noor, "Noor", "van der Molen", **BY_HAND)
    yield "corrected", newest("corrected")
    noor = changing.change_tables(noor, {1: "2a", 2: "5a"}, {1: ["1a"], 2: ["2b"]}, at=NOW)
    yield "tables", newest("tables")
    mails.store(noor, StoredMail.Kind.WAITING_OVER, at=event.waiting_closes)
    yield "waiting over, for a table", newest("waiting_over")
    dropping.drop(event, [event.slots.get(session__code="2b").pk], **WHO)
    yield "dropped, waited for", newest("dropped")
    yield "dropped", full_1a.mails.get(kind="dropped")
    changing.cancel(full_1a, at=NOW + HOUR)
    yield "cancelled", newest("cancelled")
    yield "moved", noor.mails.get(kind="moved")
    message = mailings.write(
        event, mailings.Words("Morgen: {evenement}", MESSAGE), REGISTERED, **WHO
    )
    mailings.send(message, **WHO)
    yield "mailing", newest("mailing")
    user = User.objects.create_user(f"olga-{language}", "olga@gemeente.example", "secret")
    mailings.send_proof(event, message, noor, user, at=NOW)
    yield "mailing, a proof", newest("mailing")

    event = an_event()
    noor = make_registration(event, {1: "1a"}, language=language, email="noor@haarlem.example")
    place = event.slots.filter(session__code="1a")
    change(event, lambda: place.update(location="Foyer, tafel 2"))
    yield "rescheduled, a table", newest("rescheduled")
    later = {"starts_at": event.starts_at + HOUR, "ends_at": event.ends_at + HOUR}
    change(event, lambda: Event.objects.filter(pk=event.pk).update(**later))
    yield "rescheduled", newest("rescheduled")
    by_hand.add(event, make_person(language=language), {1: "2a"}, namesake=True, **BY_HAND)
    yield "added", newest("added")
    changing.cancel(noor, who="organisator", at=NOW)
    yield "cancelled, by an organiser", newest("cancelled")
    late = make_registration(event, {1: "1a"}, confirmed=False, language=language)
    holds.free_expired(NOW + 2 * HOUR)
    strangers.ask_link(event, late.email, language=language, at=NOW + 2 * HOUR)
    strangers.answer(NOW + 2 * HOUR)
    yield "confirm, too late", newest("confirm")
    calling_off.call_off(event, why="De zaal is niet vrij.", why_en="The hall is taken.", **WHO)
    yield "called off", newest("called_off")
    going = event.registrations.confirmed().latest("pk")
    strangers.ask_link(event, going.email, language=language, at=NOW + 2 * HOUR)
    strangers.answer(NOW + 2 * HOUR)
    yield "link, called off", newest("link")
    StoredMail.objects.filter(kind="called_off").update(sent_at=NOW)
    calling_off.go_on(event, who="organisator", at=NOW + HOUR)
    yield "rescheduled, goes on", newest("rescheduled")

    event = an_event()
    first = full(event, language)
    waits: dict[str, Any] = {"waiting_too": True, "language": language}
    make_registration(event, {1: "1a"}, **waits)
    noor = make_registration(event, {1: "2a"}, waitlists={1: ["1a"]}, confirmed=False, **waits)
    strangers.answer(NOW)
    yield "confirm, on the list", newest("confirm")
    noor = signup.confirm(noor, at=NOW + HOUR)
    yield "waiting", newest("waiting")
    joins: dict[str, Any] = BY_HAND | {"namesake": True, "waiting_too": True}
    by_hand.add(event, make_person(language=language), {1: "2a"}, **joins)
    yield "added, on the list", newest("added")
    make_registration(event, {}, email=noor.email, confirmed=False, **waits)
    strangers.answer(NOW)
    yield "already, on the list", newest("already")
    strangers.ask_link(event, noor.email, language=language, at=NOW)
    strangers.answer(NOW)
    yield "link, on the list", newest("link")
    mails.store(noor, StoredMail.Kind.WAITING_OVER, at=event.waiting_closes)
    yield "waiting over, for a place", newest("waiting_over")
    changing.cancel(first, at=NOW + HOUR)
    yield "promoted", newest("promoted")
    changing.cancel(noor, at=NOW + HOUR)
    yield "cancelled, on the list", newest("cancelled")
    make_registration(an_event(capacity=1), {}, confirmed=False)
    event = Event.objects.latest("pk")
    mails.store_holds_warning(event, at=NOW)
    StoredMail.objects.filter(kind="holds").update(language=language)
    yield "holds", newest("holds")

    staff_mail.store_notice(user, "Je wachtwoord is gewijzigd.", at=NOW)
    yield "account, a notice", newest("account")
    staff_mail.password_link(user, language=language, at=NOW).save()
    yield "account, another password", newest("account")
    user.set_unusable_password()
    user.save()
    staff_mail.password_link(user, language=language, at=NOW).save()
    yield "account, new", newest("account")
