"""Reads the sheets of an Excel workbook, which anybody may have made with anything."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import date, time, timedelta
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.worksheet.cell_range import CellRange

from program.programme import BadProgramme
from program.spreadsheet.cells import Broken, Value
from program.spreadsheet.errors import (
    MOST_COLUMNS,
    MOST_ROWS,
    Unreadable,
    damaged,
    too_many_cells,
)
from program.spreadsheet.grids import Grid, blank
from program.spreadsheet.layout import sheet_called
from program.spreadsheet.safety import unguarded

_MERGED = re.compile(rb"""<mergeCell [^>]*\bref=["']([A-Z0-9:]+)""")


def grids_in_workbook(content: bytes) -> list[Grid]:
    """Raises BadProgramme if it is no workbook, or too large."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of colours and the like that openpyxl does not know
        try:
            return _grids(content)
        except BadProgramme:
            raise
        except Exception as error:  # whatever a broken file makes the reader stumble over
            raise Unreadable(damaged()) from error


def _grids(content: bytes) -> list[Grid]:
    formulas, merged = _has(content, b"<f>", b"<f "), _has(content, b"<mergeCell ")
    book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
    written = _formulas(content) if formulas else {}
    covered = _merged(content, book) if merged else {}
    grids = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            if sheet_called(sheet.title):
                message = _("The sheet ‘%(name)s’ is hidden. Show it, or take it out.")
                raise Unreadable(message % {"name": sheet.title})
            continue
        none: set[tuple[int, int]] = set()
        instead = {
            **dict.fromkeys(written.get(sheet.title, none), _no_value()),
            **dict.fromkeys(covered.get(sheet.title, none), _in_merged()),
        }
        grids.append(Grid(sheet.title, _rows(sheet, instead)))
    return grids


def _rows(sheet: Any, instead: dict[tuple[int, int], Broken]) -> list[list[Value]]:
    """``instead`` has what stands for a cell that is empty, by row and column from 1."""
    # What the file says of its own size is often wrong.
    sheet.reset_dimensions()
    rows: list[list[Value]] = []
    before: object = None
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        # One word in the last row of a sheet has a million above it that the file leaves out:
        # openpyxl gives the same empty one for each.
        if cells is before and number > MOST_ROWS:
            continue
        before = cells
        row = [_value(cell) for cell in cells]
        for column, value in enumerate(row, start=1):
            if value is None:
                row[column - 1] = instead.get((number, column))
        if all(map(blank, row)):
            continue
        if number > MOST_ROWS or not blank(row[-1]):
            raise Unreadable(too_many_cells(sheet.title))
        rows += [[] for _missing in range(number - 1 - len(rows))]
        rows.append(row)
    return rows


def _value(cell: Any) -> Value:
    value = cell.value
    if cell.data_type == "e":
        return Broken(_("This cell holds an error: %(error)s.") % {"error": value})
    if isinstance(value, str):
        return unguarded(value)
    if value is None or isinstance(value, (int, float, date, time, timedelta)):
        return value
    return str(value)


def _has(content: bytes, *marks: bytes) -> bool:
    with ZipFile(BytesIO(content)) as archive:
        return any(
            mark in archive.read(name)
            for name in archive.namelist()
            if name.startswith("xl/worksheets/")
            for mark in marks
        )


def _formulas(content: bytes) -> dict[str, set[tuple[int, int]]]:
    """Where formulas stand. Their values are in the file only if a program put them there."""
    book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
    return {sheet.title: set(_formula_cells(sheet)) for sheet in book.worksheets}


def _formula_cells(sheet: Any) -> Iterator[tuple[int, int]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS):
        for cell in row:
            if cell.data_type == "f":
                yield cell.row, cell.column


def _merged(content: bytes, book: Any) -> dict[str, set[tuple[int, int]]]:
    """The cells that are covered by a merged one.

    Loading all of the workbook would tell them too, but makes an object of each: one merged
    column has a million.
    """
    with ZipFile(BytesIO(content)) as archive:
        return {
            sheet.title: _covered(archive.read(sheet._worksheet_path)) for sheet in book.worksheets
        }


def _covered(sheet: bytes) -> set[tuple[int, int]]:
    covered: set[tuple[int, int]] = set()
    size = 0
    for found in _MERGED.findall(sheet):
        area = CellRange(found.decode())
        rows = range(area.min_row, min(area.max_row, MOST_ROWS) + 1)
        columns = range(area.min_col, min(area.max_col, MOST_COLUMNS) + 1)
        size += len(rows) * len(columns)
        if size > MOST_ROWS * MOST_COLUMNS:  # no program lets one area cover another
            raise Unreadable(damaged())
        covered |= {(row, column) for row in rows for column in columns}
        covered.discard((area.min_row, area.min_col))
    return covered


def _no_value() -> Broken:
    return Broken(_("The value of this formula is not in the file. Type the value itself."))


def _in_merged() -> Broken:
    return Broken(_("This cell is merged with another. Split them: each row needs its own."))
