"""Lays a programme out in sheets, whichever kind of file they are for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.translation import gettext as _

from program.file.model import (
    AT_FIRST,
    Entry,
    FieldDefinition,
    FieldKind,
    Programme,
    SessionEntry,
    prose,
    words,
)
from program.file.parse import joined
from program.file.spreadsheet.layout import (
    EVENT,
    EXPLANATION,
    ROUNDS,
    SHEETS,
    SheetLayout,
    headings,
    what_belongs_in,
    written_columns,
)

CellContent = str | int | date | time | None


@dataclass(frozen=True)
class SheetPage:
    """A sheet to be written; ``columns`` define its columns, or its rows if ``upright``."""

    title: str
    headings: Sequence[str]
    columns: Sequence[FieldDefinition]
    rows: Sequence[Sequence[CellContent]]
    upright: bool = False


def pages(
    programme: Programme | None, *, rounds: int = ROUNDS, english: bool = True
) -> list[SheetPage]:
    """All sheets of a programme, with the English of its texts or without.

    With headings alone if there is no programme; then they have columns for so many rounds.
    """
    columns = written_columns(EVENT.columns, english=english)
    event = SheetPage(
        EVENT.nl,
        ("Gegeven", "Waarde"),
        columns,
        [(column.nl, _event_value(programme, column)) for column in columns],
        upright=True,
    )
    numbers = _rounds(programme) or range(1, rounds + 1)
    return [event, *(_page(programme, layout, numbers, english) for layout in SHEETS[1:])]


def explanation(pages: Sequence[SheetPage]) -> SheetPage:
    """Each column of ``pages`` once, with an example that nobody has to remove again."""
    english = any(column.english for page in pages for column in page.columns)
    rows = [
        (layout.nl, heading, _("yes") if column.required else "", what_belongs_in(column), example)
        for layout in SHEETS
        for heading, (_round, column) in headings(layout, [1], english=english).items()
        for example in [column.example]
    ]
    names = [_("Sheet"), _("Column"), _("Needed"), _("What"), _("Example")]
    plain, wide = (kind("", "").metadata["definition"] for kind in (words, prose))
    return SheetPage(EXPLANATION, names, [plain, plain, plain, wide, plain], rows)


def _event_value(programme: Programme | None, column: FieldDefinition) -> CellContent:
    if programme is None:
        return AT_FIRST.get(column.name)
    venue = not hasattr(programme, column.name)
    return _value(programme.venue if venue else programme, column)


def _page(
    programme: Programme | None, layout: SheetLayout, rounds: Sequence[int], english: bool
) -> SheetPage:
    known = getattr(programme, layout.part) if programme else AT_FIRST.get(layout.part)
    entries: Sequence[Entry] = known or ()
    columns = headings(layout, rounds, english=english)
    rows = [
        [_of_round(entry, number, column) for number, column in columns.values()]
        for entry in entries
    ]
    return SheetPage(layout.nl, list(columns), [column for _, column in columns.values()], rows)


def _rounds(programme: Programme | None) -> Sequence[int]:
    """Also those without a line in the timetable, so that no table is lost."""
    if programme is None:
        return []
    used = {slot.round for _session, slot in programme.slots}
    return sorted(used | set(programme.rounds))


def _of_round(entry: Entry, number: int, column: FieldDefinition) -> CellContent:
    if number and isinstance(entry, SessionEntry):
        return next((_value(slot, column) for slot in entry.slots if slot.round == number), None)
    return _value(entry, column)


def _value(entry: Entry, column: FieldDefinition) -> CellContent:
    value = getattr(entry, column.name)
    if column.kind is FieldKind.SEVERAL:
        return joined(value)
    if column.kind is FieldKind.YES_NO:
        return {None: None, True: "ja", False: "nee"}[value]
    if column.kind is FieldKind.CHOICE:
        return column.choices[value][0]
    content: CellContent = value
    return content


def written(value: CellContent) -> str:
    """A value as a spreadsheet shows it."""
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y} {written(value.time())}"
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M:%S}" if value.second else f"{value:%H:%M}"
    return "" if value is None else str(value)
