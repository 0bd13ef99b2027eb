"""What people have of an event follows it: holds, calendars, entries, and a mail when it moves.

Whatever changes a programme does so between a snapshot of before and ``follow``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from program.models import Event
from registrations.booking import locking
from registrations.mail import notices
from registrations.mailing import mailings
from registrations.models import Change, Registration, StoredMail, WaitlistEntry, history
from registrations.organising import hosts
from registrations.queries.snapshots import (
    EventSnapshot,
    Facts,
    concerns_everybody,
    moved,
    snapshot,
)

Result = TypeVar("Result")


def follow(
    event: Event, before: EventSnapshot, *, who: str, at: datetime, tell: bool = True, why: str = ""
) -> None:
    """Update what people have to the changed event, then settle. Needs the lock and a new version.

    With ``tell`` everybody whom it concerns gets one mail about another time or place.
    """
    after = snapshot(event.pk)
    event = Event.objects.locked(event.pk)
    if before.published and after.starts_at != before.starts_at and not event.announced_start:
        event.announced_start = before.starts_at
        event.save(update_fields=["announced_start"])
    if after.dates != before.dates:
        # Nothing is erased soon after: it may have been a slip (rule 12).
        event.dates_changed_at = at
        event.save(update_fields=["dates_changed_at"])
    _end_entries(event, before, after, who=who, at=at)
    if after.starts_at < before.starts_at:
        # No hold outlives the start (rule 4).
        late = event.registrations.pending().filter(hold_expires_at__gt=after.starts_at)
        late.update(hold_expires_at=after.starts_at, version=event.version)
    mailings.follow_start(event)
    old, new = moved(before, after)
    if old or before.calendar != after.calendar:
        # A calendar takes a file as news only if its number is higher.
        event.registrations.confirmed().update(version=event.version)
    if old:
        _tell_moved(event, old, new, who=who, at=at, tell=tell, why=why)
    hosts.follow(event, at=at, tell=tell)
    locking.settle(event, at=at)


def followed(
    events: QuerySet[Event], act: Callable[[], Result], *, who: str, at: datetime, tell: bool
) -> Result:
    """Act, then update what people have of each event that got a new version by it.

    Needs the lock on these events.
    """
    before = {key: (version, snapshot(key)) for key, version in events.values_list("pk", "version")}
    result = act()
    for event in Event.objects.filter(pk__in=before).order_by("pk"):
        version, was = before[event.pk]
        if event.version != version:
            follow(event, was, who=who, at=at, tell=tell)
    return result


def concerned(event: Event, old: Facts) -> list[Registration]:
    """Those who must know that this moved: all who come or wait, or those at the moved tables."""
    people = event.registrations.counting()
    if not concerns_everybody(old):
        at_tables = Q()
        for key in old.get("places", {}):
            number, _slash, code = key.partition("/")
            at_tables |= Q(table_seats__round__number=number, table_seats__session__code=code)
        people = people.confirmed().filter(at_tables).distinct()
    return list(people.order_by("pk"))


def _tell_moved(
    event: Event, old: Facts, new: Facts, *, who: str, at: datetime, tell: bool, why: str
) -> None:
    """A line of history and a mail for each; nobody is told once it is all over."""
    before = datetime.fromisoformat(old.get("ends_at", event.ends_at.isoformat()))
    over = max(before, event.ends_at) <= at
    people = [] if over or event.called_off else concerned(event, old)
    told = tell and bool(people) and not _as_last_told(event, new)
    what, said = Change.What.RESCHEDULED, {**new, "told": told}
    history.record(event, None, what, who=who, why=why, at=at, old=old, new=said)
    history.record_all(event, people, what, who=who, at=at)
    if told:
        notices.store_for_all(event, people, StoredMail.Kind.RESCHEDULED, at=at)


def _as_last_told(event: Event, new: Facts) -> bool:
    """Whether a slip that nobody heard of is put right: all is as people know it."""
    moves = event.changes.filter(what=Change.What.RESCHEDULED, registration=None)
    last = moves.order_by("-pk").first()
    return last is not None and last.new.get("told") is False and last.old == new


def _end_entries(
    event: Event, before: EventSnapshot, after: EventSnapshot, *, who: str, at: datetime
) -> None:
    """Tell those who waited for a table that is gone, or is now in another round."""
    gone = {
        key
        for key, table in before.tables.items()
        if key not in after.tables or after.tables[key].round != table.round
    }
    if not gone:
        return
    WaitlistEntry.objects.filter(event=event, slot__in=gone).delete()
    waited: defaultdict[int, list[int]] = defaultdict(list)
    for person, slot in before.waited_for:
        if slot in gone:
            waited[person].append(slot)
    for registration in event.registrations.counting().filter(pk__in=waited).order_by("pk"):
        registration.event = event
        tables = [before.tables[key] for key in sorted(waited[registration.pk])]
        history.record(event, registration, Change.What.DROPPED, who=who, at=at)
        notices.store_dropped(registration, [], tables, at=at)
