"""Sheets as comma-separated values, as Dutch Excel reads and writes them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from itertools import islice
from pathlib import PurePosixPath
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.utils.translation import gettext as _

from program.spreadsheet.cells import Content
from program.spreadsheet.errors import MOST_COLUMNS, MOST_ROWS, Unreadable, too_many_cells
from program.spreadsheet.grids import Grid, blank
from program.spreadsheet.safety import guarded, unguarded
from program.spreadsheet.writing import Page

# No moment of writing in the file: the same programme gives the same bytes.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_DELIMITERS = ";,\t"


def zip_of(pages: Sequence[Page]) -> bytes:
    """A zip with a file for each sheet."""
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for page in pages:
            info = ZipInfo(f"{page.title}.csv", _LONG_AGO)
            info.compress_type = ZIP_DEFLATED
            archive.writestr(info, csv_of(page))
    return content.getvalue()


def csv_of(page: Page) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";", quoting=csv.QUOTE_ALL)
    for row in (page.headings, *page.rows):
        writer.writerow([guarded(written(value)) for value in row])
    return text.getvalue().encode("utf-8-sig")


def grids_in_zip(archive: ZipFile) -> list[Grid]:
    grids = []
    for info in archive.infolist():
        path = PurePosixPath(info.filename)
        own = path.suffix.lower() == ".csv" and path.parts[0] != "__MACOSX"
        if own and not path.name.startswith("."):
            grids.append(grid_of(archive.read(info), path.stem))
    return grids


def grid_of(content: bytes, title: str) -> Grid:
    text = _decoded(content)
    if "\0" in text:
        raise Unreadable(
            _("This is no spreadsheet. Choose an .xlsx file, a .csv file or a .zip of them.")
        )
    best: list[list[str]] = []
    for delimiter in _DELIMITERS:
        try:
            reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
            rows = list(islice(reader, MOST_ROWS + 1))
        except csv.Error:
            continue
        if not best or _width(rows) > _width(best):
            best = rows
    if len(best) > MOST_ROWS or not all(
        blank(value) for row in best for value in row[MOST_COLUMNS:]
    ):
        raise Unreadable(too_many_cells(title))
    return Grid(title, [[unguarded(value) for value in row[:MOST_COLUMNS]] for row in best])


def _width(rows: Sequence[Sequence[str]]) -> int:
    """How many cells the first row has that holds anything."""
    return next((len(row) for row in rows if any(row)), 0)


def _decoded(content: bytes) -> str:
    encodings = ["utf-8-sig", "cp1252"]  # Excel writes the second unless told otherwise
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("This file holds characters that cannot be read. Save it as CSV UTF-8."))


def written(value: Content) -> str:
    """A value as it stands in a CSV file."""
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y} {written(value.time())}"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    return "" if value is None else str(value)
