"""A door device without a screen: it queues, loses, repeats and reorders as phones do."""

from __future__ import annotations

import json
import random
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from registrations.door import passes
from registrations.models import DoorPass


@dataclass
class Device:
    """``clock_error`` is how far its clock is off; ``chance`` decides on everything else."""

    door_pass: DoorPass
    url: str
    chance: random.Random
    clock_error: timedelta
    since: int = 0
    seq: int = 0
    rows: dict[str, Any] = field(default_factory=dict)
    queue: list[dict[str, Any]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)

    def tap(self, kind: str, key: str, *, at: datetime, **more: Any) -> str:
        """Put one tap in the queue; returns its id."""
        name = str(UUID(int=self.chance.getrandbits(128), version=4))
        self.seq += 1
        moment = (at + self.clock_error).isoformat()
        told = {"id": name, "seq": self.seq, "kind": kind, "reg": key, "at": moment, **more}
        self.queue.append(told)
        return name

    def seen(self, key: str) -> list[str]:
        """The check-ins of somebody that this device knows of, of others and its own."""
        undone = {ref for tap in self.queue for ref in tap.get("refs", [])}
        own = [tap["id"] for tap in self.queue if tap["kind"] == "in" and tap["reg"] == key]
        known = [live[0] for live in self.rows.get(key, {}).get("live", [])]
        return [name for name in dict.fromkeys([*known, *own]) if name not in undone]

    def sync(self, *, mood: str = "well") -> bool:
        """Send up to a hundred taps, in this ``mood`` of the network; whether an answer came.

        'lost request': nothing arrives. 'lost answer': it arrives, and nothing comes back.
        'twice': it is sent once more before the answer is read. 'mixed': some taps only, in
        whatever order.
        """
        batch = self.queue[:100]
        if mood == "mixed":
            batch = self.chance.sample(batch, self.chance.randint(0, len(batch)))
        if mood == "lost request":
            return False
        answer = self._post(batch)
        if mood == "twice":
            answer = self._post(batch)
        if mood == "lost answer":
            return False
        self._apply(answer)
        return True

    def _apply(self, answer: dict[str, Any]) -> None:
        done = {result["id"]: result["outcome"] for result in answer["results"]}
        self.queue = [tap for tap in self.queue if tap["id"] not in done]
        for name, outcome in done.items():
            assert self.outcomes.setdefault(name, outcome) == outcome
        for row in answer.get("rows", []):
            if row.get("gone"):
                self.rows.pop(row["id"], None)
            else:
                self.rows[row["id"]] = row
        self.since = answer["version"]

    def _post(self, batch: list[dict[str, Any]]) -> dict[str, Any]:
        body = {"v": 1, "since": self.since, "queued": len(self.queue), "ops": batch}
        # The token may be of any making, as long as cookie and header agree.
        token = "x" * 32
        request = urllib.request.Request(
            f"{self.url}/deur/{self.door_pass.event.slug}/sync/",
            json.dumps(body).encode(),
            {
                "Content-Type": "application/json",
                "Cookie": f"deur_nl={passes.device_token(self.door_pass)}; csrftoken={token}",
                "X-CSRFToken": token,
            },
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            told: dict[str, Any] = json.load(answer)
        assert told["door"] == 1
        return told
