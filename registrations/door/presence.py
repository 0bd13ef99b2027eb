"""Who is in: a set of taps, not a switch.

Each tap is an operation with an id of its own, made on the device. An undo names the
check-ins that it takes back: those which its device had seen. Somebody is in if some check-in
of theirs is named by no undo. So neither clocks nor the order of arrival matter.
"""

from __future__ import annotations

from typing import Any

from program.models import Event
from registrations.models import DoorOp, DoorUndo, Guest, Presence, Registration

# Both mean that somebody walked through the door.
CHECK_INS = (DoorOp.Kind.IN, DoorOp.Kind.WALK_IN)
Somebody = Registration | Guest


def live(person: Somebody) -> list[DoorOp]:
    """The check-ins of a person that nobody took back, the earliest first."""
    check_ins = person.door_ops.filter(kind__in=CHECK_INS)
    undone = DoorUndo.objects.filter(ref__in=check_ins.values("pk")).values("ref")
    return list(check_ins.exclude(pk__in=undone).order_by("at", "pk"))


def settle(event: Event, person: Somebody) -> Presence:
    """Write down whether the person is in now. Needs the lock on ``event``."""
    standing = live(person)
    first = standing[0] if standing else None
    presence, _made = Presence.objects.update_or_create(
        **of(person),
        defaults={
            "event": event,
            "present": bool(standing),
            "at": first.at if first else None,
            "door_pass": first.door_pass if first else None,
            "version": event.version,
        },
    )
    return presence


def of(person: Somebody) -> dict[str, Any]:
    """The column of ``DoorOp`` and ``Presence`` that this person goes in."""
    return {"guest" if isinstance(person, Guest) else "registration": person}


def count(event: Event) -> int:
    """How many people are in the building now."""
    return event.presences.filter(present=True).count()


def differences(event: Event) -> list[str]:
    """Where what is written down is not what the taps say; empty when all is right."""
    undone = DoorUndo.objects.filter(op__event=event).values("ref")
    standing = event.door_ops.filter(kind__in=CHECK_INS).exclude(pk__in=undone)
    taps = {pair for pair in standing.values_list("registration", "guest") if any(pair)}
    written = set(event.presences.filter(present=True).values_list("registration", "guest"))
    return [f"{event.slug}: {pair} differs" for pair in sorted(taps ^ written, key=str)]
