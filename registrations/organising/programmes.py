"""Loading a programme into its event, people or not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from program.file.from_db import programme_of
from program.file.model import BadProgramme, FilePlace, Mistake, Programme, moved
from program.file.rules import ADDRESS_ONCE, mistakes_in
from program.file.save import SavedRow, SaveOutcome, save, wanted_venue
from program.file.to_do import to_do
from program.file.venues import events_at
from program.models import Event, Hosting, Speaker, Venue
from registrations.booking import locking
from registrations.models import Change, history
from registrations.organising import dry_run, house_style
from registrations.organising.dates import past_day
from registrations.organising.dry_run import DryRun
from registrations.organising.propagate import follow
from registrations.queries.snapshots import snapshot


@transaction.atomic
def load_programme(
    programme: Programme,
    *,
    starts_on: date | None = None,
    who: str,
    at: datetime,
    tell: bool = True,
    own: QuerySet[Event] | None = None,
) -> SaveOutcome:
    """Create the event of a programme without mistakes, or update it; all of it or nothing.

    ``starts_on`` moves it to another day, on the same clock times. A programme that says
    what is there already changes nothing. With ``tell`` everybody concerned gets a mail about
    another time or place. ``own`` are the events that ``who`` may change, by default all of them:
    for these alone what is said of a venue changes. Raises PeopleInTheWay (rule 10).
    """
    if starts_on:
        programme = moved(programme, starts_on)
    event, others = _locked(programme)
    if event.pk:
        locking.settle_free(event, at=at)
    before = {one.pk: snapshot(one.pk) for one in (event, *others) if one.pk}
    outcome = save(programme, event, at=at, own=own)
    if outcome.changed:
        event.bump_programme()
        steps = [_kept(step) for step in outcome.steps]
        history.record(event, None, Change.What.PROGRAMME, who=who, at=at, new={"steps": steps})
        # Other events meet at the same venue, and what people know of it.
        there = [one for one in others if one.venue_id == event.venue_id]
        touched = [event, *(there if outcome.touched(Venue) else [])]
        for one in touched:
            if one != event:
                one.bump_programme()
            if one.pk in before:
                follow(one, before[one.pk], who=who, at=at, tell=tell)
    return outcome


def _kept(step: SavedRow) -> dict[str, Any]:
    """As history keeps it, which names nobody."""
    people = {Speaker._meta.model_name, Hosting._meta.model_name}
    return asdict(step) | ({"name": ""} if step.model in people else {})


def _locked(programme: Programme) -> tuple[Event, list[Event]]:
    """The programme's event under its lock, or a new one; and the others at its venue.

    Its venue may change with it, so the other events there are locked too, always in the
    same order: two loads cannot wait for each other.
    """
    found = list(_concerned(programme).select_for_update(of=("self",)))
    event = next((one for one in found if one.slug == programme.slug), None)
    return event or Event(slug=programme.slug), [one for one in found if one != event]


class By(TypedDict):
    """Who acts and when, and the events that they may change."""

    own: QuerySet[Event]
    who: str
    at: datetime


def see_first(
    programme: Programme,
    agreed: str = "",
    *,
    own: QuerySet[Event],
    who: str,
    at: datetime,
    tell: bool = True,
) -> DryRun[SaveOutcome]:
    """What loading it would do; done if that is still what was ``agreed``, by its fingerprint.

    ``own`` are the events that ``who`` may change. Without ``tell`` nobody gets a mail about
    another time or place. Raises PeopleInTheWay (rule 10).
    """

    def load(tell: bool) -> SaveOutcome:
        return load_programme(programme, own=own, who=who, at=at, tell=tell)

    new = not Event.objects.filter(slug=programme.slug).exists()
    return dry_run.see_first(
        _concerned(programme),
        load,
        lambda seen: seen.fingerprint == agreed,
        tell=tell,
        notes=list(past_day(programme.date, at=at)) if new else [],
    )


@transaction.atomic
def make_event(
    programme: Programme,
    *,
    organisers: QuerySet[User],
    bilingual: bool = False,
    own: QuerySet[Event],
    who: str,
    at: datetime,
) -> SaveOutcome:
    """A new event with these organisers. Raises BadProgramme if its address is taken.

    ``bilingual``: its English is asked for, also if the programme has none.
    """
    list(_concerned(programme).select_for_update(of=("self",)))
    refuse_taken_address(programme)
    try:
        outcome = load_programme(programme, own=own, who=who, at=at)
    except IntegrityError:
        # There was no row yet to lock: somebody, or a second click, was quicker.
        refuse_taken_address(programme)
        raise
    outcome.event.organisers.set(organisers)
    if bilingual and not outcome.event.bilingual:
        outcome.event.bilingual = True
        outcome.event.save(update_fields=["bilingual"])
    return outcome


@transaction.atomic
def copy_event(
    event: Event,
    *,
    slug: str,
    title: str,
    title_en: str = "",
    day: date,
    who: str,
    at: datetime,
) -> Event:
    """The same programme and house style on another day, not published, with nobody in it.

    Its deadlines move along. Raises BadProgramme if the address is taken, or if the original
    has mistakes that a copy would repeat or lose.
    """
    mistakes = [todo.sentence for todo in to_do(event) if todo.mistake]
    if mistakes:
        place = FilePlace(words=str(event))
        raise BadProgramme([Mistake(place, sentence) for sentence in mistakes])
    programme = replace(
        moved(programme_of(event), day), slug=slug, title=title, title_en=title_en, published=False
    )
    if wrong := mistakes_in(programme):
        raise BadProgramme(wrong)
    copy = make_event(
        programme,
        organisers=event.organisers.all(),
        own=Event.objects.all(),
        who=who,
        at=at,
    ).event
    house_style.copy_to(copy, event)
    history.record(copy, None, Change.What.COPIED, who=who, at=at, old={"slug": event.slug})
    return copy


def refuse_taken_address(programme: Programme) -> None:
    """Raises BadProgramme."""
    if Event.objects.filter(slug=programme.slug).exists():
        raise BadProgramme([Mistake(programme.at("slug"), str(ADDRESS_ONCE))])


def _concerned(programme: Programme) -> QuerySet[Event]:
    """The event and the others at its venue, in the order in which they are locked."""
    here = events_at(wanted_venue(programme))
    return (Event.objects.filter(slug=programme.slug) | here).order_by("pk")
