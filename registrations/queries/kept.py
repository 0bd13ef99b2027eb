"""What was counted before names were erased: numbers whose rows went with them.

Seats, presence, roles and days are still counted in the rows that stay. The numbers here are
kept in the history of the event, in the line that says that its people were erased, and name
nobody.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from program.models import Event
from registrations.models import Change

KEY = "figures"
Tallies = defaultdict[int, Counter[str]]


def _tallies() -> Tallies:
    return defaultdict(Counter)


@dataclass
class KeptFigures:
    """By the key of what each is about; numbers of people, but for ``mailings`` and the last."""

    waiting: Counter[int] = field(default_factory=Counter)  # by slot
    answers: Tallies = field(default_factory=_tallies)  # by question, as ``answers.tallies``
    mailings: Tallies = field(default_factory=_tallies)  # mails, by message and outcome
    organisations: int = 0

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "waiting": {str(key): number for key, number in self.waiting.items()},
            "answers": {str(key): dict(tally) for key, tally in self.answers.items()},
            "mailings": {str(key): dict(tally) for key, tally in self.mailings.items()},
            "organisations": self.organisations,
        }

    def add(self, kept: dict[str, Any]) -> None:
        """What ``as_json`` gave."""
        self.waiting.update({int(key): number for key, number in kept["waiting"].items()})
        for key, tally in kept["answers"].items():
            self.answers[int(key)].update(tally)
        for key, tally in kept["mailings"].items():
            self.mailings[int(key)].update(tally)
        self.organisations += kept["organisations"]


def kept_figures(event: Event) -> KeptFigures:
    """One query. Nothing as long as nobody's name is erased because its time is over."""
    found = KeptFigures()
    rows = event.changes.filter(what=Change.What.ERASED, registration=None)
    for new in rows.values_list("new", flat=True):
        if KEY in new:
            found.add(new[KEY])
    return found
