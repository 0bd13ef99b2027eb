"""Which tables may be taken together (rules 2 and 6 in docs/rules.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from django.utils.translation import gettext as _

from program.models import Event, Slot
from program.public.programme import slots_of
from registrations.errors import TablesRefused
from registrations.models import Registration, Seat, WaitlistEntry

# Round number to session code; an empty code is no table in that round.
Tables = Mapping[int, str]
# Round number to the codes of tables to wait for, in the order of the form.
Waitlists = Mapping[int, Sequence[str]]
NO_WAITLISTS: Waitlists = MappingProxyType({})
# By round number and session code, with round and session.
SlotsByCode = Mapping[tuple[int, str], Slot]


def by_round_and_code(event: Event) -> SlotsByCode:
    """All slots of the event as they are now. One query."""
    return {(slot.round.number, slot.session.code): slot for slot in slots_of(event)}


def choose(
    slots: SlotsByCode,
    tables: Tables,
    *,
    mine: Collection[int] = (),
    full_too: bool = False,
    reserved: Collection[int] = (),
) -> list[Slot]:
    """The slots asked for, all of them free; ``slots`` as they are under the event's lock.

    ``mine`` are the slots where the person sits already: full or not, they may stay. With
    ``full_too`` a full one may be asked for as well: on the waiting list nothing is held.
    In the rounds of ``reserved`` an organiser gives a reserved seat, be the table full or not.
    Raises TablesRefused, with a sentence for each table that they cannot have.
    """
    chosen: list[Slot] = []
    round_of: dict[int, int] = {}
    problems: list[tuple[str, str]] = []
    for number, code in sorted(tables.items()):
        if not code:
            continue
        slot = slots.get((number, code))
        given = number in reserved and slot is not None and slot.pk not in mine
        if slot is None or slot.dropped:
            sentence = gone(slot, code, number)
        elif slot.session_id in round_of:
            sentence = _(
                "You’ve also chosen session %(code)s, ‘%(title)s’, for round %(first)s. Choose "
                "another for round %(round)s."
            ) % _names(slot, number, first=round_of[slot.session_id])
        elif given and not slot.reserved:
            sentence = _(
                "There is no reserved seat left at session %(code)s, ‘%(title)s’, in round "
                "%(round)s. Choose another session."
            ) % _names(slot, number)
        elif slot.full and not given and slot.pk not in mine and not full_too:
            sentence = _(
                "Session %(code)s, ‘%(title)s’, is full. Choose another for round %(round)s, or "
                "wait for this one."
            ) % _names(slot, number)
        else:
            round_of[slot.session_id] = number
            chosen.append(slot)
            continue
        problems.append((f"round_{number}", sentence))
    if problems:
        raise TablesRefused(problems)
    return chosen


def choose_waitlists(
    slots: SlotsByCode, waitlists: Waitlists, chosen: Collection[Slot]
) -> list[Slot]:
    """The slots to wait for beside ``chosen``, in the order of the form (rule 7).

    A table that is chosen too is no entry. Raises TablesRefused for a table that is not there
    and for a session that is chosen in another round.
    """
    round_of = {slot.session_id: slot.round.number for slot in chosen}
    beside: list[Slot] = []
    problems: list[tuple[str, str]] = []
    for number, codes_asked in sorted(waitlists.items()):
        for code in dict.fromkeys(codes_asked):
            slot = slots.get((number, code))
            if slot is None or slot.dropped:
                problems.append((f"wish_{number}", gone(slot, code, number)))
            elif slot.session_id not in round_of:
                beside.append(slot)
            elif round_of[slot.session_id] != number:
                sentence = _(
                    "You already have session %(code)s, ‘%(title)s’, in round %(other)s, so you "
                    "can’t wait for it in round %(round)s."
                ) % _names(slot, number, other=round_of[slot.session_id])
                problems.append((f"wish_{number}", sentence))
    if problems:
        raise TablesRefused(problems)
    return beside


def free_of(requests: Iterable[WaitlistEntry]) -> list[Slot]:
    """Those of the tables asked for that are free now (rule 4). Needs the slots of the entries."""
    free: list[Slot] = []
    for entry in requests:
        wanted = entry.slot
        # One a round, and a session once (rule 6): the first in order.
        rounds, sessions = {one.round_id for one in free}, {one.session_id for one in free}
        fits = wanted.round_id not in rounds and wanted.session_id not in sessions
        if entry.asked and fits and not wanted.full:
            free.append(wanted)
    return free


def codes(registration: Registration) -> dict[str, str]:
    """Round number to session code, as history keeps it. One query."""
    seats = registration.table_seats.select_related("round", "session").order_by("round__number")
    return codes_of(seats)


def codes_of(seats: Iterable[Seat | Slot]) -> dict[str, str]:
    """As ``codes``, for seats or slots that are at hand."""
    by_round = sorted(seats, key=lambda seat: seat.round.number)
    return {str(seat.round.number): seat.session.code for seat in by_round}


def _names(slot: Slot, number: int, **more: int) -> dict[str, object]:
    """What sentences about a table call it."""
    session = slot.session
    return {"code": session.code, "title": session.local_title, "round": number, **more}


def gone(slot: Slot | None, code: str, number: int) -> str:
    """Why a table that is not there, or not any more, cannot be chosen."""
    if slot is None:
        return _("Session %(code)s isn’t in round %(round)s. Choose another one.") % {
            "code": code,
            "round": number,
        }
    return _(
        "Session %(code)s, ‘%(title)s’, isn’t going ahead after all. Choose another for round "
        "%(round)s."
    ) % _names(slot, number)
