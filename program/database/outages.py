"""What can be wrong around the site: the database is away, a row stays locked, a disk is full."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from enum import Enum
from threading import Lock
from time import monotonic
from typing import TypeVar

from django.db import Error as DatabaseProblem
from django.db import InterfaceError, OperationalError

View = TypeVar("View", bound=Callable[..., object])


class Outage(Enum):
    """The value is how many seconds later it is worth trying again."""

    AWAY = 15
    BUSY = 5
    FULL = 60


# SQLite's codes; those of one byte stand for a family.
_SQLITE = {
    5: Outage.BUSY,  # locked
    6: Outage.BUSY,
    8: Outage.AWAY,  # readonly
    10: Outage.AWAY,  # the disk fails
    13: Outage.FULL,
    14: Outage.AWAY,  # the file cannot be opened
    4874: Outage.FULL,  # no room for the index of what was written lately
}
# Beginnings of PostgreSQL's; the longest that fits counts.
_POSTGRESQL = {
    "08": Outage.AWAY,  # no connection
    "25006": Outage.AWAY,  # read-only: a standby took over, or has yet to
    "25P03": Outage.AWAY,  # our transaction stood still too long, and was ended
    "40": Outage.BUSY,  # rolled back: a deadlock
    "53": Outage.BUSY,  # short of something
    "53100": Outage.FULL,
    "55P03": Outage.BUSY,  # a lock that did not come
    "57014": Outage.BUSY,  # a statement that took too long
    "57P": Outage.AWAY,  # it stops or starts
    "58": Outage.AWAY,  # its disk fails
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


class DatabaseAway(OperationalError):
    """We do not even ask: it said nothing a moment ago."""


class LockBusy(OperationalError):
    """Others wait for this lock already, and it does not come."""


def outage_of(error: BaseException | None) -> Outage | None:
    """None for what is a mistake of the site itself."""
    for each in _with_causes(error):
        if isinstance(each, OSError) and each.errno in _NO_ROOM:
            return Outage.FULL
        if isinstance(each, LockBusy):
            return Outage.BUSY
        if isinstance(each, DatabaseProblem):
            return _of_database(each)
    return None


def _with_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def _of_database(error: DatabaseProblem) -> Outage | None:
    said = error.__cause__  # by the driver
    if code := getattr(said, "sqlite_errorcode", 0):
        return _SQLITE.get(code) or _SQLITE.get(code & 0xFF)
    if state := getattr(said, "sqlstate", None):
        fitting = [start for start in _POSTGRESQL if state.startswith(start)]
        return _POSTGRESQL[max(fitting, key=len)] if fitting else None
    # Without a code it comes from the driver itself: there is no connection, or no longer.
    is_away = isinstance(error, (InterfaceError, OperationalError))
    return Outage.AWAY if is_away else None


def repeatable(view: View) -> View:
    """Mark a view whose action, done twice, is as good as done once.

    If the database goes away, a form sent to it is tried again even when nobody knows whether the
    first time was stored (eventsite/unavailable.py).
    """
    view.repeatable = True  # type: ignore[attr-defined]
    return view


class Silence:
    """A server that takes what is asked and answers nothing costs each thread that asks some
    seconds. Once that is known only one at a time asks, and all others hear so at once.
    """

    PAUSE = 2.0  # seconds

    def __init__(self) -> None:
        self._until = 0.0
        self._changing = Lock()

    def refuse_meanwhile(self, tries_for: float) -> None:
        """Raises DatabaseAway, unless it is this one's turn to see, for so many seconds."""
        if not self._until:
            return
        with self._changing:
            now = monotonic()
            if self._until > now:
                raise DatabaseAway("it said nothing a moment ago")
            self._until = now + tries_for

    def began(self) -> None:
        self._until = monotonic() + self.PAUSE

    def ended(self) -> None:
        self._until = 0.0


silence = Silence()
