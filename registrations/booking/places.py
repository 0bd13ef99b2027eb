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

from program.models import Event, Round, Slot
from registrations.models import Abstention, Guest, Registration, Seat, WaitlistEntry


def sit_down(
    registration: Registration,
    slots: Iterable[Slot],
    *,
    at: datetime,
    how: Seat.How = Seat.How.CHOSEN,
) -> None:
    """Add seats at these slots to those of the person; the database refuses what is full."""
    since = registration.waits_since if how == Seat.How.PROMOTED else None
    seats = [Seat.at(slot, registration, how=how, got_at=at, waited_since=since) for slot in slots]
    rearrange([], seats)


def change_seats(
    registration: Registration,
    mine: Collection[Seat],
    slots: Collection[Slot],
    *,
    at: datetime,
    how: Seat.How = Seat.How.CHOSEN,
    in_memory: Iterable[Slot] = (),
) -> None:
    """Sit at exactly these slots, and leave the rest of ``mine``; all or nothing (rule 2).

    Slots that the caller has ``in_memory`` get their new counts as well.
    """
    wanted, held = {slot.pk for slot in slots}, {seat.slot_id for seat in mine}
    rearrange(
        [seat for seat in mine if seat.slot_id not in wanted],
        [Seat.at(slot, registration, how=how, got_at=at) for slot in slots if slot.pk not in held],
        in_memory,
    )


def rearrange(
    left: Collection[Seat], taken: Collection[Seat], in_memory: Iterable[Slot] = ()
) -> None:
    """Leave some seats and take others, of one person or many; the net result is counted."""
    net = Counter(seat.slot_id for seat in taken)
    net.subtract(seat.slot_id for seat in left)
    if left:
        Seat.objects.filter(pk__in=[seat.pk for seat in left]).delete()
    if taken:
        Seat.objects.bulk_create(taken)
    changed = {pk: change for pk, change in net.items() if change}
    if changed:
        change = Case(
            *(When(pk=pk, then=Value(change)) for pk, change in changed.items()),
            output_field=IntegerField(),
        )
        Slot.objects.filter(pk__in=changed).update(taken=F("taken") + change)
    for slot in in_memory:
        slot.taken += net[slot.pk]


def release(slots: Iterable[Slot]) -> None:
    """One reserved seat of each becomes a seat like any other, for the next person to sit there."""
    keys = [slot.pk for slot in slots]
    Slot.objects.filter(pk__in=keys).update(reserved=F("reserved") - 1)


def free_places(event: Event, registrations: Collection[Registration]) -> None:
    """Give back the places and seats of those who hold any; their entries end with them.

    Their tables become requests: those who confirm late, or come to the door after all, get what
    is still free of them (rule 4). An extra may sit at a table without a place in the event.
    The caller stores ``holds_place`` together with the status that goes with it.
    """
    keys = [one.pk for one in registrations]
    seats = list(Seat.objects.filter(registration__in=keys).select_related("round"))
    rearrange(seats, [])
    event.waitlist_entries.counting().filter(registration__in=keys).delete()
    ask(WaitlistEntry.request(seat, seat.round.number, seat.registration_id) for seat in seats)
    places = sum(one.holds_place for one in registrations)
    if places:
        count_places(event, -places)


def ask(requests: Iterable[WaitlistEntry]) -> None:
    """Note what people without a place in the event ask for; known requests stay."""
    if requests := list(requests):
        WaitlistEntry.objects.bulk_create(requests, ignore_conflicts=True)


def abstain(registration: Registration, rounds: Iterable[int]) -> None:
    """Note in which rounds (numbers) somebody would rather sit at no table (rule 16)."""
    numbers = list(rounds)
    if numbers:
        Abstention.objects.bulk_create(
            Abstention(event_id=registration.event_id, registration=registration, round=each)
            for each in Round.objects.filter(event=registration.event_id, number__in=numbers)
        )


def forget_abstentions(event: Event, people: Iterable[int]) -> None:
    """They have a place and tables now, or wait for some."""
    if event.wishes_close_at:
        event.abstentions.filter(registration__in=people).delete()


def count_places(event: Event, change: int) -> None:
    """Count places taken or, below zero, freed; the event has its next version then."""
    event.bump(places=change)


def differences() -> list[str]:
    """A sentence for each counter that is wrong; empty when all are right."""
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

    Extras, let in beside the count, may sit at a table that has room.
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
