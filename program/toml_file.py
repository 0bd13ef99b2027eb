"""Reads a programme from a TOML file: what it says, and what is wrong with its shape."""

from __future__ import annotations

import re
import tomllib
from datetime import time

from django.utils.translation import gettext as _

from program.checks import findings
from program.programme import (
    AgendaEntry,
    BadProgramme,
    Problem,
    Programme,
    QuestionEntry,
    SessionEntry,
    SittingEntry,
    SpeakerEntry,
    ThemeEntry,
    VenueEntry,
)
from program.toml_lines import lines_of
from program.toml_table import Table

# What stands in for a time that could not be read: so that nothing seems out of order.
_EARLY, _LATE = time.min, time.max


def load(text: str) -> Programme:
    """A programme without mistakes. Raises BadProgramme with all of them at once."""
    programme, problems = read(text)
    if programme is not None:
        problems += findings(programme)
    if programme is None or problems:
        raise BadProgramme(sorted(problems))
    return programme


def read(text: str) -> tuple[Programme | None, list[Problem]]:
    """What the file says, and the mistakes in its shape; None if it is no TOML at all."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [_syntax(error, text)]
    problems: list[Problem] = []
    return _programme(Table(values, (), lines_of(text), problems)), problems


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> Problem:
    why, _at, where = str(error).partition(" (at ")
    number = re.match(r"line (\d+)", where)
    line = int(number[1]) if number else text.rstrip().count("\n") + 1
    message = _("This line is not written as TOML wants it: %(why)s.")
    return Problem(line, message % {"why": why})


def _programme(table: Table) -> Programme:
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
        venue=_venue(table.table("venue")),
        agenda=[_agenda(item) for item in table.tables("agenda")],
        themes=[_theme(item) for item in table.tables("themes")],
        speakers=[_speaker(item) for item in table.tables("speakers")],
        sessions=[_session(item) for item in table.tables("sessions")],
        questions=[_question(item) for item in table.tables("questions")],
        **table.place(),
    )


def _venue(table: Table) -> VenueEntry:
    return VenueEntry(
        name=table.words("name", required=True),
        street=table.words("street", required=True),
        postcode=table.words("postcode", required=True),
        city=table.words("city", required=True),
        getting_there=table.text("getting_there"),
        getting_there_en=table.text("getting_there_en"),
        **table.place(),
    )


def _agenda(table: Table) -> AgendaEntry:
    return AgendaEntry(
        starts=table.clock("starts", otherwise=_EARLY),
        ends=table.clock("ends", otherwise=_LATE),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        round=table.maybe_number("round"),
        **table.place(),
    )


def _theme(table: Table) -> ThemeEntry:
    return ThemeEntry(
        number=table.number("number"),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        **table.place(),
    )


def _speaker(table: Table) -> SpeakerEntry:
    return SpeakerEntry(
        name=table.words("name", required=True),
        organisation=table.words("organisation"),
        organisation_en=table.words("organisation_en"),
        function=table.words("function"),
        function_en=table.words("function_en"),
        **table.place(),
    )


def _session(table: Table) -> SessionEntry:
    return SessionEntry(
        code=table.words("code", required=True),
        theme=table.number("theme"),
        title=table.words("title", required=True),
        title_en=table.words("title_en"),
        text=table.text("text"),
        text_en=table.text("text_en"),
        hosts=table.texts("hosts"),
        sittings=[_sitting(item) for item in table.tables("sittings")],
        **table.place(),
    )


def _sitting(table: Table) -> SittingEntry:
    return SittingEntry(
        round=table.number("round"),
        seats=table.number("seats"),
        location=table.words("location"),
        location_en=table.words("location_en"),
        **table.place(),
    )


def _question(table: Table) -> QuestionEntry:
    return QuestionEntry(
        question=table.words("question", required=True),
        question_en=table.words("question_en"),
        answer=table.text("answer", required=True),
        answer_en=table.text("answer_en"),
        **table.place(),
    )
