"""Mail that tells many people at once what became of their day.

It may be thousands, in the transaction of one button: their rows are stored without words, and
the worker writes them when each goes out. So they say how things are by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import translation

from program.models import Event, Slot
from program.models.bilingual import in_dutch
from registrations.mail import mails
from registrations.models import Change, Registration, RegistrationQuerySet, StoredMail
from registrations.queries import snapshots
from registrations.queries.snapshots import SlotWords

Kind = StoredMail.Kind


def whom_to_tell(event: Event) -> list[Registration]:
    """Everybody who comes, waits or has yet to confirm: one sign-up an address, if it has one."""
    people: dict[str, Registration] = {}
    for one in event.registrations.filter(status__in=Registration.ACTIVE).exclude(email=""):
        # The one that counts stands for the address: a stranger may have typed others (rule 5).
        if one.email.lower() not in people or one.counts:
            people[one.email.lower()] = one
    return sorted(people.values(), key=lambda one: one.pk)


def without_address(event: Event) -> RegistrationQuerySet:
    """Those who come or wait and can only be phoned: no mail reaches them."""
    return event.registrations.counting().filter(email="").order_by("sort_key", "pk")


def store_for_all(
    event: Event, people: Iterable[Registration], kind: Kind, *, at: datetime
) -> None:
    """A mail to each of these people; ``write`` gives it its words."""
    StoredMail.objects.bulk_create([mails.to_person(one, kind, at) for one in people if one.email])


def write(mail: StoredMail) -> None:
    """Give a mail to many its words, as things stand now. Nothing is saved."""
    write_words = WRITERS.get(Kind(mail.kind))
    if write_words is None or mail.text or mail.registration_id is None:
        return
    registration = Registration.objects.select_related("event__venue").get(pk=mail.registration_id)
    with translation.override(mail.language):
        write_words(mail, registration)


def _called_off(mail: StoredMail, registration: Registration) -> None:
    """The event does not take place, and leaves the calendars of those who had a place."""
    mails.write(mail, registration, why=registration.event.local_called_off_why)


def _rescheduled(mail: StoredMail, registration: Registration) -> None:
    """Another time or place, or an event that was called off and takes place after all."""
    told = Change.objects.filter(
        event=registration.event_id,
        registration=None,
        at=mail.created_at,
        what__in=[Change.What.RESCHEDULED, Change.What.CALLED_OFF],
    ).last()
    goes_on = told is None or told.what == Change.What.CALLED_OFF
    seats = registration.table_seats.select_related("round", "session")
    mine = [f"{seat.round.number}/{seat.session.code}" for seat in seats]
    moved = []
    if told and not goes_on:
        # It may have moved again before this mail leaves: no mail may be out of date.
        old, new = snapshots.since(told.old, registration.event_id)
        moved = snapshots.in_words(old, new, mine)
    mails.write(mail, registration, other=goes_on, goes_on=goes_on, moved=moved)


WRITERS: dict[Kind, Callable[[StoredMail, Registration], None]] = {
    Kind.CALLED_OFF: _called_off,
    Kind.RESCHEDULED: _rescheduled,
}


def store_dropped(
    registration: Registration,
    lost: Sequence[SlotWords],
    waited: Sequence[SlotWords],
    *,
    at: datetime,
) -> None:
    """One mail about all tables that drop out: ``lost`` are seats, ``waited`` were waited for.

    The caller has raised ``calendar_sequence`` of those who lost a seat.
    """
    with translation.override(registration.language):
        titled = [[(table, _title(table)) for table in tables] for tables in (lost, waited)]
    mails.store(
        registration,
        Kind.DROPPED,
        at=at,
        calendar=bool(lost) and registration.is_confirmed,
        lost=titled[0],
        waited=titled[1],
        free=_free(registration, {table.round for table in lost}),
    )


def _title(table: SlotWords) -> str:
    english = (translation.get_language() or "").startswith("en")
    return (english and table.title_en) or in_dutch(table.title)


def _free(registration: Registration, rounds: set[int]) -> list[Slot]:
    """What can still be chosen in these rounds, without the sessions where they sit anyway."""
    sits_at = registration.table_seats.values("session")
    slots = registration.event.slots.going_on().filter(round__number__in=rounds)
    found = slots.exclude(session__in=sits_at).select_related("session", "round__agenda_item")
    return [slot for slot in found if not slot.full]
