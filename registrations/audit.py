"""Compares the counters of places and seats with the rows that they count (rule 1)."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from program.models import Event, Sitting
from registrations.models import Guest, Registration, Seat


def differences() -> list[str]:
    """One sentence for everything that is wrong; empty when all is right."""
    return [*_places(), *_seats(), *_seats_without_place()]


def _places() -> Iterator[str]:
    events = Event.objects.annotate(
        people=_holding(Registration.objects.holding()), invited=_holding(Guest.objects.holding())
    ).exclude(taken=F("people") + F("invited"))
    for event in events:
        guests = f" and {event.invited} guests" if event.invited else ""
        yield (
            f"{event.slug}: {event.taken} places taken, "
            f"but {event.people} registrations{guests} hold one."
        )


def _holding(people: QuerySet) -> Coalesce:
    """How many of these people hold a place in an event."""
    of_event = people.filter(event=OuterRef("pk")).order_by().values("event")
    return Coalesce(Subquery(of_event.annotate(count=Count("pk")).values("count")), 0)


def _seats() -> Iterator[str]:
    sittings = (
        Sitting.objects.select_related("event", "session", "round")
        .annotate(counted=Count("table_seats"))
        .exclude(counted=F("taken"))
    )
    for sitting in sittings:
        yield (
            f"{_table(sitting)}: "
            f"{sitting.taken} seats taken, but {sitting.counted} people sit there."
        )


def _seats_without_place() -> Iterator[str]:
    """Seats of people who cancelled, expired or wait: nobody else can have them.

    Who was let in beside the count may sit at a table that has room.
    """
    extras = Registration.objects.confirmed().filter(extra=True)
    seats = Seat.objects.exclude(registration__in=Registration.objects.holding() | extras)
    for seat in seats.select_related("sitting__event", "sitting__session", "sitting__round"):
        yield (
            f"{_table(seat.sitting)}: registration {seat.registration_id} sits there, "
            "but holds no place in the event."
        )


def _table(sitting: Sitting) -> str:
    return f"{sitting.event.slug}, table {sitting.session.code} in round {sitting.round.number}"
