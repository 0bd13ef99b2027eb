"""The development mailbox: mail of a site without a mail server, kept in files and shown.

Files and not the database, so that the worker's mail is there however the demo is run.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_binary_file, policy
from email.message import EmailMessage as Parsed
from pathlib import Path
from smtplib import SMTPSenderRefused

import nh3
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

MOST_SHOWN = 200  # messages in the list
KEY = re.compile(r"[0-9]{20}-[0-9a-f]{8}")
# What an inbox shows beside the subject, and nobody reads in the mail.
HIDDEN = re.compile(r'<div style="display: none[^>]*>.*?</div>', re.DOTALL)
# Without headings, styles and pictures: the mail is shown inside a page with its own.
SHOWN_TAGS = {"a", "b", "br", "em", "i", "li", "ol", "p", "strong", "ul"}


class MailboxBackend(BaseEmailBackend):
    """Keeps each message as a file of MAILBOX_DIR; a local site prints it too."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            try:
                keep(message.message().as_bytes())
            except OSError as error:  # a full disk, as mail servers say it: not about this mail
                raise SMTPSenderRefused(452, b"4.3.1 no room", "") from error
            if settings.LOCAL:
                to = ", ".join(message.to)
                with suppress(OSError):  # it is kept, wherever the output goes
                    sys.stdout.write(f"\nMail to {to}: {message.subject}\n\n{message.body}\n")
                    sys.stdout.flush()
        return len(email_messages)


def keep(raw: bytes) -> None:
    """Under a name that sorts by time; whole or not at all, since others may be reading."""
    folder = Path(settings.MAILBOX_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = f"{datetime.now(UTC):%Y%m%d%H%M%S%f}-{secrets.token_hex(4)}"
    file = tempfile.NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - it is renamed
    try:
        with file:
            file.write(raw)
        os.replace(file.name, folder / f"{key}.eml")
    except OSError:  # no room: half of it would only take what there is
        os.unlink(file.name)
        raise


@dataclass
class Message:
    """A kept message as its page shows it."""

    key: str
    parsed: Parsed

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"] or "")

    @property
    def to(self) -> str:
        return str(self.parsed["To"] or "")

    @property
    def kept_at(self) -> datetime:
        return datetime.strptime(self.key[:20] + "+0000", "%Y%m%d%H%M%S%f%z")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.parsed.items()]

    @property
    def text(self) -> str:
        return self.body("plain")

    @property
    def html(self) -> SafeString:
        shown = HIDDEN.sub("", self.body("html"))
        return mark_safe(nh3.clean(shown, tags=SHOWN_TAGS))  # noqa: S308 - cleaned

    @property
    def language(self) -> str:
        """As its sender stated it; empty if nobody did."""
        return str(self.parsed["Content-Language"] or "")

    @property
    def attachments(self) -> list[Parsed]:
        return [part for part in self.parsed.walk() if part.get_filename()]

    @property
    def attachment_names(self) -> list[tuple[int, str]]:
        """Numbers from 1, with names: a template would look for a method among the headers."""
        return [(at, part.get_filename() or "") for at, part in enumerate(self.attachments, 1)]

    def body(self, kind: str) -> str:
        part = self.parsed.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""


def read(path: Path) -> Message:
    with path.open("rb") as file:
        return Message(path.stem, message_from_binary_file(file, policy=policy.default))


def refuse_in_production() -> None:
    """Raises Http404 unless this is a demo whose mail is kept here."""
    own = f"{MailboxBackend.__module__}.{MailboxBackend.__qualname__}"
    if not settings.LOCAL or own != settings.EMAIL_BACKEND:
        raise Http404


def find(key: str) -> Message:
    refuse_in_production()
    path = Path(settings.MAILBOX_DIR) / f"{key}.eml"
    if not KEY.fullmatch(key) or not path.exists():
        raise Http404
    return read(path)


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    refuse_in_production()
    newest = sorted(Path(settings.MAILBOX_DIR).glob("*.eml"), reverse=True)[:MOST_SHOWN]
    return render(request, "eventsite/mailbox.html", {"mails": [read(path) for path in newest]})


@require_safe
def mailbox_message(request: HttpRequest, key: str) -> HttpResponse:
    return render(request, "eventsite/mailbox_message.html", {"mail": find(key)})


@require_safe
def mailbox_attachment(request: HttpRequest, key: str, number: int) -> HttpResponse:
    """The ``number``th attachment, counted from 1."""
    attachments = find(key).attachments
    if not 1 <= number <= len(attachments):
        raise Http404
    part = attachments[number - 1]
    content = part.get_payload(decode=True)
    name = Path(part.get_filename() or "").name
    return HttpResponse(
        content,
        content_type=part.get_content_type(),
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
