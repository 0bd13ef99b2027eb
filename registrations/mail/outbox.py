"""Sends stored mail, one by one; any number of workers, on any number of machines.

A worker leases a mail by one conditional UPDATE and commits what became of it before it
takes the next. Killed at any moment it loses nothing: the mail in flight comes again when its
lease runs out, with the same Message-ID. A server that is slow is waited for, and gets no mail
twice that it accepted in time. Logs name a mail by its number and kind only.
"""

from __future__ import annotations

import logging
import secrets
import smtplib
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import DatabaseError, transaction
from django.db.models import F, Q

from program.models import Event
from registrations.mail import ceilings, envelope, strangers, wording
from registrations.mail.envelope import NotWanted
from registrations.mail.smtp import NoAnswer
from registrations.models import Change, Host, Registration, StoredMail, history
from registrations.models.mail import TOO_MANY, UNANSWERED, StoredMailQuerySet

logger = logging.getLogger(__name__)

# Longer than a mail can take, with what SMTP_PATIENCE allows for each of its steps; and longer than
# it takes to reach the server, after which it begins anew. Then nobody else sends the mail as well.
LEASE = timedelta(minutes=30)
# How long to wait after each failure, in minutes; after the last one the mail is given up.
PAUSES = (1, 5, 15, 60, 180, 360, 720, 720, 720)
# Minutes until a server that had a whole mail, and did not say what became of it, gets it again.
# Mostly it has taken it, so that is done once.
AFTER_NO_ANSWER = 60
SERVICE_NOT_AVAILABLE = 421
# A 5xx that blames us and not the recipient: no login, or a server that won't relay for us.
# An administrator can mend that, so the mail waits (RFC 3463: 5.7 is about policy).
AUTHENTICATION_REQUIRED = 530
# To everybody at once, so that it would keep those waiting who asked for a mail of their own.
NEWS = (StoredMail.Kind.CALLED_OFF, StoredMail.Kind.RESCHEDULED)


class Delivery(Enum):
    """What became of one mail. Those at the end say that the server itself is in trouble."""

    SENT = "sent"
    REFUSED = "recipient refused"
    LATER = "later"
    NO_ANSWER = UNANSWERED
    CUT_OFF = "connection lost"
    DOWN = "server not reached"


TROUBLE = (Delivery.NO_ANSWER, Delivery.CUT_OFF, Delivery.DOWN)
# What a server took while the database was away. It is written down as soon as that is back: else
# the lease would run out, and the mail go twice.
_accepted: list[tuple[StoredMail, datetime]] = []
# What a server is being given at this moment, and over which connection.
_in_flight: list[tuple[StoredMail, BaseEmailBackend]] = []


@dataclass
class Batch:
    """What one round of sending came to."""

    sent: int = 0
    unsent: int = 0
    trouble: bool = False


def claim(at: datetime) -> StoredMail | None:
    """Lease the mail that has been due longest, or None. Of two workers only one gets it."""
    due = StoredMail.objects.due(at)
    # Links that somebody waits for go first, then news for everybody, then messages.
    about_all = Q(kind__in=NEWS)
    personal, to_many = due.filter(mailing=None).exclude(about_all), due.to_many()
    for pk in chain(_oldest(personal), _oldest(due.filter(about_all)), _oldest(to_many)):
        lease = secrets.token_hex(16)
        # The row's lock makes the database check again: the second worker changes nothing.
        if due.filter(pk=pk).update(lease=lease, leased_until=at + LEASE):
            mine = StoredMail.objects.select_related(
                "event__venue", "registration", "host", "mailing", "invitation__event"
            )
            return mine.filter(pk=pk, lease=lease).first()
    return None


def _oldest(due: StoredMailQuerySet) -> Iterator[int]:
    """Some of those that are due, asked for only when somebody looks at them."""
    yield from due.order_by("send_after", "pk").values_list("pk", flat=True)[:20]


def send_due(at: datetime, *, stopped: Callable[[], bool] = lambda: False) -> Batch:
    """Send all that is due, over one connection, until ``stopped`` or the server gives trouble.

    A server that cannot be reached costs no mail an attempt: everything just waits.
    """
    batch = Batch()
    started = time.monotonic()
    while _accepted:
        accepted, sent_at = _accepted[0]
        _settle(accepted, Delivery.SENT, "", sent_at)
        del _accepted[0]
    connection: BaseEmailBackend = get_connection()
    try:
        while not stopped() and not batch.trouble:
            now = at + timedelta(seconds=time.monotonic() - started)
            mail = claim(now)
            if mail is None:
                break
            try:
                outcome, error = _deliver(connection, mail, now)
            except NotWanted as no:
                _drop(mail, str(no), now)
                continue
            if outcome is not Delivery.SENT:
                _close(connection)  # whatever state it is in, the next mail starts afresh
            now = at + timedelta(seconds=time.monotonic() - started)
            try:
                _settle(mail, outcome, error, now)
            except DatabaseError:
                if outcome is Delivery.SENT:
                    _accepted.append((mail, now))
                raise
            batch.sent += outcome is Delivery.SENT
            batch.unsent += outcome is not Delivery.SENT
            batch.trouble = outcome in TROUBLE
    finally:
        _close(connection)
    return batch


def _deliver(connection: BaseEmailBackend, mail: StoredMail, at: datetime) -> tuple[Delivery, str]:
    """Write one mail and hand it to the server; what became of it, and an error that holds no
    address. Raises NotWanted.
    """
    ceilings.refuse(mail, at)
    started = time.monotonic()
    try:
        opened = connection.open()
    except OSError as error:  # smtplib's own errors are OSErrors too
        return Delivery.DOWN, _code(error)
    at += timedelta(seconds=time.monotonic() - started)
    if opened and not _keep_lease(mail, at):
        return Delivery.LATER, ""  # it took so long that another worker has the mail
    try:
        message = envelope.message_of(mail, wording.write(mail, at=at), connection)
    except (NotWanted, DatabaseError):
        raise
    except Exception as error:  # one mail that cannot be written must not stop all others
        *_before, frame = traceback.extract_tb(error.__traceback__)
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        logger.error("mail %s (%s): %s at %s", mail.pk, mail.kind, _code(error), place)
        return Delivery.LATER, _code(error)
    _in_flight.append((mail, connection))
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        return _refusal(error)
    except smtplib.SMTPSenderRefused as error:
        return Delivery.DOWN, _code(error)  # about us, not about this mail
    except smtplib.SMTPResponseException as error:
        cut_off = error.smtp_code == SERVICE_NOT_AVAILABLE
        return (Delivery.CUT_OFF if cut_off else Delivery.LATER), _code(error)
    except NoAnswer:
        return Delivery.NO_ANSWER, UNANSWERED
    except OSError as error:
        return Delivery.CUT_OFF, _code(error)
    except Exception as error:  # a header that cannot be built, for instance
        return Delivery.LATER, _code(error)
    finally:
        _in_flight.clear()
    return Delivery.SENT, ""


def stop_waiting(at: datetime) -> None:
    """The worker stops while a server has a whole mail, and hears no answer any more.

    A mail of which it has not all yet keeps its lease, and comes again after that.
    """
    for mail, connection in list(_in_flight):
        if getattr(connection, "has_whole_mail", False):
            _settle(mail, Delivery.NO_ANSWER, UNANSWERED, at)


def _refusal(error: smtplib.SMTPRecipientsRefused) -> tuple[Delivery, str]:
    """Refused for good, or to be tried again: greylisting answers 4xx."""
    ((code, answer),) = error.recipients.values()
    said = _said(code, answer)
    if code == SERVICE_NOT_AVAILABLE:
        return Delivery.CUT_OFF, said
    final = code >= 500 and code != AUTHENTICATION_REQUIRED and " 5.7." not in said
    return (Delivery.REFUSED if final else Delivery.LATER), said


def _settle(mail: StoredMail, outcome: Delivery, error: str, at: datetime) -> None:
    """Write down what became of a leased mail, unless the lease has gone to another worker."""
    if mail.error.startswith(UNANSWERED) and not error.startswith(UNANSWERED):
        error = f"{UNANSWERED}; {error}"  # else it would have that chance anew
    if outcome is Delivery.REFUSED:
        _refuse(mail, error, at)
        said = outcome.value
    elif outcome is Delivery.SENT:
        _release(mail, sent_at=at, error="", about={})
        said = outcome.value
    elif outcome is Delivery.DOWN:
        _release(mail, error=error)
        said = outcome.value
    elif minutes := _pause(mail, outcome):
        again = at + timedelta(minutes=minutes)
        _release(mail, attempts=F("attempts") + 1, send_after=again, error=error)
        said = f"{outcome.value}, again in {minutes} minutes"
    else:
        # Nobody needs to know any more what it was about.
        _release(mail, attempts=F("attempts") + 1, failed_at=at, error=error, about={})
        said = f"{outcome.value}, given up"
    level = logging.INFO if outcome is Delivery.SENT else logging.WARNING
    logger.log(level, "mail %s (%s): %s %s", mail.pk, mail.kind, said, error)


def _pause(mail: StoredMail, outcome: Delivery) -> int:
    """Minutes until a mail is tried again; 0 when it is given up."""
    if outcome is Delivery.NO_ANSWER:
        return 0 if mail.error.startswith(UNANSWERED) else AFTER_NO_ANSWER
    return PAUSES[mail.attempts] if mail.attempts < len(PAUSES) else 0


def _refuse(mail: StoredMail, error: str, at: datetime) -> None:
    """Give up a mail whose address does not exist, and mark its registration or host."""
    with transaction.atomic():
        event = Event.objects.locked(mail.event_id) if mail.event_id else None
        ours = _release(mail, attempts=F("attempts") + 1, failed_at=at, error=error, about={})
        if ours and mail.host_id:
            Host.objects.filter(pk=mail.host_id, email=mail.to).update(email_refused_at=at)
        if not ours or event is None or mail.registration_id is None:
            return
        event.bump()
        registrations = Registration.objects.filter(pk=mail.registration_id)
        registrations.update(email_refused_at=at, version=event.version)
        what, new = Change.What.REFUSED, {"mail": mail.kind}
        history.record(event, registrations.get(), what, who=history.WORKER, at=at, new=new)


@transaction.atomic
def _drop(mail: StoredMail, why: str, at: datetime) -> None:
    """Give up a leased mail that is not wanted, for one of the reasons in NOT_WANTED."""
    ours = _release(mail, failed_at=at, error=why, about={})
    if why == TOO_MANY:
        logger.warning("mail %s (%s): dropped, too many", mail.pk, mail.kind)
    elif ours and mail.kind == StoredMail.Kind.ALREADY:
        strangers.ask_again(mail)


def _keep_lease(mail: StoredMail, at: datetime) -> int:
    """Let the lease begin anew; 0 when the mail is not ours any more."""
    return _ours(mail).update(leased_until=at + LEASE)


def _release(mail: StoredMail, **values: object) -> int:
    """Write ``values`` and end the lease; 0 when the mail is not ours any more."""
    return _ours(mail).update(lease="", leased_until=None, **values)


def _ours(mail: StoredMail) -> StoredMailQuerySet:
    return StoredMail.objects.filter(pk=mail.pk, lease=mail.lease)


def _close(connection: BaseEmailBackend) -> None:
    with suppress(OSError):
        connection.close()


def _code(error: Exception) -> str:
    """What went wrong, without the server's own words: they may hold the address."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _said(error.smtp_code, error.smtp_error)
    return type(error).__name__


def _said(code: int, answer: bytes | str) -> str:
    """'550 5.1.1': the two codes of an answer."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    first, _space, _rest = text.strip().partition(" ")
    enhanced = first if first.replace(".", "").isdigit() and first.count(".") == 2 else ""
    return f"{code} {enhanced}".strip()


KEPT = timedelta(days=30)


def warning() -> str:
    """A warning for those who start a worker; empty where mail goes out or is shown."""
    if settings.LOCAL or not settings.EMAIL_BACKEND.startswith("eventsite.mailbox."):
        return ""
    return (
        "EMAIL_URL is not set: no mail goes out. "
        f"It is kept in {settings.MAILBOX_DIR}, for {KEPT.days} days."
    )


def forget_old(at: datetime) -> int:
    """Delete the files that have been kept for 30 days; returns how many.

    They hold names, addresses and links, so this also happens where mail goes out by now.
    """
    deleted = 0
    for path in Path(settings.MAILBOX_DIR).glob("*"):
        with suppress(FileNotFoundError):  # another worker was quicker
            if path.stat().st_mtime <= (at - KEPT).timestamp():
                path.unlink()
                deleted += 1
    return deleted
