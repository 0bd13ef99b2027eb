"""Taking back all that was tapped on one device: a lost phone, or somebody who meant harm."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from program.models import Event
from registrations.booking import locking, places
from registrations.door import admitting, judging, passes, presence
from registrations.door.presence import Somebody
from registrations.models import Change, DoorOp, DoorPass, Guest, Registration, Seat, history
from registrations.queries import tables

Kind, What, Status = DoorOp.Kind, Change.What, Registration.Status


@dataclass
class TakenBack:
    """What became of it, in people, and in seats at ``tables``.

    ``out``: not in any more, ``places`` of whom gave back a place or are an extra no longer.
    ``stay``: in, for another device ticked them too. ``back``: in again, for this device had undone
    their check-in; ``without`` a place, if theirs is gone by now. ``confirmed``: never confirmed by
    mail, but let in on the place that was held for them: they keep it. ``waited``: taps that still
    waited for an organiser.
    """

    out: int = 0
    places: int = 0
    tables: int = 0
    stay: int = 0
    back: int = 0
    without: int = 0
    confirmed: int = 0
    waited: int = 0


@transaction.atomic
def take_back_all(door_pass: DoorPass, *, who: str, at: datetime) -> TakenBack:
    """Withdraw the pass; nothing that was tapped on it counts any more. Twice is once.

    Places, seats and extras that it gave go back, and those whose check-in it had undone are in
    again. Mails follow only to those who get a place or a table that comes free.
    """
    event = Event.objects.locked(door_pass.event_id)
    fresh = passes.withdraw(event.door_passes.get(pk=door_pass.pk), who=who, at=at)
    done = TakenBack()
    if fresh.taken_back_at:
        return done
    event.refresh_from_db(fields=["version"])
    event.bump()
    people = _touched(event, fresh)
    was_in = {person for person in people if presence.is_in(person)}
    done.confirmed = _confirmed_by(fresh)
    fresh.taken_back_at = at
    fresh.save(update_fields=["taken_back_at"])
    waited = list(fresh.held_taps.waiting().values_list("pk", flat=True))
    judging.forget(event, waited, at=at)
    done.waited = len(waited)
    done.tables = _give_back_tables(event, fresh, who=who, at=at)
    inside = presence.write_all(event, people)
    out = [person for person in people if person in was_in - inside]
    done.out, done.stay = len(out), len(was_in & inside)
    presence.record_all(event, out, What.CHECK_UNDONE, who=who, at=at)
    registrations = [person for person in out if isinstance(person, Registration)]
    for one in admitting.given_places(event, registrations):
        admitting.take_back(one, who=who, at=at)
        done.places += locking.again(one).status != one.status
    for person in people:
        if person in inside - was_in:
            _in_again(event, person, done, who=who, at=at)
    for model in (Registration, Guest):
        keys = [person.pk for person in people if isinstance(person, model)]
        model._default_manager.filter(pk__in=keys).update(version=event.version)
    new = {"pass": fresh.pk, "people": len(people)}
    history.record(event, None, What.DEVICE_UNDONE, who=who, at=at, new=new)
    locking.settle(event, at=at)
    return done


def _touched(event: Event, door_pass: DoorPass) -> list[Somebody]:
    """Those whom it let in, and those whose check-ins it took back, each once."""
    ops = door_pass.ops.select_related("registration__presence", "guest__presence")
    mine = ops.filter(kind__in=presence.CHECK_INS)
    refs = door_pass.ops.filter(kind=Kind.UNDO).values("undoes__ref")
    others = event.door_ops.filter(pk__in=refs).select_related(
        "registration__presence", "guest__presence"
    )
    found = [op.registration or op.guest for op in (*mine, *others)]
    people = list(dict.fromkeys(person for person in found if person))
    for person in people:
        person.event = event
    return people


def _in_again(event: Event, person: Somebody, done: TakenBack, *, who: str, at: datetime) -> None:
    gave: dict[str, str] = {}
    if isinstance(person, Registration):
        fresh = locking.again(person)
        gave = admitting.admit(fresh, anyway=True, who=who, at=at).gave
        done.without += not locking.again(person).is_confirmed
    done.back += 1
    presence.record(event, person, What.CHECKED_IN, who=who, at=at, more=gave)


def _confirmed_by(door_pass: DoorPass) -> int:
    """How many it let in on a place that was held for them until they would confirm."""
    held = Q(was=Status.PENDING, registration__status=Status.CONFIRMED)
    return door_pass.ops.filter(held).values("registration").distinct().count()


def _give_back_tables(event: Event, door_pass: DoorPass, *, who: str, at: datetime) -> int:
    """Free the seats that it gave and that are still sat on."""
    gave = door_pass.ops.filter(registration__isnull=False, slot__isnull=False)
    given = set(gave.values_list("registration", "slot"))
    by_person: defaultdict[Registration, list[Seat]] = defaultdict(list)
    seats = Seat.objects.filter(event=event, registration__in=[person for person, _slot in given])
    for seat in seats.select_related("round", "session", "registration"):
        by_person[seat.registration].append(seat)
    left: list[Seat] = []
    for person, sits in by_person.items():
        gone = [seat for seat in sits if (person.pk, seat.slot_id) in given]
        if gone:
            left += gone
            person.event = event
            old, new = tables.codes_of(sits), tables.codes_of([s for s in sits if s not in gone])
            locking.record(person, What.TABLES, who=who, at=at, old=old, new=new)
    places.rearrange(left, [])
    return len(left)
