"""What differs between two programmes, as seen with both spreadsheets open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from program.file.model import Programme, VenueEntry
from program.file.spreadsheet.writing import CellContent, SheetPage, pages, written
from program.file.venues import DETAILS, KNOWN_BY


@dataclass(frozen=True)
class CellDifference:
    """``what`` names the sheet, the row by its first cell, and the column if there is one."""

    what: str
    old: str
    new: str


def differences(old: Programme, new: Programme) -> list[CellDifference]:
    """Only of rows that both have; a row is known by its first cell."""
    # What a file leaves as it is makes no difference.
    stays = {
        name: getattr(old, name)
        for name, definition in Programme.definitions.items()
        if definition.stays and getattr(new, name) is None
    }
    new = replace(new, **stays)
    new = replace(new, venue=_as_known(old.venue, new.venue))
    return [
        CellDifference(
            ", ".join(filter(None, (before.title, what, column))), written(was), written(now)
        )
        for before, after in zip(pages(old), pages(new), strict=True)
        for what, column, was, now in _cells(before, after)
        # No seats reserved is the same as none mentioned.
        if (was or None) != (now or None)
    ]


def _as_known(old: VenueEntry, new: VenueEntry) -> VenueEntry:
    """What is left empty stays as it is known of the venue."""
    if any(getattr(old, name) != getattr(new, name) for name in KNOWN_BY):
        return new
    empty = [name for name in DETAILS if not getattr(new, name)]
    return replace(new, **{name: getattr(old, name) for name in empty})


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
