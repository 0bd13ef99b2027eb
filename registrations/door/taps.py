"""Takes in what devices tapped, in whatever order, repeated or not: each tap counts once.

A batch that can be read is always taken, with an outcome for every tap. No tap can hold up the
others: what cannot be carried out is written down as such and answered.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils.dateparse import parse_datetime

from program.models import Event
from registrations.door import admitting, passes, presence
from registrations.door.admitting import Admitted
from registrations.door.presence import Somebody
from registrations.models import Change, DoorOp, DoorPass, DoorUndo, Guest, Registration, history
from registrations.names.person_names import best_line

logger = logging.getLogger(__name__)
Kind, Outcome = DoorOp.Kind, DoorOp.Outcome
MOST = 100  # taps in one batch
MOST_REFS = 50  # check-ins that one undo takes back
MOST_SEQ = 2**53  # what a browser counts up to without errors
# Longer ago than this nobody can have tapped: such a time is read as now.
OLDEST = timedelta(days=2)


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
def take(
    door_pass: DoorPass,
    sent: Iterable[Mapping[str, Any]],
    *,
    at: datetime,
    clock: datetime | None = None,
    online: bool = False,
) -> Results:
    """Carry out a batch under the event's lock; what was taken before gets its first outcome.

    ``clock`` is what the device's clock said when it sent the batch: even if it is wrong, it tells
    how long ago each tap was. From a page that is certainly ``online`` nobody walks in as an extra
    at an event that allows none: raises DoorFull.
    """
    event = Event.objects.locked(door_pass.event_id)
    late = at >= passes.takes_taps_until(event)
    read_taps = [(str(item.get("id", "")), read(item, at, clock or at)) for item in sent]
    ids = [tap.id for _name, tap in read_taps if tap]
    known = dict(DoorOp.objects.filter(pk__in=ids).values_list("pk", "outcome"))
    if not late and not known.keys() >= set(ids):
        event.bump()
    if online and any(
        tap and tap.kind == Kind.WALK_IN and tap.id not in known for _n, tap in read_taps
    ):
        admitting.refuse_extras(event, at=at)
    results = Results()
    # In the order of tapping; what cannot be read comes first, for nothing depends on it.
    for name, tap in sorted(read_taps, key=lambda pair: pair[1].seq if pair[1] else -1):
        if tap is None:
            results.outcomes.append((name, Outcome.INVALID))
            continue
        if tap.id not in known:
            known[tap.id] = Outcome.LATE if late else _carry_out(event, door_pass, tap, at)
        results.outcomes.append((name, Outcome(known[tap.id])))
    return results


def _carry_out(event: Event, door_pass: DoorPass, tap: Tap, at: datetime) -> DoorOp.Outcome:
    """One tap, in a savepoint of its own: whatever goes wrong, the others are not held up."""
    try:
        with transaction.atomic():
            return _write(event, door_pass, tap, at)
    except OperationalError:
        raise  # the database itself: nothing is stored, and the device tries again
    except Exception:
        logger.exception("a tap at the door of %s could not be carried out", event.slug)
    event.refresh_from_db(fields=["version", "taken"])  # else it has those that were rolled back
    # Somebody who came in is in, whatever became of the sign-up.
    outcome = Outcome.CANCELLED_BUT_PRESENT if tap.kind == Kind.IN else Outcome.INVALID
    person = find(event, tap.person)
    _store(event, door_pass, tap, person, outcome, at)
    for one in _touched(event, tap, person):
        presence.write(event, one)
        _stamp(event, one)
    return outcome


def _write(event: Event, door_pass: DoorPass, tap: Tap, at: datetime) -> DoorOp.Outcome:
    who = str(door_pass)
    person: Somebody | None
    if tap.kind == Kind.WALK_IN:
        person, outcome = _walk_in(event, tap, who, at)
    else:
        person = find(event, tap.person)
        outcome = _of_person(event, person, tap, who, at) if person else Outcome.UNKNOWN_PERSON
    _store(event, door_pass, tap, person, outcome, at)
    if tap.kind == Kind.WALK_IN and person:
        _join_earlier(event, tap, person, at)
    for one in _touched(event, tap, person):
        if not presence.write(event, one) and isinstance(one, Registration):
            admitting.take_back(one, who=who, at=at)
        _stamp(event, one)
    return outcome


def _join_earlier(event: Event, walk_in: Tap, person: Somebody, at: datetime) -> None:
    """Taps on this walk-in that arrived before it now belong to the person."""
    what = {Kind.IN: Change.What.CHECKED_IN, Kind.UNDO: Change.What.CHECK_UNDONE}
    earlier = event.door_ops.filter(walk_in=walk_in.id, registration=None)
    for op in earlier.filter(kind__in=what).select_related("door_pass").order_by("seq"):
        _log(event, person, what[Kind(op.kind)], str(op.door_pass), at)
    earlier.update(registration=person)


def _of_person(event: Event, person: Somebody, tap: Tap, who: str, at: datetime) -> DoorOp.Outcome:
    match tap.kind:
        case Kind.IN:
            admitted, was_in = Admitted(Outcome.OK), _present(person)
            if isinstance(person, Registration):
                admitted = admitting.admit(person, anyway=tap.anyway, who=who, at=at)
            more = {"was": admitted.was} if admitted.was else {}
            _log(event, person, Change.What.CHECKED_IN, who, at, more)
            found_in = was_in and admitted.outcome == Outcome.OK
            return Outcome.ALREADY if found_in else admitted.outcome
        case Kind.UNDO:
            _log(event, person, Change.What.CHECK_UNDONE, who, at)
            return Outcome.OK
        case _table if isinstance(person, Registration):
            return admitting.seat(person, tap.table, who=who, at=at)
    return Outcome.INVALID


def _walk_in(
    event: Event, tap: Tap, who: str, at: datetime
) -> tuple[Registration | None, DoorOp.Outcome]:
    if not (tap.first_name.strip() and tap.last_name.strip()):
        return None, Outcome.INVALID
    # Nobody can be asked again: what is unfit is left out, and the person goes by the rest. A name
    # like a web address is refused elsewhere because mail greets by it; here nobody is mailed.
    first, last = best_line(tap.first_name), best_line(tap.last_name)
    if not (first or last):
        return None, Outcome.INVALID
    organisation = best_line(tap.organisation)
    person = admitting.walk_in(event, first, last, organisation, who=who, at=at)
    outcome = Outcome.EXTRA if person.extra else Outcome.OK
    if tap.table and admitting.seat(person, tap.table, who=who, at=at) != Outcome.OK:
        # The row says that they are an extra; only this outcome says that they have no table.
        outcome = Outcome.FULL
    return person, outcome


def _store(
    event: Event,
    door_pass: DoorPass,
    tap: Tap,
    person: Somebody | None,
    outcome: DoorOp.Outcome,
    at: datetime,
) -> None:
    op = DoorOp.objects.create(
        id=tap.id,
        event=event,
        door_pass=door_pass,
        seq=tap.seq,
        kind=tap.kind,
        **presence.of(person) if person else {"walk_in": next(iter(_uuids(tap.person)), None)},
        at=tap.at,
        received_at=at,
        outcome=outcome,
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
        walked_in = event.door_ops.filter(pk__in=_uuids(key), kind=Kind.WALK_IN)
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
            best = max(best, one, key=lambda other: (_present(other), other.counts))
    best.event = event
    return best


def _present(person: Somebody) -> bool:
    """Whether the person is in, as last written down."""
    return hasattr(person, "presence") and person.presence.present


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


def _log(
    event: Event,
    person: Somebody,
    what: Change.What,
    who: str,
    at: datetime,
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    registration = person if isinstance(person, Registration) else None
    new = {"guest": person.pk} if isinstance(person, Guest) else dict(more)
    history.record(event, registration, what, who=who, at=at, new=new)


def _uuids(text: str) -> list[UUID]:
    """The id that this is, or none."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


def read(item: Mapping[str, Any], at: datetime, clock: datetime) -> Tap | None:
    """A tap as it was sent; None if it makes no sense."""
    try:
        return Tap(
            id=UUID(str(item["id"])),
            seq=min(max(0, int(item.get("seq", 0))), MOST_SEQ),
            kind=DoorOp.Kind(item["kind"]),
            at=_moment(item, at, clock),
            person=str(item.get("reg", ""))[:50],
            refs=tuple(UUID(str(ref)) for ref in list(item.get("refs", []))[:MOST_REFS]),
            anyway=bool(item.get("anyway")),
            first_name=str(item.get("first_name", ""))[:200],
            last_name=str(item.get("last_name", ""))[:200],
            organisation=str(item.get("organisation", ""))[:200],
            table=int(item.get("table") or 0),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def moment(text: object) -> datetime | None:
    """A time with its zone as a device writes it; None if it is none."""
    try:
        found = parse_datetime(str(text))
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _moment(item: Mapping[str, Any], at: datetime, clock: datetime) -> datetime:
    """When somebody tapped, by our clock: never later than now. A bad time costs no tap."""
    tapped = moment(item.get("at"))
    ago = clock - tapped if tapped else timedelta()
    return at - ago if timedelta() < ago <= OLDEST else at
