"""Reads an event for settling: the fronts of its queues, and all of them only if that is needed.

Settling serves the oldest entry, then the next, so of a long queue it sees the first few. Why the
moves are those of the whole event stands in docs/waiting.md ('What is read').
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from django.db import connection
from django.db.models import Max

from program.models import Event, Slot
from registrations.settling.cycles import QueueEntry, has_cycle
from registrations.settling.settle import CutShort, Move, SlotState, Snapshot, Waiting, settle

# Entries of each queue that are read at first. More than this many move up at one table only when
# many cancel at once.
FRONT = 8

# Everything that the people at the front wait for, with the seats they have: a row for each pair.
# By hand: Django has no window over a window.
ENTRIES = """
    SELECT
        entry.id, entry.registration_id, entry.slot_id, entry.since, entry.position, entry.ranked,
        entry.place, seat.slot_id
    FROM (
        SELECT queue.*, MIN(place) OVER (PARTITION BY registration_id) AS foremost
        FROM (
            SELECT
                entry.*,
                ROW_NUMBER() OVER (
                    PARTITION BY entry.slot_id ORDER BY entry.since, entry.position, entry.id
                ) AS place
            FROM registrations_waitlistentry AS entry
            JOIN program_slot AS slot ON slot.id = entry.slot_id
            WHERE entry.event_id = %(event)s AND since IS NOT NULL AND slot.dropped_at IS NULL
        ) AS queue
    ) AS entry
    LEFT JOIN registrations_seat AS seat ON seat.registration_id = entry.registration_id
    WHERE entry.foremost <= %(last)s
"""
EVERYBODY = 2**31 - 1

# From which tables to which others people would go in the same round; and for which tables they
# wait though they attend that session. Two halves, each of which an index answers.
ARROWS = """
    SELECT seat.slot_id, entry.slot_id
    FROM registrations_waitlistentry AS entry
    JOIN registrations_seat AS seat
        ON seat.registration_id = entry.registration_id AND seat.round_id = entry.round_id
    WHERE entry.event_id = %(event)s AND entry.since IS NOT NULL
    UNION
    SELECT seat.slot_id, entry.slot_id
    FROM registrations_waitlistentry AS entry
    JOIN registrations_seat AS seat
        ON seat.registration_id = entry.registration_id AND seat.session_id = entry.session_id
    WHERE entry.event_id = %(event)s AND entry.since IS NOT NULL
"""


def moves_of(
    event: Event,
    slots: Collection[Slot],
    *,
    people_wait: bool = True,
    at: datetime,
    front: int = FRONT,
) -> list[Move]:
    """What settling the event comes to; ``slots`` are all of its slots as they are now.

    Needs the lock on ``event``, with expired holds freed. Six queries at most; one if nobody waits
    for the event and no queue is long.
    """
    tables = [
        SlotState(slot.pk, slot.round_id, slot.session_id, slot.seats_left)
        for slot in slots
        if not slot.dropped
    ]
    waiting = list(_waiting(event)) if people_wait else []
    snapshot = _snapshot(event, tables, waiting, at=at, last=front + 1)
    if not snapshot.cut:
        return settle(snapshot)
    if _front_may_do(event, {slot.pk: slot.session_id for slot in slots}):
        try:
            return settle(snapshot)
        except CutShort:
            pass
    return settle(_snapshot(event, tables, waiting, at=at, last=EVERYBODY))


def _snapshot(
    event: Event, tables: list[SlotState], waiting: list[Waiting], *, at: datetime, last: int
) -> Snapshot:
    """Of each queue the entries up to the place ``last``, at which it is cut."""
    entries: dict[int, QueueEntry] = {}
    seats: defaultdict[int, set[int]] = defaultdict(set)
    cut = set()
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, {"event": event.pk, "last": last})
        for key, person, slot, since, position, ranked, place, seat in cursor.fetchall():
            if key not in entries:
                entries[key] = QueueEntry(key, person, slot, _moment(since), position, bool(ranked))
                if place == last:
                    cut.add(key)
            if seat is not None:
                seats[person].add(seat)
    return Snapshot(
        at=at,
        tables=tables,
        seats=seats,
        entries=entries.values(),
        places_free=event.places_left,
        waiting=waiting,
        cut=cut,
        last_position=_last_position(event, at) if cut and waiting else -1,
    )


def _moment(stored: datetime) -> datetime:
    """SQLite keeps moments without their zone, which is UTC."""
    return stored if stored.tzinfo else stored.replace(tzinfo=UTC)


def _last_position(event: Event, at: datetime) -> int:
    """New entries are numbered on from those of this moment, read or not."""
    last = event.waitlist_entries.filter(since=at).aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


def _waiting(event: Event) -> Iterator[Waiting]:
    """Those on the event's waiting list who can have a place now. Two queries, or none."""
    if event.places_left < 1:
        return
    first = event.registrations.waiting()[: event.places_left]
    people = list(first.values_list("pk", "confirmed_at", "lot"))
    # Person -> (tables asked for, tables to wait for beside them)
    requests: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    if people:
        keys = [person for person, _since, _lot in people]
        of_first = event.waitlist_entries.requests().filter(registration__in=keys)
        for person, slot, asked in of_first.values_list("registration", "slot", "asked"):
            requests[person][0 if asked else 1].append(slot)
    for person, since, lot in people:
        if since:
            wanted, beside = requests[person]
            yield Waiting(person, since, tuple(wanted), tuple(beside), lot)


def _front_may_do(event: Event, session_of: Mapping[int, int]) -> bool:
    """Whether nobody waits in a cycle, nor for a session that they attend. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ARROWS, {"event": event.pk})
        arrows = cursor.fetchall()
    pointless = any(session_of[seat] == session_of[wanted] for seat, wanted in arrows)
    return not pointless and not has_cycle(arrows)
