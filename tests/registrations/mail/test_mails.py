"""What the mails say, and to whom they may be sent."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import translation

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.mail import envelope, mails
from registrations.mail.envelope import WrittenMail
from registrations.mail.strangers import answer, ask_link
from registrations.models import StoredMail
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import OWN_PICTURE, Letterbox, words_of

pytestmark = pytest.mark.django_db

FIRST, LAST, JAN = "Jan", "van den Berg", "jan@haarlem.example"


@pytest.fixture
def event():
    event = make_event(title="Werken in de wijk", title_en="Working in the neighbourhood")
    make_slot(event, "1a", location="Raadzaal, tafel 7")
    make_slot(event, "2b", 2, location="Trouwzaal, tafel 3")
    return event


def newest() -> StoredMail:
    return StoredMail.objects.latest("pk")


def words(page: str) -> str:
    """What a person reads in an HTML mail, in one line."""
    body = re.sub(r"<head>.*?</head>", " ", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(text: str) -> set[str]:
    return {html.unescape(link) for link in re.findall(r"https?://[^\s\"<>]+", text)}


def every_kind(event, language="nl") -> dict[StoredMail, WrittenMail]:
    """One mail of each kind, as the acts of one person bring them about."""
    person: dict[str, Any] = {"first_name": FIRST, "last_name": LAST, "email": JAN}
    box = Letterbox()
    jan = make_registration(event, {1: "1a"}, confirmed=False, language=language, **person)
    box.look()
    jan = signup.confirm(jan, at=NOW)
    box.look()
    answer(NOW)
    make_registration(event, {}, confirmed=False, language=language, **person)
    ask_link(event, JAN, language="nl", at=NOW)
    answer(NOW)
    box.look()
    jan = changing.change_tables(jan, {1: "", 2: "2b"}, at=NOW)
    box.look()
    changing.cancel(jan, at=NOW)
    Event.objects.update(capacity=F("taken"))  # what is taken is held, unconfirmed
    mails.store_holds_warning(event, at=NOW)
    box.look()
    assert [mail.kind for mail in box.mails] == [
        "confirm",
        "registered",
        "already",
        "link",
        "tables",
        "cancelled",
        "holds",
    ]
    return box.mails


def test_text_and_page_tell_the_same_facts(event):
    for mail, said in every_kind(event).items():
        page = words(said.html)
        for fact in (
            "Werken in de wijk",
            "7 december 2026, 14.00–18.00",
            "Gemeentehuis",
            "Stadhuisplein 100",
            "1506 MZ Zaandam",
        ):
            assert (mail.kind, fact in said.text, fact in page) == (mail.kind, True, True)
        titles = re.compile(r"Gesprek (?:1a|2b)")
        assert set(titles.findall(said.text)) == set(titles.findall(page))
        assert links(said.text) == links(said.html)
        assert "" not in re.findall(r"<a [^>]*>([^<]*)</a>", said.html)


def test_mails_greet_with_the_whole_name_once_the_address_is_proven(event):
    for mail, said in every_kind(event).items():
        greeting = {"holds": "Beste Gemeente", "confirm": "Hallo,"}.get(
            mail.kind, "Beste Jan van den Berg,"
        )
        assert greeting in said.text.splitlines()[0]
        assert greeting in words(said.html)


def test_no_header_holds_what_a_visitor_typed(event):
    for mail, said in every_kind(event).items():
        assert FIRST not in said.subject
        assert LAST not in said.subject
        assert envelope.message_of(mail, said).reply_to == ["info@gemeente.example"]
        assert mail.message_id.endswith("@testserver>")


def test_subject_names_the_event_on_one_line():
    event = make_event(title="Werken\r\nBcc: een@ander.example")
    make_registration(event, {})

    subject = words_of(newest()).subject
    assert "Werken Bcc: een@ander.example" in subject
    assert len(subject.splitlines()) == 1


def test_names_are_escaped_in_the_page_and_left_alone_in_the_text(event):
    make_registration(event, {}, first_name="<b>O'Neill", last_name="& zn")

    assert "<b>O'Neill & zn," in words_of(newest()).text
    assert "&lt;b&gt;O&#x27;Neill &amp; zn," in words_of(newest()).html


def test_mail_page_asks_nothing_from_elsewhere(event):
    for said in every_kind(event).values():
        page = OWN_PICTURE.sub("", said.html) if said.picture else said.html
        assert re.findall(r"<(?:img|link|script|style|iframe|object|form)\b", page) == []
        assert re.findall(r"(?:src=|url\(|@import)", page) == []
        assert all(link.startswith("http://testserver/") for link in links(said.html))


@pytest.mark.parametrize(("language", "path"), [("nl", "/aanmelding/"), ("en", "/en/aanmelding/")])
def test_mail_speaks_the_language_of_its_reader(event, language, path):
    with translation.override("en" if language == "nl" else "nl"):
        registration = make_registration(event, {}, language=language, confirmed=False)

    said = words_of(newest())
    assert newest().language == language
    assert f'<html lang="{language}">' in said.html
    assert f"http://testserver{path}{token_of(registration)}/" in links(said.text)
    title = {"nl": "Werken in de wijk", "en": "Working in the neighbourhood"}[language]
    assert title in said.subject
    assert title in said.text


def test_confirm_says_within_how_many_minutes_and_until_when(event):
    make_registration(event, {1: "1a"}, confirmed=False, language="en")

    text = words_of(newest()).text
    assert "Please confirm within 60 minutes, before 15:00." in text
    assert "Round 1, 15:00–15:45: session 1a, ‘Gesprek 1a’\n  Raadzaal, tafel 7\n" in text
    assert "Wasn’t this you? Then you don’t need to do anything." in text


def test_confirm_names_the_day_when_the_hold_ends_on_another(event):
    late = NOW.replace(hour=23, minute=30)
    make_registration(event, {}, confirmed=False, language="en", at=late)

    assert "before Tuesday 24 November 2026, 00:30." in words_of(newest()).text


def test_confirm_says_that_the_hold_has_run_out(event):
    make_registration(event, {1: "1a"}, email=JAN, confirmed=False, language="en")
    later = NOW + timedelta(hours=2)
    holds.free_expired(later)
    ask_link(event, JAN, language="en", at=later)
    answer(later)

    said = words_of(newest())
    assert said.subject == "Confirm your sign-up for Working in the neighbourhood"
    for text in (said.text, words(said.html)):
        assert "Your time to confirm has run out, so we no longer hold your place." in text
        assert "The tables you asked for" in text
        assert "Gesprek 1a" in text
        assert "minutes" not in text
        assert "no table" not in text


def test_once_an_event_has_begun_the_unconfirmed_get_a_link_to_their_data(event):
    make_registration(event, {}, email=JAN, confirmed=False, language="en")
    holds.free_expired(event.starts_at)
    ask_link(event, JAN, language="en", at=event.starts_at)
    answer(event.starts_at)

    assert newest().kind == "link"
    for text in (words_of(newest()).text, words(words_of(newest()).html)):
        assert "You asked for your link" in text
        assert "Cancel your sign-up" not in text


def test_registered_shows_rounds_without_a_table_too(event):
    make_registration(event, {1: "1a"}, language="en")

    assert "Round 2, 16:00–16:45: no table" in words_of(newest()).text


@pytest.mark.parametrize("missed", [True, False])
def test_registered_says_when_a_late_confirmation_missed_a_table(event, missed: bool):
    registration = make_registration(event, {1: "1a"}, confirmed=False, language="en")
    later = NOW + timedelta(hours=2)
    if missed:
        event.slots.filter(session__code="1a").update(seats=1)
        make_registration(event, {1: "1a"}, at=later)
    holds.free_expired(later)
    signup.confirm(registration, at=later)

    assert ("Not all the tables" in words_of(newest()).text) == missed


def test_already_carries_only_the_link_of_the_registered_person(event):
    person: dict[str, Any] = {"email": JAN}
    registered = make_registration(event, {1: "1a"}, **person)
    intruder = make_registration(event, {}, confirmed=False, first_name="Vreemde", **person)
    answer(NOW)

    mail, said = newest(), words_of(newest())
    assert (mail.kind, mail.registration) == ("already", registered)
    assert token_of(registered) in said.text
    for secret in (token_of(intruder), "Vreemde"):
        assert secret not in said.text + said.html
    assert not intruder.mails.exists()


def test_links_of_a_closed_change_are_left_out(event):
    event.changes_close_at = NOW
    event.waiting_closes_at = NOW
    event.save()
    make_registration(event, {1: "1a"})

    assert "/tafels/" not in words_of(newest()).text
    assert "/tafels/" not in words_of(newest()).html
    assert "/annuleren/" in words_of(newest()).text


def test_only_the_mails_that_change_the_day_carry_a_calendar(event):
    every = every_kind(event).items()

    assert {mail.kind: said.calendar_method for mail, said in every if said.calendar} == {
        "registered": "REQUEST",
        "tables": "REQUEST",
        "cancelled": "CANCEL",
    }


def test_holds_warning_goes_to_the_organiser_with_the_numbers(event):
    for _someone in range(2):
        make_registration(event, {}, confirmed=False)
    Event.objects.filter(pk=event.pk).update(capacity=2)
    make_registration(event, {}, confirmed=False, waiting_too=True)  # holds nothing
    event.refresh_from_db()
    mails.store_holds_warning(event, at=NOW)

    assert (newest().to, newest().registration) == ("info@gemeente.example", None)
    assert "Van de 2 plekken van Werken in de wijk houden we er 2 vast" in words_of(newest()).text
    assert f"/admin/program/event/{event.pk}/misgaat/plekken-vrijgeven/" in words_of(newest()).text
