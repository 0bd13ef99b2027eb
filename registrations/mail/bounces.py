"""Mail that comes back after a server took it: delivery status notifications (RFC 3464)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message

from django.db import transaction

from program.models import Event
from registrations.models import (
    Change,
    Host,
    Registration,
    RegistrationQuerySet,
    StoredMail,
    history,
)

MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,190}>")
_FIELDS = re.IGNORECASE | re.MULTILINE
# In a report there are a few; a made-up one may have thousands.
MOST_IDS = 20
# For good, or not yet (RFC 3463): a mail that is only late has not come back.
FOR_GOOD = re.compile(r"5\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Bounce:
    """What a server says of one of our mails: which one it may be, and the code of the failure."""

    message_ids: list[str]
    status: str


def unreached(event: Event) -> RegistrationQuerySet:
    """Those who come or wait, and whose mail was refused or came back."""
    return event.registrations.counting().exclude(email_refused_at=None)


def read(raw: bytes) -> Bounce | None:
    """An incoming mail as a bounce; None for any other mail, and for one that is only late.

    One that Python's parser cannot take apart is read line by line: no report gets lost.
    """
    try:
        # By the old policy, which takes headers as they come: the new one fails on broken ones.
        message = message_from_bytes(raw)
        statuses = [status for report in _reports(message) for status in _failures(report)]
        ids = list(_original_ids(message))
    except Exception:  # it breaks on parts within parts without end, and on what nobody foresaw
        statuses, ids = _by_lines(raw)
    ids = list(dict.fromkeys(ids))[:MOST_IDS]
    return Bounce(ids, statuses[0]) if statuses and ids else None


def _by_lines(raw: bytes) -> tuple[list[str], list[str]]:
    """The codes of a delivery report and the Message-IDs behind it; none of any other mail."""
    lines = raw.decode("ascii", "replace")
    head, _empty, body = re.sub(r"\r\n?", "\n", lines).partition("\n\n")
    if not re.search(r"^content-type:\s*multipart/report\b", head, re.IGNORECASE | re.MULTILINE):
        return [], []
    report = re.search(
        r"^content-type:[ \t]*message/delivery-status\b.*?(?=^--|\Z)", body, _FIELDS | re.DOTALL
    )
    if not report or not re.search(r"^action:[ \t]*failed\b", report[0], _FIELDS):
        return [], []
    statuses = re.findall(r"^status:[ \t]*(5\.\d{1,3}\.\d{1,3})", report[0], _FIELDS)
    ids = re.findall(rf"^message-id:\s*({MESSAGE_ID.pattern})", body[report.end() :], _FIELDS)
    return statuses, ids


@transaction.atomic
def note(bounce: Bounce, *, at: datetime) -> StoredMail | None:
    """Mark the person whose mail came back; None if the mail is not ours. Repeating is harmless.

    Not if their address was mended since: as far as we know the new one works.
    """
    found = StoredMail.objects.filter(message_id__in=bounce.message_ids)
    mail = found.exclude(registration=None, host=None, invitation=None).first()
    if mail is None:
        return None
    if mail.event_id is None or mail.registration_id is None:
        return _note_of_others(mail, bounce, at)
    event = Event.objects.locked(mail.event_id)
    mine = Registration.objects.filter(pk=mail.registration_id).of_address(mail.to)
    registration = mine.first()
    if registration is None or not _noted(mail, bounce, at):
        return mail
    event.bump()
    mine.update(email_refused_at=at, version=event.version)
    who, new = history.MAIL_SERVER, {"mail": mail.kind, "status": bounce.status}
    history.record(event, registration, Change.What.BOUNCED, who=who, at=at, new=new)
    return mail


def _note_of_others(mail: StoredMail, bounce: Bounce, at: datetime) -> StoredMail:
    """A host's address is marked; for an invitation, the page of the team shows the mail."""
    if mail.event_id:
        Event.objects.locked(mail.event_id)
    if _noted(mail, bounce, at) and mail.host_id:
        Host.objects.filter(pk=mail.host_id, email=mail.to).update(email_refused_at=at)
    return mail


def _noted(mail: StoredMail, bounce: Bounce, at: datetime) -> int:
    # The worker is done with a mail that a server took; a lease may still be there.
    noted = StoredMail.objects.filter(pk=mail.pk, failed_at=None).exclude(sent_at=None)
    return noted.update(failed_at=at, error=bounce.status)


def _reports(message: Message) -> Iterator[Message]:
    """The parts that say, for machines, what became of the mail: one for each recipient."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            yield from (block for block in blocks if isinstance(block, Message))


def _failures(report: Message) -> Iterator[str]:
    """The code, if this recipient's mail has failed for good."""
    action = str(report.get("Action", "")).strip().lower()
    status = FOR_GOOD.search(str(report.get("Status", "")))
    if action == "failed" and status:
        yield status.group()


def _original_ids(message: Message) -> Iterator[str]:
    """The Message-ID of the mail that came back, from wherever a server tells it."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for original in part.get_payload():
                if isinstance(original, Message):
                    yield from MESSAGE_ID.findall(str(original.get("Message-ID", "")))
        elif kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            headers = message_from_bytes(text if isinstance(text, bytes) else b"")
            yield from MESSAGE_ID.findall(str(headers.get("Message-ID", "")))
    for name in ("X-Original-Message-ID", "In-Reply-To", "References"):
        yield from MESSAGE_ID.findall(str(message.get(name, "")))
