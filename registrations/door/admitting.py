"""Letting somebody in: what their tap does to their place, table and sign-up.

Nobody who is inside is refused: those who cannot be counted are recorded as such. All of this
needs the lock on the event. It makes no mail: the person is standing there.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from program.models import Event
from registrations.booking import changing, holds, locking, places, waiting
from registrations.errors import DoorFull
from registrations.models import Change, DoorOp, Registration
from registrations.names import person_names
from registrations.queries import tables
from registrations.queries.tokens import new_secret

Outcome, Status = DoorOp.Outcome, Registration.Status


class Admitted(NamedTuple):
    """``was`` is the status from which the door confirmed; empty if it did not.

    Pending: on the place that was held for them. From any other the door gave a place.
    """

    outcome: DoorOp.Outcome
    was: str = ""

    @property
    def gave(self) -> dict[str, str]:
        """For history: the status from which it gave a place, which is taken back with the tap."""
        return {} if self.was in ("", Status.PENDING) else {"was": self.was}


def admit(registration: Registration, *, anyway: bool, who: str, at: datetime) -> Admitted:
    """Give somebody with a sign-up who came in their place, if they can have one.

    A sign-up that was never confirmed gets its place, if there is one; before a draw without a
    table. Those who cancelled or wait get one only if the device knew that and let them in
    ``anyway``: otherwise the tap is kept and shown, and the sign-up stays what it was.
    """
    if registration.is_confirmed:
        return Admitted(Outcome.OK)
    walked_in = registration.origin == Registration.Origin.DOOR
    knew = anyway or walked_in or registration.is_pending or registration.is_expired
    event = registration.event
    if not knew or registration.erased_at or event.called_off or registration.superseded():
        return Admitted(Outcome.CANCELLED_BUT_PRESENT)
    if not registration.holds_place or registration.hold_over(at):
        # Holds that ran out, and people who wait longer, come first (rules 4 and 8).
        _standing, registration = locking.settled(registration, at=at)
        if registration.is_confirmed:
            return Admitted(Outcome.OK)
    if registration.holds_place:
        _confirm(registration, extra=False, who=who, at=at)
        return Admitted(Outcome.OK, Status.PENDING)
    extra = event.places_left < 1
    if extra and not walked_in:
        return Admitted(Outcome.EXTRA)
    if not extra:
        places.count_places(event, 1)
        if not _drawn_first(event, at=at):
            asked = registration.waitlist_entries.requests().select_related("slot")
            places.sit_down(registration, tables.free_of(asked), at=at)
    # A pending sign-up without a hold is treated like one that would be confirmed too late.
    was = Status.EXPIRED if registration.is_pending else registration.status
    _confirm(registration, extra=extra, who=who, at=at)
    return Admitted(Outcome.EXTRA if extra else Outcome.OK, was)


def _drawn_first(event: Event, *, at: datetime) -> bool:
    """Whether tables go to others first (rule 16); once the event has started nothing is drawn."""
    return event.draw_to_come and not event.started(at)


def _confirm(registration: Registration, *, extra: bool, who: str, at: datetime) -> None:
    registration.status = Status.CONFIRMED
    registration.holds_place, registration.extra = not extra, extra
    registration.confirmed_at = registration.confirmed_at or at
    registration.hold_expires_at = registration.ended_at = None
    # One that was replaced by another sign-up has no link any more.
    registration.secret = registration.secret or new_secret()
    changed = ("status", "holds_place", "extra", "confirmed_at", "hold_expires_at", "ended_at")
    locking.save(registration, *changed, "secret")
    new = tables.codes(registration)
    locking.record(registration, Change.What.CONFIRMED, who=who, at=at, new=new)
    holds.expire_others(registration.event, registration, who=who, at=at)
    locking.settle_free(registration.event, at=at)


def walk_in(
    event: Event, first_name: str, last_name: str, organisation: str, *, who: str, at: datetime
) -> Registration:
    """Let in somebody without a sign-up: on a free place, or else as an extra beside the count.

    Those who wait for a place come first, as long as the waiting list moves (rule 8).
    """
    locking.settle_free(event, at=at)
    extra = event.called_off or event.places_left < 1
    places.count_places(event, 0 if extra else 1)
    registration = Registration.objects.create(
        event=event,
        status=Status.CONFIRMED,
        **person_names.columns(first_name, last_name, organisation),
        origin=Registration.Origin.DOOR,
        holds_place=not extra,
        extra=extra,
        created_at=at,
        confirmed_at=at,
        version=event.version,
    )
    locking.record(registration, Change.What.WALKED_IN, who=who, at=at, new={"extra": extra})
    return registration


def refuse_extras(event: Event, *, at: datetime) -> None:
    """Raises DoorFull if the next walk-in would be an extra where the event wants none."""
    locking.settle_free(event, at=at)
    if not event.extras_allowed and (event.called_off or event.places_left < 1):
        raise DoorFull


def take_back(registration: Registration, *, who: str, at: datetime) -> None:
    """Take back the place and the seats that the door gave to somebody who is not in after all.

    So a tap on the wrong name costs nobody a place, and a walk-in that two devices entered becomes
    one person again when one of them is taken back.
    """
    # Letting them in may just have changed it, if this undo came before the tick that it names.
    registration = locking.again(registration)
    was = _came_from(registration)
    if not was or not registration.is_confirmed:
        return
    if was == Status.CANCELLED:
        changing.give_back(registration, who=who, why="", mail=False, at=at)
    else:
        old = tables.codes(registration)
        places.free_places(registration.event, [registration])
        registration.status, registration.holds_place = was, False
        if was == Status.EXPIRED:
            registration.confirmed_at, registration.ended_at = None, at
        locking.save(registration, "status", "holds_place", "confirmed_at", "ended_at")
        locking.record(registration, Change.What(was), who=who, at=at, old=old)
    locking.settle(registration.event, at=at)


def given_places(event: Event, people: Collection[Registration]) -> list[Registration]:
    """Those of them to whom the door may have given their place. One query."""
    gave = event.changes.filter(what=Change.What.CHECKED_IN, new__was__isnull=False)
    keys = set(gave.values_list("registration", flat=True))
    by_door = Registration.Origin.DOOR
    return [one for one in people if one.origin == by_door or one.pk in keys]


def _came_from(registration: Registration) -> str:
    """What somebody was before the door gave their place; empty if it did not."""
    if registration.origin == Registration.Origin.DOOR:
        return Status.CANCELLED
    what = Change.What
    gave = Q(what=what.CHECKED_IN, new__was__isnull=False)
    got = gave | Q(what__in=(what.ADDED, what.CONFIRMED, what.PROMOTED))
    last = registration.changes.filter(got).order_by("pk").last()
    return str(last.new.get("was", "")) if last else ""


def seat(registration: Registration, key: int, *, who: str, at: datetime) -> DoorOp.Outcome:
    """A seat at a table of a round in which somebody has none yet, if one is left (rule 6).

    Before a draw none is.
    """
    event = registration.event
    # Those who wait for this table get it before any newcomer (rule 7).
    _standing, registration = locking.settled(registration, at=at)
    slot = event.slots.filter(pk=key).select_related("round", "session").first()
    if slot is None or not registration.is_confirmed:
        return Outcome.INVALID
    mine = list(registration.table_seats.select_related("round", "session"))
    if slot.pk in [one.slot_id for one in mine]:
        return Outcome.ALREADY
    rounds, sessions = {one.round_id for one in mine}, {one.session_id for one in mine}
    to_give = not (slot.full or _drawn_first(event, at=at))
    if not to_give or slot.round_id in rounds or slot.session_id in sessions:
        return Outcome.FULL
    old = tables.codes_of(mine)
    places.sit_down(registration, [slot], at=at)
    waiting.drop_pointless_entries(registration)
    locking.save(registration)
    new = tables.codes_of([*mine, slot])
    locking.record(registration, Change.What.TABLES, who=who, at=at, old=old, new=new)
    return Outcome.OK
