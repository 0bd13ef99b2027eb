"""Registrations as a file for spreadsheet programs: whose, which columns, in what form.

However many people there are, it takes the same few queries and is read row by row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import IO

from django.db.models import QuerySet
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from program.file.spreadsheet import ods_rows
from program.file.spreadsheet.safety import guarded, storable
from program.models import Event
from registrations.models import Change, Guest, Registration, RegistrationQuerySet, history
from registrations.reports.export_columns import Cell, ExportColumn, columns, guest_column

CHUNK = 500  # rows that are in memory at a time
MOMENT, MOMENT_IN_EXCEL = "%d-%m-%Y %H:%M", "dd-mm-yyyy hh:mm"
NARROWEST, WIDEST = 8, 60  # characters


@dataclass(frozen=True)
class Wanted:
    """What somebody asked for: the keys of columns, and the people by status."""

    columns: frozenset[str]
    statuses: frozenset[str] = frozenset({Registration.Status.CONFIRMED.value})
    guests: bool = False


def chosen(event: Event, wanted: Wanted) -> RegistrationQuerySet:
    """Those whom a choice is about, A-Z, but for those who were erased."""
    people = event.registrations.filter(status__in=wanted.statuses, erased_at=None)
    return people.order_by("sort_key", "pk")


def guests_of(event: Event, wanted: Wanted) -> QuerySet[Guest]:
    guests = event.guests.filter(erased_at=None).order_by("sort_key", "pk")
    return guests if wanted.guests else guests.none()


def table(event: Event, wanted: Wanted, people: RegistrationQuerySet) -> Iterator[list[Cell]]:
    """Headings, then a row for each of ``people`` and, if wanted, for each guest.

    Everything but the rows themselves is read now, before the first is asked for.
    """
    shown = [column for column in columns(event) if column.key in wanted.columns]
    if wanted.guests:
        shown.append(guest_column())
    return _rows(shown, people, guests_of(event, wanted))


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """As Dutch Excel reads it: semicolons, everything in quotes, marked as UTF-8."""
    writer = csv.writer(_Echo(), delimiter=";", quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    for row in rows:
        line: str = writer.writerow([_safe(_written(value)) for value in row])
        yield line.encode()


def xlsx_file(rows: Iterator[Sequence[Cell]], title: str) -> IO[bytes]:
    """A workbook with columns that fit, in a file that is gone once it is closed.

    Never whole in memory.
    """
    headings, first, widths = _first_of(rows)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    letters = [get_column_letter(place) for place in range(1, len(headings) + 1)]
    for letter, width in zip(letters, widths, strict=True):
        sheet.column_dimensions[letter].width = width
    bold = Font(bold=True)
    head = [WriteOnlyCell(sheet, _safe(str(heading))) for heading in headings]
    for cell in head:
        cell.font = bold
    sheet.append(head)
    for row in chain(first, rows):
        sheet.append([_in_excel(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{letters[-1]}1048576"
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    book.save(file)
    file.seek(0)
    return file


def ods_file(rows: Iterator[Sequence[Cell]], title: str) -> IO[bytes]:
    """The same for LibreOffice, as an OpenDocument spreadsheet."""
    headings, first, widths = _first_of(rows)
    file = TemporaryFile()  # noqa: SIM115 - the response closes it
    ods_rows.write(file, title, widths, chain([headings], first, rows))
    file.seek(0)
    return file


# How each kind of workbook is written, by the ending of its name.
WORKBOOKS = {"xlsx": xlsx_file, "ods": ods_file}


def note(event: Event, wanted: Wanted, file: str, people: int, *, who: str, at: datetime) -> None:
    """A line in the history: which columns, of how many people, but not of whom.

    Nobody waits for it, so it needs no lock and no new version.
    """
    new = {
        "file": file,
        "columns": sorted(wanted.columns),
        "statuses": sorted(wanted.statuses),
        "guests": wanted.guests,
        "people": people,
    }
    history.record(event, None, Change.What.EXPORTED, who=who, at=at, new=new)


class _Echo:
    """Returns each line instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _rows(
    shown: Sequence[ExportColumn], people: RegistrationQuerySet, guests: QuerySet[Guest]
) -> Iterator[list[Cell]]:
    yield [column.heading for column in shown]
    for registration in people.iterator(chunk_size=CHUNK):
        yield [column.value(registration) for column in shown]
    for guest in guests.iterator(chunk_size=CHUNK):
        yield [column.value(guest) for column in shown]


def _first_of(
    rows: Iterator[Sequence[Cell]],
) -> tuple[Sequence[Cell], list[Sequence[Cell]], list[int]]:
    """The headings and the first rows, with the widths of the columns.

    Widths come before the rows in a file: the first of them tell what fits.
    """
    headings = next(rows)
    first = list(islice(rows, CHUNK))
    return headings, first, [_width(column) for column in zip(headings, *first, strict=True)]


def _width(column: Iterable[Cell]) -> int:
    """What shows the longest line of a column whole, with room for the arrow of its filter."""
    longest = max(len(line) for value in column for line in [*_written(value).splitlines(), ""])
    return max(NARROWEST, min(longest + 3, WIDEST))


def _in_excel(sheet: WriteOnlyWorksheet, value: Cell) -> object:
    if isinstance(value, str):
        return _safe(value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, int):
        return cell
    cell.number_format = MOMENT_IN_EXCEL
    return cell


def _safe(text: str) -> str:
    """Without anything that a program would run or choke on."""
    return guarded(storable(text))


def _written(value: Cell) -> str:
    return value.strftime(MOMENT) if isinstance(value, datetime) else str(value)
