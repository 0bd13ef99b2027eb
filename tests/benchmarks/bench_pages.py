"""What a page costs that nobody has asked for in the last second, and how long a process takes to
start (`make bench`; docs/benchmarks.md). In milliseconds of processor time.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.template import Context, Template
from django.test import Client
from django.utils import timezone

from program.models import Event
from tests.benchmarks.bench_load import SLUG
from tests.factories import make_crowd

ROOT = Path(__file__).resolve().parents[2]
TIMES = 40
PAGES = {
    "event page": SLUG,
    "sign-up form": f"{SLUG}aanmelden/",
    "table session": f"{SLUG}tafelsessie/6/",
    "programma.json": f"{SLUG}programma.json",
}
COLD, START = 8, 1.5  # milliseconds, seconds: the marks
IN_MEMORY = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "parts",
    "OPTIONS": {"MAX_ENTRIES": 20_000},
}


@pytest.fixture
def event(settings, transactional_db: None) -> Event:
    """The demo's event of thirteen table sessions, with people at them."""
    settings.PROGRAMME_SECONDS = 60
    settings.CACHES = settings.CACHES | {"template_fragments": IN_MEMORY}
    call_command("load_demo", verbosity=0)
    event = Event.objects.get(slug=SLUG.strip("/"))
    starts_at = timezone.now() + timedelta(days=20)
    Event.objects.update(starts_at=starts_at, ends_at=starts_at + timedelta(hours=4))
    make_crowd(event, 20)
    return event


def as_served(template: Template, context: Context) -> str:
    return template.nodelist.render(context)


def busy(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return (time.process_time() - began) * 1000


def sign_ups(event: Event) -> Iterator[None]:
    """Between two readings somebody takes a seat in each round."""
    for number in count():
        for round_ in event.rounds.all():
            slots = round_.slots.order_by("pk")
            slot = slots[number % len(slots)]
            slots.filter(pk=slot.pk, taken__lt=F("seats") - F("reserved")).update(
                taken=F("taken") + 1
            )
        yield


def test_cold_pages(event: Event, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    # In tests each template also tells the client what it was given, with a copy of all of it.
    monkeypatch.setattr(Template, "_render", as_served)
    print(f"\n\n| {connection.vendor} | while people sign up | after an organiser's change |")
    print("|---|---|---|")
    found = {}
    for name, path in PAGES.items():
        client.get(path)
        signs_up = sign_ups(event)
        cold, new = [], []
        for _time in range(TIMES):
            next(signs_up)
            cold.append(busy(partial(client.get, path)))
        for _time in range(TIMES):
            Event.objects.get(pk=event.pk).bump_programme()
            new.append(busy(partial(client.get, path)))
        # Other work on the machine only adds to what a page takes.
        found[name] = min(cold)
        print(f"| {name} | {min(cold):.1f} | {min(new):.1f} |")
    assert found["event page"] <= COLD


def test_start_of_a_process(process_env: dict[str, str]) -> None:
    """From nothing to a site that can answer: the interpreter, the settings, all modules."""
    command = [sys.executable, "-c", "import eventsite.wsgi"]
    took = []
    for _time in range(5):
        began = time.monotonic()
        subprocess.run(command, cwd=ROOT, env=process_env, check=True)
        took.append(time.monotonic() - began)
    print(f"\nstart of a process: {median(took):.2f} s")
    assert median(took) <= START
