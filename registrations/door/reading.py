"""What a device tells of a tap, made into one that can be carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from registrations.models import DoorOp

MOST_REFS = 50  # check-ins that one undo takes back
MOST_SEQ = 2**53  # what a browser counts up to without errors
# Longer ago than this nobody can have tapped: such a time is read as now.
OLDEST = timedelta(days=2)


@dataclass(frozen=True)
class Tap:
    """One tap as a device tells it. ``person`` is the key of a row, or the id of a walk-in."""

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


def read(item: Mapping[str, Any], at: datetime, clock: datetime) -> Tap | None:
    """A tap as it was sent; None if it makes no sense."""
    try:
        return Tap(
            id=UUID(str(item["id"])),
            seq=min(max(0, int(item.get("seq", 0))), MOST_SEQ),
            kind=DoorOp.Kind(item["kind"]),
            at=_moment(item, at, clock),
            person=str(item.get("reg", ""))[:50],
            refs=tuple(UUID(str(ref)) for ref in list(item.get("refs", []))[:MOST_REFS]),
            anyway=bool(item.get("anyway")),
            first_name=str(item.get("first_name", ""))[:200],
            last_name=str(item.get("last_name", ""))[:200],
            organisation=str(item.get("organisation", ""))[:200],
            table=int(item.get("table") or 0),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def moment(text: object) -> datetime | None:
    """A time with its zone as a device writes it; None if it is none."""
    try:
        found = parse_datetime(str(text))
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _moment(item: Mapping[str, Any], at: datetime, clock: datetime) -> datetime:
    """When somebody tapped, by our clock: never later than now. A bad time costs no tap."""
    tapped = moment(item.get("at"))
    ago = clock - tapped if tapped else timedelta()
    return at - ago if timedelta() < ago <= OLDEST else at
