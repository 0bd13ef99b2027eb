"""What differs between two programmes, as seen with both spreadsheets open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from program.file.model import Programme
from program.file.spreadsheet.writing import CellContent, SheetPage, pages, written


@dataclass(frozen=True)
class CellDifference:
    """``what`` names the sheet, the row by its first cell, and the column if there is one."""

    what: str
    old: str
    new: str


def differences(old: Programme, new: Programme) -> list[CellDifference]:
    """Only of rows that both have; a row is known by its first cell."""
    return [
        CellDifference(
            ", ".join(filter(None, (before.title, what, column))), written(was), written(now)
        )
        for before, after in zip(pages(old), pages(new), strict=True)
        for what, column, was, now in _cells(before, after)
        # No seats reserved is the same as none mentioned.
        if (was or None) != (now or None)
    ]


def _cells(
    before: SheetPage, after: SheetPage
) -> Iterator[tuple[str, str, CellContent, CellContent]]:
    old, new = _rows(before), _rows(after)
    for (what, count), row in new.items():
        was = old.get((what, count))
        if was is None:
            continue
        for column in dict.fromkeys((*was, *row)):
            yield what, "" if before.upright else column, was.get(column), row.get(column)


def _rows(page: SheetPage) -> Mapping[tuple[str, int], Mapping[str, CellContent]]:
    """Rows that begin alike are told apart by their order."""
    seen: Counter[str] = Counter()
    rows = {}
    for row in page.rows:
        what = written(row[0])
        rows[what, seen[what]] = dict(zip(page.headings[1:], row[1:], strict=True))
        seen[what] += 1
    return rows
