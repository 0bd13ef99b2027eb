"""What a host hosts, who comes there, and what the host was last told of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Count, Q

from program.models import Event, Hosting, Slot
from program.public.grid import DayLine, timetable
from program.public.programme import natural
from registrations.models import Host, Registration, Seat
from registrations.queries.calendars import CalendarRound, line_of

OFF = "called off"  # what a host was told of an event that does not take place


@dataclass(frozen=True)
class HostedTable:
    """A table of a host: those who agreed to be seen by name, and how many others come."""

    slot: Slot
    people: Sequence[Registration]
    others: int

    @property
    def coming(self) -> int:
        return len(self.people) + self.others


@dataclass(frozen=True)
class HostLine(DayLine):
    """A line of the day, with the tables that the host has then."""

    tables: Sequence[HostedTable] = ()


def slots_of(event: Event, hosts: Iterable[Host]) -> dict[int, list[Slot]]:
    """By host the tables that take place, round by round. Two queries, however many hosts."""
    sessions: defaultdict[int, set[int]] = defaultdict(set)
    speakers = {host.speaker_id: host.pk for host in hosts if host.speaker_id}
    hostings = Hosting.objects.filter(event=event, speaker__in=speakers)
    for session, speaker in hostings.values_list("session", "speaker"):
        sessions[speakers[speaker]].add(session)
    # Not from the programme in memory: whoever asks may just have changed it.
    found = event.slots.going_on().filter(session__in=set().union(*sessions.values()))
    slots = sorted(
        found.select_related("session__theme", "round__agenda_item"),
        key=lambda one: (one.round.number, one.session.theme.number, natural(one.session.code)),
    )
    for slot in slots:
        slot.event = slot.session.event = event
    return {
        key: [slot for slot in slots if slot.session_id in mine] for key, mine in sessions.items()
    }


def tables_of(host: Host) -> list[Slot]:
    """The tables of one host that take place, round by round."""
    return slots_of(host.event, [host]).get(host.pk, [])


def with_people(slots: Sequence[Slot], *, named: bool = True) -> list[HostedTable]:
    """Who comes to these tables, by name only if they chose to be seen (rule 12)."""
    sits = Q(registration__status=Registration.Status.CONFIRMED)
    seats = Seat.objects.filter(sits, slot__in=slots)
    counts = dict(seats.order_by().values_list("slot").annotate(Count("pk")))
    seen: defaultdict[int, list[Registration]] = defaultdict(list)
    listed = seats.filter(registration__listed=True).select_related("registration")
    for seat in listed.order_by("registration__sort_key", "registration") if named else ():
        seen[seat.slot_id].append(seat.registration)
    return [
        HostedTable(slot, seen[slot.pk], counts.get(slot.pk, 0) - len(seen[slot.pk]))
        for slot in slots
    ]


def day_of(event: Event, tables: Sequence[HostedTable]) -> tuple[list[HostLine], list[HostedTable]]:
    """The timetable with these tables in it, and those in a round that it does not name."""
    lines = [
        HostLine(
            line.starts_at,
            line.ends_at,
            line.item,
            tables=[each for each in tables if line.round and each.slot.round == line.round],
        )
        for line in timetable(event)
    ]
    shown = {each.slot.pk for line in lines for each in line.tables}
    return lines, [each for each in tables if each.slot.pk not in shown]


def rounds_of(slots: Iterable[Slot]) -> list[CalendarRound]:
    """The tables as a mail tells them, in the active language."""
    return [line_of(slot.round, slot) for slot in slots]


def news(event: Event, hosts: Sequence[Host]) -> dict[int, str]:
    """By host, a hash of all that they are mailed about: if it differs, they get another mail."""
    if event.called_off:
        return {host.pk: OFF for host in hosts}
    day = (event.starts_at, event.ends_at, event.venue.name, event.venue.address)
    mine = slots_of(event, hosts)
    return {host.pk: _hash(day, mine.get(host.pk, [])) for host in hosts}


def _hash(day: tuple[object, ...], slots: Iterable[Slot]) -> str:
    tables = []
    for slot in slots:
        line = getattr(slot.round, "agenda_item", None)
        when = (line.starts, line.ends) if line else ()
        tables.append((slot.session_id, slot.round.number, slot.location, slot.location_en, when))
    return sha256(repr((day, tables)).encode()).hexdigest()
