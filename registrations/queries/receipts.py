"""What the draw gave somebody, and why not something else: so that they can see that it was fair.

It is told from the file that everybody can check (rule 16), so it says nothing that is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from statistics import median
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event, Slot
from registrations.drawing import report
from registrations.drawing.problem import Wishes, cost
from registrations.drawing.recount import Published, published
from registrations.drawing.report import How, Result
from registrations.models import Draw, Registration


@dataclass(frozen=True)
class Choice:
    """A choice of somebody's, from 1; without a ``slot`` it is no table.

    ``seats``: those there were to draw. ``wishes``: how many had it as their first choice, their
    second and so on, from 1, without those that nobody made; empty for a small group.
    """

    wish: int
    slot: Slot | None = None
    seats: int = 0
    wishes: Sequence[tuple[int, int]] = ()
    got: bool = False

    @property
    def demand(self) -> str:
        """'8 seats. First choice of 14 people, second of 3'."""
        seats = ngettext("%(count)s seat", "%(count)s seats", self.seats) % {"count": self.seats}
        if not self.wishes:
            return f"{seats}. " + _("Chosen by fewer than 5 people.")
        (wish, people), *others = self.wishes
        first = ngettext(
            "%(choice)s of %(count)s person", "%(choice)s of %(count)s people", people
        ) % {"choice": capfirst(nth_choice(wish)), "count": people}
        rest = (
            _("%(nth)s of %(count)s") % {"nth": nth(wish), "count": people}
            for wish, people in others
        )
        return f"{seats}. " + ", ".join((first, *rest)) + "."


@dataclass(frozen=True)
class ReceiptRound:
    """``slot``: what they got in the draw, if anything; it may stand in none of their choices."""

    number: int
    choices: Sequence[Choice]
    slot: Slot | None
    result: Result | None

    @property
    def in_words(self) -> str:
        """'your second choice'."""
        match self.result:
            case Result(How.WISH, int(wish)):
                return _("your %(choice)s") % {"choice": nth_choice(wish)}
            case Result(How.FILLED) if not self.choices:
                return _("you left it open: a table where there was room")
            case Result(How.FILLED):
                return _("a table where there was room")
            case Result(How.BY_WISH) if len(self.choices) == 1:
                return _("no table, as you asked")
            case Result(How.BY_WISH):
                return _("no table, which you wanted rather than another one")
            case Result(How.NOTHING):
                return _("no table: there was no room at any that you chose")
            case _other:
                return _("no table, because you had no place yet")


@dataclass(frozen=True)
class Receipt:
    """``lot`` of ``people`` for ``places``. ``gave_in`` beside the middle and the most of all."""

    number: int
    lot: int
    people: int
    places: int
    came: bool
    rounds: Sequence[ReceiptRound]
    gave_in: int
    middle: int
    most: int
    solved: bool
    gap: float | None
    seed: str
    seed_hash: str

    @property
    def proven(self) -> bool:
        """Whether no better result is possible."""
        return self.solved and self.gap == 0

    @property
    def gap_in_percent(self) -> int | None:
        """How much better it could be at most, rounded up so that it holds; from 1. None if that
        says nothing.
        """
        gap = report.gap_to_tell(self.gap)
        return None if gap is None else max(1, ceil(gap * 100))


def costs(event: Event) -> list[int]:
    """What each choice counts for in the draw, from the first on."""
    return [cost(position) for position in range(event.wishes_a_round)]


def cost_of_nothing(event: Event) -> int:
    """What a round counts for in which somebody got nothing of their list."""
    return cost(event.wishes_a_round)


def nth_choice(wish: int) -> str:
    """'first choice', from 1."""
    return _("%(nth)s choice") % {"nth": nth(wish)}


def nth(wish: int) -> str:
    """'first', from 1."""
    words = [
        *(_("first"), _("second"), _("third"), _("fourth"), _("fifth")),
        *(_("sixth"), _("seventh"), _("eighth"), _("ninth"), _("tenth")),
    ]
    return words[wish - 1]


@dataclass(frozen=True)
class _Whole:
    """A whole draw, read and added up; ``slots`` by the numbers of its tables."""

    told: Published
    slots: Mapping[int, Slot]
    wishes: Mapping[int, Wishes]
    results: Mapping[int, Mapping[int, Result]]
    gave_in: Mapping[int, int]
    demand: Mapping[int, Sequence[int]]
    few: Collection[int]
    seats: Mapping[int, int]


def of_person(registration: Registration) -> Receipt | None:
    """None for somebody who was not in a draw, or once it is forgotten. One query."""
    number, lot, event = registration.draw_number, registration.lot, registration.event
    if number is None or lot is None:
        return None
    draw = Draw.objects.filter(event=event).values_list("pk", flat=True).first()
    if draw is None:
        return None
    whole = _whole(draw, event.programme_key)
    told, gave_in = whole.told, whole.gave_in
    return Receipt(
        number=number,
        lot=lot,
        people=len(told.problem.rankings),
        places=told.problem.places,
        came=number in gave_in,
        rounds=list(_rounds(whole, number)),
        gave_in=gave_in.get(number, 0),
        middle=round(median(gave_in.values())) if gave_in else 0,
        most=max(gave_in.values(), default=0),
        solved=told.outcome.method == "solver",
        gap=told.outcome.gap,
        seed=told.seed,
        seed_hash=told.seed_hash,
    )


@lru_cache(maxsize=4)
def _whole(draw: int, programme_key: UUID) -> _Whole:
    """A draw never changes, and adding up that of thousands takes a while; what its tables are
    called does change (``programme_key``).
    """
    row = Draw.objects.get(pk=draw)
    told = published(row.file)
    found = Slot.objects.select_related("round", "session").in_bulk(row.slots)
    return _Whole(
        told=told,
        # A slot that is gone since is left out.
        slots={table: found[key] for table, key in enumerate(row.slots, 1) if key in found},
        wishes={one.number: one.wishes for one in told.problem.rankings},
        results=report.results(told.problem, told.outcome),
        gave_in=report.gave_in(told.problem, told.outcome),
        demand=report.demand(told.problem),
        few=report.fewer_than_five(told.problem),
        seats={table.key: table.seats for table in told.problem.tables},
    )


def _rounds(whole: _Whole, number: int) -> Iterator[ReceiptRound]:
    got, slots = whole.results.get(number, {}), whole.slots
    for round_ in whole.told.problem.rounds:
        sits = whole.told.outcome.seats.get(number, {}).get(round_)
        choices = [
            Choice(wish)
            if key is None
            else Choice(wish, slots[key], whole.seats[key], _asked(whole, key), key == sits)
            for wish, key in enumerate(whole.wishes[number].get(round_, ()), 1)
            if key is None or key in slots
        ]
        yield ReceiptRound(round_, choices, slots.get(sits) if sits else None, got.get(round_))


def _asked(whole: _Whole, table: int) -> list[tuple[int, int]]:
    if table in whole.few:
        return []
    return [(wish, people) for wish, people in enumerate(whole.demand[table], 1) if people]
