"""What all mails share: the row that is stored, words from two templates, addresses, headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.functional import Promise

from program.models import Event
from program.public.calendars import hours
from program.public.house_style import site_name
from registrations.mail.text import first_sentences, wrapped
from registrations.models import StoredMail

Kind = StoredMail.Kind
# What a page calls the picture that comes with it.
PICTURE = "deurcode"


class NotWanted(Exception):
    """Why a mail need not go any more, as one of NOT_WANTED."""


@dataclass(frozen=True)
class WrittenMail:
    """What a mail says: it is made when the mail leaves, and kept nowhere, for it holds links.

    ``unsubscribe`` is the address that stops mail to many, which mail programs show as a button.
    ``picture`` is the PNG file that the page shows as ``cid:deurcode``.
    """

    subject: str
    text: str
    html: str
    calendar: str = ""
    calendar_method: str = ""
    unsubscribe: str = ""
    picture: bytes = b""


def new(
    kind: Kind,
    to: str,
    *,
    at: datetime,
    event: Event | None = None,
    language: str = settings.LANGUAGE_CODE,
    **values: Any,
) -> StoredMail:
    """A mail to one address, to go out at once; not saved."""
    return StoredMail(
        kind=kind,
        to=to,
        event=event,
        language=language,
        message_id=f"<{uuid4().hex}@{settings.MAIL_DOMAIN}>",
        created_at=at,
        **({"send_after": at} | values),
    )


def write(
    mail: StoredMail, subject: str | Promise, template: str = "", **context: Any
) -> WrittenMail:
    """The words of a mail, in the active language.

    ``template`` is the name of both of its templates, if that is not its kind. The mail greets
    the ``name`` in the context.
    """
    # One line in a header, whatever white space is in a title or the name of the site.
    event = " ".join(mail.event.local_title.split()) if mail.event else ""
    line = str(subject) % {"event": event, "site": " ".join(site_name().split())}
    context = {"subject": line, **about(mail.event), **context}
    return WrittenMail(line, *rendered(template or mail.kind, context))


def rendered(template: str, context: dict[str, Any]) -> tuple[str, str]:
    """The text and the page, in the active language.

    The page begins with the ``preview``, by default the first words of the text: unseen, but what
    an inbox shows beside the subject.
    """
    context = {"language": translation.get_language(), **context}
    lines = render_to_string(f"registrations/mail/{template}.txt", context)
    text = re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"
    context = {"preview": first_sentences(text), **context}
    html = render_to_string(f"registrations/mail/{template}.html", context)
    return text, html.strip() + "\n"


def about(event: Event | None) -> dict[str, Any]:
    """What every mail can say of its event, and of the site; in the active language."""
    of_site = {"site": site_name(), "privacy_link": link("privacy")}
    if event is None:
        return of_site
    starts, ends = timezone.localtime(event.starts_at), timezone.localtime(event.ends_at)
    return of_site | {
        "event": event,
        "day": formats.date_format(event.day),
        "hours": hours(starts, ends),
        "event_link": settings.SITE_URL + event.get_absolute_url(),
        # Not to the map itself: mails link to this site alone.
        "route_link": f"{settings.SITE_URL}{event.get_absolute_url()}#waar",
    }


def link(page: str, *args: object) -> str:
    """The whole address of a page of this site, in the active language."""
    return f"{settings.SITE_URL}{reverse(page, args=args)}"


class PictureMessage(EmailMultiAlternatives):
    """Its page has a picture of its own, which comes with the mail and from nowhere else."""

    picture = b""

    def message(self, **options: Any) -> Any:
        message = super().message(**options)
        for part in message.walk():
            if part.get_content_type() == "multipart/alternative":
                parts = [each for each in part.get_payload() if isinstance(each, Message)]
                part.set_payload([self._with_picture(each) for each in parts])
        return message

    def _with_picture(self, part: Message) -> Message:
        """The page and what it shows as one part: beside the others it would be an attachment."""
        if part.get_content_type() != "text/html":
            return part
        picture = MIMEImage(self.picture, "png")
        picture["Content-ID"] = f"<{PICTURE}>"
        picture["Content-Disposition"] = "inline"
        return MIMEMultipart("related", _subparts=[part, picture], type="text/html")


def message_of(
    mail: StoredMail, words: WrittenMail, connection: BaseEmailBackend | None = None
) -> EmailMultiAlternatives:
    """The message as it goes out: text in short lines, page, and the invitation if there is one.

    A reply to mail about an event goes to its organiser.
    """
    to_many = mail.kind == Kind.MAILING
    headers = {
        "Message-ID": mail.message_id,
        "Auto-Submitted": "auto-generated",
        "Content-Language": mail.language,
    }
    if to_many:
        headers["Precedence"] = "bulk"
    if words.unsubscribe:
        # Mail programs show a button; it posts to the address (RFC 8058).
        headers["List-Unsubscribe"] = f"<{words.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message = (PictureMessage if words.picture else EmailMultiAlternatives)(
        subject=words.subject,
        body=wrapped(words.text),
        from_email=settings.BULK_MAIL_FROM if to_many else settings.DEFAULT_FROM_EMAIL,
        to=[mail.to],
        reply_to=[mail.event.organiser_email] if mail.event else None,
        headers=headers,
        connection=connection,
    )
    if isinstance(message, PictureMessage):
        message.picture = words.picture
    message.attach_alternative(words.html, "text/html")
    if words.calendar:
        # Outlook and Gmail read the alternative, others offer the attachment. A charset of our
        # own would stand there twice.
        mime_type = f"text/calendar; method={words.calendar_method}"
        message.attach_alternative(words.calendar, mime_type)
        message.attach("tafelronde.ics", words.calendar, mime_type)
    return message
