"""Rule 1 under pressure: fifty processes want five seats at the same moment."""

from __future__ import annotations

import multiprocessing
from collections import Counter

import pytest
from django.db import connection, connections

from program.models import Event
from program.models.event import EventQuerySet
from registrations.booking import signup
from registrations.booking.places import differences
from registrations.errors import EventFull, TablesRefused
from registrations.models import Registration
from registrations.queries import tables
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_person, make_slot

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
PROCESSES, SEATS = 50, 5


def sign_up(event: Event, number: int, opening, barrier, outcomes) -> None:
    """What one process does: open the database, wait for all the others, then sign up."""
    with opening:
        # One by one: the first to open a SQLite file needs it alone, and fails in a crowd.
        connection.ensure_connection()
    barrier.wait(PATIENCE)
    try:
        signup.sign_up(event, make_person(f"p{number}@example.org"), {1: "1a"}, at=NOW)
    except (TablesRefused, EventFull):
        outcomes.put("refused")
    except Exception as error:
        outcomes.put(type(error).__name__)
    else:
        outcomes.put("in")
    connections.close_all()


def all_at_once(event: Event) -> Counter[str]:
    """How fifty sign-ups ended that were sent at once."""
    opening, barrier, outcomes = fork.Lock(), fork.Barrier(PROCESSES), fork.Queue()
    connections.close_all()  # each process opens its own
    processes = [
        fork.Process(target=sign_up, args=(event, number, opening, barrier, outcomes))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    ended = Counter(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)
    return ended


@pytest.mark.parametrize("full", ["table", "event"])
def test_fifty_sign_ups_for_five_seats_let_five_in(full):
    event = make_event(capacity=SEATS if full == "event" else 100)
    slot = make_slot(event, "1a", seats=SEATS if full == "table" else 100)

    assert all_at_once(event) == {"in": SEATS, "refused": PROCESSES - SEATS}

    slot.refresh_from_db()
    event.refresh_from_db()
    assert (event.taken, slot.taken) == (SEATS, SEATS)
    assert Registration.objects.count() == SEATS
    assert differences() == []


def test_without_the_lock_only_the_database_refuses(monkeypatch):
    """Shows that the test above bites: all judge before anyone writes, as a race allows."""
    judged = fork.Barrier(PROCESSES)
    choose = tables.choose

    def choose_together(*args, **options):
        chosen = choose(*args, **options)
        judged.wait(PATIENCE)
        return chosen

    monkeypatch.setattr(EventQuerySet, "locked", lambda self, pk: self.get(pk=pk))
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "transaction_mode", None)
    monkeypatch.setattr(tables, "choose", choose_together)
    event = make_event()
    make_slot(event, "1a", seats=SEATS)

    ended = all_at_once(event)

    if connection.vendor == "sqlite":
        # Readers of an old snapshot may not write: one gets in, the others see an error.
        assert ended == {"in": 1, "OperationalError": PROCESSES - 1}
    else:
        # Nobody is told that it is full: the constraint stops everybody after the fifth.
        assert ended == {"in": SEATS, "IntegrityError": PROCESSES - SEATS}
