"""A door device without a screen: it does what static/js/door does, and nothing it does not.

What it shows is the rows that the server told, and over them its own taps that still wait.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

Row = dict[str, Any]
Answer = dict[str, Any]
# Brings a batch to the server and returns what it says: an answer of the door, or nothing.
Post = Callable[[dict[str, Any]], Answer]
MOST = 100  # taps in one batch, as in sync.js
BEST = ("", "guest", "waiting", "pending", "cancelled", "expired")
KNOWINGLY = ("waiting", "cancelled")  # 'In anyway', as in rows.js


@dataclass
class Phone:
    """``clock_error`` is how far its clock is off; ``chance`` chooses the ids of its taps."""

    label: str
    post: Post
    chance: random.Random
    clock_error: timedelta = timedelta()
    rows: dict[str, Row] = field(default_factory=dict)
    queue: list[dict[str, Any]] = field(default_factory=list)
    state: Answer = field(default_factory=lambda: {"version": 0, "tables": []})
    outcomes: dict[str, str] = field(default_factory=dict)
    # Every tap that was ever made on it, with the true moment.
    made: list[tuple[datetime, dict[str, Any]]] = field(default_factory=list)
    wiped: bool = False

    # What it shows.

    def people(self) -> list[Row]:
        """One row a person: preferably of somebody who is in, then by status, then the newest."""
        best: dict[str, Row] = {}
        for row in self._all():
            key = str(row.get("same", row["id"]))
            if key not in best or self._rank(row) <= self._rank(best[key]):
                best[key] = row
        return list(best.values())

    def live(self, row: Row) -> list[str]:
        """The check-ins of a row that nobody took back, those of this device included."""
        undone = {ref for tap in self.queue for ref in tap.get("refs", ())}
        own = [tap["id"] for tap in self.queue if self._comes_in(tap, row)]
        told = [check_in[0] for check_in in row.get("live", ())]
        return [one for one in dict.fromkeys([*told, *own]) if one not in undone]

    def counts(self) -> tuple[int, int, int]:
        """In, expected, to come."""
        everybody = self._all()
        listed = [row for row in everybody if row.get("s", "") in ("", "guest")]
        # A walk-in from here that was taken back was never on the list.
        expected = [row for row in listed if row["id"] in self.rows or self.live(row)]
        changed = sum(bool(self.live(row)) - bool(row.get("live")) for row in everybody)
        came = sum(bool(self.live(row)) for row in expected)
        return self.state["present"] + changed, len(expected), len(expected) - came

    def free_tables(self, row: Row) -> list[int]:
        """Those that somebody may still choose from, as far as this device knows."""
        if row.get("s"):
            return []
        tables = self.state["tables"]
        mine = [table for table in tables if table["id"] in self._tables(row)]
        rounds, sessions = ({table[name] for table in mine} for name in ("round", "session"))
        return [
            table["id"]
            for table in tables
            if table["left"] > 0
            and table["round"] not in rounds
            and table["session"] not in sessions
        ]

    def refused(self) -> set[str]:
        """The taps that the server took nothing of, since the phone was shut out."""
        return {key for key, said in self.outcomes.items() if "buitengesloten" in said}

    # What one does with it. Each tap is kept before it is shown.

    def let_in(self, row: Row, at: datetime) -> None:
        if not self.live(row):
            anyway = {"anyway": True} if row.get("s") in KNOWINGLY else {}
            self._tap("in", row["id"], at, **anyway)

    def take_back(self, row: Row, at: datetime) -> None:
        if refs := self.live(row):
            self._tap("undo", row["id"], at, refs=refs)

    def walk_in(self, first: str, last: str, at: datetime, *tables: int) -> None:
        first_table, *others = tables or (0,)
        told = {"first_name": first, "last_name": last, "organisation": ""}
        key = self._tap("walkin", "", at, table=first_table, **told)
        for table in others:
            self._tap("table", key, at, table=table)

    def choose(self, row: Row, table: int, at: datetime) -> None:
        self._tap("table", row["id"], at, table=table)

    def sync(self, at: datetime, mood: str = "well") -> None:
        """Send up to a hundred taps and hear what changed, in this ``mood`` of the network.

        'lost request': nothing arrives. 'lost answer': it arrives, and nothing comes back.
        'twice': it arrives once more. 'mixed': only some arrive, in whatever order.
        """
        batch = self.queue[:MOST]
        if mood == "mixed":
            batch = self.chance.sample(batch, self.chance.randint(0, len(batch)))
        if mood == "lost request" or self.wiped:
            return
        answer = self.post(self.request(batch, at))
        if mood == "twice":
            answer = self.post(self.request(batch, at))
        if mood != "lost answer":
            self._take(answer)

    def request(self, batch: list[dict[str, Any]], at: datetime) -> dict[str, Any]:
        return {
            "v": 1,
            "since": self.state["version"],
            "queued": len(self.queue) - len(batch),
            "now": (at + self.clock_error).isoformat(),
            "ops": batch,
        }

    def _take(self, answer: Answer) -> None:
        told = {result["id"]: result["outcome"] for result in answer.get("results", ())}
        for key, outcome in told.items():
            assert self.outcomes.setdefault(key, outcome) == outcome, "the first outcome stays"
        self.queue = [tap for tap in self.queue if tap["id"] not in told]
        for row in answer.get("rows", ()):
            self.rows.pop(row["id"], None)
            if not row.get("gone"):
                self.rows[row["id"]] = row
        self.state |= answer
        if answer.get("wipe") and not self.queue:
            self.wiped, self.rows = True, {}

    def _tap(self, kind: str, key: str, at: datetime, **more: Any) -> str:
        name = str(UUID(int=self.chance.getrandbits(128), version=4))
        moment = (at + self.clock_error).isoformat()
        told = {
            "id": name,
            "seq": len(self.made) + 1,
            "kind": kind,
            "reg": key,
            "at": moment,
            **more,
        }
        self.made.append((at, told))
        self.queue.append(told)
        return name

    def _all(self) -> list[Row]:
        """The rows, and walk-ins from here that are not among them yet."""
        known = {row.get("op") for row in self.rows.values()}
        new = [
            {"id": tap["id"], "n": f"{tap['first_name']} {tap['last_name']}"}
            for tap in self.queue
            if tap["kind"] == "walkin" and tap["id"] not in known
        ]
        return [*self.rows.values(), *new]

    def _comes_in(self, tap: dict[str, Any], row: Row) -> bool:
        if tap["kind"] == "walkin":
            return bool(tap["id"] == row["id"])
        return tap["kind"] == "in" and tap["reg"] in (row["id"], row.get("op"))

    def _tables(self, row: Row) -> list[int]:
        own = (tap for tap in self.queue if row["id"] in (tap["id"], tap["reg"]))
        return [*row.get("t", ()), *(tap["table"] for tap in own if tap.get("table"))]

    def _rank(self, row: Row) -> tuple[bool, int]:
        return not self.live(row), BEST.index(row.get("s", ""))
