"""Who waits for what, and where they stand: what pages and mails tell about rules 7 and 8.

Nothing here writes. Every answer costs the same few queries, however many people wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from program.models import Event, Slot
from program.public import calendars
from registrations.models import Change, Registration, Seat, WaitlistEntry, WaitlistEntryQuerySet

# By hand, for every page asks: Django would put together two queries anew each time.
WAITING = """
    SELECT NULL, COUNT(*) FROM registrations_registration
    WHERE event_id = %(event)s AND status = 'waiting'
    UNION ALL
    SELECT slot_id, COUNT(*) FROM registrations_waitlistentry
    WHERE event_id = %(event)s AND since IS NOT NULL
    GROUP BY slot_id
"""


class Queues:
    """How many wait at a moment: in people for the event, and by key for its slots.

    Once waiting has closed (rule 9) nobody is counted: nothing moves any more. Nor before a draw:
    there is no queue yet (rule 16). One query, when a number is first asked for. ``has_place`` is
    for somebody who holds a place already.
    """

    has_place = False

    def __init__(self, event: Event, *, at: datetime) -> None:
        self.event = event
        self.at = at
        closed = event.called_off or event.draw_to_come
        self.open = not closed and at < event.waiting_closes

    @cached_property
    def _numbers(self) -> tuple[int, Mapping[int, int]]:
        if not self.open:
            return 0, {}
        with connection.cursor() as cursor:
            cursor.execute(WAITING, {"event": self.event.pk})
            numbers = dict(cursor.fetchall())
        return numbers.pop(None), numbers

    @property
    def people(self) -> int:
        return self._numbers[0]

    @property
    def tables(self) -> Mapping[int, int]:
        return self._numbers[1]

    @property
    def offered(self) -> bool:
        """Whether a newcomer has to wait for a place in the event (rule 8)."""
        full = self.event.places_left < 1 or self.people > 0
        return self.open and full and not self.has_place


@dataclass(frozen=True)
class Wait:
    """A slot that somebody waits for: at ``place`` of ``of`` in its queue, from 1.

    Both are 0 as long as the entry does not count: before its owner has a place.
    """

    slot: Slot
    place: int = 0
    of: int = 0

    @property
    def ahead(self) -> int:
        """How many are served before."""
        return self.place - 1


def waits_of(registration: Registration) -> list[Wait]:
    """The tables that a person waits for, or will once they have a place.

    One query.
    """
    entries = registration.waitlist_entries.select_related("slot__session", "slot__round")
    if registration.is_confirmed:
        queue = WaitlistEntry.objects.counting().filter(slot=OuterRef("slot")).order_by()
        counting = entries.counting().annotate(
            place=_number(queue.filter(_not_behind())), waiting=_number(queue)
        )
        waits = [Wait(each.slot, each.place, each.waiting) for each in counting]
    else:
        # For a sign-up that holds nothing the tables asked for are requests, not waited for.
        holds = registration.holds_place
        waits = [Wait(each.slot) for each in entries.requests() if holds or not each.asked]
    return sorted(waits, key=lambda wait: wait.slot.round.number)


def _not_behind() -> Q:
    """An entry that is not behind that of the outer query: the order of rule 7."""
    since, position = OuterRef("since"), OuterRef("position")
    return (
        Q(since__lt=since)
        | Q(since=since, position__lt=position)
        | Q(since=since, position=position, pk__lte=OuterRef("pk"))
    )


def _number(queue: WaitlistEntryQuerySet) -> Subquery:
    return Subquery(queue.values("slot").annotate(number=Count("pk")).values("number"))


def requested(registration: Registration) -> list[Seat]:
    """The tables asked for with a sign-up that holds nothing, as seats that are not stored.

    One a round: of a ranking only the favourites, for ``rankings.of_person`` has it all.
    """
    entries = registration.waitlist_entries.requests().filter(asked=True)
    by_round: dict[int, Slot] = {}
    for each in entries.select_related("slot__session", "slot__round"):
        by_round.setdefault(each.slot.round.number, each.slot)
    return [
        Seat(slot=slot, round=slot.round, session=slot.session)
        for _number, slot in sorted(by_round.items())
    ]


def place_of(registration: Registration) -> tuple[int, int]:
    """Where somebody stands on the event's waiting list, from 1, and how many wait."""
    waiting = registration.event.registrations.waiting()
    since, lot = registration.confirmed_at, registration.lot
    if lot:
        ahead = waiting.filter(lot__lt=lot)
    else:
        ahead = waiting.filter(
            Q(lot__isnull=False)
            | Q(confirmed_at__lt=since)
            | Q(confirmed_at=since, pk__lt=registration.pk)
        )
    return ahead.count() + 1, waiting.count()


def had_place(registration: Registration) -> bool:
    """Whether somebody ever had a place in the event, not only on its waiting list."""
    got = Q(what__in=[Change.What.CONFIRMED, Change.What.PROMOTED])
    got |= Q(what=Change.What.DRAWN, new__place=True)
    return registration.changes.filter(got).exists()


def dropped(registration: Registration) -> dict[int, str]:
    """The table that somebody lost because it does not take place, by round number.

    Not if they have left that round since, nor once the table takes place after all. Two
    queries; one if no table of the event dropped out.
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
    words = {
        "got": calendars.day_and_time(seat.got_at),
        "since": calendars.day_and_time(seat.waited_since or seat.got_at),
    }
    match seat.how:
        case Seat.How.MOVED_UP:
            sentence = _(
                "You had been waiting for this table since %(since)s. On %(got)s a seat came free, "
                "and it was your turn."
            )
        case Seat.How.SWAPPED:
            sentence = _(
                "You had been waiting for this table since %(since)s. On %(got)s you swapped "
                "seats with others, so that you all got the table you wanted."
            )
        case Seat.How.PROMOTED:
            sentence = _(
                "You had been on the waiting list since %(since)s and had asked for this table. "
                "Your turn came on %(got)s, and you got your place and this table."
            )
        case Seat.How.DRAWN:
            sentence = _("You got this table in the draw on %(got)s.")
        case Seat.How.GIVEN:
            sentence = _("The organisers gave you this table on %(got)s.")
        case _other:
            sentence = _("You chose this table yourself on %(got)s.")
    return sentence % words


def moved(seats: Iterable[Seat], *, at: datetime) -> list[Seat]:
    """Those of somebody's seats that they got at this moment by waiting."""
    ways = (Seat.How.MOVED_UP, Seat.How.SWAPPED)
    return [seat for seat in seats if seat.how in ways and seat.got_at == at]
