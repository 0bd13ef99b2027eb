"""Who waits for a table, in what order, and the cycle among them (rule 7b)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True)
class QueueEntry:
    """A person with a place in the event waits for a table.

    ``since`` is when the owner's place was confirmed, or when the entry was made if that was
    later. ``position`` tells entries of one moment apart: their order in the form. Those of one
    person and round that are ``ranked`` are in that person's own order, the favourite first.
    """

    key: int
    person: int
    table: int
    since: datetime
    position: int
    ranked: bool = False


def age(entry: QueueEntry) -> tuple[datetime, int, int]:
    """The order of waiting. Keys, which grow, make it an order without ties."""
    return entry.since, entry.position, entry.key


# Ways[X][Y]: the oldest entry for table Y of somebody who sits at table X.
Ways = Mapping[int, Mapping[int, QueueEntry]]


def find_cycle(ways: Ways) -> tuple[QueueEntry, ...]:
    """The entries of the cycle through the oldest entry that lies on one; empty without any.

    It begins with that entry; the next one belongs to somebody at the table that the one before
    is for, and so on. Of several cycles through that entry the shortest counts; of those, the one
    with the older entries: compare the oldest, then the second oldest, and so on.
    """
    within_reach = _within_reach(ways)
    on_a_cycle = [
        (entry, start)
        for start, onward in ways.items()
        for goal, entry in onward.items()
        if start in within_reach.get(goal, ())
    ]
    if not on_a_cycle:
        return ()
    oldest, start = min(on_a_cycle, key=lambda found: age(found[0]))
    return (oldest, *_shortest_path(ways, oldest.table, start))


def _within_reach(ways: Ways) -> dict[int, set[int]]:
    """The tables that can be reached from each table, in one step or more (Warshall)."""
    reach = {table: set(onward) for table, onward in ways.items()}
    for via in reach:
        for table in reach:
            if via in reach[table]:
                reach[table] |= reach[via]
    return reach


def _shortest_path(ways: Ways, start: int, goal: int) -> tuple[QueueEntry, ...]:
    """The shortest path; of several, the one with the older entries. There must be one.

    Step by step outward, with the best path to each table. That is enough: of two paths of one
    length to the same table the one with the older entries stays the better one, however both
    go on, for what is added to both decides nothing.
    """
    seen = {start}
    paths: dict[int, tuple[QueueEntry, ...]] = {start: ()}
    while goal not in paths:
        longer: dict[int, tuple[QueueEntry, ...]] = {}
        for table, path in paths.items():
            for onward, entry in ways.get(table, {}).items():
                if onward not in seen:
                    found = (*path, entry)
                    if onward not in longer or _ages(found) < _ages(longer[onward]):
                        longer[onward] = found
        seen |= longer.keys()
        paths = longer
    return paths[goal]


def _ages(path: tuple[QueueEntry, ...]) -> list[tuple[datetime, int, int]]:
    return sorted(age(entry) for entry in path)


def has_cycle(arrows: Iterable[tuple[int, int]]) -> bool:
    """Whether these arrows, each from a table to another, lead from some table back to it."""
    onward: defaultdict[int, set[int]] = defaultdict(set)
    for start, goal in arrows:
        onward[start].add(goal)
    try:
        TopologicalSorter(onward).prepare()
    except CycleError:
        return True
    return False
