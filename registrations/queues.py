"""Who waits for a table, and in what order (rule 7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Wish:
    """A person with a place in the event waits for a table.

    ``since`` is when the owner's place was confirmed, or when the wish was made if that was
    later. ``position`` tells wishes of one moment apart: their order in the form.
    """

    key: int
    person: int
    table: int
    since: datetime
    position: int


def age(wish: Wish) -> tuple[datetime, int, int]:
    """The order of waiting. Keys, which grow, make it an order without ties."""
    return wish.since, wish.position, wish.key


def queue_places(wishes: Iterable[Wish]) -> Mapping[int, tuple[int, int]]:
    """For each wish, by key: its place in the queue for its table, from 1, and how many wait."""
    queues: defaultdict[int, list[Wish]] = defaultdict(list)
    for wish in sorted(wishes, key=age):
        queues[wish.table].append(wish)
    return {
        wish.key: (place, len(queue))
        for queue in queues.values()
        for place, wish in enumerate(queue, start=1)
    }
