"""Finds the columns of a sheet by their headings, and makes rows of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from django.utils.translation import gettext as _

from program.programme import Place, Problem
from program.spreadsheet.cells import Broken, Row, Value, kind_of_answer
from program.spreadsheet.columns import Column, Kind, Sheet, norm
from program.spreadsheet.layout import ROUND_COLUMNS, round_column, round_heading

# The headings stand in one of the first rows: above them there may be a title.
_ROWS_ABOVE = 10
_SEATS = ROUND_COLUMNS[0]


@dataclass(frozen=True)
class Grid:
    """A sheet as it is in the file: its title, and its rows from the very first."""

    title: str
    rows: Sequence[Sequence[Value]]


@dataclass
class Told:
    """What is wrong, and what is merely passed over."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """What was read: its rows, the columns that it may have, and the fields that it has.

    ``place`` is where a column that is missing is missed. ``rounds`` have columns of their own.
    """

    place: Place
    rows: Sequence[Row]
    columns: Sequence[Column]
    present: Collection[str]
    rounds: Collection[int] = ()


@dataclass(frozen=True)
class _Heading:
    """``round`` is 0 if the column is of no round; ``index`` counts columns from 0."""

    column: Column
    round: int
    index: int
    words: str


def blank(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def known_headings(sheet: Sheet, row: Iterable[Value]) -> int:
    """How many cells of a row are headings of this sheet."""
    return sum(_known(sheet, value) is not None for value in row)


def event_parts(grid: Grid, sheet: Sheet, number: int, told: Told) -> tuple[Part, Part]:
    """The event and its venue: a row for each field, with what it is called and what it is."""
    found: dict[Column, tuple[Value, Place, str]] = {}
    meant: set[str] = set()
    for index, cells in enumerate(grid.rows, start=1):
        label, value = (*cells[:2], None, None)[:2]
        if not isinstance(label, str) or norm(label) in ("gegeven", "field", ""):
            continue
        words = _("%(sheet)s, row %(row)s, %(name)s")
        named = {"sheet": grid.title, "row": index, "name": label.strip()}
        place = Place(words % named, number, index)
        known = _known(sheet, label)
        if known is None:
            meant.add(_tell_unknown(label, sheet, {column.name for column in found}, place, told))
            continue
        if known[1] in found:
            told.problems.append(Problem(place, _twice(label)))
        found.setdefault(known[1], (value, place, label.strip()))
    place = Place(grid.title, number)
    event = _event_part(place, sheet, found, told, venue=False)
    venue = _event_part(place, sheet, found, told, venue=True)
    return (
        replace(event, present={*event.present, *meant}),
        replace(venue, present={*venue.present, *meant}),
    )


def _event_part(
    place: Place,
    sheet: Sheet,
    found: Mapping[Column, tuple[Value, Place, str]],
    told: Told,
    *,
    venue: bool,
) -> Part:
    own = {column.name: cell for column, cell in found.items() if column.venue is venue}
    row = Row(
        values={name: value for name, (value, _place, _label) in own.items()},
        line=place,
        lines={name: at for name, (_value, at, _label) in own.items()},
        names={name: label for name, (_value, _place, label) in own.items()},
        problems=told.problems,
    )
    columns = [column for column in sheet.columns if column.venue is venue]
    return Part(place, [row], columns, list(own))


def table_part(grid: Grid, sheet: Sheet, number: int, told: Told) -> Part:
    """Any other sheet has a row of headings, and below it a row for each entry."""
    place = Place(grid.title, number)
    filled = [index for index, row in enumerate(grid.rows) if not all(map(blank, row))]
    top = max(
        filled[:_ROWS_ABOVE],
        key=lambda index: (known_headings(sheet, grid.rows[index]), -index),
        default=None,
    )
    if top is None or not known_headings(sheet, grid.rows[top]):
        message = _("No heading is known here. The first row must hold the names of the columns.")
        told.problems.append(Problem(place, message))
        return Part(place, [], sheet.columns, [])
    headings, meant = _headings(grid, top, sheet, number, told)
    rows = [
        _row(_Cells(grid.rows[index], grid.title, number, index + 1), headings, told)
        for index in filled
        if index > top
    ]
    present = [*meant, *(heading.column.name for heading in headings if not heading.round)]
    rounds = {heading.round for heading in headings} - {0}
    return Part(place, rows, sheet.columns, present, rounds)


def _headings(
    grid: Grid, top: int, sheet: Sheet, number: int, told: Told
) -> tuple[list[_Heading], set[str]]:
    """The columns that are known, and the fields that were most likely meant by others."""
    cells = _Cells(grid.rows[top], grid.title, number, top + 1)
    found: dict[tuple[int, str], _Heading] = {}
    unknown = []
    for index, value in enumerate(cells.values):
        if blank(value) or isinstance(value, Broken):
            continue
        words, known = str(value).strip(), _known(sheet, value)
        if known is None:
            unknown.append((words, cells.place(index, words)))
            continue
        key = (known[0], known[1].name)
        if key in found:
            told.problems.append(Problem(cells.place(index, words), _twice(words)))
        found.setdefault(key, _Heading(known[1], known[0], index, words))
    present = {name for round_, name in found if not round_}
    meant = {_tell_unknown(words, sheet, present, place, told) for words, place in unknown}
    for heading in found.values():
        if heading.round and (heading.round, _SEATS.name) not in found:
            message = _("There must be a column with the seats of this round, too.")
            place = cells.place(heading.index, heading.words)
            told.problems.append(Problem(place, message))
    return list(found.values()), meant - {""}


@dataclass(frozen=True)
class _Cells:
    """One row of the file."""

    values: Sequence[Value]
    title: str
    sheet: int
    row: int

    def __getitem__(self, index: int) -> Value:
        return self.values[index] if index < len(self.values) else None

    def place(self, index: int, heading: str) -> Place:
        words = _("%(sheet)s, row %(row)s, column %(column)s")
        named = {"sheet": self.title, "row": self.row, "column": heading}
        return Place(words % named, self.sheet, self.row, index + 1)


def _row(cells: _Cells, headings: Sequence[_Heading], told: Told) -> Row:
    words = _("%(sheet)s, row %(row)s") % {"sheet": cells.title, "row": cells.row}
    line = Place(words, cells.sheet, cells.row)
    row = _cells_of(cells, [heading for heading in headings if not heading.round], line, told)
    slots = []
    for number in sorted({heading.round for heading in headings} - {0}):
        own = [heading for heading in headings if heading.round == number]
        slot = _cells_of(cells, own, line, told)
        if all(blank(value) or value in (0, "0") for value in slot.values.values()) and blank(
            slot.values.get(_SEATS.name)
        ):
            continue  # the session does not sit in this round
        if blank(slot.values.get("reserved", "")) and "reserved" in slot.values:
            slot.values["reserved"] = 0
        slot.values["round"] = number
        slot.lines["round"] = slot.lines.get(_SEATS.name, line)
        slots.append(slot)
    row.inner["slots"] = slots
    return row


def _cells_of(cells: _Cells, headings: Sequence[_Heading], line: Place, told: Told) -> Row:
    values: dict[str, Value] = {}
    for heading in headings:
        value = cells[heading.index]
        if heading.column.kind is Kind.CHOICE and isinstance(value, str):
            value = kind_of_answer(value)
        values[heading.column.name] = value
    lines: dict[str, int] = {
        heading.column.name: cells.place(heading.index, heading.words) for heading in headings
    }
    names = {heading.column.name: heading.words for heading in headings}
    return Row(values=values, line=line, lines=lines, names=names, problems=told.problems)


def _known(sheet: Sheet, heading: Value) -> tuple[int, Column] | None:
    """The column of this sheet that has the heading, and its round or 0."""
    if not isinstance(heading, str):
        return None
    wanted = norm(heading)
    for column in sheet.columns:
        if wanted in column.headings:
            return 0, column
    return round_column(heading) if sheet.part == "sessions" else None


def _tell_unknown(
    heading: str, sheet: Sheet, present: Collection[str], place: Place, told: Told
) -> str:
    """Much like a column that is not there yet it is a mistake; else somebody's own notes.

    The field that was most likely meant, or nothing.
    """
    missing = {column.nl: column.name for column in sheet.columns if column.name not in present}
    if sheet.part == "sessions" and (
        number := re.match(r"(?:ronde|round)(\d{1,4})", norm(heading))
    ):
        missing = {round_heading(int(number[1]), column): "" for column in ROUND_COLUMNS}
    normal = {norm(name): name for name in missing}
    close = get_close_matches(norm(heading), normal, n=1, cutoff=0.85)
    if not close:
        told.notes.append(Problem(place, _("This is not known here and is not read.")))
        return ""
    message = _("‘%(name)s’ is not known here. Do you mean ‘%(close)s’?")
    words = {"name": heading.strip(), "close": normal[close[0]]}
    told.problems.append(Problem(place, message % words))
    return missing[normal[close[0]]]


def _twice(heading: str) -> str:
    return _("‘%(name)s’ stands there twice.") % {"name": heading.strip()}
