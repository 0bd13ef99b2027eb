"""Letting somebody in: what their tap does to their place, table and sign-up.

Nobody who stands inside is refused: what cannot be counted is written down as such. All of
this needs the lock on the event, and makes no mail: the person stands there.
"""

from __future__ import annotations

from datetime import datetime

from program.models import Event, Sitting
from registrations import holds, names, places, signup, tables, waiting, writing
from registrations.models import Change, DoorOp, Registration, Seat

Outcome = DoorOp.Outcome
WHY = "at the door"


def admit(registration: Registration, *, anyway: bool, who: str, at: datetime) -> DoorOp.Outcome:
    """What it means that somebody with a sign-up came in.

    A sign-up that was never confirmed gets its place, if there is one. Whoever cancelled or
    waits gets one only if the device knew that and let them in ``anyway``: else their tap is
    kept and shown, and their sign-up stays what it was.
    """
    if registration.is_confirmed:
        return Outcome.OK
    knew = anyway or registration.is_pending or registration.is_expired
    if not knew or registration.erased_at or signup.superseded(registration):
        return Outcome.CANCELLED_BUT_PRESENT
    if not registration.holds_place:
        if registration.event.places_left < 1:
            return Outcome.EXTRA
        free = tables.still_free(registration.event, registration.asked)
        places.take_place(registration, free, at=at)
    registration.status = Registration.Status.CONFIRMED
    registration.holds_place = True
    registration.confirmed_at = registration.confirmed_at or at
    registration.hold_expires_at = registration.ended_at = None
    writing.save(
        registration, "status", "holds_place", "confirmed_at", "hold_expires_at", "ended_at"
    )
    new = tables.codes(registration)
    writing.record(registration, Change.What.CONFIRMED, who=who, why=WHY, at=at, new=new)
    holds.expire_others(registration.event, registration, at=at)
    return Outcome.OK


def walk_in(
    event: Event, first_name: str, last_name: str, organisation: str, *, who: str, at: datetime
) -> Registration:
    """Somebody without a sign-up: on a place if one is free, else an extra beside the count."""
    event.refresh_from_db(fields=["taken", "capacity"])
    extra = event.places_left < 1
    event.bump()
    registration = Registration.objects.create(
        event=event,
        status=Registration.Status.CONFIRMED,
        **names.columns(first_name, last_name, organisation),
        origin=Registration.Origin.DOOR,
        holds_place=not extra,
        extra=extra,
        created_at=at,
        confirmed_at=at,
        version=event.version,
    )
    if not extra:
        places.count_places(event, 1)
    writing.record(registration, Change.What.WALKED_IN, who=who, at=at, new={"extra": extra})
    return registration


def seat(registration: Registration, sitting: Sitting, *, who: str, at: datetime) -> DoorOp.Outcome:
    """A seat at a table of a round in which somebody has none yet, if one is left (rule 6)."""
    mine = registration.table_seats.select_related("sitting")
    if any(one.sitting_id == sitting.pk for one in mine):
        return Outcome.ALREADY
    taken = {one.round_id for one in mine}, {one.session_id for one in mine}
    if not registration.is_confirmed:
        return Outcome.INVALID
    if sitting.full or sitting.round_id in taken[0] or sitting.session_id in taken[1]:
        return Outcome.FULL
    old = tables.codes(registration)
    everywhere = [*(one.sitting for one in mine), sitting]
    places.change_seats(registration, everywhere, at=at, how=Seat.How.CHOSEN)
    waiting.drop_pointless_wishes(registration)
    writing.save(registration)
    new = tables.codes(registration)
    writing.record(registration, Change.What.TABLES, who=who, why=WHY, at=at, old=old, new=new)
    return Outcome.OK
