"""What is on, arranged for the eye: the day as a timetable, the tables by theme and round."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from program.models import AgendaItem, Event, Round, Sitting, TableSession, Theme

QUARTER = timedelta(minutes=15)
# A bar of more than this would have columns too narrow for their words.
MOST_QUARTERS = 20
MOST_LINES = 8
MOST_COLUMNS = 4


@dataclass(frozen=True)
class Line:
    """A line of the day; without an item it is a break, which no organiser wrote down."""

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


def timetable(event: Event) -> list[Line]:
    """The day's lines in order, with a break wherever nothing is on between two of them."""
    lines: list[Line] = []
    until: datetime | None = None
    for item in event.agenda.all():
        if until and until < item.starts_at:
            lines.append(Line(until, item.starts_at))
        lines.append(Line(item.starts_at, item.ends_at, item))
        until = max(until or item.ends_at, item.ends_at)
    return lines


def fits_a_bar(lines: Sequence[Line]) -> bool:
    """Whether the day can be drawn as one bar: one thing at a time, and wide enough to read."""
    one_by_one = all(
        line.ends_at <= following.starts_at
        for line, following in zip(lines, lines[1:], strict=False)
    )
    short = len(lines) <= MOST_LINES and sum(line.quarters for line in lines) <= MOST_QUARTERS
    return one_by_one and short


@dataclass(frozen=True)
class Column:
    """A round with what runs side by side in it."""

    round: Round
    place: int  # from 1
    sittings: list[Sitting]

    @property
    def item(self) -> AgendaItem | None:
        """The line of the timetable that says when; a round may have none yet."""
        return getattr(self.round, "agenda_item", None)


@dataclass(frozen=True)
class Cell:
    """A table session in the columns from its first to its last round."""

    session: TableSession
    columns: Sequence[Column]
    sittings: list[Sitting]

    @property
    def first(self) -> Sitting:
        return self.sittings[0]

    @property
    def again(self) -> list[tuple[Column, Sitting]]:
        """The later rounds in which it is held once more."""
        return [(self.column_of(sitting), sitting) for sitting in self.sittings[1:]]

    @property
    def column(self) -> Column:
        return self.column_of(self.first)

    @property
    def span(self) -> int:
        return self.column_of(self.sittings[-1]).place - self.column.place + 1

    def column_of(self, sitting: Sitting) -> Column:
        return next(column for column in self.columns if column.round == sitting.round)


@dataclass(frozen=True)
class Row:
    """A theme with its table sessions, and the columns in which it has none."""

    theme: Theme
    cells: list[Cell]
    empty: list[Column]


@dataclass(frozen=True)
class Grid:
    """Themes by rounds."""

    columns: list[Column]
    rows: list[Row]

    @property
    def wide(self) -> bool:
        """Whether the rounds fit beside each other on a wide screen."""
        return len(self.columns) <= MOST_COLUMNS

    @cached_property
    def repeated(self) -> int:
        """How many table sessions are held in more than one round."""
        return sum(len(cell.sittings) > 1 for row in self.rows for cell in row.cells)


def grid(event: Event) -> Grid:
    """Arrange the sittings of an event that came from ``EventQuerySet.with_programme``."""
    sessions = {session.pk: session for session in event.sessions.all()}
    rounds = {round_.pk: round_ for round_ in event.rounds.all()}
    sittings = sorted(event.sittings.all(), key=lambda one: natural(sessions[one.session_id].code))
    for sitting in sittings:
        sitting.session, sitting.round = sessions[sitting.session_id], rounds[sitting.round_id]
    themes = list(event.themes.all())
    order = {theme.pk: place for place, theme in enumerate(themes)}
    sittings.sort(key=lambda one: order[one.session.theme_id])
    columns = [
        Column(round_, place, [one for one in sittings if one.round_id == round_.pk])
        for place, round_ in enumerate(rounds.values(), start=1)
    ]
    rows = [row(theme, columns) for theme in themes]
    return Grid(columns, [one for one in rows if one.cells])


def row(theme: Theme, columns: list[Column]) -> Row:
    """The table sessions of one theme, in the order in which they are first held."""
    held: dict[TableSession, list[Sitting]] = {}
    empty = []
    for column in columns:
        here = [one for one in column.sittings if one.session.theme_id == theme.pk]
        for sitting in here:
            held.setdefault(sitting.session, []).append(sitting)
        if not here:
            empty.append(column)
    return Row(theme, [Cell(session, columns, sat) for session, sat in held.items()], empty)


def natural(code: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10, and 10a before 10b."""
    return [(int(part or 0) if part.isdecimal() else 0, part) for part in pieces(code)]


def pieces(code: str) -> Iterable[str]:
    return re.split(r"(\d+)", code)
