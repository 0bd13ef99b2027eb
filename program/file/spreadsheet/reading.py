"""Finds a programme in the sheets of a spreadsheet: columns by their headings, rows below them.

What is not in the spreadsheet stays as it is: a sheet or a column that is left out leaves its
part of the event alone. A row that is left out is taken out of the event.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from program.file.model import Definition, Mistake, Place, VenueEntry
from program.file.parse import BrokenCell, RawEntry, blank, meant_by, norm
from program.file.spreadsheet.layout import (
    EVENT,
    EXPLANATION,
    SHEETS,
    SheetLayout,
    column_called,
    file_mistake,
    headings,
    sheet_called,
)

# The headings stand in one of the first rows: above them there may be a title.
_ROWS_ABOVE = 10
# Without these a session's references lead nowhere.
_NEEDED = ("agenda", "themes", "speakers")


@dataclass(frozen=True)
class SheetGrid:
    """A sheet as it is in the file: its title, and its rows from the very first."""

    title: str
    rows: Sequence[Sequence[object]]


def raw_programme(
    grids: Sequence[SheetGrid], mistakes: list[Mistake], notes: list[Mistake], *, new: bool
) -> RawEntry | None:
    """What the sheets say; None if there is too little to make sense of.

    ``notes`` become what is merely passed over. A ``new`` programme has nothing stored that
    could stand for what is missing.
    """
    stored = Place(words=_("What is stored"))
    raw = RawEntry(stored, stored, called_by="nl")
    seen = set()
    for number, grid in enumerate(grids, start=1):
        layout = sheet_called(grid.title) or (_likeliest(grid) if len(grids) == 1 else None)
        place = Place((number,), grid.title)
        if layout is None:
            if grid.title != EXPLANATION:
                notes.append(Mistake(place, _("This sheet is not known and is not read.")))
        elif layout.part in seen:
            mistakes.append(Mistake(place, _("This sheet is there twice.")))
        else:
            seen.add(layout.part)
            _Sheet(grid, layout, number, mistakes, notes).read_into(raw)
    if not seen:
        message = _("No sheet is known here. Download a spreadsheet to see what they are called.")
        mistakes.append(file_mistake(message))
        return None
    if new:
        if EVENT.part not in seen:
            mistakes.append(_missing_sheet(EVENT))
            return None
        for layout in SHEETS:
            if layout.part in _NEEDED and layout.part not in seen and raw.parts.get("sessions"):
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
    definition: Definition
    index: int


class _Sheet:
    """One sheet, of which a column or a row is found by what heads it."""

    def __init__(
        self,
        grid: SheetGrid,
        layout: SheetLayout,
        number: int,
        mistakes: list[Mistake],
        notes: list[Mistake],
    ) -> None:
        self.grid = grid
        self.layout = layout
        self.number = number
        self.mistakes = mistakes
        self.notes = notes
        self.whole = Place((number,), grid.title)

    def row_place(self, row: int) -> Place:
        words = _("%(sheet)s, row %(row)s") % {"sheet": self.grid.title, "row": row}
        return Place((self.number, row), words)

    def cell_place(self, row: int, index: int, heading: str) -> Place:
        words = _("%(sheet)s, row %(row)s, column %(column)s")
        named = {"sheet": self.grid.title, "row": row, "column": heading}
        return Place((self.number, row, index), words % named)

    def read_into(self, raw: RawEntry) -> None:
        if self.layout is EVENT:
            self.read_event(raw)
        else:
            raw.places[self.layout.part] = self.whole
            raw.parts[self.layout.part] = self.entries()

    def read_event(self, raw: RawEntry) -> None:
        """The event and its venue: a row for each field, with its name and its value."""
        raw.place = raw.missed_at = self.whole
        venue = RawEntry(self.whole, self.whole, called_by="nl")
        raw.parts["venue"] = [venue]
        unknown = []
        for number, cells in enumerate(self.grid.rows, start=1):
            label, value = (*cells[:2], None, None)[:2]
            if not isinstance(label, str) or norm(label) in ("gegeven", "field", ""):
                continue
            words = _("%(sheet)s, row %(row)s, %(name)s")
            named = {"sheet": self.grid.title, "row": number, "name": label.strip()}
            place = Place((self.number, number), words % named)
            known = column_called(EVENT, label)
            if known is None:
                unknown.append((label, place))
                continue
            name = known[1].name
            entry = venue if name in VenueEntry.definitions else raw
            if name in entry.values:
                self.mistakes.append(Mistake(place, _twice(label)))
            entry.values.setdefault(name, value)
            entry.places.setdefault(name, place)
        meant = self.meant(unknown, {*raw.values, *venue.values}, [])
        raw.unread |= meant
        venue.unread |= meant

    def entries(self) -> list[RawEntry]:
        """Any other sheet has a row of headings, and below it a row for each entry."""
        filled = [index for index, row in enumerate(self.grid.rows) if not all(map(blank, row))]
        top = max(
            filled[:_ROWS_ABOVE],
            key=lambda index: (_known(self.layout, self.grid.rows[index]), -index),
            default=None,
        )
        if top is None or not _known(self.layout, self.grid.rows[top]):
            message = _(
                "No heading is known here. The first row must hold the names of the columns."
            )
            self.mistakes.append(Mistake(self.whole, message))
            return []
        columns, meant = self.columns(top)
        return [self.entry(index, columns, meant) for index in filled if index > top]

    def columns(self, top: int) -> tuple[list[_Column], set[str]]:
        """Those that are known, and the fields that were most likely meant by others."""
        found: dict[tuple[int, str], _Column] = {}
        unknown = []
        for index, value in enumerate(self.grid.rows[top]):
            if blank(value) or isinstance(value, BrokenCell):
                continue
            heading, known = str(value).strip(), column_called(self.layout, value)
            place = self.cell_place(top + 1, index, heading)
            if known is None:
                unknown.append((heading, place))
                continue
            key = (known[0], known[1].name)
            if key in found:
                self.mistakes.append(Mistake(place, _twice(heading)))
            found.setdefault(key, _Column(heading, *known, index))
        rounds = sorted({number for number, _name in found} - {0})
        for column in found.values():
            if column.round and (column.round, "seats") not in found:
                message = _("There must be a column with the seats of this round, too.")
                place = self.cell_place(top + 1, column.index, column.heading)
                self.mistakes.append(Mistake(place, message))
        return list(found.values()), self.meant(
            unknown, {name for number, name in found if not number}, rounds
        )

    def entry(self, index: int, columns: Sequence[_Column], meant: set[str]) -> RawEntry:
        raw = self.part_of_row(index, [column for column in columns if not column.round])
        raw.unread |= meant
        if self.layout.part == "sessions":
            rounds = {column.round for column in columns} - {0}
            raw.known["slots"] = rounds
            raw.parts["slots"] = []
            for number in sorted(rounds):
                own = [column for column in columns if column.round == number]
                slot = self.part_of_row(index, own)
                if blank(slot.values.get("seats")) and all(
                    blank(value) or value in (0, "0") for value in slot.values.values()
                ):
                    continue  # the session does not sit in this round
                slot.values["round"] = number
                slot.places["round"] = slot.places.get("seats", slot.place)
                raw.parts["slots"].append(slot)
        return raw

    def part_of_row(self, index: int, columns: Sequence[_Column]) -> RawEntry:
        row = self.grid.rows[index]
        return RawEntry(
            self.row_place(index + 1),
            self.whole,
            called_by="nl",
            values={
                column.definition.name: row[column.index] if column.index < len(row) else None
                for column in columns
            },
            places={
                column.definition.name: self.cell_place(index + 1, column.index, column.heading)
                for column in columns
            },
        )

    def meant(
        self, unknown: Sequence[tuple[str, Place]], present: set[str], rounds: Sequence[int]
    ) -> set[str]:
        """The fields that were most likely meant by headings that are not known.

        Much like a column that is not there yet one is a mistake; else somebody's own notes.
        """
        found = set()
        for heading, place in unknown:
            number = re.match(r"(?:ronde|round)(\d{1,4})", norm(heading))
            missing = {
                name: column.name
                for name, (round_, column) in headings(
                    self.layout, [int(number[1])] if number else []
                ).items()
                if bool(round_) is bool(number) and column.name not in present
            }
            if meant := meant_by(heading, missing, self.mistakes, place):
                found.add(meant)
            else:
                self.notes.append(Mistake(place, _("This is not known here and is not read.")))
        return found


def _twice(heading: str) -> str:
    return _("‘%(name)s’ stands there twice.") % {"name": heading.strip()}
