"""Makes the entries of a programme, whatever they are read from.

The names of fields are the same everywhere; how a value is written is up to the reader.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Protocol, TypedDict

from program.programme import (
    AgendaEntry,
    Programme,
    QuestionEntry,
    SessionEntry,
    SignupQuestionEntry,
    SlotEntry,
    SpeakerEntry,
    ThemeEntry,
    VenueEntry,
)
from program.stored import newlines

# What stands in for a time that could not be read: so that nothing seems out of order.
_EARLY, _LATE = time.min, time.max


class Where(TypedDict, total=False):
    """What an entry knows of where it stands; see Entry."""

    line: int
    lines: Mapping[str, int]
    unread: set[str]
    names: Mapping[str, str]


class Fields(Protocol):
    """A table of a file: hands out its values by kind, and notes what is wrong with them."""

    def words(self, name: str, *, required: bool = False) -> str:
        """A text on one line."""

    def text(self, name: str, *, required: bool = False) -> str: ...

    def maybe_words(self, name: str) -> str | None: ...

    def maybe_text(self, name: str) -> str | None: ...

    def texts(self, name: str) -> list[str]: ...

    def number(self, name: str, *, default: int | None = None) -> int:
        """A whole number; without ``default`` it must be there."""

    def maybe_number(self, name: str) -> int | None: ...

    def choice(self, name: str) -> bool | None: ...

    def day(self, name: str) -> date: ...

    def clock(self, name: str, *, otherwise: time) -> time: ...

    def moment(self, name: str) -> datetime | None:
        """A date with a time on the clock of the event's town."""

    def table(self, name: str) -> Fields: ...

    def tables(self, name: str) -> Sequence[Fields]: ...

    def maybe_tables(self, name: str) -> Sequence[Fields] | None: ...

    def place(self) -> Where:
        """Call it last: it also names the fields that nobody asked for."""


def tidy(text: str) -> str:
    return unicodedata.normalize("NFC", newlines(text))


def unprintable(text: str) -> bool:
    """Whether it holds a character that no page can show."""
    return any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in text)


def programme_from(table: Fields) -> Programme:
    return Programme(
        slug=table.words("slug", required=True),
        published=table.choice("published"),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        lead=table.words("lead"),
        lead_en=table.words("lead_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        organiser=table.words("organiser", required=True),
        organiser_email=table.words("organiser_email", required=True),
        date=table.day("date"),
        weekday=table.words("weekday"),
        starts=table.clock("starts", otherwise=_EARLY),
        ends=table.clock("ends", otherwise=_LATE),
        capacity=table.number("capacity"),
        video_url=table.words("video_url"),
        video_title=table.words("video_title"),
        video_title_en=table.words("video_title_en"),
        signup_opens=table.moment("signup_opens"),
        signup_closes=table.moment("signup_closes"),
        waiting_closes=table.moment("waiting_closes"),
        changes_close=table.moment("changes_close"),
        hold_minutes=table.number("hold_minutes", default=60),
        retention_days=table.number("retention_days", default=30),
        notice=table.maybe_text("notice"),
        notice_en=table.maybe_text("notice_en"),
        needs_question=table.maybe_words("needs_question"),
        needs_question_en=table.maybe_words("needs_question_en"),
        extras_allowed=table.choice("extras_allowed"),
        venue=_venue(table.table("venue")),
        agenda=[_agenda(item) for item in table.tables("agenda")],
        themes=[_theme(item) for item in table.tables("themes")],
        speakers=[_speaker(item) for item in table.tables("speakers")],
        sessions=[_session(item) for item in table.tables("sessions")],
        questions=[_question(item) for item in table.tables("questions")],
        signup_questions=_signup_questions(table.maybe_tables("signup_questions")),
        **table.place(),
    )


def _venue(table: Fields) -> VenueEntry:
    return VenueEntry(
        name=table.words("name", required=True),
        street=table.words("street", required=True),
        postcode=table.words("postcode", required=True),
        city=table.words("city", required=True),
        getting_there=table.text("getting_there"),
        getting_there_en=table.text("getting_there_en"),
        **table.place(),
    )


def _agenda(table: Fields) -> AgendaEntry:
    return AgendaEntry(
        starts=table.clock("starts", otherwise=_EARLY),
        ends=table.clock("ends", otherwise=_LATE),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        round=table.maybe_number("round"),
        **table.place(),
    )


def _theme(table: Fields) -> ThemeEntry:
    return ThemeEntry(
        number=table.number("number"),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        **table.place(),
    )


def _speaker(table: Fields) -> SpeakerEntry:
    return SpeakerEntry(
        name=table.words("name", required=True),
        organisation=table.words("organisation"),
        organisation_en=table.words("organisation_en"),
        function=table.words("function"),
        function_en=table.words("function_en"),
        **table.place(),
    )


def _session(table: Fields) -> SessionEntry:
    return SessionEntry(
        code=table.words("code", required=True),
        theme=table.number("theme"),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        hosts=table.texts("hosts"),
        slots=[_slot(item) for item in table.tables("slots")],
        **table.place(),
    )


def _slot(table: Fields) -> SlotEntry:
    return SlotEntry(
        round=table.number("round"),
        seats=table.number("seats"),
        reserved=table.maybe_number("reserved"),
        location=table.words("location"),
        location_en=table.words("location_en"),
        **table.place(),
    )


def _question(table: Fields) -> QuestionEntry:
    return QuestionEntry(
        question=table.words("question", required=True),
        question_en=table.words("question_en"),
        answer=table.text("answer", required=True),
        answer_en=table.text("answer_en"),
        **table.place(),
    )


def _signup_questions(tables: Sequence[Fields] | None) -> list[SignupQuestionEntry] | None:
    return None if tables is None else [_signup_question(item) for item in tables]


def _signup_question(table: Fields) -> SignupQuestionEntry:
    return SignupQuestionEntry(
        question=table.words("question", required=True),
        question_en=table.words("question_en"),
        kind=table.words("kind") or "text",
        options=table.texts("options"),
        options_en=table.texts("options_en"),
        required=table.choice("required") or False,
        **table.place(),
    )
