"""The tables that somebody ranked for a draw, round by round (rule 16)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Round, Slot
from program.public.programme import kept_programme
from registrations.errors import TablesRefused
from registrations.models import Registration
from registrations.queries import tables
from registrations.queries.tables import SlotsByCode

# Round number to session codes in somebody's own order; NO_TABLE may be the last of them.
Ranked = Mapping[int, Sequence[str]]
NO_TABLE = ""


@dataclass(frozen=True)
class RankedTables:
    """Slots by round number, the favourite first, and the rounds in which no other will do.

    In those of ``no_table`` somebody rather sits at no table than at one that is not in their list.
    In a round that is in neither they sit wherever there is room.
    """

    slots: Mapping[int, Sequence[Slot]]
    no_table: Collection[int] = ()

    @property
    def in_order(self) -> list[Slot]:
        return [slot for number in sorted(self.slots) for slot in self.slots[number]]

    @property
    def ranked(self) -> dict[int, list[str]]:
        """By round number the codes, with '' at the end for no table."""
        numbers = sorted({*self.slots, *self.no_table})
        codes = {
            number: [slot.session.code for slot in self.slots.get(number, ())] for number in numbers
        }
        for number in self.no_table:
            codes[number].append(NO_TABLE)
        return codes

    @property
    def codes(self) -> dict[str, list[str]]:
        """As history keeps it."""
        return {str(number): codes for number, codes in self.ranked.items()}


def choose(slots: SlotsByCode, ranked: Ranked, *, most: int) -> RankedTables:
    """The slots ranked, at most so many choices a round; full or not, for nothing is held.

    Raises TablesRefused, with a sentence for each table that cannot be ranked.
    """
    chosen: dict[int, list[Slot]] = {}
    problems: list[tuple[str, str]] = []
    for number, codes in sorted(ranked.items()):
        wanted = [code for code in dict.fromkeys(codes) if code != NO_TABLE]
        found = [(code, slots.get((number, code))) for code in wanted]
        sentences = [
            tables.gone(slot, code, number) for code, slot in found if slot is None or slot.dropped
        ]
        if len(wanted) + (NO_TABLE in codes) > most:  # no table is a wish too
            sentence = ngettext(
                "Make at most %(most)s choice in round %(round)s.",
                "Make at most %(most)s choices in round %(round)s.",
                most,
            )
            sentences.append(sentence % {"most": most, "round": number})
        problems += [(f"round_{number}", sentence) for sentence in sentences]
        if here := [slot for _code, slot in found if slot]:
            chosen[number] = here
    if problems:
        raise TablesRefused(problems)
    return RankedTables(chosen, [number for number, codes in ranked.items() if NO_TABLE in codes])


def ranks(registration: Registration) -> bool:
    """Whether somebody without a place has tables in order, rather than one a round.

    So have those who signed up for a draw, as their browser was told (rule 5), and all whom the
    draw left without a place.
    """
    if registration.holds_place or registration.is_confirmed:
        return False
    promised = bool(registration.promise and registration.promise.get("ranked"))
    return registration.event.draw_to_come or registration.lot is not None or promised


@dataclass(frozen=True)
class RankedRound:
    """What somebody ranked in a round, to be shown; ``no_table`` is their last choice then.

    ``short``: the draw adds tables that have room.
    """

    round: Round
    slots: Sequence[Slot]
    no_table: bool
    short: bool = False


def by_round(registration: Registration) -> list[RankedRound]:
    """Each round of the event in which there are tables, ranked or not. Two queries."""
    ranking = of_person(registration)
    programme = kept_programme(registration.event)
    with_tables = {slot.round_id for slot in programme.slots}
    tables_in = Counter(slot.round_id for slot in programme.slots if not slot.dropped)
    most = registration.event.wishes_a_round
    found = []
    for each in programme.rounds:
        slots, no_table = ranking.slots.get(each.number, ()), each.number in ranking.no_table
        short = not no_table and len(slots) < min(most, tables_in[each.pk])
        if each.pk in with_tables:
            found.append(RankedRound(each, slots, no_table, short))
    return found


def left_open(ranking: Sequence[RankedRound]) -> str:
    """What to do about the rounds without a choice, once drawn: nobody fills those lists any more.

    Empty if there are none.
    """
    numbers = [str(line.round.number) for line in ranking if not (line.slots or line.no_table)]
    if not numbers:
        return ""
    *others, last = numbers
    both = {"others": ", ".join(others), "last": last}
    sentence = ngettext(
        "You chose nothing in round %(rounds)s. Choose now, or you may get a place without a table "
        "in that round.",
        "You chose nothing in rounds %(rounds)s. Choose now, or you may get a place without a "
        "table in those rounds.",
        len(numbers),
    )
    return sentence % {"rounds": _("%(others)s and %(last)s") % both if others else last}


def of_person(registration: Registration) -> RankedTables:
    """What somebody without a place ranked. Two queries."""
    entries = registration.waitlist_entries.requests().filter(asked=True)
    by_round: dict[int, list[Slot]] = {}
    for entry in entries.select_related("slot__session", "slot__round"):
        by_round.setdefault(entry.slot.round.number, []).append(entry.slot)
    none = registration.abstentions.order_by("round__number")
    return RankedTables(by_round, list(none.values_list("round__number", flat=True)))


def as_ranked(chosen: Mapping[int, str]) -> Ranked:
    """A table a round, as people choose where nothing is drawn, is a short list."""
    return {number: [code] for number, code in chosen.items() if code}
