"""An event that does not take place: what is told, what is refused, what still works."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.core.mail import EmailMessage
from django.test import Client
from django.utils.translation import override

from program.models import Event
from registrations.admin import words
from registrations.booking import changing, holds, signup, waiting
from registrations.errors import CalledOff, EventOver, EventStarted
from registrations.mail import outbox, strangers
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import Change, Registration, StoredMail
from registrations.organising import by_hand, calling_off, corrections
from registrations.privacy import erasure
from registrations.queries.tokens import token_of
from tests.factories import NOW, START, make_event, make_person, make_registration, make_slot
from tests.mailed import DONE, words_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WHY = {"why": "De zaal is niet beschikbaar.", "why_en": "The hall is not available."}


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=2)
    make_slot(event, "1a")
    return event


@pytest.fixture
def people(event: Event) -> list[Registration]:
    """Somebody who comes, somebody who has yet to confirm, and somebody who waits."""
    comes = make_registration(event, {1: "1a"}, email="comes@a.example")
    pending = make_registration(event, email="pending@a.example", confirmed=False)
    waits = make_registration(event, email="waits@a.example", waiting_too=True, language="en")
    StoredMail.objects.all().delete()
    return [comes, pending, waits]


def call_off(event: Event) -> Event:
    return calling_off.call_off(event, **WHY, who="organiser", at=NOW)


def sent(mailoutbox: list[EmailMessage]) -> dict[str, EmailMessage]:
    outbox.send_due(NOW)
    return {message.to[0]: message for message in mailoutbox}


def calendar_of(message: EmailMessage) -> Any:
    for attached in message.attachments:
        name, content, _kind = tuple(attached)
        if name == "tafelronde.ics":
            return icalendar.Calendar.from_ical(content)
    return None


def page(path: str) -> str:
    return Client().get(path).content.decode()


def test_everybody_gets_one_mail_and_those_with_a_place_a_cancelled_entry(
    event, people, mailoutbox
):
    call_off(event)
    mails = sent(mailoutbox)

    assert {to: message.subject for to, message in mails.items()} == {
        "comes@a.example": f"Gaat niet door: {event.title}",
        "pending@a.example": f"Gaat niet door: {event.title}",
        "waits@a.example": f"Called off: {event.title}",
    }
    assert WHY["why"] in mails["comes@a.example"].body
    assert WHY["why_en"] in mails["waits@a.example"].body
    calendar = calendar_of(mails["comes@a.example"])
    (entry,) = calendar.events
    assert (calendar["METHOD"], entry["STATUS"]) == ("CANCEL", "CANCELLED")
    assert calendar_of(mails["pending@a.example"]) is None
    assert calendar_of(mails["waits@a.example"]) is None


def test_an_address_with_two_sign_ups_gets_one_mail_about_the_one_that_counts(event):
    comes = make_registration(event, email="noor@a.example")
    make_registration(event, email="NOOR@a.example", confirmed=False)

    call_off(event)

    told = StoredMail.objects.filter(kind="called_off")
    assert [mail.registration for mail in told] == [comes]


def test_those_who_cancelled_or_have_no_address_get_no_mail(event):
    changing.cancel(make_registration(event), at=NOW)
    phone = make_registration(event)
    Registration.objects.filter(pk=phone.pk).update(email="")

    call_off(event)

    assert not StoredMail.objects.filter(kind="called_off").exists()


def test_those_who_had_cancelled_are_promised_no_mail(event):
    gone = make_registration(event)
    changing.cancel(gone, at=NOW)
    call_off(event)

    text = Client().get(f"/en/aanmelding/{token_of(gone)}/").content.decode()
    assert "The event has been called off" in text
    assert "You get a mail" not in text


def test_it_is_in_the_history_and_a_second_time_changes_nothing(event, people):
    call_off(event)
    version = Event.objects.get().version
    again = calling_off.call_off(event, why="Anders", who="other", at=NOW)

    assert (again.called_off_why, again.version) == (WHY["why"], version)
    lines = event.changes.filter(what=Change.What.CALLED_OFF)
    assert [(line.registration, line.who, line.version) for line in lines] == [
        (None, "organiser", version),
        *((one, "organiser", version) for one in people),
    ]
    assert lines.first().new == {"called_off": True, "people": 3}
    assert StoredMail.objects.filter(kind="called_off").count() == 3


def test_an_event_that_is_over_cannot_be_called_off(event):
    with pytest.raises(EventOver):
        calling_off.call_off(event, who="organiser", at=START + timedelta(hours=5))


def test_actions_refuse_in_words(event, people):
    comes, pending, waits = people
    call_off(event)

    for refused in (
        lambda: signup.sign_up(event, make_person(), {}, at=NOW),
        lambda: signup.confirm(pending, at=NOW),
        lambda: signup.take_free_place(waits, at=NOW),
        lambda: changing.change_tables(comes, {}, at=NOW),
        lambda: changing.cancel(comes, at=NOW),
    ):
        with pytest.raises(CalledOff, match="gaat niet door"):
            refused()


def test_nobody_is_moved_or_told_of_closing_any_more(event, people):
    comes, _pending, waits = people
    call_off(event)
    StoredMail.objects.all().delete()

    erasure.erase(comes, at=NOW)
    holds.free_expired(NOW + timedelta(hours=2))
    waiting.settle_event(Event.objects.get(), at=NOW)
    waiting.tell_waiters(START - timedelta(hours=1))

    waits.refresh_from_db()
    assert waits.is_waiting
    assert not StoredMail.objects.exists()


def test_pages_and_feeds_say_so(event, people):
    make_event(title="Een ander")
    call_off(event)
    path = event.get_absolute_url()

    for where in (path, f"{path}aanmelden/"):
        assert "Dit evenement gaat niet door" in page(where)
        assert WHY["why"] in page(where)
    assert WHY["why_en"] in page(f"/en{path}")
    assert "Gaat niet door" in page("/")
    assert f'href="{path}aanmelden/"' not in page(path)
    assert "STATUS:CANCELLED" in page(f"{path}agenda.ics")
    data = Client().get(f"{path}programma.json").json()["event"]
    assert (data["called_off"], data["called_off_why"]) == (True, WHY["why"])
    structured = page(path).split("ld+json")[1].split(">", 1)[1].split("</script>")[0]
    ld = json.loads(structured)
    assert [ld["eventStatus"], *(sub["eventStatus"] for sub in ld["subEvent"])] == [
        "https://schema.org/EventCancelled"
    ] * 2
    assert "offers" not in ld


def test_mail_that_somebody_waits_for_goes_before_the_news_and_that_before_messages(event, people):
    StoredMail.objects.all().delete()
    words = mailings.Words("Onderwerp", "Tekst")
    message = mailings.write(event, words, REGISTERED, who="organisator", at=NOW)
    mailings.send(message, who="organisator", at=NOW)
    call_off(event)
    late = make_registration(make_event(), at=NOW + timedelta(seconds=1), confirmed=False)
    strangers.answer(NOW + timedelta(seconds=1))

    claimed = []
    while mail := outbox.claim(NOW + timedelta(seconds=2)):
        claimed.append(mail)

    assert claimed[0] == late.mails.get()
    kinds = [mail.kind for mail in claimed[1:]]
    assert kinds == sorted(kinds, key=["called_off", "mailing"].index)
    assert {*kinds} == {"called_off", "mailing"}


def test_personal_pages_say_so_and_data_can_still_be_seen_and_erased(event, people):
    call_off(event)
    for one in people:
        link = f"/aanmelding/{token_of(one)}/"
        assert "Het evenement gaat niet door" in page(link)
        for name in ("tafels", "annuleren"):
            assert Client().get(f"{link}{name}/").status_code == 303
        for name in ("bevestigen", "tafels", "annuleren", "plek-nemen"):
            answer = Client().post(f"{link}{name}/")
            assert answer.status_code in (303, 422)
            assert answer.status_code == 303 or "gaat niet door" in answer.content.decode()
        assert Client().get(f"{link}gegevens.json").status_code == 200
    comes = people[0]
    assert "STATUS:CANCELLED" in page(f"/aanmelding/{token_of(comes)}/agenda.ics")
    assert Client().post(f"/aanmelding/{token_of(comes)}/wissen/").status_code == 200
    assert Registration.objects.get(pk=comes.pk).erased_at


def test_a_link_is_mailed_again_to_see_one_s_data_and_asks_nothing(event, people):
    call_off(event)
    StoredMail.objects.all().delete()
    strangers.ask_link(event, "pending@a.example", language="nl", at=NOW)
    strangers.answer(NOW)

    (mail,) = StoredMail.objects.all()
    assert mail.kind == "link"
    assert "Dit evenement gaat niet door." in words_of(mail).text
    assert "bevestig" not in words_of(mail).text.lower()
    assert "annuleer" not in words_of(mail).text.lower()


def test_going_on_restores_everything_and_tells_those_who_heard_otherwise(
    event, people, mailoutbox
):
    call_off(event)
    (off,) = calendar_of(sent(mailoutbox)["comes@a.example"]).events
    mailoutbox.clear()
    calling_off.go_on(event, who="organiser", at=NOW)
    mails = sent(mailoutbox)

    assert sorted(mails) == ["comes@a.example", "pending@a.example", "waits@a.example"]
    assert "Het gaat toch door" in mails["comes@a.example"].body
    calendar = calendar_of(mails["comes@a.example"])
    (entry,) = calendar.events
    assert (calendar["METHOD"], entry["STATUS"]) == ("REQUEST", "CONFIRMED")
    assert entry.sequence > off.sequence
    assert signup.confirm(people[1], at=NOW).is_confirmed
    assert Event.objects.get().called_off_why == ""


def test_whose_mail_had_not_left_yet_gets_neither(event, people, mailoutbox):
    call_off(event)
    leaving = StoredMail.objects.get(to="comes@a.example")
    StoredMail.objects.filter(pk=leaving.pk).update(sent_at=NOW)
    calling_off.go_on(event, who="organiser", at=NOW)

    assert [mail.to for mail in StoredMail.objects.waiting()] == ["comes@a.example"]


def test_calling_off_again_overtakes_the_news_that_it_goes_on(event, people, mailoutbox):
    call_off(event)
    sent(mailoutbox)
    calling_off.go_on(event, who="organiser", at=NOW + MINUTE)
    # A server that wants it later: it would leave after the mail of a second calling off.
    greylisted = StoredMail.objects.waiting().filter(to="comes@a.example")
    greylisted.update(attempts=1, send_after=NOW + 5 * MINUTE)
    told = StoredMail.objects.waiting().filter(to="waits@a.example")
    told.update(sent_at=NOW + MINUTE, **DONE)

    calling_off.call_off(event, **WHY, who="organiser", at=NOW + 2 * MINUTE)

    waiter = StoredMail.objects.waiting().values_list("to", "kind")
    assert list(waiter) == [("waits@a.example", "called_off")]


def test_mail_that_is_tried_again_later_does_not_leave_after_all(event, people):
    call_off(event)
    StoredMail.objects.update(attempts=1, send_after=NOW + timedelta(hours=1))
    calling_off.go_on(event, who="organiser", at=NOW)

    assert not StoredMail.objects.exists()


def test_history_of_a_person_tells_calling_off_from_going_on(event, people):
    call_off(event)
    StoredMail.objects.update(sent_at=NOW)
    calling_off.go_on(event, who="organiser", at=NOW)

    with override("en"):
        told = [words.change(row) for row in people[0].changes.filter(what="called_off")]
    assert told == ["Called off: not going ahead", "Called off: going ahead after all"]


def test_organisers_cancel_nobody_and_mail_nothing_to_confirm_or_to_count_on(event, people):
    comes, _pending, waits = people
    call_off(event)
    Registration.objects.filter(pk=comes.pk).update(origin="hand", email="")
    StoredMail.objects.all().delete()

    who: dict[str, Any] = {"who": "organiser", "at": NOW}
    assert by_hand.cancel_many(Registration.objects.all(), why="", mail=True, **who) == 0
    assert by_hand.resend_many(Registration.objects.all(), **who) == (2, 0)
    corrections.set_address(comes, "new@a.example", **who)

    waits.refresh_from_db()
    assert waits.is_waiting
    assert [(mail.kind, mail.to) for mail in StoredMail.objects.all()] == [
        ("link", "pending@a.example"),
        ("link", "waits@a.example"),
        ("link", "new@a.example"),
    ]


def test_after_the_start_it_cannot_be_taken_back(event, people):
    call_off(event)
    with pytest.raises(EventStarted):
        calling_off.go_on(event, who="organiser", at=START)


def test_calling_off_asks_as_many_questions_for_more_people(event, django_assert_max_num_queries):
    Event.objects.update(capacity=50)
    for _more in range(20):
        make_registration(event)
    with django_assert_max_num_queries(16):
        call_off(event)
