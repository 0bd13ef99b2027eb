"""What the mails say, and to whom they may be sent."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.mail import mails
from registrations.mail.links import answer_asked, ask_link
from registrations.mail.mails import send_after_for
from registrations.models import StoredMail
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_registration, make_slot

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


def every_kind(event, language="nl") -> list[StoredMail]:
    """One mail of each kind, as the acts of one person bring them about."""
    person: dict[str, Any] = {"first_name": FIRST, "last_name": LAST, "email": JAN}
    jan = make_registration(event, {1: "1a"}, language=language, **person)
    make_registration(event, {}, confirmed=False, language=language, **person)
    ask_link(event, JAN, language="nl", at=NOW)
    answer_asked(NOW)
    jan = changing.change_tables(jan, {1: "", 2: "2b"}, at=NOW)
    changing.cancel(jan, at=NOW)
    mails.store_holds_warning(event, at=NOW)
    found = list(StoredMail.objects.all())
    assert [mail.kind for mail in found] == [
        "confirm",
        "registered",
        "already",
        "link",
        "tables",
        "cancelled",
        "holds",
    ]
    return found


def test_text_and_page_tell_the_same_facts(event):
    for mail in every_kind(event):
        page = words(mail.html)
        for fact in (
            "Werken in de wijk",
            "7 december 2026, 14.00–18.00",
            "Gemeentehuis",
            "Stadhuisplein 100",
            "1506 MZ Zaandam",
        ):
            assert (mail.kind, fact in mail.text, fact in page) == (mail.kind, True, True)
        titles = re.compile(r"Gesprek (?:1a|2b)")
        assert set(titles.findall(mail.text)) == set(titles.findall(page))
        assert links(mail.text) == links(mail.html)
        assert "" not in re.findall(r"<a [^>]*>([^<]*)</a>", mail.html)


def test_mails_greet_with_the_whole_name(event):
    for mail in every_kind(event):
        if mail.kind != "holds":
            assert "Jan van den Berg," in mail.text.splitlines()[0]
            assert "Jan van den Berg," in words(mail.html)


def test_no_header_holds_what_a_visitor_typed(event):
    for mail in every_kind(event):
        headers = f"{mail.subject} {mail.reply_to}"
        assert FIRST not in headers
        assert LAST not in headers
        assert mail.reply_to == "info@gemeente.example"
        assert mail.message_id.endswith("@testserver>")


def test_subject_names_the_event_on_one_line():
    event = make_event(title="Werken\r\nBcc: een@ander.example")
    make_registration(event, {})

    assert {mail.subject.count("\n") + mail.subject.count("\r") for mail in mails_of(event)} == {0}
    assert all("Werken Bcc: een@ander.example" in mail.subject for mail in mails_of(event))


def mails_of(event) -> list[StoredMail]:
    return list(event.mails.all())


def test_names_are_escaped_in_the_page_and_left_alone_in_the_text(event):
    make_registration(event, {}, first_name="<b>O'Neill", last_name="& zn")

    assert "<b>O'Neill & zn," in newest().text
    assert "&lt;b&gt;O&#x27;Neill &amp; zn," in newest().html


def test_mail_page_asks_nothing_from_elsewhere(event):
    for mail in every_kind(event):
        assert re.findall(r"<(?:img|link|script|style|iframe|object|form)\b", mail.html) == []
        assert re.findall(r"(?:src=|url\(|@import)", mail.html) == []
        assert all(link.startswith("http://testserver/") for link in links(mail.html))


@pytest.mark.parametrize(("language", "path"), [("nl", "/aanmelding/"), ("en", "/en/aanmelding/")])
def test_mail_speaks_the_language_of_its_reader(event, language, path):
    with translation.override("en" if language == "nl" else "nl"):
        registration = make_registration(event, {}, language=language, confirmed=False)

    mail = newest()
    assert mail.language == language
    assert f'<html lang="{language}">' in mail.html
    assert f"http://testserver{path}{token_of(registration)}/" in links(mail.text)
    title = {"nl": "Werken in de wijk", "en": "Working in the neighbourhood"}[language]
    assert title in mail.subject
    assert title in mail.text


def test_confirm_says_within_how_many_minutes_and_until_when(event):
    make_registration(event, {1: "1a"}, confirmed=False, language="en")

    assert "Confirm within 60 minutes, so before 15:00." in newest().text
    assert "Round 1, 15:00–15:45: 1a Gesprek 1a (Raadzaal, tafel 7)" in newest().text
    assert "Was this not you? Then you need not do anything." in newest().text


def test_confirm_names_the_day_when_the_hold_ends_on_another(event):
    late = NOW.replace(hour=23, minute=30)
    make_registration(event, {}, confirmed=False, language="en", at=late)

    assert "before Tuesday 24 November 2026, 00:30." in newest().text


def test_confirm_says_that_the_hold_has_run_out(event):
    make_registration(event, {1: "1a"}, email=JAN, confirmed=False, language="en")
    later = NOW + timedelta(hours=2)
    holds.free_expired(later)
    ask_link(event, JAN, language="en", at=later)
    answer_asked(later)

    mail = newest()
    assert mail.subject == "Confirm your sign-up for Working in the neighbourhood"
    for text in (mail.text, words(mail.html)):
        assert "Your time to confirm has run out, so your place is no longer held." in text
        assert "The tables you asked for" in text
        assert "Gesprek 1a" in text
        assert "minutes" not in text
        assert "no table" not in text


def test_confirm_that_waits_its_turn_tells_how_long_the_hold_will_still_last(event):
    for minutes in (0, 10, 20, 30, 40, 50):
        at = NOW + timedelta(minutes=minutes)
        make_registration(event, {}, email=JAN, confirmed=False, language="en", at=at)

    assert newest().send_after == NOW + timedelta(minutes=60)
    assert "Confirm within 50 minutes, so before 15:50." in newest().text

    make_registration(event, {}, email=JAN, confirmed=False, language="en", at=NOW)
    assert newest().send_after > NOW + timedelta(minutes=60)
    assert "Your time to confirm has run out" in newest().text


def test_once_an_event_has_begun_the_unconfirmed_get_a_link_to_their_data(event):
    make_registration(event, {}, email=JAN, confirmed=False, language="en")
    holds.free_expired(event.starts_at)
    ask_link(event, JAN, language="en", at=event.starts_at)
    answer_asked(event.starts_at)

    assert newest().kind == "link"
    for text in (newest().text, words(newest().html)):
        assert "Here is your link" in text
        assert "Cancel your sign-up" not in text


def test_registered_shows_rounds_without_a_table_too(event):
    make_registration(event, {1: "1a"}, language="en")

    assert "Round 2, 16:00–16:45: no table" in newest().text


def test_registered_says_when_a_late_confirmation_missed_a_table(event):
    registration = make_registration(event, {1: "1a"}, confirmed=False, language="en")
    event.slots.filter(session__code="1a").update(seats=1)
    later = NOW + timedelta(hours=2)
    make_registration(event, {1: "1a"}, at=later)
    signup.confirm(registration, at=later)

    assert "Not every table" in newest().text


def test_already_carries_only_the_link_of_the_registered_person(event):
    person: dict[str, Any] = {"email": JAN}
    registered = make_registration(event, {1: "1a"}, **person)
    intruder = make_registration(event, {}, confirmed=False, first_name="Vreemde", **person)

    mail = newest()
    assert mail.registration == registered
    assert token_of(registered) in mail.text
    for secret in (token_of(intruder), "Vreemde"):
        assert secret not in mail.text + mail.html


def test_links_of_a_closed_change_are_left_out(event):
    event.changes_close_at = NOW
    event.waiting_closes_at = NOW
    event.save()
    make_registration(event, {1: "1a"})

    assert "/tafels/" not in newest().text
    assert "/tafels/" not in newest().html
    assert "/annuleren/" in newest().text


def test_only_the_mails_that_change_the_day_carry_a_calendar(event):
    with_calendar = {mail.kind: mail.calendar_method for mail in every_kind(event) if mail.calendar}

    assert with_calendar == {
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
    assert "Van de 2 plekken van Werken in de wijk houden we er 2 vast" in newest().text
    assert f"/admin/program/event/{event.pk}/misgaat/plekken-vrijgeven/" in newest().text


def send_times(event, times: int) -> list[timedelta]:
    """How long after ``NOW`` each of a number of mails to one address may go out."""
    for number in range(times):
        address = "Jan@haarlem.example" if number % 2 else JAN
        make_registration(event, {}, email=address, confirmed=False)
    confirms = StoredMail.objects.filter(kind="confirm")
    return [mail.send_after - NOW for mail in confirms.order_by("send_after")]


def test_sixth_mail_in_an_hour_to_one_address_is_held(event):
    now, hour = timedelta(0), timedelta(hours=1)

    assert send_times(event, 11) == [now] * 5 + [hour] * 5 + [2 * hour]


def test_what_people_do_themselves_is_never_held(event):
    registration = make_registration(event, {}, email=JAN)
    send_times(event, 6)

    changing.cancel(registration, at=NOW)

    assert newest().send_after == NOW


def test_held_mail_looks_back_one_hour_only(event):
    send_times(event, 5)

    assert send_after_for(JAN, NOW) == NOW + timedelta(hours=1)
    later = NOW + timedelta(minutes=61)
    assert send_after_for(JAN, later) == later


def test_holding_mail_costs_the_same_for_everyone(event, django_assert_num_queries):
    send_times(event, 6)

    for address in (JAN, "onbekend@haarlem.example"):
        with django_assert_num_queries(1):
            send_after_for(address, NOW)


def test_what_was_only_asked_for_holds_no_mail(event):
    make_registration(event, {}, email=JAN)
    at = NOW + timedelta(days=1)
    for _press in range(6):
        ask_link(event, JAN, language="nl", at=at)
    answer_asked(at)

    sent = StoredMail.objects.filter(kind="link").order_by("send_after")
    held = [mail.send_after - at for mail in sent]
    assert held == [timedelta(0)] * 5 + [timedelta(hours=1)]
