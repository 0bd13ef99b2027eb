"""OpenDocument spreadsheets, as LibreOffice reads and writes them.

One XML file with tables, for which the standard library is enough: odfdo needs lxml, has no lists
to choose from, and takes seconds for what one person fills in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import IO, Any
from xml.etree.ElementTree import Element
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from program.file.model import FieldKind, UnreadableFile
from program.file.parse import BrokenCell, blank
from program.file.spreadsheet.layout import (
    LAST_ROW,
    MOST_COLUMNS,
    MOST_ROWS,
    choices_of,
    sheet_called,
    what_belongs_in,
)
from program.file.spreadsheet.reading import (
    SheetGrid,
    TextRoom,
    elements,
    formula_without_value,
    hidden_sheet,
    holds_error,
    merged_cell,
    too_many_cells,
)
from program.file.spreadsheet.safety import guarded, storable, unguarded
from program.file.spreadsheet.writing import CellContent, SheetPage, explanation

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, TEXT, STYLE = (_NAMESPACE % name for name in ("office", "table", "text", "style"))
CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S")
_STYLES = {
    FieldKind.TEXT: "wide",
    FieldKind.WORDS: "words",
    FieldKind.SEVERAL: "words",
    FieldKind.NUMBER: "number",
    FieldKind.DAY: "day",
    FieldKind.CLOCK: "clock",
    FieldKind.MOMENT: "moment",
}


def grids_in_ods(archive: ZipFile) -> list[SheetGrid]:
    """Raises UnreadableFile if a sheet is hidden or too large; anything if it is damaged."""
    with archive.open("content.xml") as content:
        return list(_grids(content))


def _grids(content: IO[bytes]) -> Iterator[SheetGrid]:
    hidden: set[str] = set()  # the styles of sheets that are not shown
    title, rows, room = "", list[list[object]](), TextRoom()
    depth = number = 0
    for event, element in elements(content, whole=(f"{TABLE}table-row", f"{STYLE}style")):
        if element.tag == f"{TABLE}table":
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1:
                title, rows, number = element.get(f"{TABLE}name", ""), [], 0
            elif event == "end" and depth == 0:
                if element.get(f"{TABLE}style-name") not in hidden:
                    yield SheetGrid(title, rows)
                elif sheet_called(title):
                    raise UnreadableFile(hidden_sheet(title))
        elif event == "start":
            continue
        elif element.tag == f"{STYLE}style":
            if any(each.get(f"{TABLE}display") == "false" for each in element):
                hidden.add(element.get(f"{STYLE}name", ""))
        elif element.tag == f"{TABLE}table-row" and depth == 1:
            times = _times(element, "rows")
            row = _row(element, title, room, times)
            if row:
                if number + times > MOST_ROWS:
                    raise UnreadableFile(too_many_cells(title))
                rows += [[] for _empty in range(number - len(rows))]
                rows += [row] * times
            number += times


def _row(element: Element, title: str, room: TextRoom, rows: int) -> list[object]:
    """Its values, for so many rows; none if it only has what a merged cell covers."""
    row: list[object] = []
    place, filled = 0, False
    for cell in element:
        times = _times(cell, "columns")
        value = _read(cell, title, room, min(times, MOST_COLUMNS) * min(rows, MOST_ROWS))
        if not blank(value):
            covered = cell.tag == f"{TABLE}covered-table-cell"
            if place + times > MOST_COLUMNS and not covered:
                raise UnreadableFile(too_many_cells(title))
            row += [None] * (place - len(row))
            row += [value] * min(times, MOST_COLUMNS - place)
            filled = filled or not covered
        place += times
    return row if filled else []


def _times(element: Element, what: str) -> int:
    """How often a row or a cell is repeated: a file writes identical neighbours once."""
    written = element.get(f"{TABLE}number-{what}-repeated", "1")
    return max(int(written[:9]), 1)


def _read(cell: Element, title: str, room: TextRoom, times: int) -> object:
    kind = cell.get(f"{OFFICE}value-type", "")
    if cell.get(f"{CALCEXT}value-type") == "error":
        return BrokenCell(holds_error(room.take(_text(cell), title, times)))
    if kind in ("float", "percentage", "currency"):
        return float(cell.get(f"{OFFICE}value", ""))
    if kind == "date":
        written = cell.get(f"{OFFICE}date-value", "")
        return datetime.fromisoformat(written) if "T" in written else date.fromisoformat(written)
    if kind == "time":
        match = _DURATION.fullmatch(cell.get(f"{OFFICE}time-value", ""))
        hours, minutes, seconds = map(int, match.groups()) if match else (0, 0, 0)
        return timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if kind == "boolean":
        return cell.get(f"{OFFICE}boolean-value") == "true"
    if cell.get(f"{TABLE}formula") and not kind:
        return BrokenCell(formula_without_value())
    if cell.tag == f"{TABLE}covered-table-cell":
        return BrokenCell(merged_cell())
    shown = cell.get(f"{OFFICE}string-value")
    text = room.take([shown] if shown else _text(cell), title, times)
    return unguarded(text) if text else None


def _text(cell: Element) -> Iterator[str]:
    """The paragraphs of a cell in pieces, without a comment that hangs on it."""
    for number, paragraph in enumerate(cell.iterfind(f"{TEXT}p")):
        if number:
            yield "\n"
        yield from _pieces(paragraph)


def _pieces(element: Element) -> Iterator[str]:
    yield element.text or ""
    for each in element:
        if each.tag == f"{TEXT}s":
            yield " " * min(int(each.get(f"{TEXT}c", "1")), 1000)
        elif each.tag == f"{TEXT}tab":
            yield "\t"
        elif each.tag == f"{TEXT}line-break":
            yield "\n"
        else:
            yield from _pieces(each)
        yield each.tail or ""


def ods_of(pages: Sequence[SheetPage]) -> bytes:
    """A spreadsheet with the pages, and a sheet that explains them."""
    sheets = [_sheet(number, page) for number, page in enumerate([*pages, explanation(pages)])]
    files = {
        "mimetype": MIMETYPE,
        "content.xml": render_to_string("program/file/content.xml", {"sheets": sheets}),
        "META-INF/manifest.xml": render_to_string("program/file/manifest.xml"),
    }
    content = BytesIO()
    with ZipFile(content, "w") as archive:
        for name, text in files.items():
            info = ZipInfo(name)  # without the moment: the same programme gives the same bytes
            # The first file tells what the whole is, and has to be readable as it stands.
            info.compress_type = ZIP_STORED if name == "mimetype" else ZIP_DEFLATED
            archive.writestr(info, text)
    return content.getvalue()


def _sheet(number: int, page: SheetPage) -> dict[str, object]:
    """What the template needs of one sheet: texts alone, ready to be put in."""
    guides = [
        {
            "name": f"guide-{number}-{index}",
            "title": column.nl,
            "what": what_belongs_in(column),
            "whole": column.kind is FieldKind.NUMBER,
            "base": "'{}'.A1".format(page.title.replace("'", "''")),
            "choices": ";".join(f'"{choice}"' for choice in choices_of(column)),
        }
        for index, column in enumerate(page.columns)
    ]
    styles = [_STYLES.get(column.kind, "words") for column in page.columns]
    columns: list[dict[str, object]] = [
        {"style": style, "guide": guide} for style, guide in zip(styles, guides, strict=True)
    ]
    rows = []
    for place, row in enumerate(page.rows):
        label: dict[str, object] = {"style": "label"}
        beside = [label, columns[place]] if page.upright else columns
        rows.append([column | cell_of(value) for column, value in zip(beside, row, strict=True)])
    return {
        "title": page.title,
        "headings": page.headings,
        "columns": ["words", "wide"] if page.upright else styles,
        "guides": guides,
        "rows": rows,
        "empty": None if page.upright else columns,
        "left": str(max(LAST_ROW - 1 - len(rows), 1)),
    }


def cell_of(value: CellContent) -> dict[str, Any]:
    """How a value is written: its type, the attribute that holds it, and what is shown."""
    if isinstance(value, datetime):
        return {"type": "date", "holds": "date-value", "value": f"{value:%Y-%m-%dT%H:%M:%S}"}
    if isinstance(value, date):
        return {"type": "date", "holds": "date-value", "value": f"{value:%Y-%m-%d}"}
    if isinstance(value, time):
        return {"type": "time", "holds": "time-value", "value": f"{value:PT%HH%MM%SS}"}
    if isinstance(value, int):
        return {"type": "float", "holds": "value", "value": str(value)}
    text = guarded(storable(value or ""))
    return {"type": "string" if text else "", "paragraphs": [_spaced(t) for t in text.split("\n")]}


def _spaced(line: str) -> SafeString:
    """Spaces at the start, or several in a row, would otherwise collapse."""
    marked = re.sub(
        r"^ +| {2,}| +$", lambda match: f'<text:s text:c="{len(match[0])}"/>', escape(line)
    )
    return mark_safe(marked.replace("\t", "<text:tab/>"))  # noqa: S308 - escaped above
