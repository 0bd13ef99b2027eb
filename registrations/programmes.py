"""Loading a programme into its event, people or not."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Q

from program import loading
from program.models import AgendaItem, Event, Sitting, Venue
from program.outcome import Outcome
from program.programme import Programme, moved
from registrations import history, holds, mailings, waiting
from registrations.models import Change


@transaction.atomic
def load_programme(
    programme: Programme, *, starts_on: date | None = None, who: str, at: datetime
) -> Outcome:
    """Create the event of a programme without mistakes, or update it; all of it or nothing.

    ``starts_on`` moves it to another day, on the same clock times. A programme that says
    what is there already changes nothing. Raises PeopleInTheWay (rule 10).
    """
    if starts_on:
        programme = moved(programme, starts_on)
    event = _locked(programme)
    if event.pk:
        holds.expire_holds(event, at=at)
    outcome = loading.save(programme, event, at=at)
    if outcome.changed:
        event.bump()
        _follow(event, outcome)
        if outcome.touched(Venue):
            for other in event.venue.events.exclude(pk=event.pk):
                other.bump()  # their pages show the venue too
        steps = [asdict(step) for step in outcome.steps]
        history.record(event, None, Change.What.PROGRAMME, who=who, at=at, new={"steps": steps})
        waiting.settle_event(event, at=at)  # there may be more seats than before
    return outcome


def _follow(event: Event, outcome: Outcome) -> None:
    """What people have of the event follows it: the end of a hold, and their calendar."""
    if outcome.moved:
        late = event.registrations.pending().filter(hold_expires_at__gt=event.starts_at)
        # No hold outlives the start (rule 4).
        late.update(hold_expires_at=event.starts_at, version=event.version)
        mailings.follow_start(event)
    if any(map(outcome.touched, (Event, Venue, AgendaItem, Sitting))):
        # A calendar takes a file for news only if its number is higher.
        event.registrations.confirmed().update(
            calendar_sequence=F("calendar_sequence") + 1, version=event.version
        )


def _locked(programme: Programme) -> Event:
    """The programme's event under its lock, or a new one.

    Its venue may change with it, so the other events there are locked too, always in the
    same order: two loads cannot wait for each other.
    """
    place = programme.venue
    here = Q(venue__name=place.name, venue__street=place.street, venue__city=place.city)
    events = Event.objects.filter(Q(slug=programme.slug) | here).order_by("pk")
    found = {event.slug: event for event in events.select_for_update(of=("self",))}
    return found.get(programme.slug) or Event(slug=programme.slug)
