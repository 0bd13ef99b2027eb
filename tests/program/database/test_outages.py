"""What is the site's own mistake, and what is wrong around it."""

from __future__ import annotations

import errno
import sqlite3

import psycopg
import pytest
from django.db import Error as DatabaseProblem
from django.db import InterfaceError, OperationalError, ProgrammingError

from program.database import outages
from program.database.outages import DatabaseAway, LockBusy, Outage, Silence, outage_of


def said(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("words with an address in them")
    error.sqlite_errorcode = code
    return error


def caused(error: DatabaseProblem, cause: Exception) -> DatabaseProblem:
    error.__cause__ = cause
    return error


def of_server(state: str) -> psycopg.Error:
    return psycopg.errors.lookup(state)()


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (caused(OperationalError(), said(5)), Outage.BUSY),
        (caused(OperationalError(), said(517)), Outage.BUSY),  # of the same family
        (caused(OperationalError(), said(13)), Outage.FULL),
        (caused(OperationalError(), said(4874)), Outage.FULL),
        (caused(OperationalError(), said(14)), Outage.AWAY),
        (caused(OperationalError(), said(1)), None),  # no such table
        (caused(OperationalError(), of_server("57P01")), Outage.AWAY),
        (caused(OperationalError(), of_server("57P03")), Outage.AWAY),
        (caused(OperationalError(), of_server("57014")), Outage.BUSY),
        (caused(OperationalError(), of_server("55P03")), Outage.BUSY),
        (caused(OperationalError(), of_server("40P01")), Outage.BUSY),
        (caused(OperationalError(), of_server("53100")), Outage.FULL),
        (caused(OperationalError(), of_server("53300")), Outage.BUSY),
        (caused(OperationalError(), of_server("25006")), Outage.AWAY),
        (caused(ProgrammingError(), of_server("42P01")), None),
        (caused(OperationalError(), psycopg.OperationalError("refused")), Outage.AWAY),
        (InterfaceError("connection already closed"), Outage.AWAY),
        (DatabaseAway(), Outage.AWAY),
        (LockBusy(), Outage.BUSY),
        (OSError(errno.ENOSPC, "No space left on device"), Outage.FULL),
        (OSError(errno.ENOENT, "No such file"), None),
        (ValueError(), None),
        (None, None),
    ],
)
def test_outage_is_known_by_its_error(error: Exception | None, outage: Outage | None):
    assert outage_of(error) is outage


def test_outage_behind_another_error_is_one_too():
    error = RuntimeError("a page could not be drawn")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")

    assert outage_of(error) is Outage.FULL


def test_silent_server_is_asked_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch):
    now = 1_000.0
    monkeypatch.setattr(outages, "monotonic", lambda: now)
    silence = Silence()
    silence.refuse_meanwhile(3)
    silence.began()

    with pytest.raises(DatabaseAway):
        silence.refuse_meanwhile(3)
    now += Silence.PAUSE
    silence.refuse_meanwhile(3)  # its turn to see
    with pytest.raises(DatabaseAway):
        silence.refuse_meanwhile(3)
    silence.ended()
    silence.refuse_meanwhile(3)
    silence.refuse_meanwhile(3)
