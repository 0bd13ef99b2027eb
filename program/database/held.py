"""Which locks a transaction has by now, so that nobody queues up for their own."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper


class HoldsLocks(BaseDatabaseWrapper):
    """A connection that remembers them, in the order in which they came, between its savepoints.

    To go back to a savepoint gives back what was locked since; to let go of one does not.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held: list[str] = []

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.held.clear()
        return super().get_new_connection(conn_params)

    def _commit(self) -> None:
        self.held.clear()
        super()._commit()  # type: ignore[misc]

    def _rollback(self) -> None:
        self.held.clear()
        super()._rollback()  # type: ignore[misc]

    def _savepoint(self, sid: str) -> None:
        super()._savepoint(sid)  # type: ignore[misc]
        self.held.append(_savepoint_named(sid))

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        if (name := _savepoint_named(sid)) in self.held:
            del self.held[self.held.index(name) + 1 :]


def _savepoint_named(sid: str) -> str:
    return f"savepoint {sid}"


def held_by(connection: Any) -> list[str]:
    """What a connection to PostgreSQL holds; whoever locks something more adds it."""
    held: list[str] = connection.held
    return held
