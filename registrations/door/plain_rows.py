"""Rows as the page without scripts shows them; with scripts the device does the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registrations.door import presence, words
from registrations.door.finding import Found
from registrations.door.rows import Row
from registrations.models import DoorPass

Table = Mapping[str, Any]


@dataclass(frozen=True)
class PlainRound:
    """A round for one person: their table, or those that are left to choose from."""

    number: int
    table: Table | None
    free: list[Table]


@dataclass(frozen=True)
class Shown:
    id: str
    name: str
    organisation: str
    marks: list[str]
    rounds: list[PlainRound]
    # The first check-in that nobody took back: when, and at which device.
    since: datetime | None
    device: str
    refs: list[str]
    # Cancelled or waiting: staff let them in knowingly or not at all.
    anyway: bool

    @property
    def seated(self) -> bool:
        return any(one.table for one in self.rounds)

    @property
    def may_choose(self) -> bool:
        return any(one.free for one in self.rounds)


@dataclass(frozen=True)
class Last:
    """The device's last tap. Without ``refs`` there is nothing left to take back."""

    id: str
    name: str
    refs: list[str]
    said: list[str]


@dataclass(frozen=True)
class PlainHits:
    sure: list[Shown]
    alike: list[Shown]
    total: int


def hits(found: Found, tables: Sequence[Table]) -> PlainHits:
    def show(rows: Iterable[Row]) -> list[Shown]:
        return [shown(row, tables) for row in rows]

    return PlainHits(show(found.sure), show(found.alike), found.total)


def shown(row: Row, tables: Sequence[Table]) -> Shown:
    status, live = row.get("s", ""), row.get("live", [])
    standing = words.statuses()[status]
    marks = [standing["words"].format(kind=row.get("kind", ""))]
    said = words.for_device()
    marks += [str(said[name]) for name in ("corrected", "extra") if row.get(name)]
    return Shown(
        id=row["id"],
        name=row["n"],
        organisation=row.get("o", ""),
        marks=[mark for mark in marks if mark],
        rounds=_rounds(row.get("t", []), tables, choose=not status) if standing["tables"] else [],
        since=datetime.fromisoformat(live[0][1]) if live else None,
        device=live[0][2] if live else "",
        refs=[tap for tap, _at, _device in live],
        anyway=standing["knowingly"],
    )


def last(door_pass: DoorPass) -> Last | None:
    """Whom the device last let in, took back or gave a table, to undo it at once."""
    op = (
        door_pass.ops.select_related("registration", "guest")
        .order_by("-received_at", "-seq")
        .first()
    )
    if op is None:
        return None
    person = op.registration or op.guest
    if person is None:
        return None
    # With a walk-in's first table may come others.
    together = door_pass.ops.filter(received_at=op.received_at).order_by("seq", "pk")
    outcomes = dict.fromkeys(together.values_list("outcome", flat=True))
    said = [text for one in outcomes if (text := words.of_outcome(one, person.name))]
    key = f"{'g' if op.guest else 'r'}{person.pk}"
    return Last(key, person.name, [str(tap.pk) for tap in presence.live(person)], said)


def by_round(tables: Sequence[Table]) -> list[PlainRound]:
    """The tables with room, for somebody who has none yet."""
    return [one for one in _rounds([], tables, choose=True) if one.free]


def _rounds(own: list[int], tables: Sequence[Table], *, choose: bool) -> list[PlainRound]:
    mine = [table for table in tables if table["id"] in own]
    sessions = {table["session"] for table in mine}
    rounds = []
    for number in sorted({table["round"] for table in tables}):
        table = next((one for one in mine if one["round"] == number), None)
        free: list[Table] = [
            one
            for one in tables
            if one["round"] == number and one["left"] > 0 and one["session"] not in sessions
        ]
        rounds.append(PlainRound(number, table, free if choose and table is None else []))
    return rounds
