"""Sending stored mail, without a server: each test says how the server would answer."""

from __future__ import annotations

import logging
import smtplib
import time
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import icalendar
import pytest
from django.core.mail import BadHeaderError, EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import OperationalError
from django.utils import timezone

from registrations.mail import outbox, strangers
from registrations.mail.outbox import PAUSES, claim, send_due
from registrations.management.commands.work import Command
from registrations.models import Change, Registration, StoredMail
from tests.factories import NOW, make_event, make_registration, make_slot
from tests.mailed import message_of

pytestmark = pytest.mark.django_db

TO = "jan@haarlem.example"
NOBODY = smtplib.SMTPRecipientsRefused({TO: (550, b"5.1.1 <jan@haarlem.example>: unknown")})
GREYLISTED = smtplib.SMTPRecipientsRefused({TO: (451, b"4.7.1 come back later")})
NO_RELAY = smtplib.SMTPRecipientsRefused({TO: (554, b"5.7.1 relay access denied")})
NO_LOGIN = smtplib.SMTPRecipientsRefused({TO: (530, b"authentication required")})


class Server(BaseEmailBackend):
    """A mail server that answers with ``answers``, one a mail, and then accepts all."""

    down = False
    answers: list[Exception | None] = []
    accepted: list[EmailMessage] = []
    connections = 0
    is_open = False

    def open(self) -> bool:
        if Server.down:
            raise ConnectionRefusedError("jan@haarlem.example")
        if self.is_open:
            return False
        Server.connections += 1
        self.is_open = True
        return True

    def close(self) -> None:
        self.is_open = False

    def send_messages(self, email_messages):
        assert self.is_open
        answer = Server.answers.pop(0) if Server.answers else None
        for message in email_messages:
            message.message()  # as a real one does: refuses line breaks in headers
        if answer:
            raise answer
        Server.accepted += email_messages
        return len(email_messages)


@pytest.fixture(autouse=True)
def server(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Server"
    Server.down, Server.answers, Server.accepted, Server.connections = False, [], [], 0
    return Server


@pytest.fixture
def mail():
    """The one mail that is due: 'you are registered', with an invitation."""
    event = make_event(title="Werken in de wijk")
    make_slot(event, "1a")
    make_registration(event, {1: "1a"}, email=TO, first_name="Jan", last_name="Pietersen")
    StoredMail.objects.filter(kind="confirm").delete()
    StoredMail.objects.update(about={"missed": True})
    return StoredMail.objects.get()


def send(mail: StoredMail, *answers: Exception, at: datetime = NOW) -> outbox.Batch:
    Server.answers = list(answers)
    batch = send_due(at)
    mail.refresh_from_db()
    return batch


def leased(at: datetime) -> StoredMail:
    mail = claim(at)
    assert mail is not None
    return mail


def test_sent_mail_keeps_nothing_of_what_it_said(mail, server):
    send(mail)

    assert (mail.sent_at - NOW).total_seconds() < 5
    assert mail.about == {}
    assert (mail.lease, mail.leased_until) == ("", None)
    assert len(server.accepted) == 1


def test_sent_mail_is_not_sent_again(mail, server):
    send(mail)
    send(mail, at=NOW + timedelta(days=1))

    assert len(server.accepted) == 1


def test_batch_goes_over_one_connection_and_in_order(mail, server):
    for number in range(3):
        make_registration(mail.event, {}, email=f"p{number}@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    send(mail)

    assert server.connections == 1
    assert [message.to for message in server.accepted] == [
        [TO],
        ["p0@haarlem.example"],
        ["p1@haarlem.example"],
        ["p2@haarlem.example"],
    ]


def test_mail_held_for_later_waits(mail, server):
    StoredMail.objects.update(send_after=NOW + timedelta(minutes=1))
    send(mail)
    assert server.accepted == []

    send(mail, at=NOW + timedelta(minutes=1))
    assert len(server.accepted) == 1


def test_leased_mail_goes_to_nobody_else_until_the_lease_ends(mail):
    mine = leased(NOW)

    assert mine == mail
    assert claim(NOW + outbox.LEASE - timedelta(seconds=1)) is None
    again = leased(NOW + outbox.LEASE)
    assert again == mail
    assert again.message_id == mine.message_id
    assert again.lease != mine.lease


def test_worker_that_lost_its_lease_settles_nothing(mail):
    slow = leased(NOW)
    quick = leased(NOW + outbox.LEASE)
    outbox._settle(slow, outbox.Delivery.REFUSED, "550", NOW)
    outbox._settle(slow, outbox.Delivery.SENT, "", NOW)

    mail.refresh_from_db()
    assert (mail.sent_at, mail.failed_at, mail.lease) == (None, None, quick.lease)
    assert mail.registration.email_refused_at is None


def test_claim_passes_by_what_another_worker_just_took(mail, monkeypatch):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    first, second = StoredMail.objects.all()
    # Both workers have read the same list; the other one is a moment quicker.
    read = type(StoredMail.objects.all()).values_list

    def then_lose_the_first(self, *fields, **options):
        keys = list(read(self, *fields, **options)[:20])
        StoredMail.objects.filter(pk=first.pk).update(lease="x", leased_until=NOW + outbox.LEASE)
        return keys

    monkeypatch.setattr(type(StoredMail.objects.all()), "values_list", then_lose_the_first)
    assert claim(NOW) == second


def test_unknown_recipient_is_final_and_marks_the_registration(mail):
    version = mail.event.version
    send(mail, NOBODY)

    assert mail.failed_at is not None
    assert mail.sent_at is None
    assert mail.error == "550 5.1.1"
    assert mail.about == {}
    registration = Registration.objects.get()
    assert registration.email_refused_at == mail.failed_at
    mail.event.refresh_from_db()
    assert (mail.event.version, registration.version) == (version + 1, version + 1)
    change = Change.objects.get(what=Change.What.REFUSED)
    assert (change.registration, change.version) == (registration, version + 1)
    assert (change.who, change.new) == ("worker", {"mail": "registered"})


def test_refused_organiser_fails_the_mail_only(mail):
    StoredMail.objects.update(registration=None)
    send(mail, NOBODY)

    assert mail.failed_at is not None
    assert not Change.objects.filter(what=Change.What.REFUSED).exists()


@pytest.mark.parametrize("answer", [GREYLISTED, NO_RELAY, NO_LOGIN])
def test_refusal_that_may_pass_is_tried_again(mail, server, answer):
    send(mail, answer)
    assert (mail.attempts, mail.failed_at) == (1, None)
    assert Registration.objects.get().email_refused_at is None

    send(mail, at=NOW + timedelta(seconds=59))
    assert server.accepted == []
    send(mail, at=NOW + timedelta(seconds=65))
    assert len(server.accepted) == 1


def test_failing_mail_waits_longer_each_time_and_is_given_up_after_two_days(mail):
    error = smtplib.SMTPDataError(554, b"no <jan@haarlem.example>")
    at, waits = NOW, []
    while mail.failed_at is None:
        send(mail, error, at=at)
        if mail.failed_at is None:
            waits.append(round((mail.send_after - at) / timedelta(minutes=1)))
            at = mail.send_after

    assert waits == list(PAUSES)
    assert waits == sorted(waits)
    assert timedelta(days=1.5) < mail.failed_at - NOW < timedelta(days=2.5)
    assert mail.attempts == len(PAUSES) + 1
    assert mail.error == "554"
    assert mail.about == {}
    assert Registration.objects.get().email_refused_at is None


def test_failing_mail_holds_up_no_other(mail, server):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    send(mail, smtplib.SMTPDataError(554, b"no"))

    assert [message.to for message in server.accepted] == [["anna@haarlem.example"]]


def test_server_that_is_down_costs_no_attempt(mail, server):
    server.down = True
    for day in range(4):
        batch = send(mail, at=NOW + timedelta(days=day))
        assert batch.trouble
    assert (mail.attempts, mail.failed_at, mail.lease) == (0, None, "")

    server.down = False
    send(mail, at=NOW + timedelta(days=5))
    assert len(server.accepted) == 1


@pytest.mark.parametrize(
    "answer",
    [
        smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPDataError(421, b"closing"),
        smtplib.SMTPRecipientsRefused({TO: (421, b"closing")}),
        smtplib.SMTPSenderRefused(451, b"too much", "tafelronde@testserver"),
        TimeoutError(),
    ],
)
def test_server_in_trouble_stops_the_batch(mail, server, answer):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    batch = send(mail, answer)

    assert batch == outbox.Batch(sent=0, unsent=1, trouble=True)
    assert server.accepted == []
    assert StoredMail.objects.filter(failed_at=None, leased_until=None).count() == 2


def test_failure_opens_a_new_connection_for_the_next_mail(mail, server):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    send(mail, NOBODY)

    assert server.connections == 2
    assert len(server.accepted) == 1


def test_stop_comes_after_the_mail_in_flight(mail, server):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    send_due(NOW, stopped=lambda: bool(server.accepted))

    assert len(server.accepted) == 1
    assert StoredMail.objects.due(NOW).count() == 1


@pytest.mark.parametrize(("has_it", "tries"), [(True, 2), (False, 4)])
def test_a_worker_that_stops_before_the_answer_sends_it_twice_at_most(
    mail, server, monkeypatch, has_it: bool, tries: int
):
    class Stopped(BaseException):
        """As if the process ended there."""

    asked = []

    def stop(connection, _messages):
        asked.append(connection)
        outbox.stop_waiting(at)
        raise Stopped

    monkeypatch.setattr(Server, "has_whole_mail", has_it, raising=False)
    monkeypatch.setattr(Server, "send_messages", stop)
    for hours in range(0, 8, 2):
        at = NOW + timedelta(hours=hours)
        with suppress(Stopped):
            send_due(at)

    assert len(asked) == tries
    mail.refresh_from_db()
    assert (mail.failed_at is not None) is has_it


def test_logs_name_no_address_link_or_text(mail, caplog, server):
    caplog.set_level(logging.DEBUG)
    for number, answer in enumerate([GREYLISTED, NOBODY]):
        StoredMail.objects.update(send_after=NOW)
        send(mail, answer, at=NOW + timedelta(minutes=number))
    server.down = True
    make_registration(mail.event, {}, email=TO, confirmed=False)
    strangers.answer(NOW)
    send(mail)
    server.down = False
    send(mail)

    records = [record for record in caplog.records if record.name == outbox.__name__]
    assert len(records) == 4
    assert {record.exc_info for record in records} == {None}
    for text in (TO, "haarlem", "http", "Jan", "Werken"):
        assert text not in caplog.text
    assert f"mail {mail.pk} (registered): recipient refused 550 5.1.1" in caplog.text


def parsed(mail: StoredMail):
    return message_from_bytes(message_of(mail).message().as_bytes(), policy=policy.default)


def test_headers_say_who_what_and_that_a_machine_wrote(mail, settings):
    message = parsed(mail)

    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    assert message["To"] == TO
    assert message["Reply-To"] == "info@gemeente.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "nl"
    assert message.get_all("Message-ID") == [mail.message_id]
    assert mail.message_id.endswith("@testserver>")
    assert "Werken in de wijk" in message["Subject"]
    for header in ("Subject", "From", "Reply-To"):
        assert "Jan" not in message[header]
        assert "Pietersen" not in message[header]
    assert "List-Unsubscribe" not in message
    assert parsedate_to_datetime(message["Date"]).utcoffset() in (
        timedelta(hours=1),
        timedelta(hours=2),
    )


def test_invitation_has_one_method_in_the_mail_and_in_the_calendar(mail):
    message = parsed(mail)
    calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    alternative = message.get_payload(0)

    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in alternative.iter_parts()] == [
        "text/plain",
        "multipart/related",  # the page with its picture
        "text/calendar",
    ]
    assert [part.get_filename() for part in calendars] == [None, "tafelronde.ics"]
    for part in calendars:
        assert part.get_all("Content-Type")[0].count("charset") == 1
        assert part["Content-Type"].params["method"] == "REQUEST"
        content = part.get_content()
        assert icalendar.Calendar.from_ical(content)["METHOD"] == "REQUEST"


def test_mail_without_a_calendar_is_text_and_page_only(mail):
    make_registration(mail.event, {}, confirmed=False)
    message = parsed(StoredMail.objects.latest("pk"))

    assert message.get_content_type() == "multipart/alternative"
    assert len(list(message.iter_parts())) == 2


def test_line_break_in_a_header_is_refused_and_stops_nothing(mail, server):
    make_registration(mail.event, {}, email="anna@haarlem.example", confirmed=False)
    strangers.answer(NOW)
    evil = f"{mail.to}\r\nBcc: iedereen@elders.example"
    StoredMail.objects.filter(pk=mail.pk).update(to=evil, kind="link", about={})
    mail.event.registrations.filter(pk=mail.registration_id).update(email=evil)
    mail.refresh_from_db()

    with pytest.raises(BadHeaderError):
        message_of(mail).message()
    send(mail)
    assert [message.to for message in server.accepted] == [["anna@haarlem.example"]]
    assert (mail.attempts, mail.error) == (1, "BadHeaderError")


class SlowServer(Server):
    def send_messages(self, email_messages):
        time.sleep(0.05)
        return super().send_messages(email_messages)


def test_a_long_queue_of_mail_leaves_the_other_jobs_their_turn(settings):
    settings.EMAIL_BACKEND = f"{__name__}.SlowServer"
    at = timezone.now()
    event = make_event(starts_at=at + timedelta(days=14))
    for _person in range(5):
        make_registration(event, confirmed=False, at=at)
    strangers.answer(at)
    jobs = {job.name: job for job in Command()._jobs(lambda: False, mail_turn=0.03)}

    assert jobs["mail"].work() == 0
    sent = StoredMail.objects.exclude(sent_at=None).count()
    assert 0 < sent < 5
    for _turn in range(5):
        jobs["mail"].work()
    assert not StoredMail.objects.filter(sent_at=None).exists()


def test_what_a_server_took_while_the_database_went_away_goes_once(mail, server, monkeypatch):
    release = outbox._release

    def away(*args: object, **values: object) -> int:
        monkeypatch.setattr(outbox, "_release", release)
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(outbox, "_release", away)
    with pytest.raises(OperationalError):
        send_due(NOW)
    send_due(NOW + timedelta(seconds=5))
    send_due(NOW + outbox.LEASE + timedelta(minutes=1))

    assert len(server.accepted) == 1
    mail.refresh_from_db()
    assert (mail.sent_at is not None, mail.lease) == (True, "")
