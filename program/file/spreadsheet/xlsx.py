"""Excel workbooks: reads those of any program, writes those that are pleasant to fill in.

openpyxl reads row by row, with defusedxml against hostile XML. (python-calamine makes room for
every cell between the first and the last, so two words in opposite corners end the process; and
it reports neither errors nor formulas without a value.)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from io import BytesIO
from typing import IO, Any, cast
from zipfile import ZipFile

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.xml.constants import SHEET_MAIN_NS

from program.file.model import FieldDefinition, FieldKind, UnreadableFile
from program.file.parse import BrokenCell, blank
from program.file.spreadsheet.layout import (
    LAST_ROW,
    LONGEST_TEXT,
    MOST_COLUMNS,
    MOST_ROWS,
    choices_of,
    sheet_called,
    what_belongs_in,
)
from program.file.spreadsheet.reading import (
    SheetGrid,
    TextRoom,
    damaged,
    elements,
    formula_without_value,
    hidden_sheet,
    holds_error,
    merged_cell,
    too_many_cells,
)
from program.file.spreadsheet.safety import guarded, storable, unguarded
from program.file.spreadsheet.writing import CellContent, SheetPage, explanation

_ROW, _CELL, _FORMULA, _VALUE, _MERGED = (
    f"{{{SHEET_MAIN_NS}}}{name}" for name in ("row", "c", "f", "v", "mergeCell")
)

# Rows that a sheet may have, the empty ones included: some programs keep those that have a colour.
MOST_EMPTY_ROWS = 5 * MOST_ROWS

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
        grids, room = [], TextRoom()
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                with archive.open(cast(Any, sheet)._worksheet_path) as xml:
                    instead = _without_value(xml, sheet.title)
                grids.append(SheetGrid(sheet.title, _rows(sheet, instead, room)))
            elif sheet_called(sheet.title):
                raise UnreadableFile(hidden_sheet(sheet.title))
        return grids


def _rows(
    sheet: Any, instead: Mapping[tuple[int, int], BrokenCell], room: TextRoom
) -> list[list[object]]:
    """``instead`` has what stands for a cell that is empty, by row and column from 1."""
    # What the file says of its own size is often wrong.
    sheet.reset_dimensions()
    rows: list[list[object]] = []
    before: object = None
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
        # Above one word in the last row of a sheet are a million rows that the file leaves out:
        # openpyxl returns the same empty one for each.
        if cells is before and number > MOST_ROWS:
            continue
        before = cells
        row = [_read(cell, sheet.title, room) for cell in cells]
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


def _read(cell: Any, title: str, room: TextRoom) -> object:
    value = cell.value
    if isinstance(value, str):
        value = room.take([value], title)
    if cell.data_type == "e":
        return BrokenCell(holds_error(value))
    if isinstance(value, str):
        return unguarded(value)
    if value is None or isinstance(value, (int, float, date, time, timedelta)):
        return value
    return str(value)


def _without_value(xml: IO[bytes], title: str) -> dict[tuple[int, int], BrokenCell]:
    """Formulas that no program has calculated, and cells that are covered by a merged one.

    openpyxl reports them only when it loads the whole workbook, with an object for each cell:
    one merged column has a million. Raises UnreadableFile if there are too many rows to look at.
    """
    found: dict[tuple[int, int], BrokenCell] = {}
    missing, merged = BrokenCell(formula_without_value()), BrokenCell(merged_cell())
    size = rows_seen = 0
    for event, element in elements(xml, whole=[_ROW]):
        rows_seen += event == "start" and element.tag == _ROW
        if rows_seen > MOST_EMPTY_ROWS:
            raise UnreadableFile(too_many_cells(title))
        where = element.get("ref" if element.tag == _MERGED else "r")
        if event == "start" or element.tag not in (_CELL, _MERGED) or not where:
            continue
        if element.tag == _CELL:
            if element.find(_FORMULA) is not None and not element.findtext(_VALUE):
                row, column = coordinate_to_tuple(where)
                if row <= MOST_ROWS and column <= MOST_COLUMNS:
                    found[row, column] = missing
            continue
        area = CellRange(where)
        rows = range(area.min_row, min(area.max_row, MOST_ROWS) + 1)
        columns = range(area.min_col, min(area.max_col, MOST_COLUMNS) + 1)
        size += len(rows) * len(columns)
        if size > MOST_ROWS * MOST_COLUMNS:  # no program lets one area cover another
            raise UnreadableFile(damaged())
        covered = {(row, column) for row in rows for column in columns}
        covered.discard((area.min_row, area.min_col))
        found |= dict.fromkeys(covered, merged)
    return found


def xlsx_of(pages: Sequence[SheetPage]) -> bytes:
    """A workbook with the pages, and a sheet that explains them. Raises UnreadableFile."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        sheet = book.create_sheet(page.title)
        _write(sheet, page)
        for place, column in enumerate(page.columns):
            letter = get_column_letter(place + 1)
            below = f"{letter}2:{letter}{LAST_ROW}"
            _guide(sheet, f"B{place + 2}" if page.upright else below, column)
    explained = explanation(pages)
    _write(book.create_sheet(explained.title), explained)
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
        dimensions = sheet.column_dimensions[get_column_letter(index)]
        dimensions.width = width
        if not page.upright:
            dimensions.number_format = _FORMATS.get(page.columns[index - 1].kind, _TEXT)


def _fitting(value: CellContent) -> CellContent:
    if not isinstance(value, str):
        return value
    text = guarded(storable(value))
    if len(text) > LONGEST_TEXT:  # openpyxl would cut the rest off in silence
        message = _("A text is too long for Excel: ‘%(start)s…’. Take the .ods file instead.")
        raise UnreadableFile(message % {"start": text[:50]})
    return text


def _guide(sheet: Worksheet, cells: str, column: FieldDefinition) -> None:
    """Says what belongs in these cells when somebody enters one; choices become a list."""
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
