"""A programme as somebody wrote it down, before it is an event in the database.

Every entry knows where it stands, so that whatever a programme is read from (a TOML file, a
spreadsheet, the database) can feed the same checks and the same loader.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from django.db.models import Model


class Place(int):
    """A place in a spreadsheet, where a text file has a line. It sorts as one reads.

    ``str()`` of it says in words where it is.
    """

    words: str

    def __new__(cls, words: str, sheet: int = 0, row: int = 0, column: int = 0) -> Place:
        # A sheet has at most 2^20 rows and 2^14 columns.
        place = super().__new__(cls, (sheet << 34) + (row << 14) + column)
        place.words = words
        return place

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, order=True)
class Problem:
    """A mistake in the file: the line it is on, counted from 1, and a sentence about it."""

    line: int
    message: str


class BadProgramme(Exception):
    """The file is wrong; ``problems`` says everything that is, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{problem.line}: {problem.message}" for problem in problems))
        self.problems = list(problems)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something in the file, on ``line``; ``lines`` has the line of each field that is there.

    ``unread`` names the fields that could not be read. They hold a value that breaks no
    other rule, so that one mistake is told once. ``names`` has what the file calls a field, if
    that is another name than ours. ``row`` is where it comes from, if that is the database.
    """

    line: int = field(default=1, compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    unread: Collection[str] = field(default=(), compare=False)
    names: Mapping[str, str] = field(default_factory=dict, compare=False)
    row: Model | None = field(default=None, compare=False)

    def at(self, name: str) -> int:
        """The line of a field, or of the entry if the field was left out."""
        return self.lines.get(name, self.line)

    def called(self, name: str) -> str:
        return self.names.get(name, name)


@dataclass(frozen=True, kw_only=True)
class VenueEntry(Entry):
    name: str
    street: str
    postcode: str
    city: str
    getting_there: str = ""
    getting_there_en: str = ""


@dataclass(frozen=True, kw_only=True)
class AgendaEntry(Entry):
    starts: time
    ends: time
    title: str
    title_en: str = ""
    round: int | None = None


@dataclass(frozen=True, kw_only=True)
class ThemeEntry(Entry):
    number: int
    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""


@dataclass(frozen=True, kw_only=True)
class SpeakerEntry(Entry):
    name: str
    organisation: str = ""
    organisation_en: str = ""
    function: str = ""
    function_en: str = ""


@dataclass(frozen=True, kw_only=True)
class SlotEntry(Entry):
    round: int
    seats: int
    reserved: int | None = None
    location: str = ""
    location_en: str = ""


@dataclass(frozen=True, kw_only=True)
class SessionEntry(Entry):
    code: str
    theme: int
    title: str
    title_en: str = ""
    text: str = ""
    text_en: str = ""
    hosts: Sequence[str] = ()
    slots: Sequence[SlotEntry] = ()


@dataclass(frozen=True, kw_only=True)
class QuestionEntry(Entry):
    question: str
    question_en: str = ""
    answer: str
    answer_en: str = ""


@dataclass(frozen=True, kw_only=True)
class SignupQuestionEntry(Entry):
    question: str
    question_en: str = ""
    kind: str = "text"
    options: Sequence[str] = ()
    options_en: Sequence[str] = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True)
class Programme(Entry):
    """One event. Times are wall-clock times in its own town; deadlines left out are None.

    None of something else leaves it as it is: an organiser may have set it by hand.
    """

    slug: str
    title: str
    title_en: str = ""
    lead: str = ""
    lead_en: str = ""
    text: str = ""
    text_en: str = ""
    organiser: str
    organiser_email: str
    date: date
    weekday: str = ""
    starts: time
    ends: time
    capacity: int
    published: bool | None = None
    video_url: str = ""
    video_title: str = ""
    video_title_en: str = ""
    signup_opens: datetime | None = None
    signup_closes: datetime | None = None
    waiting_closes: datetime | None = None
    changes_close: datetime | None = None
    hold_minutes: int = 60
    retention_days: int = 30
    notice: str | None = None
    notice_en: str | None = None
    needs_question: str | None = None
    needs_question_en: str | None = None
    extras_allowed: bool | None = None
    venue: VenueEntry
    agenda: Sequence[AgendaEntry] = ()
    themes: Sequence[ThemeEntry] = ()
    speakers: Sequence[SpeakerEntry] = ()
    sessions: Sequence[SessionEntry] = ()
    questions: Sequence[QuestionEntry] = ()
    signup_questions: Sequence[SignupQuestionEntry] | None = None

    @property
    def rounds(self) -> list[int]:
        """The numbers of the rounds: those that a timetable line names."""
        return sorted({item.round for item in self.agenda if item.round is not None})

    def speakers_called(self, name: str) -> list[SpeakerEntry]:
        """Whom a session means by ``name``: a name, or "name (organisation)" to tell two apart."""
        exact = [speaker for speaker in self.speakers if speaker.name == name]
        return exact or [
            speaker
            for speaker in self.speakers
            if f"{speaker.name} ({speaker.organisation})" == name
        ]


def moved(programme: Programme, day: date) -> Programme:
    """The same programme on another day; deadlines move along, on the same clock times."""
    by = day - programme.date
    return replace(
        programme,
        date=day,
        weekday="",
        signup_opens=programme.signup_opens and programme.signup_opens + by,
        signup_closes=programme.signup_closes and programme.signup_closes + by,
        waiting_closes=programme.waiting_closes and programme.waiting_closes + by,
        changes_close=programme.changes_close and programme.changes_close + by,
    )
