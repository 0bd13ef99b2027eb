"""What is on, arranged for the eye: the day as a timetable, the tables by theme and round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise

from program.models import AgendaItem, Event, Round, Slot, TableSession
from program.public.programme import KeptProgramme, kept_programme, natural, slots_of

QUARTER = timedelta(minutes=15)
# A bar of more than this would have columns too narrow for their words.
MOST_LINES = 10
WIDEST = 8  # quarters of an hour; what lasts longer is drawn as wide as this


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
        """How wide it is drawn in a bar: by its quarters of an hour."""
        return min(max(round((self.ends_at - self.starts_at) / QUARTER), 1), WIDEST)


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
    return one_by_one and len(lines) <= MOST_LINES


@dataclass(frozen=True)
class RoundColumn:
    """A round with what runs side by side in it."""

    round: Round
    slots: list[Slot]

    @cached_property
    def item(self) -> AgendaItem | None:
        """The line of the timetable that says when; a round may have none yet."""
        return getattr(self.round, "agenda_item", None)


@dataclass(frozen=True)
class HeldSession:
    """A table session with the rounds in which it is held."""

    session: TableSession
    held: list[tuple[RoundColumn, Slot]]

    @property
    def slots(self) -> list[Slot]:
        return [slot for _column, slot in self.held]

    @property
    def again(self) -> bool:
        """Whether it is held more than once."""
        return len(self.held) > 1

    @property
    def full(self) -> bool:
        return all(slot.full for slot in self.slots)

    @property
    def dropped(self) -> bool:
        return all(slot.dropped for slot in self.slots)


@dataclass(frozen=True)
class RoundGrid:
    """Table sessions by rounds."""

    columns: list[RoundColumn]

    @property
    def slots(self) -> list[Slot]:
        """Round by round, in each by theme and code."""
        return [slot for column in self.columns for slot in column.slots]

    @cached_property
    def cells(self) -> list[HeldSession]:
        """By theme, in each in the order in which they are first held."""
        held: dict[TableSession, list[tuple[RoundColumn, Slot]]] = {}
        for column in self.columns:
            for slot in column.slots:
                held.setdefault(slot.session, []).append((column, slot))
        cells = [HeldSession(session, places) for session, places in held.items()]
        return sorted(cells, key=lambda cell: cell.session.theme.number)

    def cell_of(self, session: TableSession) -> HeldSession | None:
        """Where a table session is held; None when no round has it yet."""
        return next((cell for cell in self.cells if cell.session == session), None)


def in_order(event: Event) -> list[TableSession]:
    """By theme and code."""
    sessions = kept_programme(event).sessions
    return sorted(sessions, key=lambda one: (one.theme.number, natural(one.code)))


def grid(event: Event) -> RoundGrid:
    """One query."""
    slots = slots_of(event)  # first, for it notices if the programme in memory is not right
    programme = kept_programme(event)
    sessions = {session.pk: session for session in programme.sessions}
    rounds = {round_.pk: round_ for round_ in programme.rounds}
    for slot in slots:
        slot.session, slot.round = sessions[slot.session_id], rounds[slot.round_id]
    return RoundGrid(
        [
            RoundColumn(round_, [one for one in slots if one.round_id == round_.pk])
            for round_ in programme.rounds
        ]
    )
