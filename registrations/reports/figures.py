"""The numbers of an event: how many come, wait, left and sit where, and how they were reached.

Those who were erased still count. Each function costs the same few queries, however many people
there are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import CharField, Count, Exists, F, OuterRef, Q
from django.db.models.functions import Cast, Substr
from django.utils import timezone

from program.models import Event, Round, Slot
from program.public.programme import natural
from registrations.models import Registration, RegistrationQuerySet, Seat
from registrations.names.person_names import norm
from registrations.queries import roles as roles_of_event
from registrations.queries.kept import kept_figures

MOST_ORGANISATIONS = 10


@dataclass(frozen=True)
class People:
    """How many people, by what their registration is; ``taken`` also counts guests."""

    capacity: int
    taken: int
    confirmed: int
    unconfirmed: int
    invited: int  # of these, by an organiser who brought in a list
    waiting: int
    in_draw: int  # of these, those for whom a draw is to come
    cancelled: int
    extra: int
    guests: int
    guests_with_place: int
    without_table: int
    by_hand: int
    at_the_door: int
    unreached: int  # their mail was refused or came back
    english: int
    draw_to_come: bool

    @property
    def registered(self) -> int:
        """Those who have a place; extras came in beside the places."""
        return self.confirmed - self.extra

    @property
    def left(self) -> int:
        return max(self.capacity - self.taken, 0)


def people(event: Event) -> People:
    """Two queries, besides the event's own counters."""
    confirmed, pending = Q(status="confirmed"), Q(status="pending")
    seated = Exists(Seat.objects.filter(registration=OuterRef("pk")))
    counts = {
        "confirmed": confirmed,
        "unconfirmed": pending & Q(holds_place=True),
        "invited": pending & Q(holds_place=True, origin="file"),
        "waiting": Q(status="waiting"),
        "in_draw": Q(status="waiting", confirmed_at__lt=F("event__wishes_close_at"))
        & Q(event__drawn_at=None),
        # A hold that was given back never was a sign-up (rule 4).
        "cancelled": Q(status="cancelled", confirmed_at__isnull=False),
        "extra": confirmed & Q(extra=True),
        "without_table": confirmed & Q(seated=False),
        "by_hand": confirmed & Q(origin="hand"),
        "at_the_door": confirmed & Q(origin="door"),
        "unreached": Q(status__in=Registration.COUNTING, email_refused_at__isnull=False),
        "english": confirmed & Q(language="en"),
    }
    rows = event.registrations.alias(seated=seated).order_by()
    found = rows.aggregate(**{name: Count("pk", filter=which) for name, which in counts.items()})
    found |= (
        event.guests.invited()
        .order_by()
        .aggregate(guests=Count("pk"), guests_with_place=Count("pk", filter=Q(holds_place=True)))
    )
    numbers = {**found, "capacity": event.capacity, "taken": event.taken}
    return People(**numbers, draw_to_come=event.draw_to_come)


@dataclass(frozen=True)
class SlotFigures:
    """One table in one round, how many wait for it, and the seats it keeps reserved."""

    slot: Slot
    waiting: int

    @property
    def reserved(self) -> int:
        return 0 if self.slot.dropped else self.slot.reserved


@dataclass(frozen=True)
class InRound:
    """All tables of a round, in the order of the programme."""

    round: Round
    tables: list[SlotFigures]

    @property
    def seats(self) -> int:
        return sum(table.slot.seats for table in self.tables if not table.slot.dropped)

    @property
    def taken(self) -> int:
        return sum(table.slot.taken for table in self.tables)


def rounds(event: Event) -> list[InRound]:
    """Four queries."""
    counting = event.waitlist_entries.counting().order_by()
    entries = Counter(dict(counting.values_list("slot").annotate(Count("pk"))))
    entries.update(kept_figures(event).waiting)
    slots = sorted(
        event.slots.select_related("session__theme", "round").order_by(),
        key=lambda one: (one.session.theme.number, natural(one.session.code)),
    )
    return [
        InRound(
            round_,
            [SlotFigures(one, entries[one.pk]) for one in slots if one.round_id == round_.pk],
        )
        for round_ in event.rounds.all()
    ]


@dataclass(frozen=True)
class Day:
    """How many signed up on a day of the calendar, and how many cancelled, in people."""

    day: date
    signed_up: int
    cancelled: int


def days(event: Event, *, until: date) -> list[Day]:
    """Every day from the first sign-up to ``until`` or, if it comes first, the last change.

    Only those who confirmed count: a hold that ran out is nobody. Two queries.
    """
    rows = event.registrations.exclude(confirmed_at=None).order_by()
    came = _per_day(rows, "confirmed_at")
    gone = rows.filter(status=Registration.Status.CANCELLED, ended_at__isnull=False)
    left = _per_day(gone, "ended_at")
    if not came:
        return []
    first, last = min(came), max([min(until, event.day), *came, *left])
    every = (first + timedelta(days=passed) for passed in range((last - first).days + 1))
    return [Day(day, came[day], left[day]) for day in every]


def _per_day(rows: RegistrationQuerySet, moment: str) -> Counter[date]:
    """How many of these there are by the day of this column. One query.

    Counted by the hour in UTC, as text: for the local day of each row SQLite would call Python.
    """
    hour = Substr(Cast(moment, CharField()), 1, len("2026-12-07 14"))
    found: Counter[date] = Counter()
    for text, people in rows.values_list(hour).annotate(Count("pk")):
        found[timezone.localdate(datetime.fromisoformat(f"{text}:00+00:00"))] += people
    return found


def roles(event: Event) -> list[tuple[str, int]]:
    """The roles of those who come, the most frequent first; '' for no role. One query."""
    rows = event.registrations.confirmed().order_by()
    counted = rows.values_list("role").annotate(people=Count("pk"))
    names = roles_of_event.labels(event)
    return [
        (names[role], people)
        for role, people in counted.order_by("-people", "role__position", "role")
    ]


@dataclass(frozen=True)
class Organisations:
    """Where those who come are from. ``rest``: in organisations beyond the largest few."""

    largest: list[tuple[str, int]]
    rest: int
    others: int  # organisations
    none: int


def organisations(event: Event) -> Organisations:
    """Spellings that differ in case, accents or points are one. One query."""
    rows = event.registrations.confirmed().order_by().values_list("organisation")
    spelt: dict[str, Counter[str]] = {}
    for name, people in rows.annotate(Count("pk")):
        spelt.setdefault(norm(name) or name.strip(), Counter())[name] += people
    none = spelt.pop("", Counter()).total()
    # The spelling that most people chose.
    found = sorted(
        ((spellings.most_common(1)[0][0], spellings.total()) for spellings in spelt.values()),
        key=lambda one: (-one[1], one[0].casefold()),
    )
    largest, others = found[:MOST_ORGANISATIONS], found[MOST_ORGANISATIONS:]
    return Organisations(largest, sum(people for _name, people in others), len(others), none)


def organisations_named(event: Event) -> int:
    """How many there are, those that were erased with their people included. Two queries."""
    found = organisations(event)
    return len(found.largest) + found.others + kept_figures(event).organisations
