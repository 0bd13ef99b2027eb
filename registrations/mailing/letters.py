"""A message to many as the mail that one person gets: their words, their tables, their links."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from program.models import Event, Round
from registrations.mail import envelope
from registrations.mailing import placeholders
from registrations.models import Mailing, Registration, Seat, StoredMail
from registrations.queries import calendars, tokens

LANGUAGES = ("nl", "en")
# Stands in for somebody's link where others may read it: it opens nothing.
EXAMPLE = "voorbeeld"
# Characters of a subject, with room for 'Proof: ' before it: titles and places can be long.
LONGEST_SUBJECT = 250
PAGES = {"link": "mine", "annuleren": "cancel", "geen-mail": "no-mail"}


@dataclass(frozen=True)
class PersonalMail:
    """What one person gets. ``body`` is the message alone, for a page with styles of its own."""

    subject: str
    text: str
    html: str
    body: SafeString


@dataclass(frozen=True)
class Letter:
    """A message in one language, with marks in place of what differs between people."""

    language: str
    subject: str
    text: str
    html: str
    body: str
    wording: Wording

    def to(self, values: dict[str, str]) -> PersonalMail:
        html = placeholders.for_html(values)
        return PersonalMail(
            self.subject,
            placeholders.fill(self.text, values),
            placeholders.fill(self.html, html),
            mark_safe(placeholders.fill(self.body, html)),  # noqa: S308 - values are escaped
        )


class Wording:
    """What replaces somebody's marks, in the language that is active when this is made.

    Reads all tables of the event once, and describes each once: thousands of people sit at the
    same few.
    """

    def __init__(self, event: Event) -> None:
        # Lines are written when somebody needs them, while another language may be active.
        self.language = translation.get_language()
        self.rounds = event.timed_rounds
        slots = event.slots.select_related("session", "round")
        self.slots = {slot.pk: slot for slot in slots}
        self.lines: dict[tuple[int, int], str] = {}
        self.no_table = _("no table")
        self.paths = {
            name: envelope.link(f"registrations:{page}", EXAMPLE) for name, page in PAGES.items()
        }

    def tables(self, registration: Registration) -> str:
        """A line for each round. Needs seats and waiting list entries prefetched."""
        if registration.holds_place:
            keys = [seat.slot_id for seat in registration.table_seats.all()]
        else:
            keys = [entry.slot_id for entry in registration.waitlist_entries.all() if entry.asked]
        mine = {self.slots[key].round_id: key for key in keys if key in self.slots}
        lines = [
            self._line(round_, mine.get(round_.pk, 0))
            for round_ in self.rounds
            if round_.pk in mine or registration.holds_place
        ]
        return "\n".join(lines) or self.no_table

    def links(self, token: str, no_mail_token: str) -> dict[str, str]:
        tokens_of = dict.fromkeys(PAGES, token) | {"geen-mail": no_mail_token}
        return {name: path.replace(EXAMPLE, tokens_of[name]) for name, path in self.paths.items()}

    def _line(self, round_: Round, key: int) -> str:
        if (round_.pk, key) not in self.lines:
            slot = self.slots.get(key)
            seat = Seat(slot=slot, session=slot.session) if slot else None
            with translation.override(self.language):
                self.lines[round_.pk, key] = str(calendars.line_of(round_, seat))
        return self.lines[round_.pk, key]


def subject_of(event: Event, mailing: Mailing) -> str:
    """The Dutch subject, filled in for the event: what lists call a message."""
    with translation.override(settings.LANGUAGE_CODE):
        return _filled(mailing.subject, _facts(event))


def written(event: Event, mailing: Mailing, language: str) -> Letter:
    """The message for everybody with this language; the Dutch one if there is no English."""
    english = language == "en" and bool(mailing.text_en)
    language = "en" if english else settings.LANGUAGE_CODE
    source = mailing.text_en if english else mailing.text
    subject = mailing.subject_en if english else mailing.subject
    with translation.override(language):
        facts = _facts(event)
        html_facts = placeholders.for_html(facts)
        context = {
            **envelope.about(event),
            "subject": _filled(subject, facts),
            "no_mail_link": placeholders.mark("geen-mail"),
            "has_links": bool(placeholders.used(source) & set(placeholders.LINKS)),
            "body": placeholders.mark("body"),
        }
        text, page = envelope.rendered("mailing", context)
        # Thousands of copies are kept for a while, and the indentation is half of each.
        page = re.sub(r"\s*\n\s*", "\n", page)
        text = placeholders.fill(text, {"body": placeholders.as_text(source)})
        page = placeholders.fill(page, {"body": placeholders.styled(placeholders.as_html(source))})
        return Letter(
            language,
            _filled(subject, facts),
            placeholders.fill(text, facts),
            placeholders.fill(page, html_facts),
            placeholders.fill(placeholders.as_html(source, top=4), html_facts),
            Wording(event),
        )


def stored(
    event: Event, mailing: Mailing, people: Iterable[Registration], at: datetime
) -> Iterator[StoredMail]:
    """The mails to these people, yet to be saved. ``Wording.tables`` says what to prefetch."""
    letters = {language: written(event, mailing, language) for language in LANGUAGES}
    for registration in people:
        letter = letters[registration.language]
        no_mail_token = tokens.no_mail_token_of(registration)
        values = {
            "voornaam": registration.first_name,
            "naam": registration.name,
            "tafels": letter.wording.tables(registration),
            **letter.wording.links(tokens.token_of(registration), no_mail_token),
        }
        row = new_mail(event, letter.to(values), registration.email, letter.language, at)
        row.mailing, row.registration = mailing, registration
        row.unsubscribe = values["geen-mail"]
        yield row


def example(
    event: Event,
    mailing: Mailing,
    registration: Registration | None,
    *,
    language: str = "",
    first_name: str = "",
    name: str = "",
) -> PersonalMail:
    """The mail as this person would get it, or under another name; its links lead nowhere."""
    letter = written(event, mailing, language or (registration.language if registration else "nl"))
    wording = letter.wording
    return letter.to(
        {
            "voornaam": first_name or (registration.first_name if registration else ""),
            "naam": name or (registration.name if registration else ""),
            "tafels": wording.tables(registration) if registration else wording.no_table,
            **wording.links(EXAMPLE, EXAMPLE),
        }
    )


def new_mail(event: Event, mail: PersonalMail, to: str, language: str, at: datetime) -> StoredMail:
    kind, words = StoredMail.Kind.MAILING, {"text": mail.text, "html": mail.html}
    return envelope.new(
        kind, to, at=at, event=event, language=language, subject=mail.subject, **words
    )


def _filled(subject: str, facts: dict[str, str]) -> str:
    """A subject is one line that fits, whatever white space came with it."""
    line = " ".join(placeholders.fill(placeholders.marked(subject), facts).split())
    return Truncator(line).chars(LONGEST_SUBJECT)


def _facts(event: Event) -> dict[str, str]:
    """What is the same for everybody, in the active language."""
    about = envelope.about(event)
    return {
        "evenement": " ".join(event.local_title.split()),
        "datum": about["day"],
        "tijd": about["hours"],
        "plaats": f"{event.venue.name}, {event.venue.address}",
    }
