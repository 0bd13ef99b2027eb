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
    """Until when the sign-up is held, whether with a place in the event, and at which slots."""

    until: datetime
    with_place: bool
    slots: Collection[int] = ()

    def stored(self) -> dict[str, Any]:
        return {
            "until": self.until.isoformat(),
            "place": self.with_place,
            "slots": sorted(self.slots),
        }


def of(registration: Registration, *, at: datetime) -> Promise | None:
    """What was promised with a sign-up through the site, until that is over."""
    kept = registration.promise
    if not kept:
        return None
    promise = Promise(datetime.fromisoformat(kept["until"]), kept["place"], kept["slots"])
    return promise if at < promise.until else None
