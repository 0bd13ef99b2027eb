"""The database refuses by itself what the code refuses (rules 1, 3, 6 and 11)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from program.models import Event, Slot
from registrations.models import Registration, Seat
from tests.factories import NOW, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db


class TestDatabase:
    """The database refuses by itself what the code refuses (rules 1, 3 and 6)."""

    def refuses(self, write: Callable[[], object]) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()

    def test_an_oversold_event_is_refused(self):
        event = make_event(capacity=1)
        self.refuses(lambda: Event.objects.filter(pk=event.pk).update(taken=2))

    def test_an_oversold_table_is_refused(self):
        slot = make_slot(make_event(), "1a", seats=1)
        self.refuses(lambda: Slot.objects.filter(pk=slot.pk).update(taken=2))

    def test_a_second_registration_of_a_person_is_refused(self):
        event = make_event()
        make_registration(event, email="noor@haarlem.example")
        other = make_registration(event, email="other@haarlem.example")
        rows = Registration.objects.filter(pk=other.pk)
        self.refuses(lambda: rows.update(email="NOOR@haarlem.example"))

    def test_two_seats_in_a_round_are_refused(self):
        event = make_event()
        make_slot(event, "1a", 1)
        other = make_slot(event, "2a", 1)
        registration = make_registration(event, {1: "1a"})
        self.refuses(lambda: seat(registration, other))

    @pytest.mark.parametrize("done", ["sent_at", "failed_at"])
    def test_a_mail_that_is_done_and_has_words_is_refused(self, done: str):
        registration = make_registration(make_event())
        self.refuses(lambda: registration.mails.update(**{done: NOW}))

    def test_a_session_in_two_rounds_is_refused(self):
        event = make_event()
        make_slot(event, "6", 1)
        again = make_slot(event, "6", 2)
        registration = make_registration(event, {1: "6"})
        self.refuses(lambda: seat(registration, again))


@pytest.mark.django_db(transaction=True)
def test_a_seat_that_lies_about_its_round_is_refused():
    event = make_event()
    make_slot(event, "1a", 1)
    other = make_slot(event, "2a", 1)
    registration = make_registration(event, {})

    with pytest.raises(IntegrityError), transaction.atomic():
        seat(registration, other, round_id=event.rounds.get(number=2).pk)


def seat(registration: Registration, slot: Slot, **fields: object) -> Seat:
    values = {"round_id": slot.round_id, "session_id": slot.session_id} | fields
    return Seat.objects.create(
        event_id=slot.event_id, registration=registration, slot=slot, **values
    )
