"""Mail that comes back: read from what mail servers write, noted with their reader."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from email import message_from_string
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import DataError, InterfaceError, OperationalError
from hypothesis import given
from hypothesis import strategies as st

from program.models import Event
from registrations.mail import bounces
from registrations.models import Change, Registration, StoredMail
from tests.factories import NOW, make_event, make_registration
from tests.mailed import DONE

pytestmark = pytest.mark.django_db

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@mail.gemeente.example (Mail Delivery System)
To: tafelronde@gemeente.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_B"

--=_B
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=_B
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.gemeente.example
X-Postfix-Queue-ID: 4ABCD1234
Arrival-Date: Mon, 23 Nov 2026 14:00:00 +0100 (CET)

Final-Recipient: rfc822; noor@haarlem.example
Original-Recipient: rfc822;noor@haarlem.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.haarlem.example
Diagnostic-Code: smtp; 550 5.1.1 <noor@haarlem.example>: Recipient address rejected

--=_B
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: Tafelronde <tafelronde@gemeente.example>
To: noor@haarlem.example
Subject: Je bent aangemeld
Message-ID: {id}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Beste Noor,

--=_B--
"""

EXCHANGE = """\
From: postmaster@haarlem.example
To: tafelronde@gemeente.example
Date: Mon, 23 Nov 2026 13:00:00 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="_000_ndr_"
X-MS-Exchange-Message-Is-Ndr:
Message-ID: <1b2c@haarlem.example>
In-Reply-To: {id}
References: {id}
Subject: Undeliverable: Je bent aangemeld
Auto-Submitted: auto-replied
MIME-Version: 1.0

--_000_ndr_
Content-Type: multipart/alternative; boundary="_001_"

--_001_
Content-Type: text/html; charset="utf-8"

<html><body>Your message to noor@haarlem.example couldn't be delivered.</body></html>

--_001_--

--_000_ndr_
Content-Type: message/delivery-status

Reporting-MTA: dns;AM0PR01.prod.outlook.example

Final-recipient: RFC822;noor@haarlem.example
Action: failed
Status: 5.1.10
Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound

--_000_ndr_
Content-Type: text/rfc822-headers

From: Tafelronde <tafelronde@gemeente.example>
To: noor@haarlem.example
Message-ID: {id}

--_000_ndr_--
"""

LETTER = """\
From: noor@haarlem.example
To: tafelronde@gemeente.example
Subject: Re: Je bent aangemeld
In-Reply-To: {id}
Content-Type: text/plain

Dank je, 5.1.1 is mijn tafel. Action: failed
"""


@pytest.fixture
def noor() -> Registration:
    """Somebody whose mail a server took."""
    registration = make_registration(make_event(), email="noor@haarlem.example")
    StoredMail.objects.filter(kind="registered").update(sent_at=NOW, **DONE)
    return registration


@pytest.fixture
def mail(noor: Registration) -> StoredMail:
    return StoredMail.objects.get(kind="registered")


def postfix(mail_id: str, *, action: str = "failed", status: str = "5.1.1") -> bytes:
    return POSTFIX.format(id=mail_id, action=action, status=status).encode()


def deep(report: bytes, levels: int = 3_000) -> bytes:
    """The report of a mail that has parts within parts, more than Python's parser can take."""
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
        for level in range(levels)
    )
    return report.replace(b"Content-Type: text/plain; charset=utf-8\n\nBeste Noor,", parts)


def pipe(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    call_command("bounced")


@pytest.mark.parametrize(
    ("sample", "status"),
    [
        (POSTFIX.replace("{action}", "failed").replace("{status}", "5.1.1"), "5.1.1"),
        (EXCHANGE, "5.1.10"),
    ],
)
def test_a_bounced_mail_is_noted_with_its_reader(noor, mail, monkeypatch, sample, status):
    version = Event.objects.get().version
    pipe(sample.replace("{id}", mail.message_id).encode(), monkeypatch)

    noor.refresh_from_db()
    mail.refresh_from_db()
    assert noor.email_refused_at is not None
    assert (mail.failed_at, mail.error) == (noor.email_refused_at, status)
    line = Change.objects.get(what=Change.What.BOUNCED)
    assert (line.registration, line.who, line.version) == (noor, "mail server", version + 1)
    assert line.new == {"mail": "registered", "status": status}
    assert list(bounces.unreached(noor.event)) == [noor]


def test_the_same_report_twice_is_noted_once(noor, mail, monkeypatch):
    for _again in range(2):
        pipe(postfix(mail.message_id), monkeypatch)
    assert Change.objects.filter(what=Change.What.BOUNCED).count() == 1


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(lambda key: postfix(key, action="delayed", status="4.4.1"), id="late"),
        pytest.param(lambda key: postfix(key, action="failed", status="4.4.7"), id="not for good"),
        pytest.param(lambda key: postfix(key, action="delivered", status="2.0.0"), id="arrived"),
        pytest.param(lambda key: LETTER.replace("{id}", key).encode(), id="a letter"),
        pytest.param(lambda key: postfix("<other@elsewhere.example>"), id="not ours"),
        pytest.param(lambda key: b"", id="nothing"),
        pytest.param(lambda key: b"\xff\xfe\x00 no mail at all", id="rubbish"),
        pytest.param(lambda key: postfix("<.@>"), id="a broken header"),
    ],
)
def test_any_other_mail_is_left_alone_and_ends_well(noor, mail, monkeypatch, raw):
    pipe(raw(mail.message_id), monkeypatch)
    noor.refresh_from_db()
    assert noor.email_refused_at is None
    assert not Change.objects.filter(what=Change.What.BOUNCED).exists()


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "parts within parts": deep,
    "windows lines": lambda raw: deep(raw).replace(b"\n", b"\r\n"),
    "a report in a mail": lambda raw: (
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: message/rfc822\n\n"
        + raw
        + b"\n--x--\n"
    ),
    "no end": lambda raw: raw.replace(b"--=_B--", b""),
    "an unknown encoding": lambda raw: raw.replace(
        b"Content-Type: message/rfc822",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: rot13",
    ),
    "bytes that are no text": lambda raw: raw.replace(
        b"Arrival-Date: ", b"Arrival-Date: \xff\xfe\x00\x80"
    ),
    "an unknown charset": lambda raw: raw.replace(b"us-ascii", b"klingon-8"),
    "a NUL in another id": lambda raw: raw.replace(
        b"Subject: Undelivered", b"References: <a\x00b@c> <\xff@x>\nSubject: Undelivered"
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_no_report_is_lost_in_a_mail_that_is_badly_made(noor, mail, monkeypatch, how):
    pipe(BROKEN[how](postfix(mail.message_id)), monkeypatch)
    noor.refresh_from_db()
    assert noor.email_refused_at is not None


def test_a_letter_that_cannot_be_taken_apart_is_no_report(noor, mail, monkeypatch):
    forged = b"From: x@x.example\n" + deep(postfix(mail.message_id)).replace(
        b"multipart/report", b"multipart/mixed"
    )
    pipe(forged, monkeypatch)
    pipe(deep(postfix(mail.message_id, action="delayed", status="4.4.1")), monkeypatch)
    noor.refresh_from_db()
    assert noor.email_refused_at is None


@pytest.mark.parametrize(
    "error", [OperationalError("gone"), InterfaceError("gone"), DataError("?"), ValueError("?")]
)
def test_what_cannot_be_noted_is_for_the_mail_server_to_keep(noor, mail, monkeypatch, error):
    def fail(*_args: object, **_named: object) -> None:
        raise error

    monkeypatch.setattr(bounces, "note", fail)
    with pytest.raises(SystemExit) as ended:
        pipe(postfix(mail.message_id), monkeypatch)
    assert ended.value.code == 75


PIECES = [
    *(b"\n", b"\n\n", b"--=_B\n", b"--=_B--\n", b"\xff\x00", b"=?x?q?=ff?=", b'boundary="=_B"'),
    *(b"Content-Type: multipart/report; ", b"Content-Type: message/delivery-status\n\n"),
    *(b"Content-Type: message/rfc822\n\n", b"Content-Type: text/rfc822-headers\n\n"),
    *(b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: uuencode\n"),
    *(b"Action: failed\n", b"Status: 5.1.1\n", b"Message-ID: <x@y>\n", b"References: <a> <b\n"),
    b"Content-Type: text/plain; charset*=unknown''%ff\n",
]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=30))
def test_any_bytes_are_read_or_left_alone(pieces):
    found = bounces.read(b"".join(pieces))
    assert found is None or (found.message_ids and found.status.startswith("5."))
    statuses, ids = bounces._by_lines(b"".join(pieces))
    assert all(each.isascii() for each in statuses + ids)


def test_log_names_no_address(noor, mail, monkeypatch, caplog):
    with caplog.at_level(logging.INFO):
        pipe(postfix(mail.message_id), monkeypatch)
        pipe(postfix("<other@elsewhere.example>"), monkeypatch)
    assert [record.getMessage() for record in caplog.records] == [
        f"mail {mail.pk} (registered): came back 5.1.1",
        "a mail came back that is none of ours: 5.1.1",
    ]


def test_mail_of_somebody_erased_in_between_is_left_alone(noor, mail, monkeypatch):
    Registration.objects.filter(pk=noor.pk).update(
        first_name="",
        last_name="",
        sort_name="",
        sort_key="",
        search_name="",
        organisation="",
        email="",
        secret="",
        erased_at=NOW,
    )
    pipe(postfix(mail.message_id), monkeypatch)
    noor.refresh_from_db()
    assert noor.email_refused_at is None


def test_mail_to_an_address_that_was_mended_since_says_nothing_of_the_new_one(mail, monkeypatch):
    """Its organiser was quicker than the mail server of the wrong one."""
    Registration.objects.update(email="noor@zaanstad.example")
    pipe(postfix(mail.message_id), monkeypatch)
    assert Registration.objects.get().email_refused_at is None
    assert not Change.objects.filter(what=Change.What.BOUNCED).exists()


def test_samples_are_what_they_seem():
    assert message_from_string(POSTFIX).get_content_type() == "multipart/report"
    assert message_from_string(EXCHANGE).get_content_type() == "multipart/report"
