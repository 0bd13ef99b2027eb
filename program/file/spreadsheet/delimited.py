"""Text files with a line for each row (.csv), as spreadsheets and ticket sites write them."""

from __future__ import annotations

import csv
from collections import Counter
from io import StringIO
from itertools import islice

from django.utils.translation import gettext as _

from program.file.model import UnreadableFile
from program.file.spreadsheet.layout import LONGEST_TEXT, MOST_COLUMNS, MOST_ROWS, ROWS_ABOVE
from program.file.spreadsheet.reading import SheetGrid, damaged, too_many_cells
from program.file.spreadsheet.safety import unguarded

_SEPARATORS = ";,\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def grid_in_csv(content: bytes) -> SheetGrid:
    """Its rows, whatever separates the cells. Raises UnreadableFile."""
    text = _text(content)
    first, _newline, rest = text.partition("\n")
    said = first.strip().lower().removeprefix("sep=") if first.lower().startswith("sep=") else ""
    rows: list[list[object]] = []
    title = _("The file")
    try:
        separator = said or _separator(text)
        for row in csv.reader(StringIO(rest if said else text, newline=""), delimiter=separator):
            if len(rows) >= MOST_ROWS or len(row) > MOST_COLUMNS:
                raise UnreadableFile(too_many_cells(title))
            if any(len(cell) > LONGEST_TEXT for cell in row):
                raise UnreadableFile(damaged())
            rows.append([unguarded(cell) for cell in row])
    except (csv.Error, TypeError) as error:
        raise UnreadableFile(damaged()) from error
    while rows and not any(str(cell).strip() for cell in rows[-1]):
        rows.pop()
    return SheetGrid(title, rows)


def _separator(text: str) -> str:
    """What cuts most of the first lines in as many cells: a title above them goes its own way.

    Raises csv.Error.
    """
    lines = list(islice(StringIO(text, newline=""), ROWS_ABOVE))

    def alike(mark: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=mark) if len(row) > 1)
        return max(((count, width) for width, count in widths.items()), default=(0, 0))

    return max(_SEPARATORS, key=alike)


def _text(content: bytes) -> str:
    """In the encoding of the file: Excel for Windows writes another one than the rest."""
    encodings = ["utf-16"] if content.startswith(_UTF_16) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnreadableFile(_("Save this file as UTF-8."))
