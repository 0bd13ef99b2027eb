"""A table drops out, for instance because its host is ill: its people choose again (rule 10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from program.models import Event, Slot
from registrations.booking import locking, places
from registrations.errors import EventOver
from registrations.mail import notices
from registrations.models import (
    Change,
    Registration,
    Seat,
    WaitlistEntry,
    WaitlistEntryQuerySet,
    history,
)
from registrations.queries import tables
from registrations.queries.snapshots import SlotWords


@transaction.atomic
def drop(
    event: Event, keys: Collection[int], *, who: str, why: str = "", at: datetime
) -> list[Slot]:
    """These slots do not take place after all; returns those that dropped out now.

    Their people keep their place in the event and lose that seat; entries for them end. Each
    gets one mail, with what is still free in that round. ``why`` is for the history alone: it
    may be about a host. Raises CalledOff, EventOver.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_over(event, at=at)
    locking.settle(event, at=at)
    slots = list(event.slots.going_on().filter(pk__in=keys).select_related("session", "round"))
    if not slots:
        return []
    seats = Seat.objects.filter(slot__in=slots)
    lost, waited = _by_person(seats, slots), _by_person(_waited(event, slots), slots)
    old = {pk: tables.codes(Registration(pk=pk)) for pk in lost}
    places.rearrange(list(seats), [])
    event.waitlist_entries.filter(slot__in=slots).delete()
    event.bump()
    Slot.objects.filter(pk__in=[one.pk for one in slots]).update(dropped_at=at)
    event.registrations.filter(pk__in=lost).update(version=event.version)
    said = [{"code": one.session.code, "round": one.round.number} for one in slots]
    new = {"tables": said, "people": len(lost)}
    history.record(event, None, Change.What.DROPPED, who=who, why=why, at=at, new=new)
    for registration in event.registrations.filter(pk__in={*lost, *waited}).order_by("pk"):
        registration.event = event
        had, has = old.get(registration.pk), tables.codes(registration)
        locking.record(registration, Change.What.DROPPED, who=who, at=at, old=had, new=has)
        if _may_be_told(registration):
            mine, queue = lost[registration.pk], waited[registration.pk]
            notices.store_dropped(registration, mine, queue, at=at)
    locking.settle(event, at=at)
    return slots


@transaction.atomic
def take_place_after_all(event: Event, keys: Collection[int], *, who: str, at: datetime) -> None:
    """These slots can be chosen again. Nobody is put back there. Raises EventOver."""
    event = Event.objects.locked(event.pk)
    if event.over(at):
        raise EventOver
    dropped = event.slots.filter(pk__in=keys).exclude(dropped_at=None)
    slots = list(dropped.select_related("session", "round"))
    if not slots:
        return
    event.bump()
    Slot.objects.filter(pk__in=[one.pk for one in slots]).update(dropped_at=None)
    said = [{"code": one.session.code, "round": one.round.number} for one in slots]
    history.record(
        event, None, Change.What.DROPPED, who=who, at=at, new={"tables": said, "back": True}
    )
    locking.settle(event, at=at)


def _waited(event: Event, slots: list[Slot]) -> WaitlistEntryQuerySet:
    """Entries for these tables, and requests for them on the event's waiting list."""
    entries = event.waitlist_entries.filter(slot__in=slots)
    return entries.counting() | entries.filter(registration__status=Registration.Status.WAITING)


def _by_person(
    rows: QuerySet[Seat] | QuerySet[WaitlistEntry], slots: list[Slot]
) -> defaultdict[int, list[SlotWords]]:
    """Which of these slots the rows are about, by registration."""
    words = {one.pk: SlotWords.of(one) for one in slots}
    found: defaultdict[int, list[SlotWords]] = defaultdict(list)
    for person, slot in rows.values_list("registration", "slot"):
        found[person].append(words[slot])
    return found


def _may_be_told(registration: Registration) -> bool:
    """An unconfirmed sign-up gets no mail if its address has another one that counts.

    A stranger may have typed it, and the mail would hold the link of that sign-up (rule 5).
    """
    if registration.counts:
        return True
    same = Registration.objects.filter(event=registration.event_id).of_address(registration.email)
    return not same.counting().exists()
