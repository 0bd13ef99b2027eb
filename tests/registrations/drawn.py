"""Events whose tables are drawn, and people who rank them (rule 16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from program.models import Event
from registrations.booking import signup
from registrations.drawing.problem import Outcome, Problem
from registrations.drawing.report import as_file
from registrations.models import Registration
from tests.factories import NOW, make_event, make_person, make_registration, make_slot

CLOSES = NOW + timedelta(days=7)
AFTER = CLOSES + timedelta(minutes=1)
SEED = "5eed" * 16


def draw_event(capacity: int = 100, **fields: Any) -> Event:
    """Two rounds with three tables of two seats; of these 'c' is held in both."""
    event = make_event(
        capacity=capacity, wishes_close_at=CLOSES, wishes_a_round=3, draw_seed=SEED, **fields
    )
    for round_, codes in ((1, "abc"), (2, "cde")):
        for code in codes:
            make_slot(event, code, round_, seats=2)
    return event


def rank(
    event: Event,
    ranked: Mapping[int, Sequence[str]],
    *,
    number: int | None = None,
    at: datetime = NOW,
    confirmed: bool = True,
    **person: Any,
) -> Registration:
    """Somebody who ranked these tables, with a number of our choice in the draw."""
    registration = signup.sign_up(event, make_person(**person), {}, ranked=ranked, at=at)
    if confirmed:
        registration = signup.confirm(registration, at=at)
    if number:
        Registration.objects.filter(pk=registration.pk).update(draw_number=number)
        registration.refresh_from_db()
    return registration


def empty_file() -> dict[str, object]:
    """The result of a draw in which nobody took part."""
    nobody = Problem(places=0, a_round=5, tables=(), rankings=())
    outcome = Outcome(came=(), waiting=(), seats={}, method="draft", gap=None)
    return as_file(nobody, SEED, outcome, title="Bijeenkomst", drawn_at=AFTER, names={})


def ahead(
    event: Event, seated: dict[int, str] | None = None, *, confirmed: bool = True
) -> Registration:
    """Somebody whom an organiser added before a draw was chosen, by round at these tables."""
    Event.objects.filter(pk=event.pk).update(wishes_close_at=None)
    event.refresh_from_db()
    somebody = make_registration(event, seated, confirmed=confirmed)
    Registration.objects.filter(pk=somebody.pk).update(origin=Registration.Origin.HAND)
    Event.objects.filter(pk=event.pk).update(wishes_close_at=CLOSES)
    event.refresh_from_db()
    somebody.refresh_from_db()
    return somebody
