"""Makes a programme of the sheets of a spreadsheet.

What is not in the spreadsheet stays as it is: a sheet or a column that is left out leaves
its part of the event alone. A row that is left out is taken out of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from program.entries import programme_from
from program.programme import Entry, Place, Problem, Programme, SessionEntry, SlotEntry
from program.spreadsheet.cells import Row
from program.spreadsheet.columns import Sheet
from program.spreadsheet.event_layout import EVENT
from program.spreadsheet.grids import Grid, Part, Told, event_parts, known_headings, table_part
from program.spreadsheet.layout import NOT_READ, ROUND_COLUMNS, SHEETS, sheet_called

E = TypeVar("E", bound=Entry)

# By what an entry is known, to find the one that is stored.
_KEYS: Mapping[str, Callable[[Any], Hashable]] = {
    "agenda": lambda item: item.starts,
    "themes": lambda theme: theme.number,
    "sessions": lambda session: session.code,
    "speakers": lambda speaker: speaker.name,
    "questions": lambda question: question.question,
    "signup_questions": lambda question: question.question,
}
# Without these a session's references lead nowhere.
_NEEDED = ("agenda", "themes", "speakers")


def read(grids: Sequence[Grid], base: Programme | None, told: Told) -> Programme | None:
    """What the sheets say; None if there is too little to make sense of.

    ``base`` is the programme that is there already, to which the spreadsheet belongs.
    """
    parts = _parts(grids, told)
    if not parts:
        message = _("No sheet is known here. Download a spreadsheet to see what they are called.")
        told.problems.append(Problem(Place(_("The file")), message))
        return None
    if base is None and EVENT.part not in parts:
        told.problems.append(_missing_sheet(EVENT))
        return None
    return _completed(programme_from(_root(parts, told)), parts, base, told)


def _parts(grids: Sequence[Grid], told: Told) -> dict[str, Part]:
    """By the field of the programme; the event itself has no name, and its venue has one."""
    parts: dict[str, Part] = {}
    for number, grid in enumerate(grids, start=1):
        sheet = sheet_called(grid.title) or (_likeliest(grid) if len(grids) == 1 else None)
        place = Place(grid.title, number)
        if sheet is None:
            if grid.title not in NOT_READ:
                told.notes.append(Problem(place, _("This sheet is not known and is not read.")))
        elif sheet.part in parts:
            told.problems.append(Problem(place, _("This sheet is there twice.")))
        elif sheet is EVENT:
            parts[sheet.part], parts["venue"] = event_parts(grid, sheet, number, told)
        else:
            parts[sheet.part] = table_part(grid, sheet, number, told)
    return parts


def _likeliest(grid: Grid) -> Sheet | None:
    """A single sheet may be called anything: then its headings tell what it is."""
    row = grid.rows[0] if grid.rows else []
    best = max(SHEETS, key=lambda sheet: known_headings(sheet, row))
    return best if known_headings(best, row) >= 2 else None


def _root(parts: Mapping[str, Part], told: Told) -> Row:
    """The event, with the rows of all other parts in it."""
    nothing = Row({}, Place(_("What is stored")), {}, {}, told.problems)
    event = parts[EVENT.part].rows[0] if EVENT.part in parts else nothing
    inner = {"venue": [replace(nothing)]} | {name: part.rows for name, part in parts.items()}
    lines = {name: part.place for name, part in parts.items()}
    return replace(event, lines={**lines, **event.lines}, inner=inner)


def _completed(
    programme: Programme, parts: Mapping[str, Part], base: Programme | None, told: Told
) -> Programme:
    """With what is stored in place of what is not in the file."""
    changes: dict[str, Any] = {}
    missing = set()
    for sheet in SHEETS[1:]:
        name, part = sheet.part, parts.get(sheet.part)
        old = getattr(base, name) if base else ()
        if part:
            changes[name] = _kept_entries(getattr(programme, name), old or (), name, part, told)
        elif base:
            changes[name] = old and [_as_stored(entry) for entry in old]
        elif name in _NEEDED and programme.sessions:
            told.problems.append(_missing_sheet(sheet))
            missing.add(name)
    if EVENT.part in parts:
        venue = _kept(programme.venue, base.venue if base else None, parts["venue"], told)
        programme = _kept(programme, base, parts[EVENT.part], told)
        programme = replace(programme, venue=venue, unread={*programme.unread, *missing})
    elif base:
        venue = _as_stored(base.venue)
        programme = replace(base, venue=venue, line=programme.line, lines=programme.lines, names={})
    return replace(programme, **changes)


def _kept_entries(
    entries: Sequence[Entry], old: Sequence[Entry], name: str, part: Part, told: Told
) -> list[Entry]:
    key = _KEYS[name]
    stored = {key(entry): entry for entry in old}
    return [_kept_entry(entry, stored.get(key(entry)), part, told) for entry in entries]


def _kept_entry(entry: Entry, old: Entry | None, part: Part, told: Told) -> Entry:
    kept = _kept(entry, old, part, told)
    if isinstance(kept, SessionEntry) and isinstance(old, SessionEntry):
        stored = {slot.round: slot for slot in old.slots}
        slots = [_kept_slot(slot, stored.get(slot.round)) for slot in kept.slots]
        others = [_as_stored(each) for each in old.slots if each.round not in part.rounds]
        return replace(kept, slots=[*slots, *others])
    return kept


def _kept_slot(slot: SlotEntry, old: SlotEntry | None) -> SlotEntry:
    absent = {column.name for column in ROUND_COLUMNS} - set(slot.lines)
    return _with(slot, old, absent) if old else slot


def _kept(entry: E, old: E | None, part: Part, told: Told) -> E:
    absent = {column.name for column in part.columns} - set(part.present)
    if old is not None:
        return _with(entry, old, absent)
    for column in part.columns:
        if column.required and column.name in absent:
            message = _("‘%(name)s’ is missing here.") % {"name": column.nl}
            problem = Problem(part.place, message)
            if problem not in told.problems:
                told.problems.append(problem)
    return entry


def _with(entry: E, old: Entry, names: Collection[str]) -> E:
    """The entry with these fields as they are stored."""
    fields: dict[str, Any] = {name: getattr(old, name) for name in names}
    return replace(entry, unread=set(entry.unread) - set(names), **fields)


def _as_stored(entry: E) -> E:
    """An entry that is not in the file: its mistakes are not in the file either."""
    here: dict[str, Any] = {"line": Place(_("What is stored")), "lines": {}}
    if isinstance(entry, SessionEntry):
        here["slots"] = [_as_stored(slot) for slot in entry.slots]
    return replace(entry, **here)


def _missing_sheet(sheet: Sheet) -> Problem:
    return Problem(Place(_("The file")), _("The sheet ‘%(name)s’ is missing.") % {"name": sheet.nl})
