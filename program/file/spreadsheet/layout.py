"""Which sheets a programme has in a spreadsheet, and which columns: as its fields are defined.

Headings are written in Dutch, whatever the reader's language, so that one file serves everybody;
Dutch, English and the names of our fields are all understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from program.file.model import (
    FieldDefinition,
    FieldKind,
    Programme,
    SlotEntry,
    VenueEntry,
)
from program.file.parse import norm

MOST_ROWS, MOST_COLUMNS = 2000, 200  # of a sheet
ROWS_ABOVE = 10  # the headings of a list; a title may stand there
ROUNDS, MOST_ROUNDS = 2, 20  # that an empty file has columns for, and may have
# Of one cell, as much as Excel has room for; and of all cells of a file, each repeat counted.
LONGEST_TEXT, MOST_CHARACTERS = 32_767, 2_000_000
LAST_ROW = 500  # down to which a cell says what belongs in it


@dataclass(frozen=True)
class SheetLayout:
    """``part`` is the field of the programme that it holds; the event itself has none."""

    part: str
    nl: str
    en: str
    columns: Sequence[FieldDefinition]

    @property
    def titles(self) -> set[str]:
        return {norm(self.nl), norm(self.en), norm(self.part)} - {""}


def _event_columns() -> list[FieldDefinition]:
    """The fields of the event, and those of its venue after the hours."""
    columns: list[FieldDefinition] = []
    for name, definition in Programme.definitions.items():
        columns.append(definition)
        if name == "ends":
            columns += VenueEntry.definitions.values()
    return columns


EVENT = SheetLayout("", "Evenement", "Event", _event_columns())
SHEETS = [EVENT] + [
    SheetLayout(part.name, part.nl, part.en, list(part.entry.definitions.values()))
    for part in Programme.parts.values()
    if part.nl
]
# Of each round a table session has these, in columns such as "Ronde 1 plekken".
ROUND_COLUMNS: Mapping[str, FieldDefinition] = {
    name: definition for name, definition in SlotEntry.definitions.items() if name != "round"
}
# Former names of sheets and columns; files that people kept still use them.
_FORMER = {
    norm(former): norm(now)
    for former, now in {
        "Tafelsessies": "Sessies",
        "Table sessions": "Sessions",
        "Sprekers": "Gastheren",
        "Speakers": "Hosts",
        "Vraag over bijzondere wensen": "Vraag naar bijzonderheden",
        "Vraag over bijzondere wensen (Engels)": "Vraag naar bijzonderheden (Engels)",
    }.items()
}
# A sheet that explains, and holds nothing of the programme.
EXPLANATION = "Uitleg"

_ROUND = re.compile(r"(?:ronde|round)(\d{1,4})(.*)")


def sheet_called(title: str) -> SheetLayout | None:
    """By its Dutch or English title; a copy's number, as in "Gastheren (2)", is no part of it."""
    wanted = _now(norm(re.sub(r"\s*\(\d+\)$", "", title)))
    return next((sheet for sheet in SHEETS if wanted in sheet.titles), None)


def column_called(sheet: SheetLayout, heading: object) -> tuple[int, FieldDefinition] | None:
    """The round, or 0 if the column is of none, and the field of a heading."""
    if not isinstance(heading, str):
        return None
    number, wanted, columns = 0, _now(norm(heading)), sheet.columns
    if sheet.part == "sessions" and (match := _ROUND.fullmatch(wanted)):
        number, wanted, columns = int(match[1]), match[2], list(ROUND_COLUMNS.values())
    for column in columns:
        if wanted in map(norm, (column.nl, column.en, column.name)):
            return number, column
    return None


def _now(wanted: str) -> str:
    return _FORMER.get(wanted, wanted)


def written_columns(columns: Iterable[FieldDefinition], *, english: bool) -> list[FieldDefinition]:
    """Those that a new file has, with or without the English of texts."""
    return [each for each in columns if each.written and (english or not each.english)]


def headings(
    sheet: SheetLayout, rounds: Sequence[int], *, english: bool = True
) -> dict[str, tuple[int, FieldDefinition]]:
    """All that a sheet has: what heads each column, and the round and the field that it is of."""
    found = {column.nl: (0, column) for column in written_columns(sheet.columns, english=english)}
    if sheet.part == "sessions":
        for number in rounds:
            for column in written_columns(ROUND_COLUMNS.values(), english=english):
                found[f"Ronde {number} {column.nl}"] = (number, column)
    return found


def what_belongs_in(column: FieldDefinition) -> str:
    """A sentence or two for the person who fills it in."""
    by_kind = {
        FieldKind.NUMBER: _("A whole number."),
        FieldKind.YES_NO: _("‘ja’ or ‘nee’."),
        FieldKind.DAY: _("A date, such as 31-10-2016."),
        FieldKind.CLOCK: _("A time, such as 15:00."),
        FieldKind.MOMENT: _("A date with a time, such as 30-10-2016 18:00."),
    }
    return " ".join(filter(None, (by_kind.get(column.kind, ""), str(column.help))))


def choices_of(column: FieldDefinition) -> list[str]:
    """What a cell lets somebody choose from."""
    if column.kind is FieldKind.YES_NO:
        return ["ja", "nee"]
    return [names[0] for names in column.choices.values()]
