"""Which venue an event has, when a file or a form says where it is held.

Everybody may hold an event at any venue. Only organisers who may change every event at a venue
change its details; for anybody else a copy is made, and the others keep theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import QuerySet

from program.file.parse import newlines
from program.models import Event, Venue

# What people know a venue by, and its details.
KNOWN_BY = ("name", "street", "city")
DETAILS = ("postcode", "getting_there", "getting_there_en")
Wanted = Mapping[str, str | None]


def events_at(wanted: Wanted) -> QuerySet[Event]:
    """The events at the venues of this name and address: what is wanted may change theirs."""
    return Event.objects.filter(**{f"venue__{name}": wanted[name] for name in KNOWN_BY})


def choose_venue(
    event: Event, wanted: Wanted, *, own: QuerySet[Event]
) -> tuple[Venue, dict[str, str]]:
    """The venue to hold ``event`` at, which may be new, and which of its columns still differ.

    ``wanted`` has a value for each column, or None to leave it as it is. ``own`` are the events
    that the person asking may change. Needs the lock on ``events_at(wanted)``.
    """
    known = {name: wanted[name] for name in KNOWN_BY}
    # First the one that it has, then the oldest.
    found = sorted(
        Venue.objects.filter(**known), key=lambda venue: (venue.pk != event.venue_id, venue.pk)
    )
    differing = [(venue, _differing(venue, wanted)) for venue in found]
    for venue, values in differing:
        if not values or _may_change(venue, event, own):
            return venue, values
    if found:
        of_others = {name: getattr(found[0], name) for name in DETAILS}
        return Venue(), {**of_others, **_given(wanted)}
    if event.pk and _corrects(event.venue, known) and event.venue.events.count() == 1:
        return event.venue, _differing(event.venue, wanted)
    return Venue(), _given(wanted)


def venue_for(event: Event, wanted: Wanted, *, own: QuerySet[Event]) -> Venue:
    """As ``choose_venue``, stored. The other events there get a new version if it changed."""
    venue, values = choose_venue(event, wanted, own=own)
    if not values:
        return venue
    others = list(venue.events.exclude(pk=event.pk).order_by("pk")) if venue.pk else []
    for name, value in values.items():
        setattr(venue, name, value)
    venue.save()
    for other in others:
        other.bump_programme()
    return venue


def _corrects(venue: Venue, known: Wanted) -> bool:
    """Whether it has another name or another address; with both it is another place."""
    return venue.name == known["name"] or venue.street == known["street"]


def _may_change(venue: Venue, event: Event, own: QuerySet[Event]) -> bool:
    return not venue.events.exclude(pk=event.pk).exclude(pk__in=own.order_by()).exists()


def _given(wanted: Wanted) -> dict[str, str]:
    return {name: value for name, value in wanted.items() if value is not None}


def _differing(venue: Venue, wanted: Wanted) -> dict[str, str]:
    # A text from a browser has other line ends than one from a file.
    return {
        name: value
        for name, value in _given(wanted).items()
        if newlines(getattr(venue, name)) != newlines(value)
    }
