"""Who came and who did not, and what organisers should look at: for their pages, not the door.

Each function costs the same few queries, however many people there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from program.models import Event, Slot
from registrations.door.likeness import fold
from registrations.models import DoorPass, Guest, Registration, Seat
from registrations.names.person_names import norm
from registrations.queries import roles

STEP = timedelta(minutes=5)
# Times from a device with a wrong clock fall in the first or the last step.
EARLY = timedelta(hours=3)
# Steps are counted from here: a round time in every zone.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def arrivals(event: Event) -> list[tuple[datetime, int]]:
    """How many people came in per five minutes, without gaps. One query.

    ``out_of_hours`` counts those who are shown at another time than the device reported.
    """
    moments = event.presences.filter(present=True, at__isnull=False).values_list("at", flat=True)
    first, last = first_step(event), event.ends_at
    # Counted by number and only then named: local time takes long to work out for each person.
    numbers = Counter((min(max(at, first), last) - _EPOCH) // STEP for at in moments if at)
    came = {
        timezone.localtime(_EPOCH + number * STEP): people for number, people in numbers.items()
    }
    if not came:
        return []
    steps = (max(came) - min(came)) // STEP + 1
    every = (min(came) + passed * STEP for passed in range(steps))
    return [(moment, came.get(moment, 0)) for moment in every]


def first_step(event: Event) -> datetime:
    return event.starts_at - EARLY


def out_of_hours(event: Event) -> tuple[int, int]:
    """How many came in before the first step and after the last one. One query."""
    came = event.presences.filter(present=True)
    counts = came.aggregate(
        early=Count("pk", filter=Q(at__lt=first_step(event))),
        late=Count("pk", filter=Q(at__gt=event.ends_at)),
    )
    return counts["early"], counts["late"]


@dataclass(frozen=True)
class Turnout:
    """How many people of one kind were expected, and how many of them are in."""

    expected: int
    came: int

    @property
    def missing(self) -> int:
        return self.expected - self.came


def per_table(event: Event) -> list[tuple[Slot, Turnout]]:
    """Round by round, for every table where somebody sits. Two queries."""
    came = Q(registration__presence__present=True)
    rows = Seat.objects.filter(event=event).order_by().values_list("slot")
    counts = rows.annotate(expected=Count("pk"), came=Count("pk", filter=came))
    found = {key: Turnout(expected, in_) for key, expected, in_ in counts}
    slots = event.slots.filter(pk__in=found).select_related("session__theme", "round")
    return [(slot, found[slot.pk]) for slot in slots]


def per_role(event: Event) -> list[tuple[str, Turnout]]:
    """By what the role is called, '' for none, and the guests last. Two queries."""
    came = Count("pk", filter=Q(presence__present=True))
    people = event.registrations.confirmed().order_by().values_list("role")
    counts = people.annotate(expected=Count("pk"), came=came)
    names = roles.labels(event)
    found = [
        (names[role], Turnout(expected, in_))
        for role, expected, in_ in counts.order_by("-expected", "role__position", "role")
    ]
    of_guests = event.guests.invited().order_by().aggregate(expected=Count("pk"), came=came)
    return [*found, *([(_("guests"), Turnout(**of_guests))] if of_guests["expected"] else [])]


def expected(event: Event) -> int:
    """How many people were to come, those whose names are erased included. Two queries."""
    return event.registrations.confirmed().count() + event.guests.invited().count()


@dataclass(frozen=True)
class Noticed:
    """People whom an organiser should look at. ``twice``: walk-ins whose name is there already."""

    without_place: list[Registration] = field(default_factory=list)
    extra: list[Registration] = field(default_factory=list)
    twice: list[Registration] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.without_place or self.extra or self.twice)


def noticed(event: Event) -> Noticed:
    """Three queries, and two more if somebody walked in."""
    people = event.registrations.filter(erased_at=None)
    without = people.filter(presence__present=True).exclude(status=Registration.Status.CONFIRMED)
    walked_in = people.confirmed().filter(origin=Registration.Origin.DOOR)
    extra = [one for one in walked_in if one.extra]
    return Noticed(list(without), extra, _twice(event, list(walked_in)))


def _twice(event: Event, walked_in: list[Registration]) -> list[Registration]:
    if not walked_in:
        return []
    sounds: defaultdict[tuple[str, ...], int] = defaultdict(int)
    # The event too: the managers read it for each row.
    columns = ("event", "first_name", "last_name")
    people: Iterable[Registration | Guest] = [
        *event.registrations.counting().filter(erased_at=None).only(*columns),
        *event.guests.filter(erased_at=None).only(*columns),
    ]
    for person in people:
        sounds[_sound(person)] += 1
    return [one for one in walked_in if sounds[_sound(one)] > 1]


def _sound(person: Registration | Guest) -> tuple[str, ...]:
    """The words of a name as they sound, in one order: two people may write it differently."""
    return tuple(sorted(fold(word) for word in norm(person.name).split()))


def devices(event: Event) -> QuerySet[DoorPass]:
    """The passes of an event, each with the number of its ``taps``. One query."""
    passes = event.door_passes.select_related("user").order_by("pk")
    return passes.annotate(taps=Count("ops"))
