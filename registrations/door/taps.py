"""Takes in what devices tapped, in whatever order, repeated or not: each tap counts once.

A batch that can be read is always taken, with an outcome for every tap. No tap can hold up the
others: what cannot be carried out is written down as such and answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dateparse import parse_datetime

from program.models import Event
from registrations import history
from registrations.door import admitting, passes, presence
from registrations.door.presence import Somebody
from registrations.models import Change, DoorOp, DoorPass, DoorUndo, Guest, Registration
from registrations.names import clean_line, clean_name

Kind, Outcome = DoorOp.Kind, DoorOp.Outcome
MOST = 100  # taps in one batch
MOST_REFS = 50  # check-ins that one undo takes back
# A device's clock may be wrong by this much; what is further off is read as now.
CLOCK_ERROR = timedelta(days=2)


@dataclass(frozen=True)
class Tap:
    """One tap as a device tells it. ``person`` is the key of a row, or the id of a walk-in."""

    id: UUID
    seq: int
    kind: DoorOp.Kind
    at: datetime
    person: str = ""
    refs: tuple[UUID, ...] = ()
    anyway: bool = False
    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    table: int = 0


@dataclass
class Results:
    """The answer to a batch: pairs of a tap's id, as it was sent, and its outcome."""

    outcomes: list[tuple[str, DoorOp.Outcome]] = field(default_factory=list)


@transaction.atomic
def take(door_pass: DoorPass, told: Iterable[Mapping[str, Any]], *, at: datetime) -> Results:
    """Carry out a batch under the event's lock; what was taken before gets its first outcome."""
    event = Event.objects.locked(door_pass.event_id)
    results = Results()
    taps: list[tuple[str, Tap]] = []
    for item in told:
        name = str(item.get("id", ""))
        tap = read(item, at)
        if tap is None:
            results.outcomes.append((name, Outcome.INVALID))
        else:
            taps.append((name, tap))
    known = dict(
        DoorOp.objects.filter(pk__in=[tap.id for _name, tap in taps]).values_list("pk", "outcome")
    )
    for name, tap in sorted(taps, key=lambda pair: pair[1].seq):
        if tap.id not in known:
            known[tap.id] = _carry_out(event, door_pass, tap, at)
        results.outcomes.append((name, Outcome(known[tap.id])))
    return results


def read(item: Mapping[str, Any], at: datetime) -> Tap | None:
    """A tap as it was sent; None if it makes no sense."""
    try:
        moment = parse_datetime(str(item.get("at", ""))) or at
        if moment.tzinfo is None or abs(moment - at) > CLOCK_ERROR:
            moment = at
        return Tap(
            id=UUID(str(item["id"])),
            seq=max(0, int(item.get("seq", 0))),
            kind=Kind(item["kind"]),
            at=moment,
            person=str(item.get("reg", ""))[:50],
            refs=tuple(UUID(str(ref)) for ref in list(item.get("refs", []))[:MOST_REFS]),
            anyway=bool(item.get("anyway")),
            first_name=str(item.get("first_name", ""))[:200],
            last_name=str(item.get("last_name", ""))[:200],
            organisation=str(item.get("organisation", ""))[:200],
            table=int(item.get("table", 0)),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _carry_out(event: Event, door_pass: DoorPass, tap: Tap, at: datetime) -> DoorOp.Outcome:
    """One tap, in a savepoint of its own: whatever goes wrong, the others are not held up."""
    if at >= event.ends_at + passes.LATE_TAPS:
        return Outcome.LATE
    with transaction.atomic():
        person = None if tap.kind == Kind.WALK_IN else find(event, tap.person)
        outcome = Outcome.UNKNOWN_PERSON
        event.bump()
        who = str(door_pass)
        if tap.kind == Kind.WALK_IN:
            person, outcome = _walk_in(event, tap, who, at)
        elif person is not None:
            outcome = _of_person(event, person, tap, who, at)
        op = DoorOp.objects.create(
            id=tap.id,
            event=event,
            door_pass=door_pass,
            seq=tap.seq,
            kind=tap.kind,
            **presence.of(person) if person else {},
            at=tap.at,
            received_at=at,
            outcome=outcome,
            version=event.version,
        )
        if tap.kind == Kind.UNDO:
            refs = dict.fromkeys(tap.refs)
            DoorUndo.objects.bulk_create([DoorUndo(op=op, ref=ref) for ref in refs])
        if person is not None:
            _show(event, person)
    return outcome


def _of_person(event: Event, person: Somebody, tap: Tap, who: str, at: datetime) -> DoorOp.Outcome:
    match tap.kind:
        case Kind.IN:
            was_in = bool(presence.live(person))
            _log(event, person, Change.What.CHECKED_IN, who, at)
            if isinstance(person, Registration):
                outcome = admitting.admit(person, anyway=tap.anyway, who=who, at=at)
                if outcome != Outcome.OK:
                    return outcome
            return Outcome.ALREADY if was_in else Outcome.OK
        case Kind.UNDO:
            _log(event, person, Change.What.CHECK_UNDONE, who, at)
            return Outcome.OK
        case _table:
            sitting = event.sittings.filter(pk=tap.table).first()
            if sitting is None or not isinstance(person, Registration):
                return Outcome.INVALID
            return admitting.seat(person, sitting, who=who, at=at)


def _walk_in(
    event: Event, tap: Tap, who: str, at: datetime
) -> tuple[Registration | None, DoorOp.Outcome]:
    try:
        first, last = clean_name(tap.first_name), clean_name(tap.last_name)
        organisation = clean_line(tap.organisation)
    except ValidationError:
        return None, Outcome.INVALID
    person = admitting.walk_in(event, first, last, organisation, who=who, at=at)
    sitting = event.sittings.filter(pk=tap.table).first() if tap.table else None
    if sitting is not None:
        admitting.seat(person, sitting, who=who, at=at)
    return person, Outcome.EXTRA if person.extra else Outcome.OK


def find(event: Event, key: str) -> Somebody | None:
    """The person of a row's key ('r12', 'g3') or of the tap that let them walk in."""
    kind, number = key[:1], key[1:]
    if number.isdecimal() and kind in ("r", "g"):
        people = event.registrations if kind == "r" else event.guests
        found: Somebody | None = people.filter(pk=int(number)).first()
    else:
        try:
            op = event.door_ops.filter(pk=UUID(key), kind=Kind.WALK_IN).first()
        except ValueError:
            return None
        found = op.registration if op else None
    if found is not None:
        found.event = event
    return found


def _show(event: Event, person: Somebody) -> None:
    """Presence follows the taps, and every device hears of this person."""
    presence.settle(event, person)
    model = type(person)
    model._default_manager.filter(pk=person.pk).update(version=event.version)


def _log(event: Event, person: Somebody, what: Change.What, who: str, at: datetime) -> None:
    registration = person if isinstance(person, Registration) else None
    new = {"guest": person.pk} if isinstance(person, Guest) else {}
    history.record(event, registration, what, who=who, at=at, new=new)
