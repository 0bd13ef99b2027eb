"""Loading a programme into its event, people or not."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from program import loading
from program.models import Event, Hosting, Speaker, Venue
from program.outcome import Outcome, Step
from program.programme import Programme, moved
from registrations import history, holds
from registrations.models import Change
from registrations.organising.following import follow
from registrations.organising.pictures import picture


@transaction.atomic
def load_programme(
    programme: Programme,
    *,
    starts_on: date | None = None,
    who: str,
    at: datetime,
    tell: bool = True,
) -> Outcome:
    """Create the event of a programme without mistakes, or update it; all of it or nothing.

    ``starts_on`` moves it to another day, on the same clock times. A programme that says
    what is there already changes nothing. With ``tell`` everybody concerned gets a mail about
    another time or place. Raises PeopleInTheWay (rule 10).
    """
    if starts_on:
        programme = moved(programme, starts_on)
    event, others = _locked(programme)
    if event.pk:
        holds.expire_holds(event, at=at)
    before = {one.pk: picture(one.pk) for one in (event, *others) if one.pk}
    outcome = loading.save(programme, event, at=at)
    if outcome.changed:
        event.bump()
        steps = [_kept(step) for step in outcome.steps]
        history.record(event, None, Change.What.PROGRAMME, who=who, at=at, new={"steps": steps})
        # Other events meet at the same venue, and what people know of it.
        touched = [event, *(others if outcome.touched(Venue) else [])]
        for one in touched:
            if one != event:
                one.bump()
            if one.pk in before:
                follow(one, before[one.pk], who=who, at=at, tell=tell)
    return outcome


def _kept(step: Step) -> dict[str, Any]:
    """As history keeps it, which names nobody."""
    people = {Speaker._meta.model_name, Hosting._meta.model_name}
    return asdict(step) | ({"name": ""} if step.model in people else {})


def _locked(programme: Programme) -> tuple[Event, list[Event]]:
    """The programme's event under its lock, or a new one; and the others at its venue.

    Its venue may change with it, so the other events there are locked too, always in the
    same order: two loads cannot wait for each other.
    """
    place = programme.venue
    here = Q(venue__name=place.name, venue__street=place.street, venue__city=place.city)
    events = Event.objects.filter(Q(slug=programme.slug) | here).order_by("pk")
    found = list(events.select_for_update(of=("self",)))
    event = next((one for one in found if one.slug == programme.slug), None)
    return event or Event(slug=programme.slug), [one for one in found if one != event]
