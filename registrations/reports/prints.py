"""What stands on the lists, badges and signs that organisers print.

Each takes the same few queries, however many people come. Those who were erased are on none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db.models import QuerySet

from program.models import Event, Hosting, Round, Slot, TableSession
from program.public.grid import RoundColumn, RoundGrid, grid
from registrations.booking import answers
from registrations.models import Guest, Registration, Seat

# Lines for people who walk in, also at a table that is full.
LEAST_BLANK = 2
BADGES_A_PAGE = 10


@dataclass(frozen=True)
class RoundPlace:
    """Where somebody is in a round: as a guest, or as its host."""

    slot: Slot
    hosts: bool = False

    @property
    def code(self) -> str:
        return self.slot.session.code


@dataclass(frozen=True)
class ListedPerson:
    """Somebody on the attendee list; ``places`` has one for each round, or None."""

    person: Registration | Guest
    places: Sequence[RoundPlace | None]

    @property
    def guest(self) -> bool:
        return isinstance(self.person, Guest)

    @property
    def comes_as(self) -> str:
        """What kind of guest; empty for those who signed up."""
        return self.person.get_kind_display() if isinstance(self.person, Guest) else ""

    @property
    def letter(self) -> str:
        """The heading that the name stands under; # if it does not begin with a letter."""
        first = self.person.sort_key[:1].upper()
        return first if first.isalpha() else "#"


@dataclass(frozen=True)
class Attendees:
    """Everybody on the attendee list, A-Z by main word of the surname, guests among them."""

    rounds: list[Round]
    people: list[ListedPerson]

    @property
    def letters(self) -> list[tuple[str, list[ListedPerson]]]:
        grouped = groupby(self.people, key=lambda attendee: attendee.letter)
        return [(letter, list(group)) for letter, group in grouped]

    @property
    def badges(self) -> list[list[ListedPerson | None]]:
        """Pages of badges; the last one is filled up with empty ones to write on."""
        pages: list[list[ListedPerson | None]] = []
        for start in range(0, len(self.people), BADGES_A_PAGE):
            page: list[ListedPerson | None] = [*self.people[start : start + BADGES_A_PAGE]]
            pages.append(page + [None] * (BADGES_A_PAGE - len(page)))
        return pages


def attendees(event: Event) -> Attendees:
    programme = grid(event)
    rounds = [column.round for column in programme.columns]
    hosted = _hosted(programme)
    seats = _seats(event, programme)
    people = [
        ListedPerson(one, [seats.get((one.pk, round_.pk)) for round_ in rounds])
        for one in _coming(event)
    ]
    for guest in event.guests.filter(erased_at=None):
        where = [hosted.get((guest.speaker_id, round_.pk)) for round_ in rounds]
        people.append(ListedPerson(guest, where))
    people.sort(key=lambda one: (one.person.sort_key, one.guest, one.person.pk))
    return Attendees(rounds, people)


@dataclass(frozen=True)
class TableSheet:
    """Those who sit at one table in one round; ``blank`` are the lines that stay empty."""

    slot: Slot
    hosts: Sequence[Hosting]
    people: list[Registration]

    @property
    def blank(self) -> range:
        """The numbers, from 1, of the lines for those who walk in."""
        until = max(self.slot.seats, len(self.people) + LEAST_BLANK)
        return range(len(self.people) + 1, until + 1)

    @property
    def lines(self) -> int:
        return len(self.people) + len(self.blank)


def sheets(event: Event) -> list[TableSheet]:
    """A sheet for each table that takes place, round by round."""
    programme = grid(event)
    people = {one.pk: one for one in _coming(event)}
    at: dict[int, list[Registration]] = {}
    for registration, slot in _seat_rows(event).values_list("registration", "slot"):
        if registration in people:
            at.setdefault(slot, []).append(people[registration])
    return [
        TableSheet(one, _hosts(one.session), at.get(one.pk, []))
        for column in programme.columns
        for one in column.slots
        if not one.dropped
    ]


@dataclass(frozen=True)
class Sign:
    """What stands on a table: one table session at one place, with the rounds it is there."""

    session: TableSession
    hosts: Sequence[Hosting]
    slots: list[Slot]

    @property
    def location(self) -> str:
        return self.slots[0].local_location


def signs(event: Event) -> list[Sign]:
    """A sign for each table session; one for each place if it moves."""
    found: dict[tuple[int, str], Sign] = {}
    for cell in grid(event).cells:
        for one in cell.slots:
            if not one.dropped:
                key = (cell.session.pk, one.location)
                sign = found.setdefault(key, Sign(cell.session, _hosts(cell.session), []))
                sign.slots.append(one)
    return list(found.values())


@dataclass(frozen=True)
class Need:
    """What somebody who comes needs, and where they sit."""

    person: Registration
    text: str
    places: Sequence[RoundPlace | None]


def needs(event: Event) -> tuple[list[Round], list[Need]]:
    """The special needs, A-Z: for organisers alone (rule 12)."""
    programme = grid(event)
    rounds, seats = [column.round for column in programme.columns], _seats(event, programme)
    found = [
        Need(
            row.registration,
            row.text,
            [seats.get((row.registration_id, round_.pk)) for round_ in rounds],
        )
        for row in answers.needs_of(event)
    ]
    return rounds, found


def needs_counted(needs: Iterable[str]) -> list[tuple[str, int]]:
    """How many people gave the same answer, the most first, and as most of them wrote it.

    Capitals, spaces and a full stop make no difference.
    """
    found: dict[str, Counter[str]] = {}
    for text in needs:
        words = " ".join(text.split())
        found.setdefault(words.casefold().rstrip(" ."), Counter())[words] += 1
    counted = [(spelt.most_common(1)[0][0], spelt.total()) for spelt in found.values()]
    return sorted(counted, key=lambda answer: (-answer[1], answer[0].casefold()))


def counted_needs(event: Event) -> list[tuple[str, int]]:
    """What people who come need and how many of them, the most frequent first; no names."""
    return needs_counted(row.text for row in answers.needs_of(event))


def numbers(event: Event) -> list[RoundColumn]:
    """Round by round the tables that take place, with the seats that are taken."""
    columns = (
        RoundColumn(column.round, [slot for slot in column.slots if not slot.dropped])
        for column in grid(event).columns
    )
    return [column for column in columns if column.slots]


def _coming(event: Event) -> Iterable[Registration]:
    return event.registrations.confirmed().filter(erased_at=None).order_by("sort_key", "pk")


def _seat_rows(event: Event) -> QuerySet[Seat]:
    return Seat.objects.filter(event=event).order_by("registration__sort_key", "registration")


def _seats(event: Event, programme: RoundGrid) -> dict[tuple[int, int], RoundPlace]:
    """Where people sit, by registration and round."""
    places = {one.pk: RoundPlace(one) for column in programme.columns for one in column.slots}
    rows = _seat_rows(event).order_by().values_list("registration", "round", "slot")
    return {(person, round_): places[slot] for person, round_, slot in rows}


def _hosted(programme: RoundGrid) -> dict[tuple[int | None, int], RoundPlace]:
    """Which tables speakers host, by speaker and round."""
    return {
        (hosting.speaker_id, one.round_id): RoundPlace(one, hosts=True)
        for column in programme.columns
        for one in column.slots
        if not one.dropped
        for hosting in _hosts(one.session)
    }


def _hosts(session: TableSession) -> Sequence[Hosting]:
    return list(session.hostings.all())
