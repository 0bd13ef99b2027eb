"""Who is in: a set of taps, not a switch.

Each tap is an operation with an id of its own, made on the device. An undo names the
check-ins that it takes back: those that its device had seen. Somebody is in if some check-in
of theirs is named by no undo. So neither clocks nor the order of arrival matter. Of a device that
an organiser took back as a whole neither check-ins nor undos count.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from program.models import Event
from registrations.models import Change, DoorOp, DoorUndo, Guest, Presence, Registration, history

# Both mean that somebody walked through the door.
CHECK_INS = (DoorOp.Kind.IN, DoorOp.Kind.WALK_IN)
Somebody = Registration | Guest


def live(person: Somebody) -> list[DoorOp]:
    """The check-ins of a person that nobody took back, the earliest first."""
    return list(standing(person.door_ops.all()).order_by("at", "pk"))


def standing(ops: QuerySet[DoorOp]) -> QuerySet[DoorOp]:
    """Of these taps the check-ins that no undo at the same event names."""
    undone = DoorUndo.objects.filter(
        ref=OuterRef("pk"), op__event=OuterRef("event"), op__door_pass__taken_back_at=None
    )
    return ops.filter(~Exists(undone), kind__in=CHECK_INS, door_pass__taken_back_at=None)


def write(event: Event, person: Somebody) -> bool:
    """Write down whether the person is in now, and return it. Needs the lock on ``event``."""
    first = standing(person.door_ops.all()).order_by("at", "pk").first()
    values = {
        "present": first is not None,
        "at": first.at if first else None,
        "door_pass_id": first.door_pass_id if first else None,
        "version": event.version,
    }
    # Under the lock nobody else makes the row in between.
    if not Presence.objects.filter(**of(person)).update(**values):
        Presence.objects.create(event=event, **of(person), **values)
    return first is not None


def write_all(event: Event, people: Collection[Somebody]) -> set[Somebody]:
    """As ``write``, for many most of whom are out: returns those who are in."""
    came = set(standing(event.door_ops.all()).values_list("registration", "guest"))
    inside = {one for one in people if _columns(one) in came}
    out = [_columns(one) for one in people if one not in inside]
    gone = Q(registration__in=[key for key, _guest in out if key])
    gone |= Q(guest__in=[key for _registration, key in out if key])
    values = {"present": False, "at": None, "door_pass": None, "version": event.version}
    event.presences.filter(gone).update(**values)
    for one in inside:
        write(event, one)
    return inside


def _columns(person: Somebody) -> tuple[int | None, int | None]:
    return (None, person.pk) if isinstance(person, Guest) else (person.pk, None)


def is_in(person: Somebody) -> bool:
    """Whether the person is in, as last written down."""
    return hasattr(person, "presence") and person.presence.present


def record(
    event: Event,
    person: Somebody,
    what: Change.What,
    *,
    who: str,
    at: datetime,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Note in history that somebody came in, or did not after all."""
    _line(event, person, what, who=who, at=at, more=more).save()


def record_all(
    event: Event, people: Collection[Somebody], what: Change.What, *, who: str, at: datetime
) -> None:
    """As ``record``, of each of them."""
    Change.objects.bulk_create([_line(event, one, what, who=who, at=at) for one in people])


def _line(
    event: Event,
    person: Somebody,
    what: Change.What,
    *,
    who: str,
    at: datetime,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Change:
    registration = person if isinstance(person, Registration) else None
    new = {"guest": person.pk} if isinstance(person, Guest) else dict(more)
    return history.change(event, registration, what, who=who, at=at, new=new)


def of(person: Somebody) -> dict[str, Any]:
    """The column of ``DoorOp`` and ``Presence`` that this person goes in."""
    return {"guest" if isinstance(person, Guest) else "registration": person}


def count(event: Event) -> int:
    """How many people are in the building now."""
    return event.presences.filter(present=True).count()


def differences(event: Event) -> list[str]:
    """Where what is written down is not what the taps say; empty when all is right."""
    found = standing(event.door_ops.all()).values_list("registration", "guest")
    taps = {pair for pair in found if any(pair)}
    written = set(event.presences.filter(present=True).values_list("registration", "guest"))
    return [f"{event.slug}: {pair} differs" for pair in sorted(taps ^ written, key=str)]
