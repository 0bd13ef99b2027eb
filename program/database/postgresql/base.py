from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import ConnectionTimeout

from program.database import patience
from program.database.held import HoldsLocks
from program.database.outages import silence

T = TypeVar("T")

CONNECTING = 3  # seconds
# The server itself ends what takes too long: it gets this much longer to say so.
LONGER = 2
# A machine that is gone, and not only its server, says nothing at all.
NETWORK = {
    "connect_timeout": CONNECTING,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
READING = ("SELECT", "SAVEPOINT", "RELEASE", "ROLLBACK", "SET")


class PatientConnection(psycopg.Connection[Any]):
    """Waits for each answer of the server only so long, and is closed when it does not come."""

    longest: float | None = None  # seconds

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("timeout", self.longest)
        began = monotonic()
        try:
            return super().wait(gen, *args, **kwargs)
        except psycopg.OperationalError as error:
            # The server says an error of its own with a code; this one comes from the waiting.
            waited = monotonic() - began
            if error.sqlstate is None and self.longest and waited >= self.longest:
                self.pgconn.finish()
                silence.began()
            raise


class Driver:
    """What Django asks of psycopg, with our class of connections."""

    def __getattr__(self, name: str) -> Any:
        return getattr(psycopg, name)

    connect = staticmethod(PatientConnection.connect)


class DatabaseWrapper(HoldsLocks, base.DatabaseWrapper):
    Database = Driver()  # type: ignore[assignment]  # stands for the module
    # Whether something of the request may be stored already, so that nobody can tell after a lost
    # connection what was. The one who asks sets it back.
    unsure = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._look)

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = NETWORK | super().get_connection_params()
        if limits := patience.of_process():
            settings = [params.get("options", ""), patience.as_settings(limits)]
            params["options"] = " ".join(settings).strip()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        silence.refuse_meanwhile(CONNECTING)
        try:
            connection = super().get_new_connection(conn_params)
        except ConnectionTimeout:
            silence.began()
            raise
        silence.ended()
        if isinstance(connection, PatientConnection) and (limits := patience.of_process()):
            connection.longest = limits.statement + LONGER
        return connection

    def is_usable(self) -> bool:
        """Whether the connection of before still is one: asked at the start of each request."""
        raw = self.connection
        if not isinstance(raw, PatientConnection):
            return bool(super().is_usable())
        usual, raw.longest = raw.longest, CONNECTING
        try:
            return bool(super().is_usable())
        finally:
            raw.longest = usual

    def _commit(self) -> None:
        self.unsure = True
        super()._commit()

    def _look(
        self, execute: Callable[..., T], sql: Any, params: Any, many: bool, context: Any
    ) -> T:
        if not self.in_atomic_block and not str(sql).lstrip().startswith(READING):
            self.unsure = True  # stored as soon as it is said
        return execute(sql, params, many, context)
