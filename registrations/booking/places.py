"""Takes and frees places and seats: the only code that changes ``taken`` (rule 1).

Everything here needs the lock on the event. The counters change by net ``F()`` updates, and
CHECK constraints in the database refuse what would oversell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from program.models import Event, Slot
from registrations.models import Guest, Registration, Seat


def take_place(
    registration: Registration,
    slots: Collection[Slot],
    *,
    at: datetime,
    how: Seat.How = Seat.How.CHOSEN,
) -> None:
    """A place in the event and a seat at each slot. The database refuses what is full.

    The caller stores ``holds_place`` together with the status that goes with it.
    """
    count_places(registration.event, 1)
    change_seats(registration, slots, at=at, how=how)


def change_seats(
    registration: Registration,
    slots: Collection[Slot],
    *,
    at: datetime,
    how: Seat.How = Seat.How.CHOSEN,
) -> None:
    """Sit at exactly these slots; all of it or nothing (rule 2)."""
    held = registration.table_seats.exclude(slot__in=slots)
    stays = set(registration.table_seats.values_list("slot_id", flat=True))
    waited_since = registration.confirmed_at if how == Seat.How.PROMOTED else None
    rearrange(
        held,
        [
            Seat(
                event_id=slot.event_id,
                registration=registration,
                slot=slot,
                round_id=slot.round_id,
                session_id=slot.session_id,
                how=how,
                got_at=at,
                waited_since=waited_since,
            )
            for slot in slots
            if slot.pk not in stays
        ],
    )


def rearrange(left: QuerySet[Seat], taken: Iterable[Seat]) -> None:
    """Some seats are left and others taken, whoever they belong to; counted once, as net."""
    net: Counter[int] = Counter()
    net.subtract(left.values_list("slot_id", flat=True))
    left.delete()
    seats = Seat.objects.bulk_create(taken)
    net.update(seat.slot_id for seat in seats)
    changed = {pk: change for pk, change in net.items() if change}
    if changed:
        change = Case(
            *(When(pk=pk, then=Value(change)) for pk, change in changed.items()),
            output_field=IntegerField(),
        )
        Slot.objects.filter(pk__in=changed).update(taken=F("taken") + change)


def release(slots: Iterable[Slot]) -> None:
    """One reserved seat of each becomes a seat like any other, for whoever sits there next."""
    keys = [slot.pk for slot in slots]
    Slot.objects.filter(pk__in=keys).update(reserved=F("reserved") - 1)


def free_places(event: Event, registrations: Iterable[Registration]) -> None:
    """Give back the places and seats of those who hold any; their entries end with them.

    An extra may sit at a table without a place in the event. The caller stores ``holds_place``
    together with the status that goes with it.
    """
    keys = [one.pk for one in registrations]
    rearrange(Seat.objects.filter(registration__in=keys), [])
    event.waitlist_entries.filter(registration__in=keys).delete()
    count_places(event, -event.registrations.filter(pk__in=keys).holding().count())


def count_places(event: Event, change: int) -> None:
    """Count places taken or, below zero, freed."""
    Event.objects.filter(pk=event.pk).update(taken=F("taken") + change)
    event.refresh_from_db(fields=["taken"])


def differences() -> list[str]:
    """One sentence for everything that is wrong; empty when all is right."""
    return [*_places(), *_seats(), *_seats_without_place()]


def _places() -> Iterator[str]:
    events = Event.objects.annotate(
        people=_holding(Registration.objects.holding()), invited=_holding(Guest.objects.holding())
    ).exclude(taken=F("people") + F("invited"))
    for event in events:
        guests = f" and {event.invited} guests" if event.invited else ""
        yield (
            f"{event.slug}: {event.taken} places taken, "
            f"but {event.people} registrations{guests} hold one."
        )


def _holding(people: QuerySet) -> Coalesce:
    """How many of these people hold a place in an event."""
    of_event = people.filter(event=OuterRef("pk")).order_by().values("event")
    return Coalesce(Subquery(of_event.annotate(count=Count("pk")).values("count")), 0)


def _seats() -> Iterator[str]:
    slots = (
        Slot.objects.select_related("event", "session", "round")
        .annotate(counted=Count("table_seats"))
        .exclude(counted=F("taken"))
    )
    for slot in slots:
        yield (f"{_table(slot)}: {slot.taken} seats taken, but {slot.counted} people sit there.")


def _seats_without_place() -> Iterator[str]:
    """Seats of people who cancelled, expired or wait: nobody else can have them.

    Who was let in beside the count may sit at a table that has room.
    """
    extras = Registration.objects.confirmed().filter(extra=True)
    seats = Seat.objects.exclude(registration__in=Registration.objects.holding() | extras)
    for seat in seats.select_related("slot__event", "slot__session", "slot__round"):
        yield (
            f"{_table(seat.slot)}: registration {seat.registration_id} sits there, "
            "but holds no place in the event."
        )


def _table(slot: Slot) -> str:
    return f"{slot.event.slug}, table {slot.session.code} in round {slot.round.number}"
