"""One tap as a device tells it, and what may be made of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from registrations.models import DoorOp

MOST = 100  # taps in one batch
MOST_REFS = 50  # check-ins that one undo takes back
MOST_SEQ = 2**53  # what a browser counts up to without errors; keys are no larger either
# Longer ago than this nobody can have tapped: such a time is read as now.
OLDEST = timedelta(days=2)


@dataclass(frozen=True)
class Tap:
    """One tap as a device tells it. ``person`` is the key of a row, or the id of a walk-in.

    ``received_at`` is set if it waited for an organiser since then.
    """

    id: UUID
    seq: int
    kind: DoorOp.Kind
    at: datetime
    person: str = ""
    refs: tuple[UUID, ...] = ()
    anyway: bool = False
    first_name: str = ""
    last_name: str = ""
    organisation: str = ""
    table: int = 0
    received_at: datetime | None = None


def read(item: Mapping[str, Any], at: datetime, clock: datetime) -> Tap | None:
    """A tap as it was sent; None if it makes no sense."""
    try:
        return Tap(
            id=UUID(str(item["id"])),
            seq=min(max(0, int(item.get("seq", 0))), MOST_SEQ),
            kind=DoorOp.Kind(item["kind"]),
            at=_tapped_at(item, at, clock),
            person=str(item.get("reg", ""))[:50],
            refs=tuple(UUID(str(ref)) for ref in list(item.get("refs", []))[:MOST_REFS]),
            anyway=bool(item.get("anyway")),
            first_name=str(item.get("first_name", ""))[:200],
            last_name=str(item.get("last_name", ""))[:200],
            organisation=str(item.get("organisation", ""))[:200],
            table=min(max(0, int(item.get("table") or 0)), MOST_SEQ),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def moment(text: object) -> datetime | None:
    """A time with its zone as a program writes it; None for what is none."""
    try:
        found = parse_datetime(str(text))
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _tapped_at(item: Mapping[str, Any], at: datetime, clock: datetime) -> datetime:
    """When somebody tapped, by our clock: never later than now. A bad time costs no tap."""
    tapped = moment(item.get("at"))
    ago = clock - tapped if tapped else timedelta()
    return at - ago if timedelta() < ago <= OLDEST else at


def uuids(text: str) -> list[UUID]:
    """The id that this is, or none."""
    try:
        return [UUID(text)]
    except ValueError:
        return []
