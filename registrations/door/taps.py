"""Takes in what devices tapped, in whatever order, repeated or not: each tap counts once.

A batch that can be read is always taken, with an outcome for every tap. No tap can hold up the
others: what cannot be carried out is written down as such and answered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import OperationalError, transaction

from program.models import Event
from registrations.door import admitting, limits, passes, presence
from registrations.door.admitting import Admitted
from registrations.door.presence import Somebody
from registrations.door.told import Tap, read, uuids
from registrations.models import Change, DoorOp, DoorPass, DoorUndo, HeldTap, Registration
from registrations.names.person_names import best_line

logger = logging.getLogger(__name__)
Kind, Outcome = DoorOp.Kind, DoorOp.Outcome


@dataclass
class Results:
    """The answer to a batch: pairs of a tap's id, as it was sent, and its outcome."""

    outcomes: list[tuple[str, DoorOp.Outcome]] = field(default_factory=list)


class Done(NamedTuple):
    """What came of a tap, and what it gave (``DoorOp.was``, ``DoorOp.slot``)."""

    outcome: DoorOp.Outcome
    was: str = ""
    slot: int | None = None


def take(
    door_pass: DoorPass,
    sent: Iterable[Mapping[str, Any]],
    *,
    at: datetime,
    clock: datetime | None = None,
    online: bool = False,
) -> Results:
    """Carry out a batch under the event's lock; what was taken before gets its first outcome.

    What a device may not do by itself (``limits``) is refused, or waits for an organiser.
    ``clock`` is what the device's clock said when it sent the batch: even if it is wrong, it tells
    how long ago each tap was. From a page that is certainly ``online`` nobody walks in as an extra
    at an event that allows none: raises DoorFull.
    """
    read_taps = [(str(item.get("id", "")), read(item, at, clock or at)) for item in sent]
    # In the order of tapping; what cannot be read comes first, for nothing depends on it.
    read_taps.sort(key=lambda pair: pair[1].seq if pair[1] else -1)
    taps = [tap for _name, tap in read_taps if tap]
    if passes.is_taken_back(door_pass):
        # Nothing is ever written for such a device again, so nobody has to wait for it.
        known = dict.fromkeys([tap.id for tap in taps], Outcome.REFUSED) | _known(taps)
    else:
        known = _take_all(door_pass, taps, online=online, at=at)
    outcomes = [(name, known[tap.id] if tap else Outcome.INVALID) for name, tap in read_taps]
    return Results(outcomes)


@transaction.atomic
def _take_all(
    door_pass: DoorPass, taps: list[Tap], *, online: bool, at: datetime
) -> dict[UUID, DoorOp.Outcome]:
    event = Event.objects.locked(door_pass.event_id)
    late = at >= passes.takes_taps_until(event)
    known = _known(taps)
    door_pass = limits.notice_closed(door_pass, at=at)
    if online and any(tap.kind == Kind.WALK_IN and tap.id not in known for tap in taps):
        event.bump()
        admitting.refuse_extras(event, at=at)
    for tap in taps:
        if tap.id not in known:
            known[tap.id] = Outcome.LATE if late else _take(event, door_pass, tap, at)
    return known


def _known(taps: list[Tap]) -> dict[UUID, DoorOp.Outcome]:
    """What was answered before to those that were sent before."""
    ids = [tap.id for tap in taps]
    done = DoorOp.objects.filter(pk__in=ids).values_list("pk", "outcome")
    held = HeldTap.objects.filter(pk__in=ids).values_list("pk", "refused_at")
    return {key: Outcome(outcome) for key, outcome in done} | {
        key: Outcome.REFUSED if refused else Outcome.HELD for key, refused in held
    }


def _take(event: Event, door_pass: DoorPass, tap: Tap, at: datetime) -> DoorOp.Outcome:
    person = None if tap.kind == Kind.WALK_IN else find(event, tap.person)
    judged = limits.judge(event, door_pass, tap, person, at=at)
    if judged:
        return judged
    event.bump()
    return carry_out(event, door_pass, tap, person, at)


def carry_out(
    event: Event, door_pass: DoorPass, tap: Tap, person: Somebody | None, at: datetime
) -> DoorOp.Outcome:
    """One tap, whoever may have to judge it. Needs the lock.

    In a savepoint of its own: whatever goes wrong, the others are not held up.
    """
    try:
        with transaction.atomic():
            return _write(event, door_pass, tap, person, at)
    except OperationalError:
        raise  # the database itself: nothing is stored, and the device tries again
    except Exception:
        logger.exception("a tap at the door of %s could not be carried out", event.slug)
    event.refresh_from_db(fields=["version", "taken"])  # else it has those that were rolled back
    # Somebody who came in is in, whatever became of the sign-up.
    outcome = Outcome.CANCELLED_BUT_PRESENT if tap.kind == Kind.IN else Outcome.INVALID
    person = find(event, tap.person)
    _store(event, door_pass, tap, person, Done(outcome), at)
    for one in _touched(event, tap, person):
        presence.write(event, one)
        _stamp(event, one)
    return outcome


def _write(
    event: Event, door_pass: DoorPass, tap: Tap, person: Somebody | None, at: datetime
) -> DoorOp.Outcome:
    who = str(door_pass)
    if tap.kind == Kind.WALK_IN:
        person, done = _walk_in(event, tap, who, at)
    elif person:
        done = _of_person(event, person, tap, who, at)
    else:
        done = Done(Outcome.UNKNOWN_PERSON)
    _store(event, door_pass, tap, person, done, at)
    if tap.kind == Kind.WALK_IN and person:
        _join_earlier(event, tap, person, at)
    for one in _touched(event, tap, person):
        if not presence.write(event, one) and isinstance(one, Registration):
            admitting.take_back(one, who=who, at=at)
        _stamp(event, one)
    return done.outcome


def _join_earlier(event: Event, walk_in: Tap, person: Somebody, at: datetime) -> None:
    """Taps on this walk-in that arrived before it now belong to the person."""
    what = {Kind.IN: Change.What.CHECKED_IN, Kind.UNDO: Change.What.CHECK_UNDONE}
    earlier = event.door_ops.filter(walk_in=walk_in.id, registration=None)
    for op in earlier.filter(kind__in=what).select_related("door_pass").order_by("seq"):
        presence.record(event, person, what[Kind(op.kind)], who=str(op.door_pass), at=at)
    earlier.update(registration=person)


def _of_person(event: Event, person: Somebody, tap: Tap, who: str, at: datetime) -> Done:
    match tap.kind:
        case Kind.IN:
            admitted, was_in = Admitted(Outcome.OK), presence.is_in(person)
            if isinstance(person, Registration):
                admitted = admitting.admit(person, anyway=tap.anyway, who=who, at=at)
            what = Change.What.CHECKED_IN
            presence.record(event, person, what, who=who, at=at, more=admitted.gave)
            found_in = was_in and admitted.outcome == Outcome.OK
            return Done(Outcome.ALREADY if found_in else admitted.outcome, admitted.was)
        case Kind.UNDO:
            presence.record(event, person, Change.What.CHECK_UNDONE, who=who, at=at)
            return Done(Outcome.OK)
        case _table if isinstance(person, Registration):
            outcome = admitting.seat(person, tap.table, who=who, at=at)
            return Done(outcome, slot=tap.table if outcome == Outcome.OK else None)
    return Done(Outcome.INVALID)


def _walk_in(event: Event, tap: Tap, who: str, at: datetime) -> tuple[Registration | None, Done]:
    if not (tap.first_name.strip() and tap.last_name.strip()):
        return None, Done(Outcome.INVALID)
    # Nobody can be asked again: what is unfit is left out, and the person goes by the rest. A name
    # like a web address is refused elsewhere because mail greets by it; here nobody is mailed.
    first, last = best_line(tap.first_name), best_line(tap.last_name)
    if not (first or last):
        return None, Done(Outcome.INVALID)
    organisation = best_line(tap.organisation)
    person = admitting.walk_in(event, first, last, organisation, who=who, at=at)
    outcome = Outcome.EXTRA if person.extra else Outcome.OK
    if not tap.table:
        return person, Done(outcome)
    if admitting.seat(person, tap.table, who=who, at=at) != Outcome.OK:
        # The row says that they are an extra; only this outcome says that they have no table.
        return person, Done(Outcome.FULL)
    return person, Done(outcome, slot=tap.table)


def _store(
    event: Event,
    door_pass: DoorPass,
    tap: Tap,
    person: Somebody | None,
    done: Done,
    at: datetime,
) -> None:
    op = DoorOp.objects.create(
        id=tap.id,
        event=event,
        door_pass=door_pass,
        seq=tap.seq,
        kind=tap.kind,
        **presence.of(person) if person else {"walk_in": next(iter(uuids(tap.person)), None)},
        at=tap.at,
        received_at=tap.received_at or at,
        outcome=done.outcome,
        was=done.was,
        slot_id=done.slot,
        version=event.version,
    )
    if tap.kind == Kind.UNDO:
        refs = dict.fromkeys(tap.refs)
        DoorUndo.objects.bulk_create([DoorUndo(op=op, ref=ref) for ref in refs])


def find(event: Event, key: str) -> Somebody | None:
    """The person of a row's key ('r12', 'g3') or of the tap that let them walk in."""
    kind, number = key[:1], key[1:]
    if number.isdecimal() and kind == "r":
        people = event.registrations.select_related("presence")
        registration = people.filter(pk=int(number)).first()
    elif number.isdecimal() and kind == "g":
        return event.guests.select_related("presence").filter(pk=int(number)).first()
    else:
        walked_in = event.door_ops.filter(pk__in=uuids(key), kind=Kind.WALK_IN)
        op = walked_in.select_related("registration__presence").first()
        registration = op.registration if op else None
    return _same_person(event, registration) if registration else None


def _same_person(event: Event, registration: Registration) -> Registration:
    """Of several sign-ups with one name and address the one that is in, or else that counts.

    So two devices that tapped two of them count one person.
    """
    best = registration
    if registration.email:
        again = event.registrations.of_address(registration.email)
        others = again.filter(sort_key=registration.sort_key).exclude(pk=registration.pk)
        for one in others.select_related("presence").order_by("pk"):
            best = max(best, one, key=lambda other: (presence.is_in(other), other.counts))
    best.event = event
    return best


def _touched(event: Event, tap: Tap, person: Somebody | None) -> list[Somebody]:
    """Those whose presence depends on this tap: mostly one; an undo may name another's check-in."""
    touched: list[Somebody] = [person] if person else []
    if tap.kind == Kind.UNDO:
        named = event.door_ops.filter(pk__in=tap.refs).select_related("registration", "guest")
        touched += [one for op in named if (one := op.registration or op.guest) and one != person]
    for one in touched:
        one.event = event
    return touched


def _stamp(event: Event, person: Somebody) -> None:
    """Let every device hear of this person."""
    model = type(person)
    model._default_manager.filter(pk=person.pk).update(version=event.version)
