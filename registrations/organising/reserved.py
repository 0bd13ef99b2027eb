"""Seats that an organiser keeps out of sign-up, to give away by hand.

How many there are is edited with the tables, and what is released can be had at once, first by
whoever waits for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from program.models import Sitting
from registrations import places, writing
from registrations.models import Change, Registration


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
