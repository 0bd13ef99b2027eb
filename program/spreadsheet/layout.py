"""Which sheets a programme has in a spreadsheet, and which columns they have.

Headings are written in Dutch, whatever the language of who downloads it, so that one file
serves everybody; Dutch, English and the names of our fields are all understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    """What is in the cells of a column; for their looks and for what may be typed there."""

    WORDS = auto()
    TEXT = auto()
    SEVERAL = auto()
    NUMBER = auto()
    YES_NO = auto()
    CHOICE = auto()
    DAY = auto()
    CLOCK = auto()
    MOMENT = auto()


@dataclass(frozen=True)
class Column:
    """``name`` is the field; in the sheet of the event it may be one of the ``venue``."""

    name: str
    nl: str
    en: str
    kind: Kind = Kind.WORDS
    help: Promise | str = ""
    example: str = ""
    required: bool = False
    venue: bool = False

    @property
    def headings(self) -> set[str]:
        return {norm(self.nl), norm(self.en), norm(self.name)}


@dataclass(frozen=True)
class Sheet:
    """``part`` is the field of Programme that it holds; the event itself has none."""

    part: str
    nl: str
    en: str
    columns: Sequence[Column]

    @property
    def titles(self) -> set[str]:
        return {norm(self.nl), norm(self.en), norm(self.part)} - {""}


def norm(heading: str) -> str:
    """A heading without what people write in their own way: capitals, spaces, apostrophes."""
    folded = unicodedata.normalize("NFKD", heading).casefold()
    return re.sub(r"[^a-z0-9]+", "", folded)


MARKDOWN = _("Markdown: an empty line between paragraphs, *italic*, - for a list.")

EVENT = Sheet(
    "",
    "Evenement",
    "Event",
    [
        Column(
            "slug",
            "Adres van de pagina",
            "Address of the page",
            help=_("The last part of the web address: small letters, digits and hyphens."),
            example="werken-in-de-wijk",
            required=True,
        ),
        Column(
            "published",
            "Gepubliceerd",
            "Published",
            Kind.YES_NO,
            _("Yes shows the event to everybody. Empty leaves it as it is."),
            "nee",
        ),
        Column("title", "Titel", "Title", example="Werken in de wijk", required=True),
        Column("title_en", "Titel (Engels)", "Title (English)"),
        Column("lead", "Samenvatting", "Summary", help=_("One or two sentences.")),
        Column("lead_en", "Samenvatting (Engels)", "Summary (English)"),
        Column("text", "Tekst", "Text", Kind.TEXT, MARKDOWN),
        Column("text_en", "Tekst (Engels)", "Text (English)", Kind.TEXT),
        Column("organiser", "Organisator", "Organiser", example="Gemeente Oss", required=True),
        Column(
            "organiser_email",
            "E-mailadres van de organisator",
            "E-mail address of the organiser",
            help=_("Visitors write to this address."),
            example="post@oss.example",
            required=True,
        ),
        Column("date", "Datum", "Date", Kind.DAY, example="31-10-2016", required=True),
        Column(
            "weekday",
            "Dag van de week",
            "Day of the week",
            help=_("A check on the date; may be left empty."),
            example="maandag",
        ),
        Column("starts", "Begin", "Start", Kind.CLOCK, example="14:00", required=True),
        Column("ends", "Einde", "End", Kind.CLOCK, example="18:00", required=True),
        Column("name", "Locatie", "Venue", example="Stadhuis", required=True, venue=True),
        Column(
            "street",
            "Straat en nummer",
            "Street and number",
            example="Plein 1",
            required=True,
            venue=True,
        ),
        Column("postcode", "Postcode", "Postcode", example="5341 GM", required=True, venue=True),
        Column("city", "Plaats", "City", example="Oss", required=True, venue=True),
        Column("getting_there", "Route", "Getting there", Kind.TEXT, MARKDOWN, venue=True),
        Column(
            "getting_there_en", "Route (Engels)", "Getting there (English)", Kind.TEXT, venue=True
        ),
        Column(
            "capacity",
            "Aantal plekken",
            "Places",
            Kind.NUMBER,
            _("How many people can sign up in all."),
            "96",
            required=True,
        ),
        Column(
            "signup_opens",
            "Aanmelden kan vanaf",
            "Sign-up opens",
            Kind.MOMENT,
            _("Empty: at once."),
            "01-10-2016 09:00",
        ),
        Column(
            "signup_closes",
            "Aanmelden kan tot",
            "Sign-up closes",
            Kind.MOMENT,
            _("Empty: until the start."),
        ),
        Column(
            "waiting_closes",
            "Wachtlijst sluit",
            "Waiting lists close",
            Kind.MOMENT,
            _("Empty: at 18:00 on the day before."),
        ),
        Column(
            "changes_close",
            "Wijzigen kan tot",
            "Changes close",
            Kind.MOMENT,
            _("Empty: until the start."),
        ),
        Column(
            "hold_minutes",
            "Minuten om te bevestigen",
            "Minutes to confirm",
            Kind.NUMBER,
            _("So long a place is held until somebody confirms by mail. Empty: 60."),
            "60",
        ),
        Column(
            "retention_days",
            "Dagen tot wissen",
            "Days until erasure",
            Kind.NUMBER,
            _("After so many days names and addresses are erased. Empty: 30."),
            "30",
        ),
        Column("video_url", "Video", "Video link", help=_("A web address.")),
        Column("video_title", "Titel van de video", "Video title"),
        Column("video_title_en", "Titel van de video (Engels)", "Video title (English)"),
        Column(
            "notice",
            "Mededeling",
            "Notice",
            Kind.TEXT,
            _("At sign-up and in the mail: photos are taken, for instance. Markdown."),
        ),
        Column("notice_en", "Mededeling (Engels)", "Notice (English)", Kind.TEXT),
        Column(
            "needs_question",
            "Vraag over bijzondere wensen",
            "Question about special needs",
            help=_("Only organisers see the answers. Empty: not asked."),
        ),
        Column(
            "needs_question_en",
            "Vraag over bijzondere wensen (Engels)",
            "Question about special needs (English)",
        ),
        Column(
            "extras_allowed",
            "Extra mensen aan de deur",
            "Extra people at the door",
            Kind.YES_NO,
            _("When all places are taken, the door may still let people in."),
            "nee",
        ),
    ],
)

SHEETS: Sequence[Sheet] = (
    EVENT,
    Sheet(
        "agenda",
        "Programma",
        "Timetable",
        [
            Column("starts", "Van", "From", Kind.CLOCK, example="15:00", required=True),
            Column("ends", "Tot", "Until", Kind.CLOCK, example="15:45", required=True),
            Column("title", "Onderdeel", "Item", example="Ronde 1 tafelsessies", required=True),
            Column("title_en", "Onderdeel (Engels)", "Item (English)"),
            Column(
                "round",
                "Ronde",
                "Round",
                Kind.NUMBER,
                _("The number of the round, if this line is one. A gap is shown as a break."),
                "1",
            ),
        ],
    ),
    Sheet(
        "themes",
        "Thema's",
        "Themes",
        [
            Column("number", "Nummer", "Number", Kind.NUMBER, example="1", required=True),
            Column("title", "Titel", "Title", example="Buurtbudgetten", required=True),
            Column("title_en", "Titel (Engels)", "Title (English)"),
            Column("text", "Tekst", "Text", Kind.TEXT, MARKDOWN),
            Column("text_en", "Tekst (Engels)", "Text (English)", Kind.TEXT),
        ],
    ),
    Sheet(
        "sessions",
        "Tafelsessies",
        "Table sessions",
        [
            Column(
                "code",
                "Code",
                "Code",
                help=_("Short and used once. Who has a seat keeps it by this code."),
                example="1a",
                required=True,
            ),
            Column(
                "theme",
                "Thema",
                "Theme",
                Kind.NUMBER,
                _("The number of the theme."),
                "1",
                required=True,
            ),
            Column("title", "Titel", "Title", example="Breda Begroot", required=True),
            Column("title_en", "Titel (Engels)", "Title (English)"),
            Column(
                "hosts",
                "Sprekers",
                "Speakers",
                Kind.SEVERAL,
                _("Names as on the sheet Sprekers, with ; between them."),
                "Suzanne van Eerden; Hans Kessens",
            ),
            Column("text", "Tekst", "Text", Kind.TEXT, MARKDOWN),
            Column("text_en", "Tekst (Engels)", "Text (English)", Kind.TEXT),
        ],
    ),
    Sheet(
        "speakers",
        "Sprekers",
        "Speakers",
        [
            Column("name", "Naam", "Name", example="Suzanne van Eerden", required=True),
            Column("organisation", "Organisatie", "Organisation", example="gemeente Breda"),
            Column("organisation_en", "Organisatie (Engels)", "Organisation (English)"),
            Column("function", "Functie", "Function"),
            Column("function_en", "Functie (Engels)", "Function (English)"),
        ],
    ),
    Sheet(
        "questions",
        "Vragen",
        "Questions",
        [
            Column("question", "Vraag", "Question", example="Is er koffie?", required=True),
            Column("question_en", "Vraag (Engels)", "Question (English)"),
            Column("answer", "Antwoord", "Answer", Kind.TEXT, MARKDOWN, "Ja.", required=True),
            Column("answer_en", "Antwoord (Engels)", "Answer (English)", Kind.TEXT),
        ],
    ),
    Sheet(
        "signup_questions",
        "Vragen bij aanmelden",
        "Questions at sign-up",
        [
            Column("question", "Vraag", "Question", example="Hoe kom je?", required=True),
            Column("question_en", "Vraag (Engels)", "Question (English)"),
            Column(
                "kind",
                "Soort antwoord",
                "Kind of answer",
                Kind.CHOICE,
                _("A line of text, unless you choose something else."),
                "één keuze",
            ),
            Column(
                "options",
                "Antwoorden",
                "Answers",
                Kind.SEVERAL,
                _("To choose from, with ; between them."),
                "fiets; trein",
            ),
            Column("options_en", "Antwoorden (Engels)", "Answers (English)", Kind.SEVERAL),
            Column("required", "Moet beantwoord worden", "Has to be answered", Kind.YES_NO),
        ],
    ),
)

# Of each round a table session has these, in columns such as "Ronde 1 plekken".
ROUND_COLUMNS: Sequence[Column] = (
    Column(
        "seats",
        "plekken",
        "seats",
        Kind.NUMBER,
        _("How many seats the table has in this round. Empty: it does not sit."),
        "14",
    ),
    Column(
        "reserved",
        "gereserveerd",
        "reserved",
        Kind.NUMBER,
        _("How many of the seats are kept out of sign-up."),
        "0",
    ),
    Column(
        "location", "plaats", "place", help=_("Where the table is."), example="Raadzaal, tafel 1"
    ),
    Column("location_en", "plaats (Engels)", "place (English)"),
)

KINDS = {
    "text": ("tekst", "text"),
    "long_text": ("lange tekst", "long text"),
    "one": ("één keuze", "one choice"),
    "several": ("meer keuzes", "several choices"),
    "yes_no": ("ja of nee", "yes or no"),
}
# Sheets that explain, and hold nothing of the programme.
NOT_READ = ("Uitleg",)
YES, NO = ("ja", "yes", "true", "waar", "1", "x"), ("nee", "no", "false", "onwaar", "0")

_ROUND = re.compile(r"(?:ronde|round)(\d+)(.*)")


def sheet_called(title: str) -> Sheet | None:
    """By its Dutch or English title; a copy's number, as in "Sprekers (2)", is no part of it."""
    wanted = norm(re.sub(r"\s*\(\d+\)$", "", title))
    return next((sheet for sheet in SHEETS if wanted in sheet.titles), None)


def round_heading(number: int, column: Column) -> str:
    return f"Ronde {number} {column.nl}"


def round_column(heading: str) -> tuple[int, Column] | None:
    """The round and the column of a heading such as "Ronde 1 plekken"."""
    match = _ROUND.fullmatch(norm(heading))
    if match:
        for column in ROUND_COLUMNS:
            if match[2] in column.headings:
                return int(match[1]), column
    return None
