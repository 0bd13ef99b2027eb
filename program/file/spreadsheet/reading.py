"""Finds a programme in the sheets of a spreadsheet: columns by their headings, rows below them.

A sheet or a column that is left out leaves its part of the event as it is; a row that is left
out is removed from the event.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _

from program.file.model import (
    FieldDefinition,
    FilePlace,
    Mistake,
    UnreadableFile,
    VenueEntry,
    file_mistake,
)
from program.file.parse import BrokenCell, RawEntry, blank, meant_by, norm
from program.file.spreadsheet.layout import (
    EVENT,
    EXPLANATION,
    LONGEST_TEXT,
    MOST_CHARACTERS,
    MOST_COLUMNS,
    MOST_ROWS,
    SHEETS,
    SheetLayout,
    column_called,
    headings,
    sheet_called,
)

# The headings are in one of the first rows: there may be a title above them.
_ROWS_ABOVE = 10
# What sessions refer to.
_NEEDED = ("agenda", "themes", "speakers")
# Of a title or a heading: the place of each cell has them.
_MOST_SHOWN = 200


@dataclass(frozen=True)
class SheetGrid:
    """A sheet as it is in the file: its title, and its rows from the very first."""

    title: str
    rows: Sequence[Sequence[object]]


def raw_programme(
    grids: Sequence[SheetGrid], mistakes: list[Mistake], notes: list[Mistake], *, new: bool
) -> RawEntry | None:
    """What the sheets say; None if that is too little to make sense of.

    What is merely ignored goes into ``notes``. A ``new`` programme has nothing stored to fill in
    what is missing.
    """
    found: dict[str, list[RawEntry]] = {}
    places: dict[str, FilePlace] = {}
    for number, grid in enumerate(grids, start=1):
        layout = sheet_called(grid.title) or (_likeliest(grid) if len(grids) == 1 else None)
        place = FilePlace((number,), grid.title[:_MOST_SHOWN])
        if layout is None:
            if grid.title != EXPLANATION:
                notes.append(Mistake(place, _("This sheet is not known and is not read.")))
        elif layout.part in found:
            mistakes.append(Mistake(place, _("This sheet is in the file twice.")))
        else:
            found[layout.part] = _Sheet(grid, layout, place, mistakes, notes).entries()
            places[layout.part] = place
    if not found:
        message = _("No sheet is known here. Download a spreadsheet to see what they are called.")
        mistakes.append(file_mistake(message))
        return None
    if new and EVENT.part not in found:
        mistakes.append(_missing_sheet(EVENT))
        return None
    stored = FilePlace(words=_("What is stored"))
    (raw,) = found.pop(EVENT.part, []) or [RawEntry(stored, stored, "nl")]
    raw.parts.update(found)
    raw.places.update(places)
    for layout in SHEETS:
        if new and layout.part in _NEEDED and layout.part not in found and found.get("sessions"):
            mistakes.append(_missing_sheet(layout))
            raw.unread.add(layout.part)
    return raw


def _likeliest(grid: SheetGrid) -> SheetLayout | None:
    """A single sheet may be called anything: then its headings tell what it is."""
    row = grid.rows[0] if grid.rows else []
    best = max(SHEETS, key=lambda layout: _known(layout, row))
    return best if _known(best, row) >= 2 else None


def _known(layout: SheetLayout, row: Sequence[object]) -> int:
    """How many cells of a row are headings of this sheet."""
    return sum(column_called(layout, value) is not None for value in row)


def _missing_sheet(layout: SheetLayout) -> Mistake:
    return file_mistake(_("The sheet ‘%(name)s’ is missing.") % {"name": layout.nl})


@dataclass(frozen=True)
class _Column:
    """``round`` is 0 if the column is of no round; ``index`` counts columns from 0."""

    heading: str
    round: int
    definition: FieldDefinition
    index: int


class _Sheet:
    """One sheet, by its headings; that of the event is turned, with a row for each field."""

    def __init__(
        self,
        grid: SheetGrid,
        layout: SheetLayout,
        place: FilePlace,
        mistakes: list[Mistake],
        notes: list[Mistake],
    ) -> None:
        self.layout = layout
        self.place = place
        self.mistakes = mistakes
        self.notes = notes
        self.turned = layout is EVENT
        self.rows = grid.rows
        if self.turned:
            self.rows = [[_at(row, index) for row in grid.rows] for index in (0, 1)]

    def row_place(self, row: int) -> FilePlace:
        if self.turned:
            return self.place
        words = _("%(sheet)s, row %(row)s") % {"sheet": self.place, "row": row + 1}
        return FilePlace((*self.place.order, row), words)

    def cell_place(self, row: int, index: int, heading: str) -> FilePlace:
        if self.turned:
            named = {"sheet": self.place, "row": index + 1, "name": heading}
            words = _("%(sheet)s, row %(row)s, %(name)s") % named
            return FilePlace((*self.place.order, index), words)
        named = {"sheet": self.place, "row": row + 1, "column": heading}
        words = _("%(sheet)s, row %(row)s, column %(column)s") % named
        return FilePlace((*self.place.order, row, index), words)

    def entries(self) -> list[RawEntry]:
        """A row of headings, and below it a row for each entry."""
        filled = [index for index, row in enumerate(self.rows) if not all(map(blank, row))]
        top = max(
            filled[:_ROWS_ABOVE],
            key=lambda index: (_known(self.layout, self.rows[index]), -index),
            default=None,
        )
        if top is None or not _known(self.layout, self.rows[top]):
            message = _(
                "No heading is known here. The first row must hold the names of the columns."
            )
            self.mistakes.append(Mistake(self.place, message))
            return []
        columns, meant = self.columns(top)
        if self.turned:
            return [self.entry(1, columns, meant)]
        return [self.entry(index, columns, meant) for index in filled if index > top]

    def columns(self, top: int) -> tuple[list[_Column], set[str]]:
        """Those that are known, and the fields that were most likely meant by others."""
        found: dict[tuple[int, str], _Column] = {}
        unknown = []
        for index, value in enumerate(self.rows[top]):
            if blank(value) or isinstance(value, BrokenCell):
                continue
            heading = str(value).strip()[:_MOST_SHOWN]
            known = column_called(self.layout, value)
            place = self.cell_place(top, index, heading)
            if known is None:
                unknown.append((heading, place))
                continue
            key = (known[0], known[1].name)
            if key in found:
                message = _("‘%(name)s’ stands there twice.") % {"name": heading}
                self.mistakes.append(Mistake(place, message))
            found.setdefault(key, _Column(heading, *known, index))
        for column in found.values():
            if column.round and (column.round, "seats") not in found:
                message = _("There must be a column with the seats of this round, too.")
                place = self.cell_place(top, column.index, column.heading)
                self.mistakes.append(Mistake(place, message))
        present = {name for number, name in found if not number}
        return list(found.values()), {self.meant_by(*each, present) for each in unknown} - {""}

    def entry(self, row: int, columns: Sequence[_Column], meant: set[str]) -> RawEntry:
        of_venue = VenueEntry.definitions if self.turned else {}
        own = [each for each in columns if not each.round and each.definition.name not in of_venue]
        raw = self.raw(row, own)
        raw.unread |= meant
        if self.turned:
            venue = self.raw(row, [each for each in columns if each.definition.name in of_venue])
            venue.unread |= meant
            raw.parts["venue"] = [venue]
        if self.layout.part == "sessions":
            raw.known["slots"] = rounds = {each.round for each in columns} - {0}
            slots = [self.slot(row, number, columns) for number in sorted(rounds)]
            raw.parts["slots"] = [slot for slot in slots if slot]
        return raw

    def slot(self, row: int, number: int, columns: Sequence[_Column]) -> RawEntry | None:
        """None if the session does not sit in this round."""
        slot = self.raw(row, [column for column in columns if column.round == number])
        if blank(slot.values.get("seats")) and all(
            blank(value) or value in (0, "0") for value in slot.values.values()
        ):
            return None
        slot.values["round"] = number
        slot.places["round"] = slot.places.get("seats", slot.place)
        return slot

    def raw(self, row: int, columns: Sequence[_Column]) -> RawEntry:
        raw = RawEntry(self.row_place(row), self.place, "nl")
        for column in columns:
            name = column.definition.name
            raw.values[name] = _at(self.rows[row], column.index)
            raw.places[name] = self.cell_place(row, column.index, column.heading)
        return raw

    def meant_by(self, heading: str, place: FilePlace, present: set[str]) -> str:
        """The field that an unknown heading most likely means; "" if it is somebody's own."""
        number = re.match(r"(?:ronde|round)(\d{1,4})", norm(heading))
        missing = {
            name: column.name
            for name, (round_, column) in headings(
                self.layout, [int(number[1])] if number else []
            ).items()
            if bool(round_) is bool(number) and column.name not in present
        }
        meant = meant_by(heading, missing, 0.85, self.mistakes, place)
        if not meant and not (self.turned and norm(heading) in ("gegeven", "field")):
            self.notes.append(Mistake(place, _("This is not known here and is not read.")))
        return meant


def _at(row: Sequence[object], index: int) -> object:
    return row[index] if index < len(row) else None


# What both kinds of spreadsheet are read with


class TextRoom:
    """How many characters the cells of one file may still hold.

    A few bytes can stand for a text in thousands of cells, so what is unpacked is no measure.
    """

    def __init__(self) -> None:
        self.left = MOST_CHARACTERS

    def take(self, pieces: Iterable[str], title: str, times: int = 1) -> str:
        """The text of a cell that is there so many times. Raises UnreadableFile if it is too long.

        Nothing is done with the text before, and no more of it is put together than fits.
        """
        found: list[str] = []
        length = 0
        for piece in pieces:
            length += len(piece)
            if length > LONGEST_TEXT:
                raise UnreadableFile(too_long(title))
            found.append(piece)
        text = "".join(found)
        # Cells with only spaces are not kept, even if they go on to the end of the sheet.
        self.left -= length if blank(text) else length * times
        if self.left < 0:
            raise UnreadableFile(too_many_cells(title))
        return text


def elements(content: IO[bytes], whole: Collection[str]) -> Iterator[tuple[str, Element]]:
    """Each element at its start and at its end; then it is forgotten.

    Those called as in ``whole`` have at their end all that is in them; others have nothing.
    """
    path: list[Element] = []
    inside = 0
    for event, element in iterparse(content, events=("start", "end"), forbid_dtd=True):
        if event == "start":
            path.append(element)
            inside += element.tag in whole
        yield event, element
        if event == "end":
            path.pop()
            inside -= element.tag in whole
            if not inside:
                element.clear()
                if path:
                    path[-1].remove(element)


# What cannot be read of any kind of spreadsheet


def too_many_cells(title: str) -> str:
    message = _(
        "The sheet ‘%(name)s’ is too large: %(rows)s rows and %(columns)s columns is the "
        "most. Take out what is far down or far to the right."
    )
    return message % {"name": title, "rows": MOST_ROWS, "columns": MOST_COLUMNS}


def hidden_sheet(title: str) -> str:
    return _("The sheet ‘%(name)s’ is hidden. Show it, or take it out.") % {"name": title}


def too_long(title: str) -> str:
    return _(
        "The sheet ‘%(sheet)s’ has a cell with more than %(most)s characters. Shorten its text."
    ) % {"sheet": title, "most": LONGEST_TEXT}


def damaged() -> str:
    return _("This file is damaged. Open it in Excel or LibreOffice, save it, and try again.")


def holds_error(error: str) -> str:
    return _("This cell holds an error: %(error)s.") % {"error": error}


def formula_without_value() -> str:
    return _("The value of this formula is not in the file. Type the value itself.")


def merged_cell() -> str:
    return _("This cell is merged with another. Split them: each row needs its own.")
