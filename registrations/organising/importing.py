"""Programmes from a file, seen before they are saved; new events; copies of an event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import TypedDict

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from program.checks import findings
from program.models import Event
from program.outcome import Outcome
from program.programme import BadProgramme, Place, Problem, Programme, moved
from program.stored import programme_of
from program.to_do import to_do
from registrations import history
from registrations.models import Change
from registrations.organising.pictures import Picture, picture
from registrations.organising.programmes import load_programme
from registrations.organising.rehearsal import Rehearsal, rehearsal


class By(TypedDict):
    """Who does it and when, and the events that they may change."""

    own: QuerySet[Event]
    who: str
    at: datetime


class NotAsShown(Exception):
    """Since it was looked at something has changed: look again."""


@dataclass(frozen=True)
class Preview:
    """What loading a programme would do; the event of ``outcome`` is as it would be.

    ``before`` and ``after`` are that event, if there is one already.
    """

    outcome: Outcome
    rehearsal: Rehearsal
    before: Picture | None = None
    after: Picture | None = None

    @property
    def fingerprint(self) -> str:
        """Of all that is shown: whoever agrees, agrees to this."""
        mails = sorted((mail.kind, mail.registration_id or 0) for mail in self.rehearsal.mails)
        shown = (list(self.outcome.steps), mails, [one.pk for one in self.rehearsal.people])
        return sha256(repr(shown).encode()).hexdigest()


def preview(programme: Programme, *, own: QuerySet[Event], who: str, at: datetime) -> Preview:
    """Load it for real and undo it. ``own`` are the events that ``who`` may change.

    Raises PeopleInTheWay (rule 10), and BadProgramme if it changes what is not theirs.
    """
    with rehearsal(_concerned(programme)) as seen:
        event = Event.objects.filter(slug=programme.slug).first()
        before = picture(event.pk) if event else None
        outcome = load_programme(programme, who=who, at=at)
        _refuse_venue_of_others(programme, outcome, own)
        after = picture(event.pk) if event else None
    return Preview(outcome, seen, before, after)


@transaction.atomic
def load_as_shown(
    programme: Programme,
    fingerprint: str,
    *,
    own: QuerySet[Event],
    who: str,
    at: datetime,
    tell: bool = True,
) -> Outcome:
    """Load it if it still does what was shown. Raises NotAsShown, else as ``preview``.

    Without ``tell`` nobody gets a mail about another time or place.
    """
    # Held until the end: what a rehearsal locks is free again after it.
    list(_concerned(programme).select_for_update(of=("self",)))
    if preview(programme, own=own, who=who, at=at).fingerprint != fingerprint:
        raise NotAsShown
    return load_programme(programme, who=who, at=at, tell=tell)


@transaction.atomic
def make_event(
    programme: Programme,
    *,
    organisers: QuerySet[User],
    own: QuerySet[Event],
    who: str,
    at: datetime,
) -> Outcome:
    """A new event with these organisers. Raises BadProgramme if its address is taken."""
    list(_concerned(programme).select_for_update(of=("self",)))
    refuse_taken_address(programme)
    try:
        outcome = load_programme(programme, who=who, at=at)
    except IntegrityError:
        # There was no row yet to lock: somebody, or a second click, was quicker.
        refuse_taken_address(programme)
        raise
    _refuse_venue_of_others(programme, outcome, own)
    outcome.event.organisers.set(organisers)
    return outcome


@transaction.atomic
def copy_event(
    event: Event,
    *,
    slug: str,
    title: str,
    title_en: str,
    day: date,
    who: str,
    at: datetime,
) -> Event:
    """The same programme on another day, not published, with nobody in it.

    Its deadlines move along. Raises BadProgramme if the address is taken, or if the original
    has mistakes that a copy would repeat or lose.
    """
    mistakes = [todo.sentence for todo in to_do(event) if todo.mistake]
    if mistakes:
        place = Place(str(event))
        raise BadProgramme([Problem(place, sentence) for sentence in mistakes])
    programme = replace(
        moved(programme_of(event), day), slug=slug, title=title, title_en=title_en, published=False
    )
    if problems := findings(programme):
        raise BadProgramme(problems)
    copy = make_event(
        programme,
        organisers=event.organisers.all(),
        own=Event.objects.all(),
        who=who,
        at=at,
    ).event
    history.record(copy, None, Change.What.COPIED, who=who, at=at, old={"slug": event.slug})
    return copy


def refuse_taken_address(programme: Programme) -> None:
    """Raises BadProgramme."""
    if Event.objects.filter(slug=programme.slug).exists():
        message = _("There is an event at this address already. Choose another address.")
        raise BadProgramme([Problem(programme.at("slug"), message)])


def _concerned(programme: Programme) -> QuerySet[Event]:
    """The event and the others at its venue, in the order in which they are locked."""
    place = programme.venue
    here = Q(venue__name=place.name, venue__street=place.street, venue__city=place.city)
    return Event.objects.filter(Q(slug=programme.slug) | here).order_by("pk")


def _refuse_venue_of_others(programme: Programme, outcome: Outcome, own: QuerySet[Event]) -> None:
    """A venue is shared: its pages and mails are those of others too."""
    changed = any(step.model == "venue" and step.did == "changed" for step in outcome.steps)
    others = outcome.event.venue.events.exclude(pk=outcome.event.pk).exclude(pk__in=own)
    if changed and others.exists():
        message = _("Others meet at this venue too, so that you cannot change what is said of it.")
        raise BadProgramme([Problem(programme.venue.line, message)])
