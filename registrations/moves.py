"""What settling reads and what it answers: a snapshot of an event, and moves (rules 7 and 8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from registrations.queues import Wish


@dataclass(frozen=True)
class Table:
    """A sitting: a session held in a round, with the seats that anybody may still take."""

    key: int
    round: int
    session: int
    free: int


@dataclass(frozen=True)
class Waiting:
    """A person on the event's waiting list, since they confirmed.

    ``asked``: the tables requested, at most one a round and no session twice. ``wishes``: other
    tables to wait for. Both in the order of the form. Nothing is held.
    """

    person: int
    since: datetime
    asked: tuple[int, ...] = ()
    wishes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """An event as it stands at one moment, under the lock, expired holds freed.

    ``seats`` gives the tables that a person holds; only those with a wish need be in it.
    ``wishes`` are of people with a place in the event, not of those in ``waiting``.
    """

    at: datetime
    tables: Iterable[Table]
    seats: Mapping[int, Collection[int]]
    wishes: Iterable[Wish]
    places_free: int
    waiting: Iterable[Waiting]


@dataclass(frozen=True)
class Lapsed:
    """Wishes (keys) that ended because their owner sits at that very session by now."""

    ended: tuple[int, ...]


@dataclass(frozen=True)
class Served:
    """A wish got a free seat; its owner left a table of that round, or had none."""

    wish: Wish
    left: int | None
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Swapped:
    """Everybody in a ring moves on to the table of the next, the last one to that of the first."""

    ring: tuple[Wish, ...]
    ended: tuple[int, ...]


@dataclass(frozen=True)
class Promoted:
    """A waiting person has a place in the event now, with seats at ``tables``.

    ``wishes`` are new and to be stored as they are, but for their keys: these are below zero,
    and later moves of the same answer use them.
    """

    person: int
    tables: tuple[int, ...]
    wishes: tuple[Wish, ...]


Move = Lapsed | Served | Swapped | Promoted
