"""The form of a sign-up, filled in."""

from __future__ import annotations

from program.models import Event, Slot
from registrations.forms.tables import TableChoice, TableOption
from registrations.public.forms import SignUpForm
from registrations.queries.waiting import Queues
from tests.factories import make_event, make_slot

TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "organisation": "",
    "role": "ambtenaar",
    "round_1": "1a",
    "round_2": "",
    "agree": "on",
}


def make_form_event() -> Event:
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "6", 1)
    make_slot(event, "1b", 2, seats=1)
    make_slot(event, "6", 2)
    return event


def slots(event: Event) -> list[Slot]:
    return list(
        event.slots.select_related("session__theme", "round__agenda_item").prefetch_related(
            "session__hostings__speaker"
        )
    )


def closed(event: Event) -> Queues:
    """The waiting lists of this event once they have closed."""
    return Queues(event, at=event.waiting_closes)


def sign_up(event: Event, **changes: str | None) -> SignUpForm:
    data = {name: value for name, value in (TYPED | changes).items() if value is not None}
    return SignUpForm(event, slots(event), closed(event), data)


def cards(form: TableChoice, number: int) -> list[TableOption]:
    return form.rounds[number - 1].cards


def fill_table(event: Event, code: str) -> None:
    for slot in event.slots.filter(session__code=code):
        event.slots.filter(pk=slot.pk).update(taken=slot.seats)
