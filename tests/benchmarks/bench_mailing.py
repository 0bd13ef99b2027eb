"""A message to 5,000 people (`make bench`; docs/benchmarks.md): how long the event is locked, and
how long a worker looks for the next mail while all of them wait.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta

import pytest
from django.db import connection

from program.models import Event
from registrations.mail import letters, outbox, strangers
from registrations.mailing import audience, mailings
from registrations.mailing.audience import REGISTERED
from registrations.models import StoredMail
from tests.benchmarks.bench_waiting import fill
from tests.factories import NOW, make_event, make_registration


@pytest.mark.django_db(transaction=True)
def test_message_to_a_large_event():
    event = make_event(capacity=5_001)
    fill(event, chain=0)
    event = Event.objects.get(pk=event.pk)
    mailing = mailings.prepare(event, "week", who="o", at=NOW)

    began = time.perf_counter()
    assert audience.reach(event, REGISTERED).people == 5_000
    counted = time.perf_counter() - began

    people = audience.people(event, REGISTERED)
    began = time.perf_counter()
    rows = list(letters.stored(event, mailing, people, NOW))
    written = time.perf_counter() - began
    del rows

    began = time.perf_counter()
    mailings.send(mailing, who="o", at=NOW)
    locked = time.perf_counter() - began

    later = NOW + timedelta(minutes=1)
    looked = []
    for _mail in range(50):
        began = time.perf_counter()
        assert outbox.claim(later) is not None
        looked.append((time.perf_counter() - began) * 1000)
    waits = make_registration(event, confirmed=False, at=later)
    strangers.answer(later)
    assert outbox.claim(later) == waits.mails.get()

    began = time.perf_counter()
    mailings.with_progress(event.mailings.all())
    followed = time.perf_counter() - began
    stop = time.perf_counter()
    assert mailings.stop(mailing, who="o", at=later) == 4_950
    stopped = time.perf_counter() - stop
    assert StoredMail.objects.waiting().filter(mailing=mailing).count() == 50
    print(
        f"\n{connection.vendor}: count {counted * 1000:.0f} ms, write {written * 1000:.0f} ms, "
        f"send off {locked * 1000:.0f} ms, next mail "
        f"{statistics.median(looked):.1f} ms, progress {followed * 1000:.0f} ms, "
        f"stop {stopped * 1000:.0f} ms"
    )
