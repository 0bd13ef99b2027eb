"""Writes sheets as an Excel workbook that is pleasant to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from program.spreadsheet.cells import Content
from program.spreadsheet.columns import Column, Kind
from program.spreadsheet.errors import Unreadable
from program.spreadsheet.layout import KINDS, NOT_READ, ROUND_COLUMNS, SHEETS
from program.spreadsheet.safety import guarded, storable
from program.spreadsheet.writing import Page

# Down to this row a cell says what belongs in it.
_LAST_ROW = 500
# What Excel has room for in a cell; openpyxl would cut the rest off in silence.
_LONGEST = 32_767

_WIDTHS = {Kind.TEXT: 70, Kind.WORDS: 30, Kind.SEVERAL: 34, Kind.MOMENT: 18, Kind.CHOICE: 16}
_NARROW = 13
_FORMATS = {
    Kind.NUMBER: "0",
    Kind.DAY: "dd-mm-yyyy",
    Kind.CLOCK: "hh:mm",
    Kind.MOMENT: "dd-mm-yyyy hh:mm",
}
_TEXT = "@"  # or Excel makes a date of the code 1-2
_HEAD = PatternFill("solid", fgColor="1F3A5F")
_HEAD_FONT = Font(bold=True, color="FFFFFF")
_TOP = Alignment(vertical="top", wrap_text=True)


def xlsx_of(pages: Sequence[Page]) -> bytes:
    """A workbook with the pages, and a sheet that explains them. Raises Unreadable."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for page in pages:
        _write(book.create_sheet(page.title), page)
    _explain(book.create_sheet(NOT_READ[0]))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def _write(sheet: Worksheet, page: Page) -> None:
    _head(sheet, page.headings)
    for number, row in enumerate(page.rows, start=2):
        for index, value in enumerate(row, start=1):
            column = None
            if not page.upright:
                column = page.columns[index - 1]
            elif index == 2:
                column = page.columns[number - 2]
            _put(sheet, number, index, value, column)
    for place, column in enumerate(page.columns):
        if page.upright:
            _guide(sheet, column, f"B{place + 2}")
        else:
            letter = get_column_letter(place + 1)
            sheet.column_dimensions[letter].width = _WIDTHS.get(column.kind, _NARROW)
            sheet.column_dimensions[letter].number_format = _FORMATS.get(column.kind, _TEXT)
            _guide(sheet, column, f"{letter}2:{letter}{_LAST_ROW}")
    if page.upright:
        sheet.column_dimensions["A"].width = _WIDTHS[Kind.SEVERAL]
        sheet.column_dimensions["B"].width = _WIDTHS[Kind.TEXT]


def _head(sheet: Worksheet, headings: Sequence[str]) -> None:
    for index, heading in enumerate(headings, start=1):
        cell = sheet.cell(1, index, heading)
        cell.fill, cell.font, cell.alignment = _HEAD, _HEAD_FONT, _TOP
    sheet.freeze_panes = "B2"


def _put(sheet: Worksheet, row: int, index: int, value: Content, column: Column | None) -> None:
    if isinstance(value, str):
        value = guarded(storable(value))
        if len(value) > _LONGEST:
            message = _("A text is too long for Excel: ‘%(start)s…’. Take the CSV files instead.")
            raise Unreadable(message % {"start": value[:50]})
    cell = sheet.cell(row, index, value)
    cell.alignment = _TOP
    if column is None:
        cell.font = Font(bold=True)
    else:
        cell.number_format = _FORMATS.get(column.kind, _TEXT)


def _guide(sheet: Worksheet, column: Column, cells: str) -> None:
    """What belongs in these cells, told by whoever stands in one; choices as a list."""
    lists = {
        Kind.YES_NO: '"ja,nee"',
        Kind.CHOICE: '"' + ",".join(words[0] for words in KINDS.values()) + '"',
    }
    if column.kind is Kind.NUMBER:
        rule = DataValidation(type="whole", operator="greaterThanOrEqual", formula1="0")
    elif column.kind in lists:
        rule = DataValidation(type="list", formula1=lists[column.kind])
    else:
        rule = DataValidation()
    rule.allow_blank = True
    rule.showErrorMessage = rule.type is not None
    rule.errorTitle, rule.error = column.nl[:32], _what(column)[:225]
    rule.showInputMessage = True
    rule.promptTitle, rule.prompt = column.nl[:32], _what(column)[:255]
    if rule.type or rule.prompt:
        rule.add(cells)
        sheet.add_data_validation(rule)


def _what(column: Column) -> str:
    by_kind = {
        Kind.NUMBER: _("A whole number."),
        Kind.YES_NO: _("‘ja’ or ‘nee’."),
        Kind.DAY: _("A date, such as 31-10-2016."),
        Kind.CLOCK: _("A time, such as 15:00."),
        Kind.MOMENT: _("A date with a time, such as 30-10-2016 18:00."),
    }
    return " ".join(filter(None, (by_kind.get(column.kind, ""), str(column.help))))


def _explain(sheet: Worksheet) -> None:
    """Each column once, with an example that nobody has to take out again."""
    _head(sheet, [_("Sheet"), _("Column"), _("Needed"), _("What"), _("Example")])
    for letter, width in zip("ABCDE", (22, 36, 10, 70, 34), strict=True):
        sheet.column_dimensions[letter].width = width
    for page in SHEETS:
        columns = [(column.nl, column) for column in page.columns]
        if page.part == "sessions":
            columns += [(f"Ronde 1 {column.nl}", column) for column in ROUND_COLUMNS]
        for heading, column in columns:
            needed = _("yes") if column.required else ""
            row = (page.nl, heading, needed, _what(column), column.example)
            sheet.append(row)
            for cell in sheet[sheet.max_row]:
                cell.alignment = _TOP
                cell.number_format = _TEXT
