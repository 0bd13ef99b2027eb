"""Which sheets a programme has in a spreadsheet, and which columns they have.

Headings are written in Dutch, whatever the language of who downloads it, so that one file
serves everybody; Dutch, English and the names of our fields are all understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from program.spreadsheet.columns import MARKDOWN, Column, Kind, Sheet, norm
from program.spreadsheet.event_layout import EVENT

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

_ROUND = re.compile(r"(?:ronde|round)(\d{1,4})(.*)")


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
