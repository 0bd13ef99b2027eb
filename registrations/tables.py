"""Which tables may be taken together: rules 2 and 6 in docs/rules.md, as questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.utils.translation import gettext as _

from program.models import Event, Sitting
from registrations.errors import TablesRefused
from registrations.models import Registration

# Round number to session code; an empty code is no table in that round.
Tables = Mapping[int, str]


def choose(event: Event, tables: Tables, *, mine: Collection[int] = ()) -> list[Sitting]:
    """The sittings asked for, all of them free. Needs the lock on the event.

    ``mine`` are the sittings where the person sits already: full or not, they may stay.
    Raises TablesRefused with a sentence for each table that cannot be had.
    """
    sittings = {
        (sitting.round.number, sitting.session.code): sitting
        for sitting in event.sittings.select_related("round", "session")
    }
    chosen: list[Sitting] = []
    round_of: dict[int, int] = {}
    problems: list[tuple[str, str]] = []
    for number, code in sorted(tables.items()):
        if not code:
            continue
        sitting = sittings.get((number, code))
        if sitting is None:
            sentence = _(
                "Table session %(code)s does not run in round %(round)s. Choose another table."
            ) % {"code": code, "round": number}
        elif sitting.session_id in round_of:
            sentence = _(
                "You chose table session %(code)s in round %(first)s too. "
                "Choose another table for round %(round)s."
            ) % {"code": code, "first": round_of[sitting.session_id], "round": number}
        elif sitting.full and sitting.pk not in mine:
            sentence = _("Table %(code)s is full. Choose another table for round %(round)s.") % {
                "code": code,
                "round": number,
            }
        else:
            round_of[sitting.session_id] = number
            chosen.append(sitting)
            continue
        problems.append((f"round_{number}", sentence))
    if problems:
        raise TablesRefused(problems)
    return chosen


def still_free(event: Event, asked: Collection[int]) -> list[Sitting]:
    """Of the sittings asked for at sign-up, those that can be had now (rule 4)."""
    sittings = event.sittings.filter(pk__in=asked).select_related("round", "session")
    return [sitting for sitting in sittings if not sitting.full]


def codes(registration: Registration) -> dict[str, str]:
    """Round number to session code, as history keeps it."""
    seats = registration.table_seats.select_related("round", "session").order_by("round__number")
    return {str(seat.round.number): seat.session.code for seat in seats}
