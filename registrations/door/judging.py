"""An organiser's yes or no to taps that a device may not carry out by itself (``limits``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from program.models import Event
from registrations.door import presence, taps
from registrations.door.told import Tap
from registrations.models import Change, DoorOp, HeldTap, history

Kind = DoorOp.Kind


# An organiser's yes takes the event's lock for no more taps than this at once.
AT_ONCE = 50


@dataclass(frozen=True)
class TapToJudge:
    """A tap to be judged, whom it is about, and what else was tapped on that walk-in."""

    tap: HeldTap
    name: str
    more: list[str] = field(default_factory=list)


def waiting(event: Event) -> QuerySet[HeldTap]:
    """What waits for an organiser, in the order of tapping.

    Without what was tapped on a walk-in that waits itself: that goes with it.
    """
    held = event.held_taps.waiting()
    walk_ins = held.filter(kind=Kind.WALK_IN).values("pk")
    by_itself = held.exclude(walk_in__in=walk_ins)
    people = by_itself.select_related("door_pass", "registration", "guest")
    return people.order_by("at", "seq", "pk")


def in_words(event: Event, held: Sequence[HeldTap]) -> list[TapToJudge]:
    """These taps as a page shows them. Two queries."""
    more: defaultdict[UUID, dict[str, None]] = defaultdict(dict)
    walk_ins = [one.pk for one in held if one.kind == Kind.WALK_IN]
    for one in event.held_taps.waiting().filter(walk_in__in=walk_ins).order_by("at", "seq"):
        if one.walk_in:
            more[one.walk_in][str(one.get_kind_display())] = None
    # Of those whose walk-in was accepted before.
    joined = event.door_ops.filter(pk__in=[one.walk_in for one in held if one.walk_in])
    names = {
        op.pk: op.registration.name
        for op in joined.select_related("registration")
        if op.registration
    }
    return [
        TapToJudge(
            one, one.name or (names.get(one.walk_in, "") if one.walk_in else ""), [*more[one.pk]]
        )
        for one in held
    ]


def perhaps_in(event: Event) -> int:
    """How many people more are in if all taps that wait are true. One query."""
    came = event.held_taps.waiting().filter(kind__in=presence.CHECK_INS)
    uncounted = came.exclude(registration__presence__present=True).exclude(
        guest__presence__present=True
    )
    found = uncounted.aggregate(
        people=Count("registration", distinct=True),
        guests=Count("guest", distinct=True),
        walk_ins=Count("pk", filter=Q(kind=Kind.WALK_IN), distinct=True),
    )
    return sum(found.values())


def accept(event: Event, keys: Collection[UUID], *, who: str, at: datetime) -> int:
    """Carry these taps out as if they came now, with what was tapped on walk-ins among them.

    Returns how many. Places are given as at the door: a free one, or else as an extra. The event's
    lock is let go after every ``AT_ONCE``; if the site stops in between, the rest still waits.
    """
    held = [one.pk for one in _chosen(event, keys)]
    parts = (held[first : first + AT_ONCE] for first in range(0, len(held), AT_ONCE))
    return sum(_accept(event, part, who=who, at=at) for part in parts)


@transaction.atomic
def _accept(event: Event, keys: Collection[UUID], *, who: str, at: datetime) -> int:
    event = Event.objects.locked(event.pk)
    held = _in_order(event.held_taps.waiting().filter(pk__in=keys))
    if not held:
        return 0
    event.bump()
    event.held_taps.filter(pk__in=[one.pk for one in held]).delete()
    for one in held:
        tap = _tap(one)
        person = None if one.kind == Kind.WALK_IN else taps.find(event, tap.person)
        taps.carry_out(event, one.door_pass, tap, person, at)
    new = {"accepted": len(held)}
    history.record(event, None, Change.What.TAPS_JUDGED, who=who, at=at, new=new)
    return len(held)


@transaction.atomic
def refuse(event: Event, keys: Collection[UUID], *, who: str, at: datetime) -> int:
    """Nothing comes of these taps, nor of what was tapped on walk-ins among them."""
    event = Event.objects.locked(event.pk)
    held = _chosen(event, keys)
    if held:
        event.bump()
        forget(event, [one.pk for one in held], at=at)
        new = {"refused": len(held)}
        history.record(event, None, Change.What.TAPS_JUDGED, who=who, at=at, new=new)
    return len(held)


def forget(event: Event, keys: Collection[UUID], *, at: datetime) -> None:
    """Refused taps keep their id and nobody's name."""
    gone = {"first_name": "", "last_name": "", "organisation": "", "refused_at": at}
    event.held_taps.filter(pk__in=keys).update(**gone)


def _chosen(event: Event, keys: Collection[UUID]) -> list[HeldTap]:
    """Those of them that still wait, with what was tapped on walk-ins among them."""
    about = Q(pk__in=keys) | Q(walk_in__in=keys)
    return _in_order(event.held_taps.waiting().filter(about))


def _in_order(held: QuerySet[HeldTap]) -> list[HeldTap]:
    """In the order of tapping; walk-ins come before what is about them."""
    found = held.select_related("door_pass")
    return sorted(found, key=lambda one: (one.kind != Kind.WALK_IN, one.at, one.seq))


def _tap(held: HeldTap) -> Tap:
    """As the device told it, with the key of whom it turned out to be about."""
    person = str(held.walk_in or "")
    if held.registration_id:
        person = f"r{held.registration_id}"
    elif held.guest_id:
        person = f"g{held.guest_id}"
    return Tap(
        id=held.pk,
        seq=held.seq,
        kind=Kind(held.kind),
        at=held.at,
        person=person,
        refs=tuple(UUID(ref) for ref in held.refs),
        anyway=held.anyway,
        first_name=held.first_name,
        last_name=held.last_name,
        organisation=held.organisation,
        table=held.table,
        received_at=held.received_at,
    )
