"""One new event, and a button that several people press at one moment, or one of them twice."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connections

from program.file import files
from program.file.model import BadProgramme
from program.models import Event
from registrations.management.commands.load_demo import FILE
from registrations.organising import programmes
from tests.conftest import PATIENCE
from tests.factories import make_organiser

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
fork = multiprocessing.get_context("fork")
PROCESSES = 4
AT = datetime(2016, 10, 1, 12, tzinfo=UTC)
DEMO = files.load_toml(FILE.read_bytes())


def make(barrier, outcomes) -> None:
    barrier.wait(PATIENCE)
    by: programmes.By = {"own": Event.objects.all(), "who": "olga", "at": AT}
    try:
        programmes.make_event(DEMO, organisers=User.objects.all(), **by)
        outcomes.put("made")
    except BadProgramme:
        outcomes.put("refused")
    except Exception as error:
        outcomes.put(type(error).__name__)
    connections.close_all()


def test_new_event_is_made_once_and_the_others_hear_why():
    make_organiser()
    barrier, outcomes = fork.Barrier(PROCESSES), fork.Queue()
    connections.close_all()  # each process opens its own
    processes = [
        fork.Process(target=make, args=(barrier, outcomes)) for _number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    ended = Counter(outcomes.get(timeout=PATIENCE) for _process in processes)
    for process in processes:
        process.join(PATIENCE)

    assert ended == {"made": 1, "refused": PROCESSES - 1}
    assert Event.objects.count() == 1
