from __future__ import annotations

from select import select
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from program.database import patience
from program.database.outages import Outage, outage_of

BETWEEN = 0.002  # seconds between two tries to get the file for writing


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if limits := patience.of_process():
            params["timeout"] = limits.lock
        return params

    def _start_transaction_under_autocommit(self) -> None:
        # An immediate transaction: this is where it waits.
        with patience.in_line("the database"):
            self._begin(float(self.get_connection_params()["timeout"]))

    def _begin(self, seconds: float) -> None:
        """Ask again and again at equal times.

        SQLite asks ever less often, in the end ten times a second: in a rush whoever came last
        goes first, and some wait for seconds.
        """
        tries = int(seconds / BETWEEN)
        self._let_sqlite_wait(0)
        try:
            for left in reversed(range(tries)):
                try:
                    super()._start_transaction_under_autocommit()  # type: ignore[misc]
                    return
                except OperationalError as error:
                    if not left or outage_of(error) is not Outage.BUSY:
                        raise
                sleep(BETWEEN)
        finally:
            self._let_sqlite_wait(seconds)

    def _let_sqlite_wait(self, seconds: float) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def sleep(seconds: float) -> None:
    # time.sleep fails under libfaketime, with which the tests shift a clock.
    select([], [], [], seconds)
