"""A draw in numbers: what people ask for before it, and what it gives them. Names nobody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from time import monotonic

from django.core.cache import cache
from django.utils.crypto import constant_time_compare

from program.file import to_do
from program.models import Event, Round, Slot
from registrations.booking import drawing
from registrations.booking.drawing import DrawSnapshot
from registrations.drawing import draw, lot, report
from registrations.drawing.problem import Outcome, Problem
from registrations.drawing.recount import Published, published
from registrations.drawing.report import Result, Shares
from registrations.models import Draw

TRIAL_LIMIT = 10.0  # seconds of the solver, in which somebody waits for the page
LATE = 600  # seconds after which a draw should have been made
STUCK = 120  # seconds after which a trial cannot be running any more
_TRYING = "draw:trial"
_SEED = re.compile(r"[0-9a-f]{64}")


class AnotherTrial(Exception):
    """One trial at a time: the solver keeps a processor busy."""


@dataclass(frozen=True)
class AskedTable:
    """A table with the seats to draw, and how many people have it first, and at all."""

    slot: Slot
    seats: int
    first: int
    listed: int

    @property
    def times_over(self) -> float:
        """How many people have it first for each seat; many where there is no seat at all."""
        return self.first / self.seats if self.seats else float(self.first and 10**6)


@dataclass(frozen=True)
class AskedRound:
    """The tables of a round, those most wanted for their seats first.

    ``anywhere``: who ranked nothing and sits where there is room. ``no_table``: who would rather
    have none than one that is not on their list.
    """

    round: Round
    tables: Sequence[AskedTable]
    anywhere: int
    no_table: int

    @property
    def seats(self) -> int:
        return sum(table.seats for table in self.tables)


def asked(seen: DrawSnapshot) -> list[AskedRound]:
    """No queries."""
    problem = seen.problem
    wanted = report.demand(problem)
    seats = {table.key: table.seats for table in problem.tables}
    rounds: dict[Round, list[AskedTable]] = {}
    for number, slot in enumerate(seen.slots, 1):
        wishes = wanted[number]
        found = AskedTable(slot, seats[number], wishes[0], sum(wishes))
        rounds.setdefault(slot.round, []).append(found)
    lists = [ranking.wishes for ranking in problem.rankings]
    return [
        AskedRound(
            round_,
            sorted(tables, key=lambda one: (-one.times_over, -one.first, -one.listed, one.slot.pk)),
            anywhere=sum(not wishes.get(round_.number) for wishes in lists),
            no_table=sum(None in wishes.get(round_.number, ()) for wishes in lists),
        )
        for round_, tables in sorted(rounds.items(), key=lambda one: one[0].number)
    ]


def short_of_seats(seen: DrawSnapshot) -> list[str]:
    """The rounds of a draw on trial in which not everybody who gets a place can have a table."""
    people = min(len(seen.problem.rankings), seen.problem.places)
    sentences = (
        to_do.short_of_seats(one.round.number, one.seats, people=people) for one in asked(seen)
    )
    return [sentence for sentence in sentences if sentence]


def too_few_seats(event: Event, *, without: Collection[int] = ()) -> dict[int, str]:
    """By the key of a round with fewer seats than people who can come, what to say of that.

    The tables ``without`` do not count. Two queries.
    """
    coming = min(drawing.taking_part(event).count(), event.places_left)
    seats: Counter[Round] = Counter()
    for slot in event.slots.going_on().select_related("round").order_by("round__number"):
        seats[slot.round] += 0 if slot.pk in without else slot.seats_left
    found = {
        each.pk: to_do.short_of_seats(each.number, count, people=coming)
        for each, count in seats.items()
    }
    return {key: sentence for key, sentence in found.items() if sentence}


@dataclass(frozen=True)
class Fairness:
    """What a draw gave: by round who got what, and how much each gave in, from least to most.

    ``waiting``: how many have no place. ``seconds``: how long it took, if it was just drawn.
    """

    shares: Mapping[int, Shares]
    gave_in: Sequence[int]
    waiting: int
    method: str
    gap: float | None
    seconds: float | None = None

    @classmethod
    def of(cls, problem: Problem, outcome: Outcome, seconds: float | None = None) -> Fairness:
        return cls(
            report.shares(problem, outcome),
            sorted(report.gave_in(problem, outcome).values()),
            len(outcome.waiting),
            outcome.method,
            outcome.gap,
            seconds,
        )

    @property
    def people(self) -> int:
        """Those who came."""
        return len(self.gave_in)

    @property
    def middle(self) -> int:
        return round(median(self.gave_in)) if self.gave_in else 0

    @property
    def most(self) -> int:
        return self.gave_in[-1] if self.gave_in else 0

    @property
    def by_amount(self) -> list[tuple[int, int]]:
        """How much was given in, from least to most, and by how many people."""
        return sorted(Counter(self.gave_in).items())

    @property
    def together(self) -> Shares:
        """Of all rounds: a person counts once in each."""
        shares = list(self.shares.values())
        most = max((len(one.wishes) for one in shares), default=0)
        return Shares(
            tuple(sum(one.wishes[nth] for one in shares) for nth in range(most)),
            sum(one.filled for one in shares),
            sum(one.by_wish for one in shares),
            sum(one.nothing for one in shares),
        )


@dataclass(frozen=True)
class Trial:
    """What was drawn on trial; with its ``seed`` another one has the same lots."""

    seen: DrawSnapshot
    fairness: Fairness
    seed: str


def seed_of_a_trial(event: Event, given: str) -> str:
    """What was ``given``, or nothing if it cannot be the seed of a trial: it is never the event's
    own, which would show what is to come.
    """
    fine = _SEED.fullmatch(given) and not constant_time_compare(given, event.draw_seed)
    return given if fine else ""


def trial(
    event: Event, *, seats: Mapping[int, int], capacity: int | None = None, seed: str = ""
) -> Trial:
    """Draw as if it were time; nothing is stored and nobody is told.

    ``seats`` by the key of a slot and ``capacity`` are as if. The lots are those of the ``seed`` of
    another trial, or new ones. Raises AnotherTrial, and Refused as ``draw.draw`` does.
    """
    seed = seed_of_a_trial(event, seed) or lot.new_seed()
    if not cache.add(_TRYING, True, timeout=STUCK):
        raise AnotherTrial
    try:
        seen = drawing.snapshot(event, seats=seats)
        if capacity is not None:
            places = max(capacity - event.taken, 0)
            seen = replace(seen, problem=replace(seen.problem, places=places))
        # Not by the seed of the event, so that nothing here follows from it.
        problem, _keys = lot.numbered(seen.problem, seed)
        begin = monotonic()
        outcome = draw.draw(problem, seed, limit=TRIAL_LIMIT, apart=True)
        return Trial(seen, Fairness.of(problem, outcome, monotonic() - begin), seed)
    finally:
        cache.delete(_TRYING)


@dataclass(frozen=True)
class Drawn:
    """A draw that was made, as everybody can read it."""

    told: Published

    @property
    def people(self) -> int:
        """How many took part."""
        return len(self.told.problem.rankings)

    @property
    def fairness(self) -> Fairness:
        return Fairness.of(self.told.problem, self.told.outcome)

    def got(self, number: int) -> Mapping[int, Result]:
        """By round what somebody with this number got; empty without a place."""
        return report.results(self.told.problem, self.told.outcome).get(number, {})


def drawn(event: Event) -> Drawn | None:
    """What came out; None before the draw, and once it is erased. One query."""
    stored = Draw.objects.filter(event=event).first()
    return Drawn(published(stored.file)) if stored else None


def too_late(event: Event) -> int:
    """How many signed up in time for the draw and confirmed too late for it. One query."""
    people, closed = event.registrations.counting(), event.wishes_close_at
    return people.filter(created_at__lt=closed, confirmed_at__gte=closed).count()


def is_late(event: Event, at: datetime) -> bool:
    """Whether the draw should have been made by now."""
    closes = event.wishes_close_at
    going = event.published and event.draw_to_come and not (event.called_off or event.over(at))
    return closes is not None and going and (at - closes).total_seconds() >= LATE
