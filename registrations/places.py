"""Takes and frees places and seats: the only code that changes ``taken`` (rule 1).

Everything here needs the lock on the event. The counters change by net ``F()`` updates, and
CHECK constraints in the database refuse what would oversell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from django.db.models import F

from program.models import Event, Sitting
from registrations.models import Registration, Seat


def take_place(registration: Registration, sittings: Collection[Sitting]) -> None:
    """A place in the event and a seat at each sitting. The database refuses what is full."""
    Event.objects.filter(pk=registration.event_id).update(taken=F("taken") + 1)
    change_seats(registration, sittings)


def change_seats(registration: Registration, sittings: Collection[Sitting]) -> None:
    """Sit at exactly these sittings; all of it or nothing (rule 2)."""
    wanted = {sitting.pk: sitting for sitting in sittings}
    had = {seat.sitting_id: seat for seat in registration.table_seats.all()}
    given_up = [seat.pk for pk, seat in had.items() if pk not in wanted]
    net = Counter({pk: 1 for pk in wanted if pk not in had})
    net.subtract(pk for pk in had if pk not in wanted)
    Seat.objects.filter(pk__in=given_up).delete()
    _count(net)
    Seat.objects.bulk_create(
        Seat(
            event_id=sitting.event_id,
            registration=registration,
            sitting=sitting,
            round_id=sitting.round_id,
            session_id=sitting.session_id,
        )
        for pk, sitting in wanted.items()
        if pk not in had
    )


def free_places(event: Event, registrations: Iterable[Registration]) -> None:
    """Give back the places and seats of people who held them."""
    keys = [registration.pk for registration in registrations]
    seats = Seat.objects.filter(registration__in=keys)
    net: Counter[int] = Counter()
    net.subtract(seats.values_list("sitting_id", flat=True))
    seats.delete()
    _count(net)
    Event.objects.filter(pk=event.pk).update(taken=F("taken") - len(keys))


def _count(net: Counter[int]) -> None:
    for pk, change in sorted(net.items()):
        if change:
            Sitting.objects.filter(pk=pk).update(taken=F("taken") + change)
