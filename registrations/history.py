"""One line of history a change, in the same transaction (rule 11 in docs/rules.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from program.models import Event
from registrations.models import Change, Registration

ATTENDEE = "attendee"
WORKER = "worker"
SETTLING = "waiting list"
MAIL_SERVER = "mail server"
# Staff go by the names of their accounts, of which none may be called so.
NO_STAFF = (ATTENDEE, WORKER, SETTLING, MAIL_SERVER)


def record(
    event: Event,
    registration: Registration | None,
    what: Change.What,
    *,
    who: str,
    at: datetime,
    why: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write what happened, at the event's present version. Never holds a name or an address."""
    Change.objects.create(
        event=event,
        registration=registration,
        what=what,
        who=who,
        why=why,
        old=old or {},
        new=new or {},
        at=at,
        version=event.version,
    )


def record_all(
    event: Event,
    people: Iterable[Registration],
    what: Change.What,
    *,
    who: str,
    at: datetime,
    new: dict[str, Any] | None = None,
) -> None:
    """The same line for each of many people; what it was about stands in the event's own."""
    same = {"event": event, "what": what, "who": who, "at": at, "version": event.version}
    Change.objects.bulk_create([Change(registration=one, new=new or {}, **same) for one in people])
