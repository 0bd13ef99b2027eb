"""How long one cancellation keeps a large event locked (`make bench`; docs/benchmarks.md).

5,000 people with a place and a seat, 2,000 entries over 60 tables; one person cancels, and one
moves up or a chain of five. The same with nobody waiting is the floor to compare with. Ends in an
error if a chain of five takes longer than its mark on PostgreSQL.
"""

from __future__ import annotations

import statistics
import time

import pytest
from django.db import connection

from program.models import Event, Slot
from registrations.booking import changing
from registrations.booking.places import differences
from registrations.models import Registration, Seat, WaitlistEntry
from tests.factories import NOW, make_event, make_slot

PEOPLE, WISHES, TABLES, TIMES = 5_000, 2_000, 60, 15
MARK = 40  # milliseconds


def fill(event: Event, *, chain: int) -> list[Registration]:
    """Everybody sits; chains of so many wait for one another's tables."""
    slots = [make_slot(event, f"t{number}", 1, seats=200) for number in range(TABLES)]
    target = make_slot(event, "full", 2, seats=0)
    people = Registration.objects.bulk_create(
        Registration(
            event=event,
            status="confirmed",
            holds_place=True,
            first_name="Noor",
            last_name=f"van der Meulen {number}",
            email=f"p{event.pk}-{number}@example.org",
            secret=f"{event.pk}-{number}",
            created_at=NOW,
            confirmed_at=NOW,
        )
        for number in range(PEOPLE)
    )
    Seat.objects.bulk_create(seat(one, slots[number % TABLES]) for number, one in enumerate(people))
    if chain:
        entries = [entry(one, target) for one in people[-(WISHES - chain * TIMES) :]]
        for start in range(TIMES):
            movers = people[start * TABLES + 1 : start * TABLES + 1 + chain]
            entries += [entry(one, slots[number]) for number, one in enumerate(movers)]
        WaitlistEntry.objects.bulk_create(entries)
    for slot in slots:
        taken = slot.table_seats.count()
        Slot.objects.filter(pk=slot.pk).update(taken=taken, seats=taken)
    Event.objects.filter(pk=event.pk).update(taken=PEOPLE)
    assert differences() == []
    return people


def seat(one: Registration, slot: Slot) -> Seat:
    return Seat(
        event_id=slot.event_id,
        registration=one,
        slot=slot,
        round_id=slot.round_id,
        session_id=slot.session_id,
        got_at=NOW,
    )


def entry(one: Registration, slot: Slot) -> WaitlistEntry:
    return WaitlistEntry(
        event_id=slot.event_id,
        registration=one,
        slot=slot,
        round_id=slot.round_id,
        session_id=slot.session_id,
        since=NOW,
    )


def milliseconds(people: list[Registration]) -> float:
    """The median of what a cancellation takes, each by the first of another chain."""
    taken = []
    for start in range(TIMES):
        leaving = people[start * TABLES]
        began = time.perf_counter()
        changing.cancel(leaving, at=NOW)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


@pytest.mark.django_db(transaction=True)
def test_cancelling_in_a_large_event(settings):
    settings.PROGRAMME_SECONDS = 60  # the programme is in memory, as it is where people sign up
    told = []
    for chain in (0, 1, 5):
        event = make_event(capacity=PEOPLE)
        took = milliseconds(fill(event, chain=chain))
        assert event.changes.filter(what="moved").count() == chain * TIMES
        told.append(f"{chain} move up: {took:.0f} ms")
    print(f"\n{connection.vendor}: {', '.join(told)}")
    assert connection.vendor != "postgresql" or took <= MARK
