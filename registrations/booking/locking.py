"""What every action on a registration begins and ends with.

All code that writes registrations locks the event first, so that changes to one event come one
after the other; rows, history and mail stand or fall together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from program.models import Event
from registrations.booking import holds, waiting
from registrations.errors import AddressesErased, CalledOff, EventOver, EventStarted
from registrations.models import Change, Registration, history
from registrations.models.registration import SHORT_HOLD

# By hand: for each sign-up Django would put it together anew, which takes longer than asking.
# ``seat_free`` goes from the few tables to the many who wait.
STANDING = """
    SELECT
        EXISTS (
            SELECT 1 FROM registrations_registration
            WHERE event_id = %(event)s AND status = 'pending' AND hold_expires_at <= %(at)s
        ) AS expired,
        EXISTS (
            SELECT 1 FROM registrations_registration
            WHERE event_id = %(event)s AND status = 'waiting'
        ) AS people_wait,
        EXISTS (
            SELECT 1 FROM registrations_waitlistentry
            WHERE event_id = %(event)s AND since IS NOT NULL
        ) AS tables_wait,
        EXISTS (
            SELECT 1 FROM program_slot AS slot
            WHERE event_id = %(event)s AND dropped_at IS NULL AND taken < seats - reserved
                AND EXISTS (
                    SELECT 1 FROM registrations_waitlistentry
                    WHERE slot_id = slot.id AND since IS NOT NULL
                )
        ) AS seat_free,
        (
            SELECT COUNT(*) FROM registrations_registration
            WHERE event_id = %(event)s AND status = 'pending' AND holds_place
                AND origin <> 'file'
        ) AS held,
        EXISTS (
            SELECT 1 FROM registrations_registration
            WHERE event_id = %(event)s AND status = 'pending' AND holds_place
                AND origin <> 'file' AND hold_expires_at > %(soon)s
        ) AS held_long
"""


@dataclass(frozen=True)
class Standing:
    """What decides, under the lock, whether anybody can move before the next newcomer.

    ``expired``: a hold has run out and is not freed yet. ``held``: how many places wait for a
    visitor to confirm (rule 4), and ``held_long``: whether one of them has more time left than
    there is while they are many. ``people_wait``: for the event; ``tables_wait``: for one of its
    tables, and ``seat_free`` if that has room. ``moved``: whether anybody may have moved just
    before.
    """

    expired: bool
    people_wait: bool
    tables_wait: bool
    seat_free: bool
    held: int
    held_long: bool
    moved: bool = False

    @property
    def anybody_waits(self) -> bool:
        return self.people_wait or self.tables_wait


def locked(registration: Registration) -> tuple[Event, Registration]:
    """The event under its lock, and the registration as it is now."""
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    fresh.event = event
    return event, fresh


def refuse_started(event: Event, *, at: datetime) -> None:
    """Raises CalledOff, EventStarted."""
    if event.called_off:
        raise CalledOff
    if event.started(at):
        raise EventStarted


def refuse_over(event: Event, *, at: datetime) -> None:
    """Raises CalledOff, EventOver."""
    if event.called_off:
        raise CalledOff
    if event.over(at):
        raise EventOver


def refuse_erased(event: Event, *, at: datetime) -> None:
    """Raises AddressesErased once the time of an event's names is up (rule 12)."""
    if event.kept_until <= at:
        raise AddressesErased


def again(registration: Registration) -> Registration:
    """The same registration as it is now, after settling, with the same locked event."""
    fresh = Registration.objects.get(pk=registration.pk)
    fresh.event = registration.event
    return fresh


def settle_free(event: Event, *, at: datetime) -> bool:
    """Free expired holds, then move those who wait, if anything is free for them (rule 7).

    Before any newcomer, and after what only gives something back. Whoever wrote before has settled,
    so nobody else can move: one query if nothing is free. Returns whether anybody may have moved.
    """
    return _settle_free(event, _standing(event, at), at)


def settle_first(event: Event, *, at: datetime) -> Standing:
    """As ``settle_free``; returns how the event stands then."""
    before = _standing(event, at)
    moved = _settle_free(event, before, at)
    return replace(_standing(event, at), moved=True) if moved else before


def _settle_free(event: Event, standing: Standing, at: datetime) -> bool:
    place_free = standing.people_wait and event.places_left > 0
    can_move = waiting.moves(event, at) and (place_free or standing.seat_free)
    if not (standing.expired or can_move):
        return False
    _settle(event, standing, at)
    return True


def settled(registration: Registration, *, at: datetime) -> tuple[Standing, Registration]:
    """As ``settle_first``; also the registration as it is afterwards."""
    found = settle_first(registration.event, at=at)
    return found, again(registration) if found.moved else registration


def settle(event: Event, *, at: datetime) -> None:
    """Free expired holds, then let those who wait move: after a change that may have made a circle
    of people who want each other's tables (rule 7).

    One query if nobody waits and no hold has run out.
    """
    standing = _standing(event, at)
    wait = waiting.moves(event, at) and standing.anybody_waits
    if standing.expired or wait:
        _settle(event, standing, at)


def _settle(event: Event, standing: Standing, at: datetime) -> None:
    if standing.expired:
        holds.expire_holds(event, at=at)
    waiting.settle_event(event, people_wait=standing.people_wait, at=at)


def _standing(event: Event, at: datetime) -> Standing:
    now, soon = map(connection.ops.adapt_datetimefield_value, (at, at + SHORT_HOLD))
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"event": event.pk, "at": now, "soon": soon})
        expired, people, tables, seat, held, held_long = cursor.fetchone()
    return Standing(bool(expired), bool(people), bool(tables), bool(seat), held, bool(held_long))


def save(registration: Registration, *fields: str) -> None:
    """Store these fields and stamp the event's next version on the row."""
    registration.event.bump()
    registration.version = registration.event.version
    registration.save(update_fields=[*fields, "version"])


def save_person(registration: Registration, *fields: str, before: str = "") -> None:
    """Store a name or an address; ``before`` is the old address if it has changed.

    The door takes sign-ups with one name and address for one person, so it gets all of those with
    the old or the new address again.
    """
    save(registration, *fields)
    event = registration.event
    for address in (before, registration.email):
        event.registrations.of_address(address).update(version=event.version)


def record(
    registration: Registration,
    what: Change.What,
    *,
    at: datetime,
    who: str = history.ATTENDEE,
    why: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    history.record(
        registration.event, registration, what, who=who, why=why, at=at, old=old, new=new
    )
