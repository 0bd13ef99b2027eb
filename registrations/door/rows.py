"""The list as a device keeps it: no more than it needs to find somebody and let them in.

No e-mail address, answer or note is ever in it. A device that has the list up to some version
of the event gets what changed since; every answer costs the same few queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from program.models import Event
from registrations.door import presence
from registrations.models import DoorOp, Guest, Presence, Registration, Seat

# A row leaves out what holds for most: they are confirmed, and not in yet.
USUAL = Registration.Status.CONFIRMED
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
    found = event.registrations.filter(_news(since))
    standing = _check_ins(event.door_ops.filter(registration__in=found), "registration_id")
    seats = defaultdict(list)
    held = Seat.objects.filter(event=event, registration__in=found).order_by("round__number")
    for key, slot in held.values_list("registration", "slot"):
        seats[key].append(slot)
    walked_in = event.door_ops.filter(kind=DoorOp.Kind.WALK_IN, registration__in=found)
    walk_ins = dict(walked_in.order_by().values_list("registration", "pk"))
    for person in found.annotate(first=_first_sign_up()).only(*_COLUMNS).order_by("pk"):
        row: Row = {"id": f"r{person.pk}"}
        if person.erased_at:
            yield row | {"gone": 1}
            continue
        row["n"] = person.name
        row |= _unless_empty(
            o=person.organisation,
            t=seats[person.pk],
            s="" if person.status == USUAL else person.status,
            corrected=int(bool(person.name_corrected_at)),
            extra=int(person.is_confirmed and person.extra),
            op=str(walk_ins.get(person.pk, "")),
            live=standing[person.pk],
        )
        first = person.first or person.pk
        yield row if first == person.pk else row | {"same": f"r{first}"}


def _guests(event: Event, since: int) -> Iterable[Row]:
    found = event.guests.filter(_news(since))
    standing = _check_ins(event.door_ops.filter(guest__in=found), "guest_id")
    for person in found.order_by("pk"):
        if person.erased_at:
            yield {"id": f"g{person.pk}", "gone": 1}
        else:
            row: Row = {"id": f"g{person.pk}", "n": person.name, "s": "guest"}
            row["kind"] = str(person.get_kind_display())
            yield row | _unless_empty(o=person.organisation, live=standing[person.pk])


def _news(since: int) -> Q:
    """Those who are new to a device; at version 0 it has nobody yet."""
    return Q(version__gt=since) if since else Q(erased_at=None)


def _check_ins(ops: QuerySet[DoorOp], column: str) -> dict[int, list[list[str]]]:
    """Check-ins that nobody took back, by person: the tap, its time, and the device."""
    taps = presence.standing(ops).order_by("at", "pk")
    found: dict[int, list[list[str]]] = defaultdict(list)
    for person, tap, at, device in taps.values_list(column, "pk", "at", "door_pass__label"):
        found[person].append([str(tap), at.isoformat(timespec="seconds"), device])
    return found


def _first_sign_up() -> Subquery:
    """The first sign-up under the same name and address: together they are one person."""
    same = Registration.objects.annotate(address=Lower("email")).filter(
        event=OuterRef("event"), address=Lower(OuterRef("email")), sort_key=OuterRef("sort_key")
    )
    return Subquery(same.exclude(email="").order_by("pk").values("pk")[:1])


def _unless_empty(**values: Any) -> Row:
    return {name: value for name, value in values.items() if value}


_COLUMNS = (
    # The event too: the manager reads it for each row.
    *("event", "first_name", "last_name", "organisation", "status", "extra"),
    *("name_corrected_at", "erased_at"),
)
