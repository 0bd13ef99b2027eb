"""Who waits for what, and where they stand: what pages and mails tell about rules 7 and 8.

Nothing here writes. Every answer costs the same few queries, however many people wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from program.models import Event, Slot
from registrations.models import Change, Registration, Seat, WaitlistEntry
from registrations.queries import tables
from registrations.settling.cycles import QueueEntry, queue_places


@dataclass(frozen=True)
class Queues:
    """How many wait at a moment: in people for the event, and by key for its slots.

    Once waiting has closed (rule 9) nobody is counted: nothing moves any more. ``offered``
    says whether a newcomer has to wait for a place in the event (rule 8).
    """

    at: datetime
    open: bool = False
    people: int = 0
    tables: Mapping[int, int] = field(default_factory=dict)
    offered: bool = False


def queues(event: Event, *, at: datetime) -> Queues:
    """Two queries; none once waiting has closed or the event is called off."""
    if event.called_off or at >= event.waiting_closes:
        return Queues(at)
    people = event.registrations.waiting().count()
    entries = event.waitlist_entries.order_by().values_list("slot").annotate(Count("pk"))
    return Queues(
        at,
        open=True,
        people=people,
        tables=dict(entries),
        offered=people > 0 or event.places_left < 1,
    )


@dataclass(frozen=True)
class Wait:
    """A slot that somebody waits for: at ``place`` of ``of`` in its queue, from 1.

    Both are 0 as long as the entry does not count: before its owner has a place.
    """

    slot: Slot
    place: int = 0
    of: int = 0


def waits_of(registration: Registration) -> list[Wait]:
    """The tables that a person waits for, or will once they have a place.

    Always two queries: the mail that a sign-up sends must take as long for everybody (rule 5).
    """
    if not registration.is_confirmed:
        return _waits_to_be(registration)
    mine = list(registration.waitlist_entries.select_related("slot__session", "slot__round"))
    rivals = WaitlistEntry.objects.filter(
        slot__in=registration.waitlist_entries.order_by().values("slot")
    )
    rows = rivals.values_list("pk", "registration", "slot", "since", "position")
    places = queue_places(QueueEntry(*row) for row in rows)
    waits = [Wait(entry.slot, *places[entry.pk]) for entry in mine if entry.pk in places]
    return sorted(waits, key=lambda wait: wait.slot.round.number)


def _waits_to_be(registration: Registration) -> list[Wait]:
    """What sign-up asked for and could not hold. On the waiting list ``asked`` is a request."""
    held = set(registration.table_seats.values_list("slot", flat=True))
    asked = registration.asked if registration.holds_place else []
    missed = [key for key in asked if key not in held]
    found = tables.known(registration.event, [*missed, *registration.wished])
    return [Wait(slot) for slot in sorted(found, key=lambda one: one.round.number)]


def requested(registration: Registration) -> list[Seat]:
    """The tables asked for with a sign-up that holds nothing, as seats that are not stored."""
    slots = tables.known(registration.event, registration.asked)
    return [
        Seat(slot=slot, round=slot.round, session=slot.session)
        for slot in sorted(slots, key=lambda one: one.round.number)
    ]


def place_of(registration: Registration) -> tuple[int, int]:
    """Where somebody stands on the event's waiting list, from 1, and how many wait."""
    waiting = registration.event.registrations.waiting()
    since = registration.confirmed_at
    ahead = waiting.filter(
        Q(confirmed_at__lt=since) | Q(confirmed_at=since, pk__lt=registration.pk)
    )
    return ahead.count() + 1, waiting.count()


def had_place(registration: Registration) -> bool:
    """Whether somebody ever had a place in the event, not only on its waiting list."""
    got = (Change.What.CONFIRMED, Change.What.PROMOTED)
    return registration.changes.filter(what__in=got).exists()


def dropped(registration: Registration) -> dict[int, str]:
    """By round number the table that somebody lost because it does not take place.

    Not if they left that round since, nor once the table takes place after all. Two queries,
    one as long as no table of the event dropped out.
    """
    gone = registration.event.slots.exclude(dropped_at=None)
    tables_gone = set(gone.order_by().values_list("round__number", "session__code"))
    if not tables_gone:
        return {}
    lost: dict[int, str] = {}
    lines = registration.changes.filter(what__in=[Change.What.DROPPED, Change.What.TABLES])
    for what, old, new in lines.order_by("pk").values_list("what", "old", "new"):
        for number in old.keys() - new.keys():
            lost[int(number)] = old[number] if what == Change.What.DROPPED else ""
    return {number: code for number, code in lost.items() if (number, code) in tables_gone}


def why(seat: Seat) -> str:
    """How the seat was got, from what is stored of it (rule 7)."""
    words = {"got": _moment(seat.got_at), "since": _moment(seat.waited_since or seat.got_at)}
    match seat.how:
        case Seat.How.MOVED_UP:
            sentence = _(
                "You waited for this table since %(since)s. On %(got)s a seat came free, and you "
                "were first in the queue."
            )
        case Seat.How.SWAPPED:
            sentence = _(
                "You waited for this table since %(since)s. On %(got)s you swapped: others wanted "
                "your seat, and so everybody in the circle got the table they waited for."
            )
        case Seat.How.PROMOTED:
            sentence = _(
                "You asked for this table when you joined the waiting list. You got it on %(got)s, "
                "together with your place. You had waited since %(since)s."
            )
        case Seat.How.GIVEN:
            sentence = _("An organiser gave you this table, on %(got)s.")
        case _other:
            sentence = _("You chose this table yourself, on %(got)s.")
    return sentence % words


def moved(seats: Iterable[Seat], *, at: datetime) -> list[Seat]:
    """Of somebody's seats those that they got at this moment by waiting."""
    ways = (Seat.How.MOVED_UP, Seat.How.SWAPPED)
    return [seat for seat in seats if seat.how in ways and seat.got_at == at]


def _moment(at: datetime) -> str:
    local = timezone.localtime(at)
    return _("%(day)s at %(time)s") % {
        "day": date_format(local, "MONTH_DAY_FORMAT"),
        "time": time_format(local),
    }
