"""Which tables may be taken together: rules 2 and 6 in docs/rules.md, as questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext as _

from program.models import Event, Slot
from registrations.errors import TablesRefused
from registrations.models import Registration

# Round number to session code; an empty code is no table in that round.
Tables = Mapping[int, str]
# Round number to the codes of tables to wait for, in the order of the form.
Waitlists = Mapping[int, Sequence[str]]
NO_WAITLISTS: Waitlists = MappingProxyType({})


def choose(
    event: Event,
    tables: Tables,
    *,
    mine: Collection[int] = (),
    full_too: bool = False,
    reserved: Collection[int] = (),
) -> list[Slot]:
    """The slots asked for, all of them free. Needs the lock on the event.

    ``mine`` are the slots where the person sits already: full or not, they may stay. With
    ``full_too`` a full one may be asked for as well: on the waiting list nothing is held.
    In the rounds of ``reserved`` an organiser gives a reserved seat, be the table full or not.
    Raises TablesRefused with a sentence for each table that cannot be had.
    """
    slots = _by_round_and_code(event)
    chosen: list[Slot] = []
    round_of: dict[int, int] = {}
    problems: list[tuple[str, str]] = []
    for number, code in sorted(tables.items()):
        if not code:
            continue
        slot = slots.get((number, code))
        given = number in reserved and slot is not None and slot.pk not in mine
        if slot is None:
            sentence = _unknown(code, number)
        elif slot.dropped:
            sentence = _dropped(code, number)
        elif slot.session_id in round_of:
            sentence = _(
                "You chose table session %(code)s in round %(first)s too. "
                "Choose another table for round %(round)s."
            ) % {"code": code, "first": round_of[slot.session_id], "round": number}
        elif given and not slot.reserved:
            sentence = _(
                "Table %(code)s has no reserved seat any more in round %(round)s. "
                "Choose another table."
            ) % {"code": code, "round": number}
        elif slot.full and not given and slot.pk not in mine and not full_too:
            sentence = _(
                "Table %(code)s is full. Choose another table for round %(round)s, or wait for it."
            ) % {"code": code, "round": number}
        else:
            round_of[slot.session_id] = number
            chosen.append(slot)
            continue
        problems.append((f"round_{number}", sentence))
    if problems:
        raise TablesRefused(problems)
    return chosen


def choose_waitlists(event: Event, entries: Waitlists, chosen: Collection[Slot]) -> list[Slot]:
    """The slots to wait for beside ``chosen``, in the order of the form (rule 7).

    A table that is chosen too is no entry. Raises TablesRefused for a table that is not there
    and for a session that is chosen in another round.
    """
    slots = _by_round_and_code(event)
    round_of = {slot.session_id: slot.round.number for slot in chosen}
    wished: list[Slot] = []
    problems: list[tuple[str, str]] = []
    for number, codes_asked in sorted(entries.items()):
        for code in dict.fromkeys(codes_asked):
            slot = slots.get((number, code))
            if slot is None:
                problems.append((f"wish_{number}", _unknown(code, number)))
            elif slot.dropped:
                problems.append((f"wish_{number}", _dropped(code, number)))
            elif slot.session_id not in round_of:
                wished.append(slot)
            elif round_of[slot.session_id] != number:
                sentence = _(
                    "You sit at table session %(code)s in round %(other)s. "
                    "So you cannot wait for it in round %(round)s."
                ) % {"code": code, "other": round_of[slot.session_id], "round": number}
                problems.append((f"wish_{number}", sentence))
    if problems:
        raise TablesRefused(problems)
    return wished


def still_free(event: Event, asked: Collection[int]) -> list[Slot]:
    """Of the slots asked for at sign-up, those that can be had now (rule 4)."""
    free = [slot for slot in known(event, asked) if not slot.full]
    # An organiser may have moved a table since: one a round, and a session once (rule 6).
    by_round = {slot.round_id: slot for slot in reversed(free)}
    return list({slot.session_id: slot for slot in by_round.values()}.values())


def known(event: Event, keys: Collection[int]) -> list[Slot]:
    """The slots with these keys that take place still, in the order of ``keys``. One query."""
    # Zero is no key: Django asks nothing about none, and so time would tell of whom (rule 5).
    going_on = event.slots.going_on().select_related("round", "session")
    slots = going_on.in_bulk([*keys, 0])
    return [slots[key] for key in keys if key in slots]


def codes(registration: Registration) -> dict[str, str]:
    """Round number to session code, as history keeps it."""
    seats = registration.table_seats.select_related("round", "session").order_by("round__number")
    return {str(seat.round.number): seat.session.code for seat in seats}


def _by_round_and_code(event: Event) -> dict[tuple[int, str], Slot]:
    return {
        (slot.round.number, slot.session.code): slot
        for slot in event.slots.select_related("round", "session")
    }


def _unknown(code: str, number: int) -> str:
    return _("Table session %(code)s does not run in round %(round)s. Choose another table.") % {
        "code": code,
        "round": number,
    }


def _dropped(code: str, number: int) -> str:
    return _(
        "Table %(code)s does not take place after all. Choose another table for round %(round)s."
    ) % {"code": code, "round": number}
