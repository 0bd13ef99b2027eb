"""The definition of a programme: every field with its kind, its default and its words in a file.

Parsing, saving, spreadsheets, limits and the help in forms are derived from the entries below.
To add a field to an event: a column in its model, a line here, and a place in its form.
"""

# ruff: noqa: RUF009 - `words` and its like are the `field` of these dataclasses
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from datetime import date, datetime, time
from enum import Enum, auto
from functools import cached_property, partial
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from program.models import (
    AgendaItem,
    Event,
    Question,
    Role,
    Round,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.models.roles import DEFAULTS


@dataclass(frozen=True, order=True)
class FilePlace:
    """Where something stands in a file: ``words`` for people, ``order`` to sort as one reads."""

    order: tuple[int, ...] = ()
    words: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, order=True)
class Mistake:
    """What is wrong, or merely worth noticing: where it stands, and a sentence about it."""

    place: FilePlace
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"


class BadProgramme(Exception):
    """The programme is refused; ``mistakes`` lists everything that is wrong, in order."""

    def __init__(self, mistakes: Collection[Mistake]) -> None:
        self.mistakes = sorted(set(mistakes))
        super().__init__("\n".join(map(str, self.mistakes)))


class UnreadableFile(BadProgramme):
    """Nothing of the file was read; the one mistake says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__([file_mistake(sentence)])


def file_mistake(sentence: str) -> Mistake:
    return Mistake(FilePlace(words=gettext("The file")), sentence)


class FieldKind(Enum):
    """What a field holds. Reading, storing and writing a value go by its kind alone."""

    WORDS = auto()  # a text on one line
    TEXT = auto()  # a text of any length
    SEVERAL = auto()  # several texts
    NUMBER = auto()  # a whole number
    YES_NO = auto()
    CHOICE = auto()  # one of ``FieldDefinition.choices``
    DAY = auto()
    CLOCK = auto()  # a time on the clock of the event's town
    MOMENT = auto()  # a day with such a time


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """One field of an entry.

    ``nl`` and ``en`` head its column in a spreadsheet. A file that leaves the field out gives it
    its ``default`` (None keeps what is stored, except for a moment), one without a value
    ``empty``. One that is not ``written`` is understood, but no new file has it. ``column``
    stores it, if named differently; what ``refers_to`` the number of another row, or is not
    ``stored`` that way, has code of its own.
    """

    kind: FieldKind
    nl: str
    en: str
    help: Promise | str = ""
    example: str = ""
    default: Any = None
    empty: Any = None
    required: bool = False
    stored: bool = True
    written: bool = True
    column: str = ""
    refers_to: type[Model] | None = None
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    name: str = ""

    @property
    def english(self) -> bool:
        """Whether it holds the English of another field."""
        return self.name.endswith("_en")

    @property
    def stays(self) -> bool:
        """Whether None leaves what is stored as it is."""
        return self.default is None and self.kind is not FieldKind.MOMENT


@dataclass(frozen=True)
class PartDefinition:
    """Entries within an entry: a sheet of their own, called ``nl`` or ``en``, if they have one."""

    entry: type[Entry]
    nl: str = ""
    en: str = ""
    default: Any = ()
    name: str = ""

    @property
    def single(self) -> bool:
        return isinstance(self.default, Entry)


_EMPTY: Mapping[FieldKind, Any] = {FieldKind.WORDS: "", FieldKind.TEXT: "", FieldKind.SEVERAL: ()}
# A day that could not be read is the last one, so that nothing seems out of order.
_DEFAULT: Mapping[FieldKind, Any] = {**_EMPTY, FieldKind.NUMBER: 0, FieldKind.DAY: date.max}


def _define(
    kind: FieldKind, nl: str, en: str, about: Promise | str = "", example: str = "", **more: Any
) -> Any:
    more.setdefault("default", _DEFAULT.get(kind))
    more.setdefault("empty", _EMPTY.get(kind, more["default"]))
    definition = FieldDefinition(kind=kind, nl=nl, en=en, help=about, example=example, **more)
    return field(default=definition.default, metadata={"definition": definition})


# One for each kind, in the order in which they stand above.
words, prose, several, whole, yes_no, choice, day, clock, moment = (
    partial(_define, kind) for kind in FieldKind
)


def part(entry: type[Entry], nl: str = "", en: str = "", *, default: Any = ()) -> Any:
    return field(default=default, metadata={"part": PartDefinition(entry, nl, en, default)})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something in a programme; ``place`` and ``places`` say where it stands in a file.

    Fields in ``unread`` could not be read, and hold a value that breaks no rule, so that a mistake
    is reported once. ``row`` is where it comes from, if that is the database.
    """

    model: ClassVar[type[Model]]
    definitions: ClassVar[Mapping[str, FieldDefinition]] = {}
    parts: ClassVar[Mapping[str, PartDefinition]] = {}

    place: FilePlace = field(default=FilePlace(), compare=False, repr=False)
    places: Mapping[str, FilePlace] = field(default_factory=dict, compare=False, repr=False)
    unread: Collection[str] = field(default=(), compare=False, repr=False)
    row: Model | None = field(default=None, compare=False, repr=False)

    def __init_subclass__(cls) -> None:
        """Collects, by name, what `words` and its like say of each field."""
        own = [(name, each.metadata) for name, each in vars(cls).items() if isinstance(each, Field)]
        cls.definitions, cls.parts = (
            {name: replace(said[what], name=name) for name, said in own if what in said}
            for what in ("definition", "part")
        )

    def __post_init__(self) -> None:
        """Lists become tuples, so that two entries that say the same are equal."""
        for each in fields(self):
            if isinstance(value := getattr(self, each.name), list):
                object.__setattr__(self, each.name, tuple(value))

    def at(self, name: str) -> FilePlace:
        """Where a field stands, or the entry if the field was left out."""
        return self.places.get(name, self.place)

    @property
    def key(self) -> Any:
        """What people call it, and how its row is found again: its first field."""
        return getattr(self, next(iter(self.definitions)))


def model_field(entry: Entry, definition: FieldDefinition) -> models.Field[Any, Any] | None:
    """The field of a model that says what a value may be; None if no single one does."""
    model, column = entry.model, definition.column or definition.name
    if definition.refers_to:
        model, column = definition.refers_to, "number"
    elif not definition.stored:
        return None
    return cast("models.Field[Any, Any]", model._meta.get_field(column))


MARKDOWN = _("An empty line between paragraphs, *italic*, - for a list.")


@dataclass(frozen=True, kw_only=True)
class VenueEntry(Entry):
    model = Venue

    name: str = words("Locatie", "Venue", "", "Stadhuis", required=True)
    street: str = words("Straat en nummer", "Street and number", "", "Plein 1", required=True)
    postcode: str = words("Postcode", "Postcode", "", "5341 GM", required=True)
    city: str = words("Plaats", "City", "", "Oss", required=True)
    getting_there: str = prose("Route", "Getting there", MARKDOWN)
    getting_there_en: str = prose("Route (Engels)", "Getting there (English)")


@dataclass(frozen=True, kw_only=True)
class AgendaEntry(Entry):
    model = AgendaItem

    starts: time = clock("Van", "From", "", "15:00", required=True, default=time.min)
    ends: time = clock("Tot", "Until", "", "15:45", required=True, default=time.max)
    title: str = words("Onderdeel", "Item", "", "Ronde 1", required=True)
    title_en: str = words("Onderdeel (Engels)", "Item (English)")
    round: int | None = whole(
        *("Ronde", "Round"),
        _("The number of the round, if this line is one. A gap is shown as a break."),
        "1",
        default=None,
        refers_to=Round,
    )


@dataclass(frozen=True, kw_only=True)
class ThemeEntry(Entry):
    model = Theme

    number: int = whole("Nummer", "Number", "", "1", required=True)
    title: str = words("Titel", "Title", "", "Buurtbudgetten", required=True)
    title_en: str = words("Titel (Engels)", "Title (English)")
    text: str = prose("Tekst", "Text", MARKDOWN)
    text_en: str = prose("Tekst (Engels)", "Text (English)")


@dataclass(frozen=True, kw_only=True)
class SlotEntry(Entry):
    """A session in a round. In a spreadsheet these are columns such as 'Ronde 1 plekken'."""

    model = Slot

    round: int = whole("Ronde", "Round", required=True, refers_to=Round)
    seats: int = whole(
        *("plekken", "seats"),
        _("How many seats the table has in this round. Empty: it is not held."),
        "14",
        required=True,
    )
    reserved: int | None = whole(
        *("gereserveerd", "reserved"),
        _("How many of the seats sign-up does not give away."),
        "0",
        default=None,
        empty=0,
    )
    location: str = words("plaats", "place", _("Where the table is."), "Raadzaal, tafel 1")
    location_en: str = words("plaats (Engels)", "place (English)")


@dataclass(frozen=True, kw_only=True)
class SessionEntry(Entry):
    model = TableSession

    code: str = words(
        *("Code", "Code"),
        _("Short and unique. People keep their seats by this code."),
        "1a",
        required=True,
    )
    theme: int = whole(
        "Thema", "Theme", _("The number of the theme."), "1", required=True, refers_to=Theme
    )
    title: str = words("Titel", "Title", "", "Breda Begroot", required=True)
    title_en: str = words("Titel (Engels)", "Title (English)")
    hosts: Sequence[str] = several(
        *("Gastheren", "Hosts"),
        _("Names as on the sheet Gastheren, with ; between them."),
        "Suzanne van Eerden; Hans Kessens",
        stored=False,
    )
    text: str = prose("Tekst", "Text", MARKDOWN)
    text_en: str = prose("Tekst (Engels)", "Text (English)")
    slots: Sequence[SlotEntry] = part(SlotEntry)


@dataclass(frozen=True, kw_only=True)
class SpeakerEntry(Entry):
    model = Speaker

    name: str = words("Naam", "Name", "", "Suzanne van Eerden", required=True)
    organisation: str = words("Organisatie", "Organisation", "", "gemeente Breda")
    organisation_en: str = words("Organisatie (Engels)", "Organisation (English)")
    function: str = words("Functie", "Function")
    function_en: str = words("Functie (Engels)", "Function (English)")


@dataclass(frozen=True, kw_only=True)
class QuestionEntry(Entry):
    model = Question

    question: str = words("Vraag", "Question", "", "Is er koffie?", required=True)
    question_en: str = words("Vraag (Engels)", "Question (English)")
    answer: str = prose("Antwoord", "Answer", MARKDOWN, "Ja.", required=True)
    answer_en: str = prose("Antwoord (Engels)", "Answer (English)")


@dataclass(frozen=True, kw_only=True)
class SignupQuestionEntry(Entry):
    model = SignupQuestion

    question: str = words("Vraag", "Question", "", "Hoe kom je?", required=True)
    question_en: str = words("Vraag (Engels)", "Question (English)")
    kind: str = choice(
        *("Soort antwoord", "Kind of answer"),
        _("A line of text, unless you choose something else."),
        "één keuze",
        default="text",
        choices={
            "text": ("tekst", "text"),
            "long_text": ("lange tekst", "long text"),
            "one": ("één keuze", "one choice"),
            "several": ("meer keuzes", "several choices"),
            "yes_no": ("ja of nee", "yes or no"),
        },
    )
    options: Sequence[str] = several(
        "Antwoorden", "Answers", _("To choose from, with ; between them."), "fiets; trein"
    )
    options_en: Sequence[str] = several("Antwoorden (Engels)", "Answers (English)")
    required: bool = yes_no("Moet beantwoord worden", "Has to be answered", default=False)


@dataclass(frozen=True, kw_only=True)
class RoleEntry(Entry):
    model = Role

    label: str = words("Rol", "Role", "", "inwoner", required=True)
    label_en: str = words("Rol (Engels)", "Role (English)", "", "resident")
    code: str = words(
        *("Code", "Code"),
        _("What programs call this role; it stays. Empty: made from the role."),
        "inwoner",
    )


@dataclass(frozen=True, kw_only=True)
class Programme(Entry):
    """One event, on one day. Deadlines that are left out follow the start (rule 9)."""

    model = Event

    slug: str = words(
        *("Adres van de pagina", "Address of the page"),
        _("The last part of the web address: small letters, digits and hyphens."),
        "werken-in-de-wijk",
        required=True,
    )
    published: bool | None = yes_no(
        *("Gepubliceerd", "Published"),
        _("Yes shows the event to everybody. Empty leaves it as it is."),
        "nee",
    )
    title: str = words("Titel", "Title", "", "Werken in de wijk", required=True)
    title_en: str = words("Titel (Engels)", "Title (English)")
    lead: str = words("Samenvatting", "Summary", _("A sentence or two below the title."))
    lead_en: str = words("Samenvatting (Engels)", "Summary (English)")
    text: str = prose("Tekst", "Text", MARKDOWN)
    text_en: str = prose("Tekst (Engels)", "Text (English)")
    organiser: str = words("Organisator", "Organiser", "", "Gemeente Oss", required=True)
    organiser_email: str = words(
        *("E-mailadres van de organisator", "E-mail address of the organiser"),
        _("Shown on the page. Replies to mail from the site arrive here."),
        "post@oss.example",
        required=True,
    )
    date: date = day("Datum", "Date", "", "31-10-2016", required=True, stored=False)
    weekday: str = words(
        *("Dag van de week", "Day of the week"),
        _("A check on the date; may be left empty."),
        "maandag",
        stored=False,
        written=False,
    )
    starts: time = clock(
        "Begin", "Start", "", "14:00", required=True, stored=False, default=time.min
    )
    ends: time = clock("Einde", "End", "", "18:00", required=True, stored=False, default=time.max)
    venue: VenueEntry = part(
        VenueEntry, default=VenueEntry(unread=frozenset(VenueEntry.definitions))
    )
    capacity: int = whole(
        "Aantal plekken", "Places", _("How many people can sign up in total."), "96", required=True
    )
    signup_opens: datetime | None = moment(
        *("Aanmelden kan vanaf", "Sign-up opens"),
        _("Empty: as soon as the event is published."),
        "01-10-2016 09:00",
        column="signup_opens_at",
    )
    signup_closes: datetime | None = moment(
        "Aanmelden kan tot", "Sign-up closes", _("Empty: at the start."), column="signup_closes_at"
    )
    wishes_close: datetime | None = moment(
        *("Wensen tot", "Ranking closes"),
        _(
            "Until then people rank tables, and a draw follows. Empty: first come, first served. "
            "It stays as it is once somebody has signed up."
        ),
        column="wishes_close_at",
    )
    wishes_a_round: int = whole(
        *("Wensen per ronde", "Tables to rank in each round"),
        _("How many tables people rank in each round, for a draw. Empty: 5."),
        "5",
        default=5,
    )
    waiting_closes: datetime | None = moment(
        *("Wachtlijst sluit", "Waiting lists close"),
        _("After this nobody moves up automatically. Empty: at 18:00 on the day before."),
        column="waiting_closes_at",
    )
    changes_close: datetime | None = moment(
        *("Wijzigen kan tot", "Changes close"),
        _("Until then people choose other tables themselves. Empty: at the start."),
        column="changes_close_at",
    )
    hold_minutes: int = whole(
        *("Minuten om te bevestigen", "Minutes to confirm"),
        _("How long a place is held until somebody confirms by mail. Empty: 60."),
        "60",
        default=60,
    )
    confirm_first: bool | None = yes_no(
        *("Pas een plek na bevestigen", "A place only after confirming"),
        _("Yes: a sign-up holds nothing until somebody confirms by mail."),
        "nee",
    )
    retention_days: int = whole(
        *("Dagen tot wissen", "Days until erasure"),
        _("How long after the event names and addresses are erased. Empty: 30."),
        "30",
        default=30,
    )
    video_url: str = words("Video", "Video link", _("A web address."))
    video_title: str = words("Titel van de video", "Video title")
    video_title_en: str = words("Titel van de video (Engels)", "Video title (English)")
    notice: str | None = prose(
        *("Mededeling", "Notice"),
        _("At sign-up and in the mail: photos are taken, for instance."),
        default=None,
    )
    notice_en: str | None = prose("Mededeling (Engels)", "Notice (English)", default=None)
    needs_question: str | None = words(
        *("Vraag naar bijzonderheden", "Question about special needs"),
        _(
            "For example: do you have a diet, or do you use a wheelchair? Only organisers see "
            "whose the answers are. They are erased within a week of the event. Empty: not asked."
        ),
        default=None,
    )
    needs_question_en: str | None = words(
        *("Vraag naar bijzonderheden (Engels)", "Question about special needs (English)"),
        default=None,
    )
    role_question: str | None = words(
        *("Vraag over rollen", "Question about roles"),
        _("The question about roles. People choose from the sheet Rollen. Empty: not asked."),
        "Je bent",
        default=None,
    )
    role_question_en: str | None = words(
        "Vraag over rollen (Engels)", "Question about roles (English)", "", "You are", default=None
    )
    extras_allowed: bool | None = yes_no(
        *("Extra mensen aan de deur", "Extra people at the door"),
        _("When all places are taken, the door may still let people in."),
        "nee",
    )
    agenda: Sequence[AgendaEntry] = part(AgendaEntry, "Programma", "Timetable")
    themes: Sequence[ThemeEntry] = part(ThemeEntry, "Thema's", "Themes")
    sessions: Sequence[SessionEntry] = part(SessionEntry, "Sessies", "Sessions")
    speakers: Sequence[SpeakerEntry] = part(SpeakerEntry, "Gastheren", "Hosts")
    questions: Sequence[QuestionEntry] = part(QuestionEntry, "Vragen", "Questions")
    # None leaves them as they are: an organiser may have set them by hand.
    signup_questions: Sequence[SignupQuestionEntry] | None = part(
        SignupQuestionEntry, "Vragen bij aanmelden", "Questions at sign-up", default=None
    )
    # None leaves them as they are; a new event has those that every event begins with.
    roles: Sequence[RoleEntry] | None = part(RoleEntry, "Rollen", "Roles", default=None)

    @property
    def rounds(self) -> list[int]:
        """The numbers of the rounds: those that a timetable line names."""
        return sorted({item.round for item in self.agenda if item.round is not None})

    @property
    def slots(self) -> list[tuple[SessionEntry, SlotEntry]]:
        return [(session, slot) for session in self.sessions for slot in session.slots]

    @property
    def entries(self) -> list[Entry]:
        """All of them, itself first."""
        return [
            self,
            self.venue,
            *self.agenda,
            *self.themes,
            *self.speakers,
            *self.sessions,
            *(slot for _session, slot in self.slots),
            *self.questions,
            *(self.signup_questions or ()),
            *(self.roles or ()),
        ]

    @property
    def in_english(self) -> bool:
        """Whether anything is said in English too; roles are in every event."""
        return any(
            getattr(entry, name)
            for entry in self.entries
            for name in entry.definitions
            if entry.definitions[name].english and not isinstance(entry, RoleEntry)
            if name != "role_question_en"
        )

    @cached_property
    def _speakers(self) -> tuple[Mapping[str, list[SpeakerEntry]], ...]:
        short, long = defaultdict(list), defaultdict(list)
        for speaker in self.speakers:
            short[speaker.name].append(speaker)
            long[f"{speaker.name} ({speaker.organisation})"].append(speaker)
        return short, long

    def speakers_called(self, name: str) -> list[SpeakerEntry]:
        """Those whom a session means by ``name``, or by "name (organisation)" to tell two apart."""
        return next((names[name] for names in self._speakers if name in names), [])

    def hosts_of(self, session: SessionEntry) -> list[SpeakerEntry]:
        return [speaker for name in session.hosts for speaker in self.speakers_called(name)[:1]]


# What a new event has unless its file says otherwise; an empty spreadsheet has it filled in.
AT_FIRST: Mapping[str, Any] = {
    "role_question": Event._meta.get_field("role_question").default,
    "role_question_en": Event._meta.get_field("role_question_en").default,
    "roles": [
        RoleEntry(code=code, label=label, label_en=label_en) for code, label, label_en in DEFAULTS
    ],
}

DEADLINES = ("signup_opens", "signup_closes", "wishes_close", "waiting_closes", "changes_close")


def moved(programme: Programme, day: date) -> Programme:
    """The same programme on another day; deadlines move along, on the same clock times."""
    by = day - programme.date
    deadlines = {name: getattr(programme, name) for name in DEADLINES}
    changed = {name: moment and moment + by for name, moment in deadlines.items()}
    return replace(programme, date=day, weekday="", **changed)
