"""Who is in: a set of taps, not a switch.

Each tap is an operation with an id of its own, made on the device. An undo names the
check-ins that it takes back: those that its device had seen. Somebody is in if some check-in
of theirs is named by no undo. So neither clocks nor the order of arrival matter.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from program.models import Event
from registrations.models import DoorOp, DoorUndo, Guest, Presence, Registration

# Both mean that somebody walked through the door.
CHECK_INS = (DoorOp.Kind.IN, DoorOp.Kind.WALK_IN)
Somebody = Registration | Guest


def live(person: Somebody) -> list[DoorOp]:
    """The check-ins of a person that nobody took back, the earliest first."""
    return list(standing(person.door_ops.all()).order_by("at", "pk"))


def standing(ops: QuerySet[DoorOp]) -> QuerySet[DoorOp]:
    """Of these taps the check-ins that no undo at the same event names."""
    undone = DoorUndo.objects.filter(ref=OuterRef("pk"), op__event=OuterRef("event"))
    return ops.filter(~Exists(undone), kind__in=CHECK_INS)


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
