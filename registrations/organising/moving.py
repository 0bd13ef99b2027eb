"""Moves several people to one table at once: all of them or nobody (rule 2)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event, Slot
from program.public.programme import slots_of
from registrations.booking import locking, places
from registrations.errors import ManyNotMoved, MovedMeanwhile
from registrations.mail import mails
from registrations.models import Change, Registration, Seat, WaitlistEntry, history
from registrations.queries import tables


@dataclass(frozen=True)
class PlannedMove:
    """Somebody who moves, and the seat that they leave in that round, if any."""

    person: Registration
    leaves: Seat | None


@dataclass
class MovePlan:
    """Who would go to ``slot``, and who would not: there already, or without a place.

    ``twice`` sit at the same session in another round, which rule 6 does not allow.
    """

    slot: Slot
    moves: list[PlannedMove] = field(default_factory=list)
    there: list[Registration] = field(default_factory=list)
    absent: list[Registration] = field(default_factory=list)
    twice: list[Registration] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """A hash of who leaves what, to see whether that is still so."""
        told = [(one.person.pk, one.leaves and one.leaves.slot_id) for one in self.moves]
        return sha256(repr((self.slot.pk, told)).encode()).hexdigest()[:16]

    @property
    def refusals(self) -> list[str]:
        """Why nobody moves; empty if everybody can."""
        found = []
        words = {"code": self.slot.session.code, "round": self.slot.round.number}
        if self.slot.dropped:
            found.append(_("Table %(code)s in round %(round)s has dropped out.") % words)
        if len(self.moves) > self.slot.seats_left and not self.slot.dropped:
            message = ngettext(
                "Table %(code)s in round %(round)s has %(free)s free seat. You need %(people)s.",
                "Table %(code)s in round %(round)s has %(free)s free seats. You need %(people)s.",
                self.slot.seats_left,
            )
            counts = {"free": self.slot.seats_left, "people": len(self.moves)}
            found.append(message % {**words, **counts})
        if self.twice:
            message = ngettext(
                "%(names)s is at session %(code)s in another round already.",
                "%(names)s are at session %(code)s in another round already.",
                len(self.twice),
            )
            names = ", ".join(str(person) for person in self.twice)
            found.append(message % {"names": names, **words})
        if not self.moves and not found:
            found.append(_("None of those you chose can be moved there."))
        return found


def plan(event: Event, chosen: QuerySet[Registration], slot: int) -> MovePlan:
    """What ``move_many`` would do. Three queries. Raises Slot.DoesNotExist."""
    found = next((one for one in slots_of(event) if one.pk == slot), None)
    if found is None:
        raise Slot.DoesNotExist
    people = event.registrations.filter(pk__in=chosen.values("pk")).order_by("sort_key", "pk")
    seats = defaultdict(list)
    for seat in _seats(event, chosen):
        seats[seat.registration_id].append(seat)
    planned = MovePlan(found)
    for person in people:
        person.event = event
        here = next((one for one in seats[person.pk] if one.round_id == found.round_id), None)
        if not person.is_confirmed:
            planned.absent.append(person)
        elif here and here.slot_id == found.pk:
            planned.there.append(person)
        elif any(one.session_id == found.session_id and one != here for one in seats[person.pk]):
            planned.twice.append(person)
        else:
            planned.moves.append(PlannedMove(person, here))
    return planned


def _seats(event: Event, chosen: QuerySet[Registration]) -> QuerySet[Seat]:
    seats = Seat.objects.filter(event=event, registration__in=chosen.values("pk"))
    return seats.select_related("round", "session")


@transaction.atomic
def move_many(
    event: Event,
    chosen: QuerySet[Registration],
    slot: int,
    *,
    seen: str,
    mail: bool = True,
    who: str,
    why: str = "",
    at: datetime,
) -> int:
    """Seat these people at one table in its round; returns how many moved.

    ``seen`` is the fingerprint of the plan that the organiser agreed to. As many queries for one
    person as for many. Raises CalledOff, EventOver, ManyNotMoved, MovedMeanwhile.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_over(event, at=at)
    # Those who wait for this table come before anybody who is moved to it (rule 7).
    locking.settle_first(event, at=at)
    planned = plan(event, chosen, slot)
    if planned.refusals:
        raise ManyNotMoved(planned.refusals)
    if planned.fingerprint != seen:
        raise MovedMeanwhile
    people = [one.person for one in planned.moves]
    keys = [person.pk for person in people]
    old = defaultdict(list)
    for seat in _seats(event, chosen):
        old[seat.registration_id].append(seat)
    leaves = {one.person.pk: one.leaves for one in planned.moves}
    how = Seat.How.GIVEN
    places.rearrange(
        [seat for seat in leaves.values() if seat],
        [Seat.at(planned.slot, person, how=how, got_at=at) for person in people],
    )
    # Getting a seat ends one's entries for that session, in every round (rule 7).
    over = WaitlistEntry.objects.filter(registration__in=keys, session=planned.slot.session_id)
    over.delete()
    event.bump()
    event.registrations.filter(pk__in=keys).update(version=event.version)
    Change.objects.bulk_create(
        history.change(
            event,
            person,
            Change.What.TABLES,
            who=who,
            why=why,
            at=at,
            old=tables.codes_of(old[person.pk]),
            new=tables.codes_of(
                [planned.slot, *(one for one in old[person.pk] if one != leaves[person.pk])]
            ),
        )
        for person in people
    )
    if mail:
        mails.store_all(((person, mails.Kind.TABLES) for person in people), at=at)
    locking.settle(event, at=at)
    return len(people)
