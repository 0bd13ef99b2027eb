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

from program.models import Event, Sitting
from registrations.models import Change, Registration, Seat, Wish
from registrations.queries import tables
from registrations.settling.cycles import Wish as Waits
from registrations.settling.cycles import queue_places


@dataclass(frozen=True)
class Queues:
    """How many wait at a moment: in people for the event, and by key for its sittings.

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
    wishes = event.wishes.order_by().values_list("sitting").annotate(Count("pk"))
    return Queues(
        at,
        open=True,
        people=people,
        tables=dict(wishes),
        offered=people > 0 or event.places_left < 1,
    )


@dataclass(frozen=True)
class Wait:
    """A sitting that somebody waits for: at ``place`` of ``of`` in its queue, from 1.

    Both are 0 as long as the wish does not count: before its owner has a place.
    """

    sitting: Sitting
    place: int = 0
    of: int = 0


def waits_of(registration: Registration) -> list[Wait]:
    """The tables that a person waits for, or will once they have a place.

    Always two queries: the mail that a sign-up sends must take as long for everybody (rule 5).
    """
    if not registration.is_confirmed:
        return _waits_to_be(registration)
    mine = list(registration.wishes.select_related("sitting__session", "sitting__round"))
    rivals = Wish.objects.filter(sitting__in=registration.wishes.order_by().values("sitting"))
    rows = rivals.values_list("pk", "registration", "sitting", "since", "position")
    places = queue_places(Waits(*row) for row in rows)
    waits = [Wait(wish.sitting, *places[wish.pk]) for wish in mine if wish.pk in places]
    return sorted(waits, key=lambda wait: wait.sitting.round.number)


def _waits_to_be(registration: Registration) -> list[Wait]:
    """What sign-up asked for and could not hold. On the waiting list ``asked`` is a request."""
    held = set(registration.table_seats.values_list("sitting", flat=True))
    asked = registration.asked if registration.holds_place else []
    missed = [key for key in asked if key not in held]
    found = tables.known(registration.event, [*missed, *registration.wished])
    return [Wait(sitting) for sitting in sorted(found, key=lambda one: one.round.number)]


def requested(registration: Registration) -> list[Seat]:
    """The tables asked for with a sign-up that holds nothing, as seats that are not stored."""
    sittings = tables.known(registration.event, registration.asked)
    return [
        Seat(sitting=sitting, round=sitting.round, session=sitting.session)
        for sitting in sorted(sittings, key=lambda one: one.round.number)
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
    gone = registration.event.sittings.exclude(dropped_at=None)
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
                "your seat, and so everybody in the ring got the table they waited for."
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
