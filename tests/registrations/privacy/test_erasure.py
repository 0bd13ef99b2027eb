"""Names and addresses go: when asked, and by themselves after the event (rule 12)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from program.models import Event
from program.models.event import EventQuerySet
from registrations.booking.places import differences
from registrations.mail import strangers
from registrations.models import Answer, Change, StoredMail, history
from registrations.privacy import erasure
from tests.factories import NOW, START, make_event, make_question, make_registration, make_slot

pytestmark = pytest.mark.django_db

LONG_AFTER = START + timedelta(days=400)


def counters(event: Event) -> dict[str, int]:
    """What is taken of the event and its tables, once it is known to be true."""
    assert differences() == []
    event.refresh_from_db()
    return {"event": event.taken} | {
        f"{slot.session.code}/{slot.round.number}": slot.taken
        for slot in event.slots.select_related("session", "round")
    }


def test_erase_forgets_every_sign_up_of_the_address():
    event = make_event()
    noor = make_registration(event, email="noor@haarlem.example")
    again = make_registration(event, email="Noor@haarlem.example", confirmed=False)
    strangers.ask_link(event, "NOOR@haarlem.example", language="nl", at=NOW)

    erasure.erase(noor, at=NOW)

    again.refresh_from_db()
    assert (again.email, again.name, again.status) == ("", "", "cancelled")
    assert StoredMail.objects.count() == 0
    assert counters(event) == {"event": 0}


def test_erase_forgets_and_frees():
    event = make_event()
    make_slot(event, "1a", 1)
    registration = make_registration(event, {1: "1a"}, organisation="Buurtkiep")

    erasure.erase(registration, at=NOW)

    registration.refresh_from_db()
    assert (registration.name, registration.email, registration.secret) == ("", "", "")
    assert registration.status == "cancelled"
    assert StoredMail.objects.filter(registration=registration).count() == 0
    assert counters(event) == {"event": 0, "1a/1": 0}


def test_erase_due_waits_for_the_retention_and_keeps_the_counts():
    event = make_event(retention_days=30)
    make_registration(event)
    over = event.ends_at + timedelta(days=30)
    history.record(event, None, Change.What.DROPPED, who="o", why="Jan is ziek.", at=NOW)

    assert erasure.erase_due(over - timedelta(seconds=1)) == 0
    assert erasure.erase_due(over) == 1
    assert erasure.erase_due(over) == 0
    assert not event.changes.exclude(why="").exists()

    registration = event.registrations.get()
    assert (registration.name, registration.status) == ("", "confirmed")
    assert counters(event) == {"event": 1}


def test_erase_due_forgets_the_reasons_of_an_event_whose_people_erased_themselves():
    event = make_event()
    history.record(event, None, Change.What.DROPPED, who="o", why="Jan is ziek.", at=NOW)
    erasure.erase(make_registration(event), at=NOW)

    assert erasure.erase_due(event.ends_at + timedelta(days=30)) == 0

    assert not event.changes.exclude(why="").exists()


def test_erase_takes_the_answers_along():
    event = make_event()
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, answers={wijk.pk: "Poelenburg"})

    erasure.erase(registration, at=NOW)

    assert not Answer.objects.exists()
    wijk.delete()


def test_erasing_oneself_serves_those_who_wait():
    event = make_event()
    make_slot(event, "1a", 1, seats=1)
    holder = make_registration(event, {1: "1a"})
    anna = make_registration(event, {}, waitlists={1: ["1a"]})

    erasure.erase(holder, at=NOW)

    assert [seat.session.code for seat in anna.table_seats.all()] == ["1a"]


@pytest.mark.parametrize("kept", ["later", "longer"])
def test_an_event_that_is_kept_longer_in_between_is_not_erased(
    monkeypatch: pytest.MonkeyPatch, kept: str
):
    """An organiser saves after the worker has looked, and before it has the lock."""
    event = make_event(retention_days=30)
    person = make_registration(event)
    lock = EventQuerySet.locked

    def locked(self: EventQuerySet, pk: int) -> Event:
        later = {"ends_at": LONG_AFTER} if kept == "later" else {"retention_days": 3_000}
        Event.objects.filter(pk=pk).update(**later)
        return lock(self, pk)

    monkeypatch.setattr(EventQuerySet, "locked", locked)

    assert erasure.erase_due(LONG_AFTER) == 0

    person.refresh_from_db()
    assert person.erased_at is None
