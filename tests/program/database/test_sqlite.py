"""Who writes waits for the file, and asks for it at equal times."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from program.database import patience
from program.database.outages import Outage, outage_of
from program.database.sqlite3 import base
from program.models import Event
from tests.factories import make_event

pytestmark = pytest.mark.django_db(transaction=True)
SECOND = patience.Patience(lock=1, statement=1, transaction=1)


@pytest.fixture(autouse=True)
def _nobody_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_lines", {})


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Somebody who is writing."""
    make_event()  # connects
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        other.rollback()


def test_who_waits_gets_the_file_at_the_next_try_once_it_is_free(
    other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 50:
            other.rollback()

    monkeypatch.setattr(base, "sleep", pause)
    with transaction.atomic():
        Event.objects.update(title="Anders")

    assert pauses == [base.BETWEEN] * 50


def test_who_waits_in_vain_hears_so_in_time(
    other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
):
    pauses: list[float] = []
    monkeypatch.setattr(base, "sleep", pauses.append)
    with (
        patience.waiting_at_most(SECOND),
        pytest.raises(OperationalError) as refused,
        transaction.atomic(),
    ):
        raise AssertionError("nobody gets here")

    assert outage_of(refused.value) is Outage.BUSY
    assert sum(pauses) == pytest.approx(SECOND.lock, abs=0.01)


def test_what_is_written_without_a_transaction_waits_as_before(other: sqlite3.Connection):
    other.rollback()
    with patience.waiting_at_most(SECOND), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone() == (SECOND.lock * 1000,)
