"""A message to many under pressure: several workers and an impatient organiser at one moment."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connections

from registrations.errors import MailingSent
from registrations.mailing import mailings
from registrations.models import Change, Mailing, StoredMail
from tests.conftest import PATIENCE
from tests.factories import NOW, make_event, make_registration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
PROCESSES, PEOPLE = 8, 5
DUE = NOW + timedelta(days=7)


def send(number: int, mailing: Mailing, barrier, outcomes) -> None:
    """Every other process is a worker; the rest press the button."""
    barrier.wait(PATIENCE)
    try:
        if number % 2:
            outcomes.put(mailings.queue_due(DUE))
        else:
            outcomes.put(mailings.send(mailing, who="olga", at=DUE))
    except MailingSent:
        outcomes.put("sent already")
    except Exception as error:
        outcomes.put(type(error).__name__)
    connections.close_all()


def test_message_is_stored_once_whoever_sends_it():
    event = make_event()
    for _number in range(PEOPLE):
        make_registration(event)
    mailing = mailings.prepare(event, "week", who="olga", at=NOW)
    barrier, outcomes = fork.Barrier(PROCESSES), fork.Queue()
    connections.close_all()  # each process opens its own
    processes = [
        fork.Process(target=send, args=(number, mailing, barrier, outcomes))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    ended = Counter(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)

    # The one that stored them, pressing too late, and workers that found nothing to do.
    assert ended.pop(PEOPLE) == 1
    assert set(ended) <= {"sent already", 0}
    assert sum(ended.values()) == PROCESSES - 1
    assert StoredMail.objects.filter(mailing=mailing).count() == PEOPLE
    assert Change.objects.filter(what=Change.What.MAILED).count() == 1
