"""What a device may do by itself; the rest is refused, or waits until an organiser judges it.

A device that was shut out does nothing at all any more: an organiser judges what had been tapped on
it before, by its own account. One before the day changes no place and no table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from program.models import Event
from registrations.door import passes, presence
from registrations.door.presence import Somebody
from registrations.door.told import Tap, uuids
from registrations.models import DoorOp, DoorPass, Guest, HeldTap, history
from registrations.names.person_names import best_line

Kind, Outcome, Why = DoorOp.Kind, DoorOp.Outcome, HeldTap.Why

# People without a sign-up whom one device lets in by itself: a quarter of the places, at least ten.
SHARE, LEAST = 4, 10
# Extras at an event that wants none, which a device without a network lets in all the same.
UNWANTED_SHARE, UNWANTED_LEAST = 20, 3
# Faster than this nobody types names.
MOST_AT_ONCE, AT_ONCE = 20, timedelta(minutes=5)
# All that is still taken from a device once it is shut out: what is sent by then is seldom true.
MOST_AFTERWARDS = 500
# All that one device may leave to an organiser until it is shut out, judged or not.
MOST_WAITING = 500


def notice_closed(door_pass: DoorPass, *, at: datetime) -> DoorPass:
    """The pass as it is now; one whose account was closed is withdrawn from now on.

    Needs the lock. Nobody knows when that account was closed: what was tapped before its device
    was heard of again counts as tapped before.
    """
    fresh = DoorPass.objects.select_related("user").get(pk=door_pass.pk)
    if fresh.withdrawn_at is None and not passes.works(fresh):
        fresh = passes.withdraw(fresh, who=history.WORKER, at=at)
    return fresh


def judge(
    event: Event, door_pass: DoorPass, tap: Tap, person: Somebody | None, *, at: datetime
) -> DoorOp.Outcome | None:
    """What becomes of a tap that the device may not carry out by itself; None if it may.

    Needs the lock. What waits for an organiser is stored (``HeldTap``), what is refused is not.
    """
    about = person or _held_walk_in(event, tap)
    nobody = tap.kind != Kind.WALK_IN and about is None
    if door_pass.taken_back_at or (isinstance(about, HeldTap) and about.refused_at):
        return Outcome.REFUSED
    if shut_out := door_pass.withdrawn_at:
        # What arrives before the day is no news of the evening.
        too_early = at < passes.walk_ins_from(event)
        if nobody or too_early or tap.at >= shut_out or _all_afterwards(door_pass, shut_out):
            return Outcome.REFUSED
        return _hold(event, door_pass, tap, about, Why.WITHDRAWN, at)
    why = _may_not(event, door_pass, tap, about, at)
    if why == Why.EARLY and at < passes.walk_ins_from(event):
        return Outcome.EARLY
    if why is None or nobody:
        return None  # of nobody nothing comes
    if door_pass.held_taps.count() >= MOST_WAITING:
        return Outcome.TOO_MANY
    return _hold(event, door_pass, tap, about, why, at)


def _all_afterwards(door_pass: DoorPass, shut_out: datetime) -> bool:
    """Whether so much came from it since it was shut out that no more is taken."""
    since = Q(received_at__gte=shut_out)
    taken = door_pass.ops.filter(since).count() + door_pass.held_taps.filter(since).count()
    return taken >= MOST_AFTERWARDS


def _may_not(
    event: Event, door_pass: DoorPass, tap: Tap, about: Somebody | HeldTap | None, at: datetime
) -> str | None:
    """Why a device that works may not do this by itself; None if it may."""
    if isinstance(about, HeldTap):
        return about.why
    # The clock of the device may have been put right since; ours is right.
    early = tap.at < passes.walk_ins_from(event)
    if early and not (tap.kind == Kind.UNDO or _plain(tap, about)):
        return Why.EARLY
    return Why.MANY if tap.kind == Kind.WALK_IN and _too_many(event, door_pass, tap) else None


def _plain(tap: Tap, person: Somebody | None) -> bool:
    """Whether it only says that somebody came in who was expected: that moves no place."""
    return tap.kind == Kind.IN and (
        isinstance(person, Guest) or (person is not None and person.is_confirmed)
    )


def _too_many(event: Event, door_pass: DoorPass, tap: Tap) -> bool:
    walk_ins = door_pass.ops.filter(kind=Kind.WALK_IN)
    if walk_ins.filter(at__gt=tap.at - AT_ONCE, at__lte=tap.at).count() >= MOST_AT_ONCE:
        return True
    let_in = presence.standing(walk_ins)
    if let_in.count() >= max(LEAST, event.capacity // SHARE):
        return True
    if event.extras_allowed or not (event.called_off or event.places_left < 1):
        return False
    unwanted = let_in.filter(registration__extra=True).count()
    return unwanted >= max(UNWANTED_LEAST, event.capacity // UNWANTED_SHARE)


def _held_walk_in(event: Event, tap: Tap) -> HeldTap | None:
    """The walk-in that this tap is about, if that was held: it waits, or is refused, with it."""
    if tap.kind == Kind.WALK_IN:
        return None
    return event.held_taps.filter(pk__in=uuids(tap.person), kind=Kind.WALK_IN).first()


def _hold(
    event: Event,
    door_pass: DoorPass,
    tap: Tap,
    about: Somebody | HeldTap | None,
    why: str,
    at: datetime,
) -> DoorOp.Outcome:
    whom = {"walk_in": about.pk} if isinstance(about, HeldTap) else {}
    if about and not isinstance(about, HeldTap):
        whom = presence.of(about)
    first_name, last_name, organisation = "", "", ""
    if tap.kind == Kind.WALK_IN:
        named = (tap.first_name, tap.last_name, tap.organisation)
        first_name, last_name, organisation = (best_line(text) for text in named)
        if not (first_name or last_name):
            return Outcome.INVALID
    event.bump()
    HeldTap.objects.create(
        id=tap.id,
        event=event,
        door_pass=door_pass,
        why=why,
        seq=tap.seq,
        kind=tap.kind,
        at=tap.at,
        **whom,
        refs=[str(ref) for ref in tap.refs],
        anyway=tap.anyway,
        table=tap.table,
        first_name=first_name,
        last_name=last_name,
        organisation=organisation,
        received_at=at,
    )
    return Outcome.HELD
