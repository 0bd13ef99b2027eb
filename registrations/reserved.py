"""Seats that an organiser keeps out of sign-up, to give away by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from program.models import Event, Sitting
from program.people import too_few_seats
from registrations import history, places, waiting, writing
from registrations.models import Change, Registration
from registrations.refusals import TooManyReserved


@transaction.atomic
def reserve(
    event: Event, wanted: Mapping[int, int], *, who: str, why: str = "", at: datetime
) -> None:
    """Reserve this many seats of these sittings (by key), all or nothing.

    What is reserved no more can be had at once, first by whoever waits for it. Raises
    TooManyReserved, with a sentence for each table that has not so many seats free.
    """
    event = Event.objects.locked(event.pk)
    writing.settle(event, at=at)
    sittings = event.sittings.select_related("session", "round").filter(pk__in=wanted)
    changed = [sitting for sitting in sittings if sitting.reserved != wanted[sitting.pk]]
    refused = [too_few_seats(one, one.seats, wanted[one.pk]) for one in changed]
    if any(refused):
        raise TooManyReserved(list(filter(None, refused)))
    if not changed:
        return
    event.bump()
    for sitting in changed:
        old, sitting.reserved = sitting.reserved, wanted[sitting.pk]
        sitting.save(update_fields=["reserved"])
        history.record(
            event,
            None,
            Change.What.RESERVED,
            who=who,
            why=why,
            at=at,
            old=_words(sitting, old),
            new=_words(sitting, sitting.reserved),
        )
    waiting.settle_event(event, at=at)


def give(
    registration: Registration, sittings: Iterable[Sitting], *, who: str, at: datetime
) -> None:
    """Release one reserved seat of each sitting, for this person to sit on.

    Needs the lock on the event; in the same transaction the caller takes the seats.
    """
    sittings = list(sittings)
    places.release(sittings)
    for sitting in sittings:
        writing.record(
            registration,
            Change.What.RESERVED,
            who=who,
            at=at,
            old=_words(sitting, sitting.reserved),
            new=_words(sitting, sitting.reserved - 1),
        )


def _words(sitting: Sitting, reserved: int) -> dict[str, int | str]:
    return {
        "round": sitting.round.number,
        "code": sitting.session.code,
        "reserved": reserved,
    }
