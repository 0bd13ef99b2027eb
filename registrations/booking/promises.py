"""What the browser that sent a sign-up was told: it stays as it was, whatever becomes of that.

Pages and answers for that browser are drawn from it, so that nobody who types the address of
somebody else learns whether they are registered, or when they confirm (rule 5).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registrations.models import Registration


@dataclass(frozen=True)
class Promise:
    """Until when the sign-up is held, whether with a place in the event, and for which slots.

    From ``may_end`` on it can be over sooner, if many places are held (rule 4). Where people
    ``confirm_first`` nothing is held: they get what is free then. Of a sign-up for a draw, which is
    ``ranked``, ``slots`` are in the order of the ranking, and ``no_table`` are the numbers of the
    rounds in which no other table will do.
    """

    until: datetime
    may_end: datetime
    with_place: bool
    slots: Collection[int] = ()
    no_table: Collection[int] = ()
    ranked: bool = False
    confirm_first: bool = False

    @property
    def own_slots(self) -> Collection[int]:
        """Those at which they have a seat; without a place they only asked for them."""
        return self.slots if self.with_place else ()

    @property
    def may_shorten(self) -> bool:
        """Whether it can end before its time (rule 4)."""
        return self.with_place and self.may_end < self.until

    def stored(self) -> dict[str, Any]:
        return {
            "until": self.until.isoformat(),
            "may_end": self.may_end.isoformat(),
            "place": self.with_place,
            "slots": list(self.slots),
            "no_table": list(self.no_table),
            "ranked": self.ranked,
            "confirm_first": self.confirm_first,
        }


def of(registration: Registration, *, at: datetime) -> Promise | None:
    """What was promised with a sign-up through the site, until that is over."""
    kept = registration.promise
    if not kept:
        return None
    promise = Promise(
        until=datetime.fromisoformat(kept["until"]),
        may_end=datetime.fromisoformat(kept["may_end"]),
        with_place=kept["place"],
        slots=kept["slots"],
        # The release before 1.1 did not write these two.
        no_table=kept.get("no_table", ()),
        ranked=kept.get("ranked", False),
        confirm_first=kept["confirm_first"],
    )
    return promise if at < promise.until else None
