from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3 import base

from program.database import patience


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if limits := patience.of_process():
            params["timeout"] = limits.lock
        return params

    def _start_transaction_under_autocommit(self) -> None:
        # An immediate transaction: this is where it waits.
        with patience.in_line("the database"):
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
