"""People on the attendee list without a sign-up: hosts, officials, press."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from program.models import Event, Speaker
from registrations.booking import locking, places
from registrations.errors import Erased, NoPlaceForGuest
from registrations.models import Change, Guest, history
from registrations.models.person import NO_NAME
from registrations.names import person_names


@dataclass(frozen=True)
class Details:
    """What an organiser fills in about a guest, cleaned by the form."""

    first_name: str
    last_name: str
    organisation: str = ""
    kind: str = Guest.Kind.OTHER
    holds_place: bool = False


@transaction.atomic
def add(event: Event, details: Details, *, who: str, at: datetime) -> Guest:
    """Put somebody on the attendee list. Raises NoPlaceForGuest."""
    event = Event.objects.locked(event.pk)
    return _add(event, details, None, who=who, at=at)


@transaction.atomic
def add_hosts(event: Event, *, who: str, at: datetime) -> int:
    """Put everybody who hosts a table on the list, once; returns how many are new.

    Somebody may be on it without being linked to the programme: typed in by hand, or a host
    who left and came back. Such a guest is linked by name, and is not new.
    """
    event = Event.objects.locked(event.pk)
    added = 0
    for speaker, guest in _hosts(event):
        if guest:
            event.bump()
            event.guests.filter(pk=guest.pk).update(speaker=speaker, version=event.version)
        else:
            _add(event, _host(speaker), speaker, who=who, at=at)
            added += 1
    return added


def hosts_missing(event: Event) -> int:
    """How many hosts ``add_hosts`` would add now."""
    return sum(guest is None for _speaker, guest in _hosts(event))


def _hosts(event: Event) -> list[tuple[Speaker, Guest | None]]:
    """Hosts who are linked to no guest, each with the guest of that name who is nobody's yet.

    Those whose tables have all dropped out are left alone.
    """
    going = event.sessions.filter(Q(slots=None) | Q(slots__dropped_at=None))
    hosts = event.speakers.filter(hostings__session__in=going, guests=None).distinct()
    left = event.guests.filter(speaker=None, erased_at=None)
    known = {person_names.norm(guest.name): guest for guest in left}
    named = ((speaker, _host(speaker)) for speaker in hosts)
    return [
        (speaker, known.pop(person_names.norm(f"{one.first_name} {one.last_name}"), None))
        for speaker, one in named
    ]


@transaction.atomic
def change(guest: Guest, details: Details, *, who: str, at: datetime) -> Guest:
    """Raises Erased, NoPlaceForGuest."""
    event, guest = _locked(guest)
    if guest.erased_at:
        raise Erased
    if details.holds_place != guest.holds_place:
        _count(event, 1 if details.holds_place else -1, at=at)
    event.bump()
    Guest.objects.filter(pk=guest.pk).update(**_columns(details), version=event.version)
    _record(event, guest, "changed", details.holds_place, who=who, at=at)
    locking.settle(event, at=at)
    guest.refresh_from_db()
    return guest


@transaction.atomic
def remove(guest: Guest, *, who: str, at: datetime) -> None:
    """Take somebody off the list; doing so twice changes nothing.

    The row stays, empty: door devices must learn that somebody is gone.
    """
    event, guest = _locked(guest)
    if guest.erased_at:
        return
    if guest.holds_place:
        places.count_places(event, -1)
    event.bump()
    Guest.objects.filter(pk=guest.pk).update(
        **NO_NAME,
        holds_place=False,
        speaker=None,
        erased_at=at,
        removed_at=at,
        version=event.version,
    )
    _record(event, guest, "removed", guest.holds_place, who=who, at=at)
    locking.settle(event, at=at)


def _locked(guest: Guest) -> tuple[Event, Guest]:
    event = Event.objects.locked(guest.event_id)
    return event, event.guests.get(pk=guest.pk)


def _add(
    event: Event, details: Details, speaker: Speaker | None, *, who: str, at: datetime
) -> Guest:
    if details.holds_place:
        _count(event, 1, at=at)
    event.bump()
    guest = Guest.objects.create(
        event=event, speaker=speaker, created_at=at, version=event.version, **_columns(details)
    )
    _record(event, guest, "added", guest.holds_place, who=who, at=at)
    return guest


def _columns(details: Details) -> dict[str, str | bool]:
    named = person_names.columns(details.first_name, details.last_name, details.organisation)
    return {**named, "kind": details.kind, "holds_place": details.holds_place}


def _count(event: Event, change: int, *, at: datetime) -> None:
    """Count a place more or less. Those who wait come first (rule 8)."""
    if change > 0:
        locking.settle(event, at=at)
        if event.places_left < 1:
            raise NoPlaceForGuest
    places.count_places(event, change)


def _host(speaker: Speaker) -> Details:
    """A speaker's name is one text; its first word is taken as the first name."""
    first, _space, last = speaker.name.strip().partition(" ")
    if not last:
        first, last = "", first
    return Details(
        first_name=first[: person_names.NAME_LENGTH],
        last_name=last.strip()[: person_names.NAME_LENGTH],
        organisation=speaker.organisation[: person_names.NAME_LENGTH].strip(),
        kind=Guest.Kind.HOST,
    )


def _record(
    event: Event, guest: Guest, done: str, holds_place: bool, *, who: str, at: datetime
) -> None:
    new = {"guest": guest.pk, "done": done, "kind": guest.kind, "holds_place": holds_place}
    history.record(event, None, Change.What.GUEST, who=who, at=at, new=new)
