"""The draw of an event, once ranking has closed: read, draw, check, and write (rule 16).

Nothing is stored before all of it is, in one transaction: a draw that is broken off is made again
from the same seed and wishes, and comes out the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction

from program.models import Event, Slot
from program.public.programme import slots_of
from registrations.booking import holds, locking, places, signup
from registrations.booking.batches import one_by_one
from registrations.drawing import draw, report
from registrations.drawing.lot import lots, numbered
from registrations.drawing.problem import DrawTable, Outcome, Problem, Ranking
from registrations.mail import mails
from registrations.models import (
    Change,
    Draw,
    Registration,
    RegistrationQuerySet,
    Seat,
    WaitlistEntry,
    history,
)
from registrations.queries import tables

# Somebody changed something while it was drawn; after so many times nobody can in the meantime.
TRIES = 3
# Seconds of the solver then: sign-ups of the event wait for it, with SQLite those of all events.
LIMIT_UNDER_LOCK = 10.0


@dataclass(frozen=True)
class DrawSnapshot:
    """The problem to draw, and whom and what its numbers stand for.

    ``slots``: those of the tables 1, 2 … of the problem. ``people``: keys by number.
    """

    problem: Problem
    slots: Sequence[Slot] = field(compare=False)
    people: Mapping[int, int]


def draw_due(at: datetime, *, apart: bool = False) -> int:
    """Draw for each event whose ranking has closed; returns how many people were drawn.

    ``apart``: in a process of its own, as ``draw.draw`` does.
    """
    due = Event.objects.filter(
        published=True, wishes_close_at__lte=at, drawn_at=None, called_off_at=None, starts_at__gt=at
    )
    keys = list(due.order_by("wishes_close_at").values_list("pk", flat=True))
    return one_by_one("event", keys, partial(draw_event, at=at, apart=apart))


def draw_event(key: int, *, at: datetime, limit: float = draw.LIMIT, apart: bool = False) -> int:
    """Draw for one event; returns how many took part.

    It is drawn without the lock, for it can take ``limit`` seconds. If something changed meanwhile
    it is drawn again, the last time under the lock and in less time. Raises Refused if what came
    out breaks a rule.
    """
    for left in reversed(range(TRIES)):
        seen = _prepared(key, at=at)
        if seen is None:
            return 0
        outcome = (
            None if left == 0 else draw.draw(seen.problem, _seed(key), limit=limit, apart=apart)
        )
        with transaction.atomic():
            event = Event.objects.locked(key)
            now = _due(event, at=at) and snapshot(event)
            if not now:
                return 0  # another worker was first, or an organiser in between
            if outcome is None:
                outcome = draw.draw(
                    now.problem,
                    event.draw_seed,
                    limit=min(limit, LIMIT_UNDER_LOCK),
                    apart=apart,
                )
            elif now != seen:
                continue
            _write(event, now, outcome, at=at)
            return len(now.people)
    raise AssertionError("the last try draws under the lock")


def snapshot(event: Event, *, seats: Mapping[int, int] | None = None) -> DrawSnapshot:
    """Who takes part, what they ranked, and what there is to draw; three queries.

    With ``seats``, by the key of a slot, as if those tables had so many.
    """
    seats = seats or {}
    slots = sorted(
        (slot for slot in slots_of(event) if not slot.dropped),
        key=lambda slot: (slot.round.number, slot.session.code),
    )
    codes = sorted({slot.session.code for slot in slots})
    keys = {slot.pk: key for key, slot in enumerate(slots, 1)}
    people = {
        number: key
        for key, number in taking_part(event).values_list("pk", "draw_number")
        if number is not None
    }
    problem = Problem(
        places=event.places_left,
        a_round=event.wishes_a_round,
        tables=tuple(
            DrawTable(
                keys[slot.pk],
                slot.round.number,
                codes.index(slot.session.code) + 1,
                max(slot.seats_left + seats.get(slot.pk, slot.seats) - slot.seats, 0),
            )
            for slot in slots
        ),
        rankings=_rankings(event, people, keys),
    )
    problem, new = numbered(problem, event.draw_seed)
    by_number = {new[keys[slot.pk]]: slot for slot in slots}
    return DrawSnapshot(problem, [by_number[number] for number in sorted(by_number)], people)


def taking_part(event: Event) -> RegistrationQuerySet:
    """Those whom the draw is for: they confirmed before ranking closed."""
    return event.registrations.waiting().filter(confirmed_at__lt=event.wishes_close_at)


def _rankings(
    event: Event, people: Mapping[int, int], keys: Mapping[int, int]
) -> tuple[Ranking, ...]:
    wishes: dict[int, dict[int, list[int | None]]] = {key: {} for key in people.values()}
    asked = event.waitlist_entries.requests().filter(asked=True)
    for key, round_, slot in asked.values_list("registration", "round__number", "slot"):
        if key in wishes:
            wishes[key].setdefault(round_, []).append(keys[slot])
    abstentions = event.abstentions.values_list("registration", "round__number")
    for key, round_ in abstentions:
        if key in wishes:
            wishes[key].setdefault(round_, []).append(None)
    return tuple(
        # Fewer choices may be asked for than when an organiser added somebody.
        Ranking(number, {at: tuple(found[: event.wishes_a_round]) for at, found in own.items()})
        for number, own in ((number, wishes[key]) for number, key in people.items())
    )


def _due(event: Event, *, at: datetime) -> bool:
    closes = event.wishes_close_at
    over = closes is not None and closes <= at
    goes_on = event.published and not (event.called_off or event.started(at))
    return over and event.draw_to_come and goes_on


def _seed(key: int) -> str:
    return Event.objects.values_list("draw_seed", flat=True).get(pk=key)


@transaction.atomic
def _prepared(key: int, *, at: datetime) -> DrawSnapshot | None:
    """Give a number to those whom an organiser added, and read; None if there is nothing to do."""
    event = Event.objects.locked(key)
    if not _due(event, at=at):
        return None
    holds.expire_holds(event, at=at)
    for registration in taking_part(event).filter(draw_number=None):
        registration.draw_number = signup.free_draw_number(event)
        registration.save(update_fields=["draw_number"])
    return snapshot(event)


def _write(event: Event, seen: DrawSnapshot, outcome: Outcome, *, at: datetime) -> None:
    """Give everybody what the draw gave them; as many queries for one as for many."""
    people = event.registrations.in_bulk(seen.people.values())
    by_number = {number: people[key] for number, key in seen.people.items()}
    for number, lot in lots(event.draw_seed, by_number).items():
        by_number[number].lot = lot
    came = [by_number[number] for number in outcome.came]
    places.count_places(event, len(came))
    Registration.objects.bulk_update(people.values(), ["lot"], batch_size=500)
    drawn = event.registrations.filter(lot__isnull=False)
    drawn.update(version=event.version)
    confirmed = {"status": Registration.Status.CONFIRMED, "holds_place": True}
    drawn.filter(lot__lte=len(came)).update(**confirmed)
    for registration in people.values():
        registration.event = event
        registration.version = event.version
    for registration in came:
        registration.status = Registration.Status.CONFIRMED
        registration.holds_place = True
    sits = {
        by_number[number].pk: [seen.slots[table - 1] for table in seats.values()]
        for number, seats in outcome.seats.items()
    }
    how = Seat.How.DRAWN
    places.rearrange(
        [],
        [
            Seat.at(slot, registration, how=how, got_at=at)
            for registration in came
            for slot in sits.get(registration.pk, ())
        ],
    )
    _wait_for_better(event, seen.slots, came, sits, at=at)
    event.drawn_at = at
    event.save(update_fields=["drawn_at"])
    file = _file(event, seen, outcome, at=at)
    Draw.objects.create(event=event, file=file, slots=[slot.pk for slot in seen.slots])
    _tell(event, list(people.values()), sits, outcome, at=at)
    # Places and tables that are left are anybody's from now on, those who confirmed late first.
    locking.settle(event, at=at)
    late = event.registrations.waiting().filter(lot=None)
    mails.store_all(((one, mails.Kind.WAITING) for one in late), at=at)


def _wait_for_better(
    event: Event,
    slots: Sequence[Slot],
    came: Sequence[Registration],
    sits: Mapping[int, Sequence[Slot]],
    *,
    at: datetime,
) -> None:
    """Those who came wait for the tables that they ranked above what they got, in order of lot."""
    by_key = {slot.pk: slot for slot in slots}
    lots_of = {registration.pk: registration.lot or 0 for registration in came}
    passed: set[tuple[int, int]] = set()  # person and round, once at the table that they got
    entries = []
    for entry in event.waitlist_entries.requests().filter(asked=True):
        person, round_ = entry.registration_id, (entry.registration_id, entry.round_id)
        if person not in lots_of:
            continue
        got = sits.get(person, ())
        if entry.slot_id in [slot.pk for slot in got]:
            passed.add(round_)
        elif round_ not in passed and entry.session_id not in [slot.session_id for slot in got]:
            lot = lots_of[person]
            slot = by_key[entry.slot_id]
            entries.append(WaitlistEntry.at(slot, person, since=at, position=lot, ranked=True))
    drawn = event.registrations.confirmed().filter(lot__isnull=False).order_by().values("pk")
    event.waitlist_entries.filter(since=None, registration__in=drawn).delete()
    event.abstentions.filter(registration__in=drawn).delete()
    WaitlistEntry.objects.bulk_create(entries, batch_size=500)


def _file(event: Event, seen: DrawSnapshot, outcome: Outcome, *, at: datetime) -> dict[str, Any]:
    """What everybody may see and check, with the Dutch names of the tables."""
    names = {
        number: f"{slot.session.code} {slot.session.title}"
        for number, slot in enumerate(seen.slots, 1)
    }
    return report.as_file(
        seen.problem, event.draw_seed, outcome, title=event.title, drawn_at=at, names=names
    )


def _tell(
    event: Event,
    people: Collection[Registration],
    sits: Mapping[int, Sequence[Slot]],
    outcome: Outcome,
    *,
    at: datetime,
) -> None:
    """One line of history and one mail for each, and a line for the event."""
    what, who = Change.What.DRAWN, history.WORKER
    numbers = {"people": len(people), "places": len(outcome.came), "method": outcome.method}
    lines = [history.change(event, None, what, who=who, at=at, new=numbers)]
    for registration in people:
        codes = tables.codes_of(sits.get(registration.pk, ()))
        new = {"place": registration.is_confirmed, **codes}
        lines.append(history.change(event, registration, what, who=who, at=at, new=new))
    Change.objects.bulk_create(lines, batch_size=500)
    mails.store_all(((registration, mails.Kind.DRAWN) for registration in people), at=at)
