"""How long a process waits for its database: a page some seconds, the worker longer for what it
asks, and a command that an administrator runs as long as it takes: so does a process that says
nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic
from typing import NamedTuple

from django.db import OperationalError

from program.database.outages import LockBusy, Outage, outage_of

logger = logging.getLogger(__name__)


class Patience(NamedTuple):
    """In seconds: for a lock, for one statement, and for a transaction that stands still."""

    lock: int
    statement: int
    transaction: int


PAGES = Patience(lock=4, statement=10, transaction=30)
# Not longer for a lock: it tries again soon, and one stuck event must not take the turn of others.
WORKER = Patience(lock=4, statement=120, transaction=300)

STANDSTILL = 1.0  # seconds in which nobody gets it, before the next one is turned away
PAUSE = 2.0  # seconds between two tries at a lock that did not come
LONG = 1.0  # seconds of waiting that the log tells of

_of_process: Patience | None = None
# Threads of this process for one lock: half of those it has, so that the others go on.
_most_wait = 2


def of_process() -> Patience | None:
    return _of_process


def wait_at_most(patience: Patience | None, *, threads: int = 0) -> None:
    """For all connections that this process, of so many threads, opens from now on."""
    global _of_process, _most_wait
    _of_process = patience
    if threads:
        _most_wait = max(threads // 2, 1)


@contextmanager
def waiting_at_most(patience: Patience) -> Iterator[None]:
    before = _of_process
    wait_at_most(patience)
    try:
        yield
    finally:
        wait_at_most(before)


def as_settings(patience: Patience) -> str:
    """In PostgreSQL's words, for a new connection."""
    limits = {
        "lock_timeout": patience.lock,
        "statement_timeout": patience.statement,
        "idle_in_transaction_session_timeout": patience.transaction,
    }
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())


class Waits:
    """What this process has waited for locks in all: for whoever measures it.

    Each of ``watchers`` is told how long one waited, and whether it got the lock.
    """

    def __init__(self) -> None:
        self._adding = Lock()
        self.count = 0
        self.seconds = 0.0
        self.refused = 0  # did not get it in time, or were turned away at once
        self.watchers: list[Callable[[float, bool], None]] = []

    def add(self, seconds: float, *, got: bool) -> None:
        with self._adding:
            self.count += 1
            self.seconds += seconds
            self.refused += not got
        for watch in self.watchers:
            watch(seconds, got)


WAITS = Waits()


class LockLine:
    """Those of this process who wait for one lock.

    A lock that something else holds must not take every thread. So many wait for it; once nobody
    got it for a while, one at a time tries, and all others hear so at once. In a rush, where it
    goes from one to the next, everybody waits for their turn.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.moved = Condition()
        self.waiting = 0
        self.served = 0
        self.closed_until = 0.0

    def enter(self, patience: Patience) -> None:
        """Raises LockBusy."""
        until = monotonic() + patience.lock
        with self.moved:
            if self.closed_until > monotonic():
                raise LockBusy(self.name)
            if self.closed_until:
                self.closed_until = until  # this one tries
            while self.waiting >= _most_wait:
                served, now = self.served, monotonic()
                self.moved.wait(min(STANDSTILL, max(until - now, 0)))
                goes_on = self.served != served and monotonic() < until
                if self.waiting >= _most_wait and not goes_on:
                    self.closed_until = max(self.closed_until, monotonic() + PAUSE)
                    raise LockBusy(self.name)
            self.waiting += 1

    def leave(self, error: BaseException | None) -> None:
        with self.moved:
            self.waiting -= 1
            if error is None:
                self.served += 1
                self.closed_until = 0.0
            elif outage_of(error) is Outage.BUSY:
                logger.warning("%s stays locked", self.name)
                self.closed_until = monotonic() + PAUSE
            self.moved.notify_all()

    @property
    def empty(self) -> bool:
        return not self.waiting and self.closed_until <= monotonic()


_lines: dict[str, LockLine] = {}
_changing = Lock()


@contextmanager
def in_line(lock: str, held: list[str] | None = None) -> Iterator[None]:
    """Around the statement that waits for this lock. Raises LockBusy.

    ``held`` is what the transaction has locked already: nobody waits for that, and this lock is
    added to it.
    """
    if held is not None and lock in held:
        yield
        return
    began = monotonic()
    error: BaseException | None = None
    line = _line(lock) if _of_process else None
    try:
        if line and _of_process:
            line.enter(_of_process)
        try:
            yield
            if held is not None:
                held.append(lock)
        except OperationalError as refused:
            error = refused
            raise
        finally:
            if line:
                line.leave(error)
    except OperationalError as refused:
        error = refused
        raise
    finally:
        seconds = monotonic() - began
        WAITS.add(seconds, got=error is None)
        if seconds >= LONG and error is None:
            logger.warning("waited %.1f seconds for %s", seconds, lock)


def _line(lock: str) -> LockLine:
    with _changing:
        if len(_lines) > 100:
            for name in [name for name, line in _lines.items() if line.empty]:
                del _lines[name]
        return _lines.setdefault(lock, LockLine(lock))
