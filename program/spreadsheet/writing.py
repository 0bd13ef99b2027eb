"""Lays a programme out in sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from program.programme import Entry, Programme, SessionEntry
from program.spreadsheet.cells import Content, joined
from program.spreadsheet.columns import Column, Kind, Sheet
from program.spreadsheet.event_layout import EVENT
from program.spreadsheet.layout import KINDS, ROUND_COLUMNS, SHEETS, round_heading

# As many rounds as an empty file has columns for.
_ROUNDS = (1, 2)


@dataclass(frozen=True)
class Page:
    """A sheet as it is to be written.

    ``columns`` says what each value is: of each column, or of each row if ``upright``.
    """

    title: str
    headings: Sequence[str]
    columns: Sequence[Column]
    rows: Sequence[Sequence[Content]]
    upright: bool = False


def pages(programme: Programme | None) -> list[Page]:
    """All sheets of a programme; with headings alone if there is none."""
    event = Page(
        EVENT.nl,
        ("Gegeven", "Waarde"),
        EVENT.columns,
        [(column.nl, _event_value(programme, column)) for column in EVENT.columns],
        upright=True,
    )
    return [event, *(_page(programme, sheet) for sheet in SHEETS[1:])]


def _event_value(programme: Programme | None, column: Column) -> Content:
    if programme is None:
        return None
    return _value(programme.venue if column.venue else programme, column)


def _page(programme: Programme | None, sheet: Sheet) -> Page:
    entries: Sequence[Entry] = (getattr(programme, sheet.part) or ()) if programme else ()
    columns, headings = list(sheet.columns), [column.nl for column in sheet.columns]
    rows = [[_value(entry, column) for column in columns] for entry in entries]
    if sheet.part == "sessions":
        rounds = _rounds(programme)
        columns += [column for _number in rounds for column in ROUND_COLUMNS]
        headings += [round_heading(number, column) for number in rounds for column in ROUND_COLUMNS]
        for row, entry in zip(rows, entries, strict=True):
            row += _seats(entry, rounds)
    return Page(sheet.nl, headings, columns, rows)


def _rounds(programme: Programme | None) -> Sequence[int]:
    """Also those without a line in the timetable, so that no table is lost."""
    if programme is None:
        return _ROUNDS
    used = {slot.round for session in programme.sessions for slot in session.slots}
    return sorted(used | set(programme.rounds)) or _ROUNDS


def _seats(session: Entry, rounds: Sequence[int]) -> list[Content]:
    slots = session.slots if isinstance(session, SessionEntry) else ()
    by_round = {slot.round: slot for slot in slots}
    return [
        _value(by_round[number], column) if number in by_round else None
        for number in rounds
        for column in ROUND_COLUMNS
    ]


def _value(entry: Entry, column: Column) -> Content:
    value = getattr(entry, column.name)
    if column.kind is Kind.SEVERAL:
        return joined(value)
    if column.kind is Kind.YES_NO:
        return {None: None, True: "ja", False: "nee"}[value]
    if column.kind is Kind.CHOICE:
        return KINDS[value][0]
    plain: Content = value
    return plain
