"""Sign-up opens: thousands press at once for 400 places (`make bench`; docs/benchmarks.md)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from program.models import Event
from registrations.booking.places import differences
from tests.benchmarks.rush import Rush, rush
from tests.factories import make_event, make_slot
from tests.processes import served

PLACES, SECONDS = 400, 60
PEOPLE = {"postgresql": 5_000, "sqlite": 1_000}
FULL = "Aanmelden voor de wachtlijst"


def make_place(places: int = PLACES) -> tuple[Event, dict[int, list[str]]]:
    """An event for which so many can sign up, and its tables by round."""
    starts_at = timezone.now().replace(minute=0) + timedelta(days=20)
    event = make_event(slug="drukte", capacity=places, starts_at=starts_at)
    tables: dict[int, list[str]] = {1: [], 2: []}
    for number in range(24):
        round_number, code = number % 2 + 1, f"{number // 2 + 1}{'ab'[number % 2]}"
        make_slot(event, code, round_number, seats=places // 10)
        tables[round_number].append(code)
    return event, tables


def check(event: Event, found: Rush, places: int) -> None:
    """Never too many, nobody after the first 'full', and no answer that is an error."""
    event.refresh_from_db()
    held = event.registrations.filter(holds_place=True).count()
    assert (event.taken, held, len(found.signed_up)) == (places, places, places)
    assert differences() == []
    assert found.after_full(FULL) == 0
    assert set(found.statuses()) <= {200, 303, 422}


@pytest.mark.django_db(transaction=True)
def test_rush(process_env: Mapping[str, str]) -> None:
    event, tables = make_place()
    people = PEOPLE[connection.vendor]
    env = {**process_env, "PROXIES": "1", "PAGE_CACHE_SECONDS": "1", "LOG_LEVEL": "ERROR"}
    with served("eventsite.wsgi", env) as url:
        come = rush([url], event.slug, tables, people=people, seconds=SECONDS, full=FULL)
        found = asyncio.run(come)
    print(
        f"\n{connection.vendor}: {people} people in {SECONDS} s for {PLACES} places: "
        f"{found.statuses()}; half within {found.seconds(0.5):.2f} s, 99 in 100 within "
        f"{found.seconds(0.99):.2f} s, all within {found.seconds(1):.2f} s"
    )
    check(event, found, PLACES)
    assert found.seconds(0.99) <= 2
    assert found.seconds(1) <= 10
