"""What organisers wait for with 5,000 registrations (`make bench`; docs/benchmarks.md): the list,
a search that finds everybody, the overview, and an export of every column.
"""

from __future__ import annotations

import time
import tracemalloc

import pytest
from django.db import connection
from django.utils import translation

from tests.registrations.admin.test_large_event import (
    MANY,
    PAGES,
    make_large_event,
    organiser_of,
    queries_of,
)

TIMES = 4


@pytest.mark.django_db
@translation.override("en")
def test_pages_of_a_large_event():
    event = make_large_event(MANY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself after a while
    queries, client = queries_of(event), organiser_of(event)
    for name, ask in PAGES.items():
        took, busy = [], []
        for _time in range(TIMES):
            began, worked = time.perf_counter(), time.process_time()
            size = len(ask(client, event))
            took.append((time.perf_counter() - began) * 1000)
            busy.append((time.process_time() - worked) * 1000)
        tracemalloc.start()
        ask(client, event)
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        print(
            f"\n{connection.vendor}, {name}: {min(took):.0f} ms of which "
            f"{min(busy):.0f} ms this process worked, "
            f"{queries[name]} queries, at most {most / 2**20:.1f} MB, {size / 1000:.0f} kB"
        )
