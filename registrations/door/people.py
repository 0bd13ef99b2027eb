"""The list as a device keeps it: the least that finds somebody and lets them in.

No e-mail address, answer or note is ever in it. A device that has the list up to some version
of the event gets what changed since; every answer costs the same few queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Min, Q
from django.db.models.functions import Lower

from program.models import Event
from registrations.door.presence import CHECK_INS
from registrations.models import DoorOp, DoorUndo, Guest, Registration, Seat

# What a row leaves out when it is so: most people are confirmed, and not in yet.
LETTERS = {
    Registration.Status.PENDING: "pending",
    Registration.Status.EXPIRED: "expired",
    Registration.Status.WAITING: "waiting",
    Registration.Status.CANCELLED: "cancelled",
}
Row = dict[str, Any]


def rows(event: Event, *, since: int = 0) -> list[Row]:
    """Everybody whose row changed after version ``since``; who was erased is named as gone."""
    return [*_registrations(event, since), *_guests(event, since)]


def tables(event: Event) -> list[dict[str, Any]]:
    """The tables by round, in the language of the request, with the seats that are left."""
    sittings = event.sittings.select_related("session", "round").order_by(
        "round__number", "session__theme__number", "session__code"
    )
    return [
        {
            "id": sitting.pk,
            "round": sitting.round.number,
            "session": sitting.session_id,
            "code": sitting.session.code,
            "title": sitting.session.local_title,
            "place": sitting.local_location,
            "left": sitting.seats_left,
        }
        for sitting in sittings
    ]


def expected(event: Event) -> int:
    """How many people are on the list: those with a place, extras and guests."""
    guests = event.guests.filter(erased_at=None)
    return event.registrations.confirmed().filter(erased_at=None).count() + guests.count()


def to_come(event: Event) -> int:
    """How many of those on the list are not in yet."""
    came = event.presences.filter(present=True).filter(
        Q(registration__status=Registration.Status.CONFIRMED, registration__erased_at=None)
        | Q(guest__erased_at=None, guest__isnull=False)
    )
    return expected(event) - came.count()


def _registrations(event: Event, since: int) -> Iterable[Row]:
    found = event.registrations.filter(version__gt=since).order_by("pk")
    if not since:
        found = found.filter(erased_at=None)
    people = list(found.only(*_COLUMNS))
    standing = _check_ins(event, people, "registration_id")
    seats = defaultdict(list)
    held = Seat.objects.filter(event=event, registration__in=found).order_by("round__number")
    for key, sitting in held.values_list("registration", "sitting"):
        seats[key].append(sitting)
    groups = _same_address(event)
    walk_ins = dict(
        event.door_ops.filter(kind=DoorOp.Kind.WALK_IN, registration__in=found).values_list(
            "registration", "pk"
        )
    )
    for person in people:
        row: Row = {"id": f"r{person.pk}"}
        if person.erased_at:
            yield row | {"gone": 1}
            continue
        row["n"] = person.name
        row |= _unless_empty(
            o=person.organisation,
            t=seats[person.pk],
            s=LETTERS.get(Registration.Status(person.status), ""),
            corrected=int(bool(person.name_corrected_at)),
            extra=int(person.extra),
            op=str(walk_ins.get(person.pk, "")),
            live=standing[person.pk],
        )
        first = groups.get(person.pk, person.pk)
        yield row if first == person.pk else row | {"same": f"r{first}"}


def _guests(event: Event, since: int) -> Iterable[Row]:
    guests = event.guests.filter(version__gt=since)
    if not since:
        guests = guests.filter(erased_at=None)
    people = list(guests.order_by("pk"))
    standing = _check_ins(event, people, "guest_id")
    for person in people:
        if person.erased_at:
            yield {"id": f"g{person.pk}", "gone": 1}
        else:
            row: Row = {"id": f"g{person.pk}", "n": person.name, "s": "guest"}
            row["kind"] = str(person.get_kind_display())
            yield row | _unless_empty(o=person.organisation, live=standing[person.pk])


def _check_ins(
    event: Event, people: Iterable[Registration | Guest], column: str
) -> dict[int, list[list[str]]]:
    """Check-ins that nobody took back, by person: the tap, its time, and the device."""
    undone = DoorUndo.objects.filter(op__event=event).values("ref")
    taps = (
        event.door_ops.filter(kind__in=CHECK_INS)
        .filter(**{f"{column}__in": [person.pk for person in people]})
        .exclude(pk__in=undone)
        .select_related("door_pass")
        .order_by("at", "pk")
    )
    found: dict[int, list[list[str]]] = defaultdict(list)
    for tap in taps:
        found[getattr(tap, column)].append([str(tap.pk), tap.at.isoformat(), tap.door_pass.label])
    return found


def _same_address(event: Event) -> dict[int, int]:
    """Of people who signed up more than once: each sign-up to the first one of that address."""
    by_address = (
        event.registrations.exclude(email="")
        .order_by()
        .annotate(address=Lower("email"))
        .values("address")
        .annotate(first=Min("pk"))
    )
    first = {row["address"]: row["first"] for row in by_address}
    again = event.registrations.exclude(email="").annotate(address=Lower("email"))
    return {
        pk: first[address]
        for pk, address in again.values_list("pk", "address")
        if first[address] != pk
    }


def _unless_empty(**values: Any) -> Row:
    return {name: value for name, value in values.items() if value}


_COLUMNS = (
    *("first_name", "last_name", "organisation", "status", "extra"),
    *("name_corrected_at", "erased_at"),
)
