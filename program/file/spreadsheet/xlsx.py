"""Excel workbooks: reads what anybody made with anything, writes what is pleasant to fill in.

openpyxl reads row by row, with defusedxml against what XML allows. (python-calamine was looked
at: it makes room for every cell between the first and the last, so that two words in opposite
corners end the process, and says nothing of errors and of formulas without a value.)
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time, timedelta
from io import BytesIO
from typing import Any, cast
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from program.file.model import FieldDefinition, FieldKind, UnreadableFile
from program.file.parse import BrokenCell, blank
from program.file.spreadsheet.layout import (
    LAST_ROW,
    MOST_COLUMNS,
    MOST_ROWS,
    choices_of,
    sheet_called,
    what_belongs_in,
)
from program.file.spreadsheet.reading import SheetGrid
from program.file.spreadsheet.safety import guarded, storable, unguarded
from program.file.spreadsheet.trouble import (
    damaged,
    formula_without_value,
    hidden_sheet,
    holds_error,
    merged_cell,
    too_many_cells,
)
from program.file.spreadsheet.writing import CellContent, SheetPage, explanation

_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell [^>]*\bref=["']([A-Z0-9:]+)""")
_FORMULA = re.compile(
    rb"""<(?:\w+:)?c [^>]*\br=["']([A-Z]+\d+)["'][^>]*>\s*"""
    rb"""<((?:\w+:)?f)(?:\s[^>]*)?(?:/>|>[^<]*</\2>)\s*(?:<(?:\w+:)?v\s*/>|<v></v>)?\s*</"""
)

# What Excel has room for in a cell; openpyxl would cut the rest off in silence.
_LONGEST = 32_767

_WIDTHS = {
    FieldKind.TEXT: 70,
    FieldKind.WORDS: 30,
    FieldKind.SEVERAL: 34,
    FieldKind.MOMENT: 18,
    FieldKind.CHOICE: 16,
}
_NARROW = 13
_FORMATS = {
    FieldKind.NUMBER: "0",
    FieldKind.DAY: "dd-mm-yyyy",
    FieldKind.CLOCK: "hh:mm",
    FieldKind.MOMENT: "dd-mm-yyyy hh:mm",
}
_TEXT = "@"  # or Excel makes a date of the code 1-2
_HEAD = PatternFill("solid", fgColor="1F3A5F")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
_TOP = Alignment(vertical="top", wrap_text=True)


def grids_in_xlsx(content: bytes) -> list[SheetGrid]:
    """Raises UnreadableFile if a sheet is hidden or too large; anything if it is damaged."""
    with warnings.catch_warnings(), ZipFile(BytesIO(content)) as archive:
        warnings.simplefilter("ignore")  # of colours and the like that openpyxl does not know
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        grids = []
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                xml = archive.read(cast(Any, sheet)._worksheet_path)
                grids.append(SheetGrid(sheet.title, _rows(sheet, _without_value(xml))))
            elif sheet_called(sheet.title):
                raise UnreadableFile(hidden_sheet(sheet.title))
        return grids


def _rows(sheet: Any, instead: Mapping[tuple[int, int], BrokenCell]) -> list[list[object]]:
    """``instead`` has what stands for a cell that is empty, by row and column from 1."""
    # What the file says of its own size is often wrong.
    sheet.reset_dimensions()
    rows: list[list[object]] = []
    before: object = None
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        # One word in the last row of a sheet has a million above it that the file leaves out:
        # openpyxl gives the same empty one for each.
        if cells is before and number > MOST_ROWS:
            continue
        before = cells
        row = [_read(cell) for cell in cells]
        for column, value in enumerate(row, start=1):
            if value is None:
                row[column - 1] = instead.get((number, column))
        if all(map(blank, row)):
            continue
        if number > MOST_ROWS or not blank(row[-1]):
            raise UnreadableFile(too_many_cells(sheet.title))
        rows += [[] for _missing in range(number - 1 - len(rows))]
        rows.append(row)
    return rows


def _read(cell: Any) -> object:
    value = cell.value
    if cell.data_type == "e":
        return BrokenCell(holds_error(value))
    if isinstance(value, str):
        return unguarded(value)
    if value is None or isinstance(value, (int, float, date, time, timedelta)):
        return value
    return str(value)


def _without_value(xml: bytes) -> dict[tuple[int, int], BrokenCell]:
    """Formulas that no program has reckoned, and cells that are covered by a merged one.

    openpyxl tells them if it loads the whole workbook at once, but then makes an object of
    each: one merged column has a million.
    """
    found = {}
    for match in _FORMULA.finditer(xml):
        cell = CellRange(match[1].decode())
        found[cell.min_row, cell.min_col] = BrokenCell(formula_without_value())
    size = 0
    for match in _MERGED.finditer(xml):
        area = CellRange(match[1].decode())
        rows = range(area.min_row, min(area.max_row, MOST_ROWS) + 1)
        columns = range(area.min_col, min(area.max_col, MOST_COLUMNS) + 1)
        size += len(rows) * len(columns)
        if size > MOST_ROWS * MOST_COLUMNS:  # no program lets one area cover another
            raise UnreadableFile(damaged())
        covered = {(row, column) for row in rows for column in columns}
        covered.discard((area.min_row, area.min_col))
        found |= dict.fromkeys(covered, BrokenCell(merged_cell()))
    return found


def xlsx_of(pages: Sequence[SheetPage]) -> bytes:
    """A workbook with the pages, and a sheet that explains them. Raises UnreadableFile."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        sheet = book.create_sheet(page.title)
        _write(sheet, page)
        for cells, column in _areas(page):
            _guide(sheet, cells, column)
    _write(book.create_sheet(explanation().title), explanation())
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _write(sheet: Worksheet, page: SheetPage) -> None:
    for index, heading in enumerate(page.headings, start=1):
        cell = sheet.cell(1, index, heading)
        cell.fill, cell.font, cell.alignment = _HEAD, _HEAD_FONT, _TOP
    sheet.freeze_panes = "B2"
    for number, row in enumerate(page.rows, start=2):
        for index, value in enumerate(row, start=1):
            cell = sheet.cell(number, index, _fitting(value))
            cell.alignment = _TOP
            if page.upright and index == 1:
                cell.font = Font(bold=True)
            else:
                column = page.columns[number - 2 if page.upright else index - 1]
                cell.number_format = _FORMATS.get(column.kind, _TEXT)
    widths = [_WIDTHS.get(column.kind, _NARROW) for column in page.columns]
    for index, width in enumerate([34, 70] if page.upright else widths, start=1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    if not page.upright:
        for index, column in enumerate(page.columns, start=1):
            dimensions = sheet.column_dimensions[get_column_letter(index)]
            dimensions.number_format = _FORMATS.get(column.kind, _TEXT)


def _fitting(value: CellContent) -> CellContent:
    if not isinstance(value, str):
        return value
    text = guarded(storable(value))
    if len(text) > _LONGEST:
        message = _("A text is too long for Excel: ‘%(start)s…’. Take the .ods file instead.")
        raise UnreadableFile(message % {"start": text[:50]})
    return text


def _areas(page: SheetPage) -> Iterator[tuple[str, FieldDefinition]]:
    """The cells of each column, or of each row of the event."""
    for place, column in enumerate(page.columns):
        letter = get_column_letter(place + 1)
        yield f"B{place + 2}" if page.upright else f"{letter}2:{letter}{LAST_ROW}", column


def _guide(sheet: Worksheet, cells: str, column: FieldDefinition) -> None:
    """What belongs in these cells, told by whoever stands in one; choices as a list."""
    choices, what = choices_of(column), what_belongs_in(column)
    rule = DataValidation(allow_blank=True)
    if column.kind is FieldKind.NUMBER:
        rule.type, rule.operator, rule.formula1 = "whole", "greaterThanOrEqual", "0"
    elif choices:
        rule.type, rule.formula1 = "list", '"' + ",".join(choices) + '"'
    rule.showErrorMessage = rule.type is not None
    rule.errorTitle, rule.error = column.nl[:32], what[:225]
    rule.showInputMessage = True
    rule.promptTitle, rule.prompt = column.nl[:32], what[:255]
    if rule.type or rule.prompt:
        rule.add(cells)
        sheet.add_data_validation(rule)
