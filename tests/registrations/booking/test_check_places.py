"""What `manage.py check_places` finds when somebody wrote past the rules."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from program.models import Event, Slot
from registrations.booking.places import differences
from registrations.models import Registration
from tests.factories import make_event, make_guest, make_registration, make_slot

pytestmark = pytest.mark.django_db


@pytest.fixture
def noor() -> Registration:
    event = make_event(slug="wijk")
    make_slot(event, "1a")
    make_registration(event, {1: "1a"}, confirmed=False)
    return make_registration(event, {1: "1a"})


def test_audit_finds_nothing_where_all_is_right(noor):
    assert differences() == []
    out = StringIO()
    call_command("check_places", stdout=out)
    assert out.getvalue() == "All counters are right.\n"


def test_audit_finds_wrong_counters(noor):
    Event.objects.update(taken=1)
    Slot.objects.update(taken=3)

    assert differences() == [
        "wijk: 1 places taken, but 2 registrations hold one.",
        "wijk, table 1a in round 1: 3 seats taken, but 2 people sit there.",
    ]
    with pytest.raises(CommandError, match="3 seats taken"):
        call_command("check_places")


def test_audit_counts_guests_with_a_place(noor):
    make_guest(noor.event, holds_place=True)
    Event.objects.update(taken=3)
    assert differences() == []

    Event.objects.update(taken=1)

    assert differences() == ["wijk: 1 places taken, but 2 registrations and 1 guests hold one."]


def test_audit_finds_seats_of_people_who_hold_nothing(noor):
    # As a slip would leave it: the place was given back and counted, the seat forgotten.
    Registration.objects.filter(pk=noor.pk).update(
        status=Registration.Status.CANCELLED, holds_place=False
    )
    Event.objects.update(taken=1)

    assert differences() == [
        f"wijk, table 1a in round 1: registration {noor.pk} sits there, "
        "but holds no place in the event."
    ]
