"""People as the page without scripts finds and shows them; with scripts the device does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from program.models import Event
from registrations.door import presence, rows, words
from registrations.door.matching import Index, build, search
from registrations.door.rows import Row
from registrations.models import DoorPass
from registrations.names.person_names import norm

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
    # Somebody else on the list has this name.
    namesake: bool
    # Cancelled or waiting: staff let them in knowingly or not at all.
    anyway: bool

    @property
    def seated(self) -> bool:
        return any(one.table for one in self.rounds)

    @property
    def tables_said(self) -> str:
        """'table 6, then table 3b': as it is read aloud, for '6 → 3b' would be heard as 63b."""
        said = words.for_device()
        none, one, then = (str(said[name]) for name in ("no_table", "table", "then"))
        codes = [round_.table["code"] if round_.table else "" for round_ in self.rounds]
        return then.join(one.format(table=code) if code else none for code in codes)

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
    """People, best first; ``alike`` are those whose name only looks like what was typed."""

    sure: list[Shown]
    alike: list[Shown]
    # How many there are, and what to ask for if those are too many to choose from.
    text: str


def find(event: Event, query: str, tables: Sequence[Table]) -> PlainHits:
    """Those who may be meant. The list is read once for each version of the event, and language."""
    index, by_key, names = index_of(event.pk, event.version, get_language())
    hits = search(index, query)

    def show(keys: Iterable[str]) -> list[Shown]:
        found = [by_key[key] for key in keys]
        return [shown(row, tables, namesake=names[norm(row["n"])] > 1) for row in found]

    return PlainHits(show(hits.sure), show(hits.alike), words.found(query, hits.total))


@lru_cache(maxsize=4)
def index_of(
    pk: int, _version: int, _language: str | None
) -> tuple[Index[str], dict[str, Row], Counter[str]]:
    """Everybody, ready to search: the index, their rows, and how many people have each name."""
    by_key = {row["id"]: row for row in one_each(rows.rows(Event.objects.get(pk=pk)))}
    names = [(row["id"], row["n"], row.get("o", "")) for row in by_key.values()]
    return build(names), by_key, Counter(norm(row["n"]) for row in by_key.values())


def one_each(found: Iterable[Row]) -> list[Row]:
    """One row a person: preferably of somebody who is in, then by status, then the newest."""
    best: dict[str, Row] = {}
    for row in found:
        key = str(row.get("same", row["id"]))
        if key not in best or _rank(row) <= _rank(best[key]):
            best[key] = row
    return list(best.values())


def _rank(row: Row) -> tuple[bool, int]:
    return not row.get("live"), words.ORDER.index(row.get("s", ""))


def shown(row: Row, tables: Sequence[Table], *, namesake: bool) -> Shown:
    status, live = row.get("s", ""), row.get("live", [])
    standing = words.statuses()[status]
    marks = [standing["words"].format(kind=row.get("kind", ""))]
    said = words.for_device()
    marks += [str(said[name]) for name in ("corrected", "extra") if row.get(name)]
    marks += [str(said["namesake"])] if namesake else []
    return Shown(
        id=row["id"],
        name=row["n"],
        organisation=row.get("o", ""),
        marks=[mark for mark in marks if mark],
        rounds=_rounds(row.get("t", []), tables, choose=not status) if standing["tables"] else [],
        since=datetime.fromisoformat(live[0][1]) if live else None,
        device=live[0][2] if live else "",
        refs=[tap for tap, _at, _device in live],
        namesake=namesake,
        anyway=standing["knowingly"],
    )


def last(door_pass: DoorPass) -> Last | None:
    """The person whom the device last let in, took back or gave a table, to undo it at once."""
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
    # A walk-in's first table may come with others.
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
