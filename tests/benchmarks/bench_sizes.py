"""What a page costs at 10, 1,000 and 50,000 registrations, and at 13 and 300 table sessions (`make
bench`; docs/benchmarks.md).

In milliseconds of processor time, of this process and of the database's together: what others do
on the machine counts for little.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event
from tests.benchmarks import plot
from tests.benchmarks.bench_pages import IN_MEMORY
from tests.registrations.admin.test_large_event import PAGES, make_large_event, organiser_of, people
from tests.registrations.door.tapping import make_pass, on_device, sync

FEW, MANY, MOST = 10, 1_000, 50_000  # registrations
SESSIONS, MANY_SESSIONS = 13, 300
SIZES = [(FEW, SESSIONS), (MANY, SESSIONS), (MOST, SESSIONS), (MANY, MANY_SESSIONS)]
# Times, unless they take so many seconds together.
TIMES, LONGEST = 7, 5
# Between two sizes a cost may double, whatever the number of people or sessions; or it may grow as
# much as the answer does, and half as much again.
FLAT, PER_BYTE = 2.0, 1.5
# Counts everybody in each of its queries: it may grow by a fifth of what the event does.
COUNTS, SHARE = "overview", 0.2
# What is about everybody, for the plot.
EVERYBODY = ("door, whole list", "overview", "export, CSV", "export, XLSX")


@dataclass
class Cost:
    """The least of several times."""

    busy: float  # milliseconds
    wall: float
    queries: int
    size: int  # bytes of the answer

    def __str__(self) -> str:
        return f"{self.busy:,.0f} ({self.wall:,.0f}) · {self.queries} · {self.size / 1000:,.0f}"


def database_worked() -> float:
    """Seconds that the database's own process worked for us; SQLite works in ours."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    # Where there is no such file, the plain time of this process has to do.
    return int(told.read_text().split()[0]) / 1e9 if told.exists() else 0


def worked() -> float:
    return time.process_time() + database_worked()


def cost_of(act: Callable[[], bytes]) -> Cost:
    busy: list[float] = []
    wall: list[float] = []
    while len(wall) < TIMES and sum(wall) < LONGEST * 1000:
        before, began = worked(), time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            size = len(act())
            asked = len(queries)
        wall.append((time.perf_counter() - began) * 1000)
        busy.append((worked() - before) * 1000)
    return Cost(min(busy), min(wall), asked, size)


def acts_on(event: Event) -> dict[str, Callable[[], bytes]]:
    """What is measured, by name; each can be done again and again."""
    visitor, organiser = Client(), organiser_of(event)
    device = on_device(make_pass(event))
    first, numbers = event.slots.order_by("pk")[0], count()

    def read() -> bytes:
        """Somebody took a seat since, so that the page is new and what shows its seats as well."""
        event.slots.filter(pk=first.pk).update(taken=F("taken") + 1)
        return visitor.get(f"/{event.slug}/").content

    def sign_up() -> bytes:
        number = next(numbers)
        typed = {
            "first_name": "Els",
            "last_name": f"Bakker {number}",
            "email": f"els{number}@haarlem.example",
            "role": "inwoner",
            "round_1": "1a",
            "round_2": "1b",
            "agree": "on",
        }
        visitor.cookies.clear()  # somebody else, in a browser of their own
        answer = visitor.post(f"/{event.slug}/aanmelden/", typed)
        assert answer.status_code == 303
        return answer.content

    def in_step() -> bytes:
        version = Event.objects.values_list("version", flat=True).get(pk=event.pk)
        content: bytes = sync(device, event, since=version).content
        return content

    def search(words: str) -> Callable[[], bytes]:
        return lambda: people(organiser, event, f"&q={words}")

    def page(name: str) -> Callable[[], bytes]:
        return lambda: PAGES[name](organiser, event)

    return {
        "event page": read,
        "sign up": sign_up,
        "door, in step": in_step,
        "door, whole list": lambda: sync(device, event).content,
        "list of people": page("list"),
        "search, found": search("meulen7+gemeente+7"),
        "search, none": search("noor+van+der+meulenbelt"),
        "overview": page("overview"),
        "export, CSV": page("csv"),
        "export, XLSX": page("xlsx"),
    }


def measure(people: int, sessions: int) -> dict[str, Cost]:
    event = make_large_event(people, sessions)
    starts_at = timezone.now() + timedelta(days=20)
    Event.objects.filter(pk=event.pk).update(
        starts_at=starts_at, ends_at=starts_at + timedelta(hours=4)
    )
    event.refresh_from_db()
    with connection.cursor() as cursor:
        # As the database does by itself after a while.
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return {name: cost_of(act) for name, act in acts_on(event).items()}


def most(name: str, before: Cost, after: Cost) -> float:
    """How much more this may cost in the larger event."""
    if name == COUNTS:
        return max(FLAT, SHARE * MOST / MANY)
    return max(FLAT, PER_BYTE * after.size / max(before.size, 1))


@pytest.mark.django_db(transaction=True)
@translation.override("en")
def test_cost_by_size(settings: Any) -> None:
    settings.PROGRAMME_SECONDS = 60
    settings.CACHES = settings.CACHES | {"template_fragments": IN_MEMORY}
    found = {size: measure(*size) for size in SIZES}
    print(f"\n\n| {connection.vendor} | " + " | ".join(f"{p:,} · {s}" for p, s in SIZES) + " |")
    print("|---|" + "---|" * len(SIZES))
    missed = []
    few = found[MANY, SESSIONS]
    for name in few:
        print(f"| {name} | " + " | ".join(str(found[size][name]) for size in SIZES) + " |")
        for size in ((MOST, SESSIONS), (MANY, MANY_SESSIONS)):
            cost = found[size][name]
            if cost.busy > few[name].busy * most(name, few[name], cost):
                missed.append((name, size, few[name].busy, cost.busy))
    if connection.vendor == "postgresql":  # as most sites have it
        draw({number: found[number, SESSIONS] for number in (FEW, MANY, MOST)})
    assert missed == []


def draw(found: dict[int, dict[str, Cost]]) -> None:
    before, after = found[MANY], found[MOST]
    told = [f"{name} {one.busy:,.0f} and {after[name].busy:,.0f}" for name, one in before.items()]
    plot.write(
        "size.svg",
        "What a page costs in a larger event",
        f"Milliseconds with {MANY:,} and with {MOST:,} registrations: {', '.join(told)}. What "
        "answers with everybody or counts everybody grows; the rest stays as it is.",
        "Registrations",
        "Processor time of an answer",
        [
            plot.Line(
                name,
                [(number, costs[name].busy) for number, costs in found.items()],
                other=name in EVERYBODY,
                dashed=name in EVERYBODY,
            )
            for name in before
        ],
    )
