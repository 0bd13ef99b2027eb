"""The list as a device keeps it: no more than it needs to find somebody and let them in.

No e-mail address, answer or note is ever in it. A device that has the list up to some version
of the event gets what changed since; every answer costs the same few queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from program.models import Event
from registrations.door import presence
from registrations.models import DoorOp, Guest, Presence, Registration, Seat

# A row leaves out what holds for most: they are confirmed, and not in yet.
USUAL = Registration.Status.CONFIRMED
FEW = 200  # keys in a query; beyond that all of the event is read as quickly
Row = dict[str, Any]


def rows(event: Event, *, since: int = 0) -> list[Row]:
    """Everybody whose row changed after version ``since``; the erased are named as gone."""
    return [*_registrations(event, since), *_guests(event, since)]


def tables(event: Event) -> list[dict[str, Any]]:
    """The tables by round, in the language of the request, with the seats that are left."""
    slots = event.slots.select_related("session", "round").order_by(
        "round__number", "session__theme__number", "session__code"
    )
    return [
        {
            "id": slot.pk,
            "round": slot.round.number,
            "session": slot.session_id,
            "code": slot.session.code,
            "title": slot.session.local_title,
            "place": slot.local_location,
            "left": slot.seats_left,
        }
        for slot in slots
    ]


def expected(event: Event) -> int:
    """How many people are on the list: those with a place, extras and guests."""
    guests = event.guests.filter(erased_at=None)
    return event.registrations.confirmed().filter(erased_at=None).count() + guests.count()


def as_of_now(event: Event) -> tuple[int, int, int]:
    """The version of the event, how many are in at it, and how many are expected.

    Each version is counted once: devices ask every few seconds, and mostly nothing has changed.
    """
    return _counted(event.pk, event.programme_key, event.version)


@lru_cache(maxsize=100)
def _counted(pk: int, _programme: UUID, _version: int) -> tuple[int, int, int]:
    """As of now, or of when this version of the event was asked for first.

    One statement: with several, a tap in between gives an old version with a new count, and a
    device would think that its list differs from ours.
    """
    present = _count(Presence.objects.filter(present=True))
    people = _count(Registration.objects.confirmed().filter(erased_at=None))
    guests = _count(Guest.objects.filter(erased_at=None))
    here = Event.objects.filter(pk=pk)
    version, came, expected = here.values_list("version", present, people + guests).get()
    return version, came, expected


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of these rows an event has, within a query about it."""
    mine = rows.filter(event=OuterRef("pk")).order_by().values("event")
    return Coalesce(Subquery(mine.annotate(count=Count("pk")).values("count")), 0)


def to_come(event: Event) -> int:
    """How many on the list are not in yet."""
    came = event.presences.filter(present=True).filter(
        Q(registration__status=Registration.Status.CONFIRMED, registration__erased_at=None)
        | Q(guest__erased_at=None, guest__isnull=False)
    )
    return expected(event) - came.count()


def _registrations(event: Event, since: int) -> Iterable[Row]:
    found = event.registrations.filter(_news(since)).only(*_COLUMNS).order_by("pk")
    people = {person.pk: person for person in found}
    theirs = _of("registration", people)
    standing = _check_ins(event.door_ops.filter(theirs), "registration_id")
    seats = defaultdict(list)
    held = Seat.objects.filter(theirs, event=event).order_by("round__number")
    for key, slot in held.values_list("registration", "slot"):
        seats[key].append(slot)
    walked_in = event.door_ops.filter(theirs, kind=DoorOp.Kind.WALK_IN)
    walk_ins = dict(walked_in.order_by().values_list("registration", "pk"))
    first = _first_sign_ups(event, people.values(), since)
    for pk, person in people.items():
        row: Row = {"id": f"r{pk}"}
        if person.erased_at:
            yield row | {"gone": 1}
            continue
        row["n"] = person.name
        row |= _unless_empty(
            o=person.organisation,
            t=seats[pk],
            s="" if person.status == USUAL else person.status,
            corrected=int(bool(person.name_corrected_at)),
            extra=int(person.is_confirmed and person.extra),
            op=str(walk_ins.get(pk, "")),
            live=standing[pk],
        )
        same = first.get(_identity(person), pk)
        yield row if same == pk else row | {"same": f"r{same}"}


def _guests(event: Event, since: int) -> Iterable[Row]:
    people = {person.pk: person for person in event.guests.filter(_news(since)).order_by("pk")}
    theirs = _of("guest", people)
    standing = _check_ins(event.door_ops.filter(theirs), "guest_id")
    for pk, person in people.items():
        if person.erased_at:
            yield {"id": f"g{pk}", "gone": 1}
        else:
            row: Row = {"id": f"g{pk}", "n": person.name, "s": "guest"}
            row["kind"] = str(person.get_kind_display())
            yield row | _unless_empty(o=person.organisation, live=standing[pk])


def _news(since: int) -> Q:
    """Those who are new to a device; at version 0 it has nobody yet."""
    return Q(version__gt=since) if since else Q(erased_at=None)


def _of(column: str, people: Collection[int]) -> Q:
    """What is about these people, by key; of many, what is about anybody.

    With the people as a query the database joins thousands with thousands, if it knows no better
    than that the event is small.
    """
    return Q(**{f"{column}__in": people} if len(people) <= FEW else {f"{column}__isnull": False})


def _check_ins(ops: QuerySet[DoorOp], column: str) -> dict[int, list[list[str]]]:
    """Check-ins that nobody took back, by person: the tap, its time, and the device."""
    taps = presence.standing(ops).order_by("at", "pk")
    found: dict[int, list[list[str]]] = defaultdict(list)
    for person, tap, at, device in taps.values_list(column, "pk", "at", "door_pass__label"):
        found[person].append([str(tap), at.isoformat(timespec="seconds"), device])
    return found


def _first_sign_ups(
    event: Event, people: Collection[Registration], since: int
) -> dict[tuple[str, str], int]:
    """The first sign-up of each of these ``people``, who are everybody at version 0."""
    same: Iterable[Registration] = people
    if since:
        found = event.registrations.only(*_COLUMNS).order_by("pk")
        keys = {person.sort_key for person in people}
        same = found.filter(sort_key__in=keys) if len(people) <= FEW else found
    first: dict[tuple[str, str], int] = {}
    for one in same:
        if one.email:
            first.setdefault(_identity(one), one.pk)
    return first


def _identity(one: Registration) -> tuple[str, str]:
    """Sign-ups with the same name and address are of one person."""
    return one.email.lower(), one.sort_key


def _unless_empty(**values: Any) -> Row:
    return {name: value for name, value in values.items() if value}


_COLUMNS = (
    # The event too: the manager reads it for each row.
    *("event", "first_name", "last_name", "organisation", "status", "extra"),
    *("name_corrected_at", "erased_at", "email", "sort_key"),
)
