"""What is on, arranged for the eye: the day as a timetable, the tables by theme and round."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise

from program.models import AgendaItem, Event, Round, Slot, TableSession, Theme
from program.public.programme import KeptProgramme, kept_programme, slots_of

QUARTER = timedelta(minutes=15)
# A bar of more than this would have columns too narrow for their words.
MOST_QUARTERS = 16
MOST_LINES = 8
MOST_COLUMNS = 4


@dataclass(frozen=True)
class DayLine:
    """A line of the day; without an item it is a break, which is stored nowhere."""

    starts_at: datetime
    ends_at: datetime
    item: AgendaItem | None = None

    @property
    def round(self) -> Round | None:
        return self.item.round if self.item else None

    @property
    def quarters(self) -> int:
        """How long, in quarters of an hour; at least one."""
        return max(round((self.ends_at - self.starts_at) / QUARTER), 1)


def timetable(event: Event) -> Sequence[DayLine]:
    """The day's lines in order, with a break in every gap between two of them."""
    return _timetable(kept_programme(event))


@lru_cache(maxsize=20)
def _timetable(programme: KeptProgramme) -> tuple[DayLine, ...]:
    lines: list[DayLine] = []
    until: datetime | None = None
    for item in programme.agenda:
        if until and until < item.starts_at:
            lines.append(DayLine(until, item.starts_at))
        lines.append(DayLine(item.starts_at, item.ends_at, item))
        until = max(until or item.ends_at, item.ends_at)
    return tuple(lines)


def fits_a_bar(lines: Sequence[DayLine]) -> bool:
    """Whether the day can be drawn as one bar: one thing at a time, and wide enough to read."""
    one_by_one = all(line.ends_at <= following.starts_at for line, following in pairwise(lines))
    short = len(lines) <= MOST_LINES and sum(line.quarters for line in lines) <= MOST_QUARTERS
    return one_by_one and short


@dataclass(frozen=True)
class RoundColumn:
    """A round with what runs side by side in it."""

    round: Round
    place: int  # from 1
    slots: list[Slot]

    @cached_property
    def item(self) -> AgendaItem | None:
        """The line of the timetable that says when; a round may have none yet."""
        return getattr(self.round, "agenda_item", None)

    @property
    def tables(self) -> int:
        """How many there are; one that dropped out is shown and not counted."""
        return sum(not slot.dropped for slot in self.slots)


@dataclass(frozen=True)
class SessionSpan:
    """A table session in the columns from its first to its last round."""

    session: TableSession
    columns: Sequence[RoundColumn]
    slots: list[Slot]

    @property
    def first(self) -> Slot:
        return self.slots[0]

    @cached_property
    def again(self) -> list[tuple[RoundColumn, int, Slot]]:
        """The later rounds in which it is held again, with their place counted from here."""
        start = self.column.place - 1
        return [(column, column.place - start, slot) for column, slot in self.held[1:]]

    @property
    def held(self) -> list[tuple[RoundColumn, Slot]]:
        return [(self.column_of(slot), slot) for slot in self.slots]

    @property
    def full(self) -> bool:
        return all(slot.full for slot in self.slots)

    @property
    def dropped(self) -> bool:
        return all(slot.dropped for slot in self.slots)

    @cached_property
    def column(self) -> RoundColumn:
        return self.column_of(self.first)

    @property
    def span(self) -> int:
        return self.column_of(self.slots[-1]).place - self.column.place + 1

    def column_of(self, slot: Slot) -> RoundColumn:
        return next(column for column in self.columns if column.round.pk == slot.round_id)


@dataclass(frozen=True)
class ThemeRow:
    """A theme with its table sessions, and the columns in which it has none."""

    theme: Theme
    cells: list[SessionSpan]
    empty: list[RoundColumn]

    @property
    def slots(self) -> list[Slot]:
        return [slot for cell in self.cells for slot in cell.slots]


@dataclass(frozen=True)
class ThemeGrid:
    """Themes by rounds."""

    columns: list[RoundColumn]
    rows: list[ThemeRow]

    @property
    def wide(self) -> bool:
        """Whether the rounds fit beside each other on a wide screen."""
        return len(self.columns) <= MOST_COLUMNS

    @property
    def cells(self) -> list[SessionSpan]:
        return [cell for row in self.rows for cell in row.cells]

    @property
    def slots(self) -> list[Slot]:
        """Round by round."""
        return [slot for column in self.columns for slot in column.slots]

    @property
    def repeated(self) -> int:
        """How many table sessions are held in more than one round."""
        return sum(len(cell.slots) > 1 for cell in self.cells)

    def cell_of(self, session: TableSession) -> SessionSpan | None:
        """Where a table session is held; None when no round has it yet."""
        return next((cell for cell in self.cells if cell.session == session), None)


def in_order(event: Event) -> list[TableSession]:
    """By theme and code."""
    sessions = kept_programme(event).sessions
    return sorted(sessions, key=lambda one: (one.theme.number, natural(one.code)))


def grid(event: Event) -> ThemeGrid:
    """One query."""
    slots = slots_of(event)  # first, for it notices if the programme in memory is not right
    programme = kept_programme(event)
    sessions = {session.pk: session for session in in_order(event)}
    rounds = {round_.pk: round_ for round_ in programme.rounds}
    for slot in slots:
        slot.session, slot.round = sessions[slot.session_id], rounds[slot.round_id]
    place = {pk: place for place, pk in enumerate(sessions)}
    slots.sort(key=lambda one: place[one.session_id])
    columns = [
        RoundColumn(round_, place, [one for one in slots if one.round_id == round_.pk])
        for place, round_ in enumerate(programme.rounds, start=1)
    ]
    rows = [row(theme, columns) for theme in programme.themes]
    return ThemeGrid(columns, [one for one in rows if one.cells])


def row(theme: Theme, columns: list[RoundColumn]) -> ThemeRow:
    """The table sessions of one theme, in the order in which they are first held."""
    held: dict[TableSession, list[Slot]] = {}
    for column in columns:
        for slot in column.slots:
            if slot.session.theme_id == theme.pk:
                held.setdefault(slot.session, []).append(slot)
    cells = [SessionSpan(session, columns, slots) for session, slots in held.items()]
    used = {cell.column.place + step for cell in cells for step in range(cell.span)}
    return ThemeRow(theme, cells, [column for column in columns if column.place not in used])


def natural(code: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10, and 10a before 10b."""
    parts = re.split(r"(\d+)", code)
    return [(int(part) if part.isdecimal() else 0, part) for part in parts]
