"""Compares the counters of places and seats with the rows that they count (rule 1)."""

from __future__ import annotations

from django.db.models import Count, F, Q

from program.models import Event, Sitting


def differences() -> list[str]:
    """One sentence for every counter that is wrong; empty when all are right."""
    events = Event.objects.annotate(
        counted=Count("registrations", filter=Q(registrations__holds_place=True))
    ).exclude(counted=F("taken"))
    sittings = (
        Sitting.objects.select_related("event", "session", "round")
        .annotate(counted=Count("table_seats"))
        .exclude(counted=F("taken"))
    )
    return [
        f"{event.slug}: {event.taken} places taken, but {event.counted} registrations hold one."
        for event in events
    ] + [
        f"{sitting.event.slug}, table {sitting.session.code} in round {sitting.round.number}: "
        f"{sitting.taken} seats taken, but {sitting.counted} people sit there."
        for sitting in sittings
    ]
