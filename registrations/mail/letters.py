"""A message to many as the mail that one person gets: their words, their tables, their links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from program.models import Event
from registrations.mail import envelope, mails, placeholders
from registrations.mail.envelope import NotWanted, WrittenMail
from registrations.mail.text import first_sentences
from registrations.models import Mailing, Registration, StoredMail
from registrations.models.mail import OVERTAKEN
from registrations.queries import calendars, rankings, tokens, waiting

Kind = StoredMail.Kind

LANGUAGES = ("nl", "en")
# Stands in for somebody's link where others may read it: it opens nothing.
EXAMPLE = "voorbeeld"
# Characters of a subject, with room for 'Proof: ' before it: titles and places can be long.
LONGEST_SUBJECT = 250
PAGES = {"link": "mine", "annuleren": "cancel", "geen-mail": "no-mail"}


@dataclass(frozen=True)
class Letter:
    """A message in one language, with marks in place of what differs between people."""

    language: str
    subject: str
    text: str
    html: str
    body: str

    def to(self, values: dict[str, str]) -> WrittenMail:
        html = placeholders.for_html(values)
        return WrittenMail(
            self.subject,
            placeholders.fill(self.text, values),
            placeholders.fill(self.html, html),
            unsubscribe=values["geen-mail"],
        )

    def body_to(self, values: dict[str, str]) -> SafeString:
        """The message alone, for a page with styles of its own."""
        filled = placeholders.fill(self.body, placeholders.for_html(values))
        return mark_safe(filled)  # noqa: S308 - values are escaped


@dataclass(frozen=True)
class Example:
    """A mail for a page: as it goes out, and its message alone."""

    mail: WrittenMail
    body: SafeString


def subject_of(event: Event, mailing: Mailing) -> str:
    """The Dutch subject, filled in for the event: what lists call a message.

    What it is, once the event is erased.
    """
    if not mailing.subject:
        return str(mailing)
    with translation.override(settings.LANGUAGE_CODE):
        return _filled(mailing.subject, _facts(event))


def letter(event: Event, mailing: Mailing, language: str) -> Letter:
    """The message for everybody with this language; the Dutch one if there is no English."""
    language = language_for(mailing, language)
    english = language == "en"
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
            "preview": placeholders.mark("preview"),
        }
        text, page = envelope.rendered("mailing", context)
        body = placeholders.as_text(source)
        text = placeholders.fill(text, {"body": body})
        preview = escape(first_sentences(body))
        body_html = placeholders.styled(placeholders.as_html(source))
        page = placeholders.fill(page, {"preview": preview, "body": body_html})
        return Letter(
            language,
            _filled(subject, facts),
            placeholders.fill(text, facts),
            placeholders.fill(page, html_facts),
            placeholders.fill(placeholders.as_html(source, top=4), html_facts),
        )


def language_for(mailing: Mailing, language: str) -> str:
    """The language in which somebody who reads this one gets the message."""
    return "en" if language == "en" and mailing.text_en else settings.LANGUAGE_CODE


def stored(
    event: Event, mailing: Mailing, people: Iterable[Registration], at: datetime
) -> Iterator[StoredMail]:
    """The mails to these people, yet to be saved."""
    for person in people:
        language = language_for(mailing, person.language)
        mail = mails.to_person(person, Kind.MAILING, at=at, mailing=mailing)
        mail.event, mail.language = event, language
        yield mail


def proof(
    event: Event,
    mailing: Mailing,
    user: User,
    *,
    like: Registration | None,
    language: str,
    at: datetime,
) -> StoredMail:
    """The mail as its writer gets it, under their own name, yet to be saved.

    With the tables of ``like`` and links that lead nowhere: nobody else's personal link is mailed
    to anyone.
    """
    name = user.get_full_name() or user.get_username()
    about = {
        "proof": mailing.pk,
        "like": like.pk if like else None,
        "name": name,
        "first_name": user.first_name or name,
    }
    kind = Kind.MAILING
    return envelope.new(kind, user.email, at=at, event=event, language=language, about=about)


def write(mail: StoredMail) -> WrittenMail:
    """Raises NotWanted for the proof of a message that is gone."""
    event, person, mailing = mail.event, mail.registration, mail.mailing
    if event and person and mailing:
        no_mail_token = tokens.no_mail_token_of(person)
        values = _values(event, person, tokens.token_of(person), no_mail_token)
        return letter(event, mailing, mail.language).to(values)
    mailing = Mailing.objects.filter(pk=mail.about.get("proof"), event=event).first()
    if event is None or mailing is None:
        raise NotWanted(OVERTAKEN)
    like = event.registrations.filter(pk=mail.about["like"]).first()
    values = _values(event, like)
    values |= {"naam": mail.about["name"], "voornaam": mail.about["first_name"]}
    words = letter(event, mailing, mail.language).to(values)
    subject = _("Proof: %(subject)s") % {"subject": words.subject}
    return replace(words, subject=subject, unsubscribe="")


def example(event: Event, mailing: Mailing, like: Registration | None) -> Example:
    """The mail as this person would get it; its links lead nowhere."""
    written = letter(event, mailing, like.language if like else settings.LANGUAGE_CODE)
    with translation.override(written.language):
        values = _values(event, like)
    return Example(written.to(values), written.body_to(values))


def _values(
    event: Event, person: Registration | None, token: str = EXAMPLE, no_mail_token: str = EXAMPLE
) -> dict[str, str]:
    """What stands in the place of somebody's marks, in the active language."""
    tokens_of = dict.fromkeys(PAGES, token) | {"geen-mail": no_mail_token}
    links = {
        name: envelope.link(f"registrations:{page}", tokens_of[name])
        for name, page in PAGES.items()
    }
    return links | {
        "voornaam": _named(person, person.first_name) if person else "",
        "naam": _named(person, person.name) if person else "",
        "tafels": "\n".join(_tables(event, person) if person else ()) or _("no table"),
    }


def _named(person: Registration, name: str) -> str:
    """What a stranger typed is not repeated to an address that nobody has proven."""
    return name if person.proven else _("reader")


def _tables(event: Event, person: Registration) -> Iterator[str]:
    """A line for each round; of requests only for those in which a table was asked for."""
    if rankings.ranks(person):
        yield from _choices(event, person)
        return
    holds = person.holds_place or person.is_confirmed  # an extra has tables too
    seats = calendars.seats_of(person) if holds else waiting.requested(person)
    for line in calendars.my_rounds(event, seats):
        if holds or line.code:
            yield str(line)


def _choices(event: Event, person: Registration) -> Iterator[str]:
    """What somebody ranked, so that nobody takes it for tables that they have."""
    lines = []
    for ranked in rankings.by_round(person):
        titles = [slot.session.local_title for slot in ranked.slots]
        if event.draw_to_come and ranked.no_table:
            titles.append(_("rather no table"))
        numbered = (f"{number}. {title}" for number, title in enumerate(titles, 1))
        choices = ", ".join(titles if len(titles) == 1 else numbered)
        if event.draw_to_come and not choices:
            choices = _("wherever there is room")
        if choices:
            lines.append(f"{ranked.round}: {choices}")
    if not (lines and person.meaning.active):
        return
    if event.draw_to_come:
        yield _("Not drawn yet. Your choices:")
    else:
        yield _("No place yet. Your choices:")
    yield from lines


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
