"""What the worker takes for an event with something left to erase: each kind of row by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from program.models import Event
from registrations.models import (
    Change,
    DoorOp,
    DoorPass,
    Draw,
    HeldTap,
    Host,
    Invitation,
    Mailing,
    Registration,
    StoredMail,
    history,
)
from registrations.organising import digests
from registrations.privacy import erasure
from tests.factories import NOW, START, make_event, make_guest, make_organiser

pytestmark = pytest.mark.django_db

LONG_AFTER = START + timedelta(days=400)
STAFF = {"made_by": history.STAFF, "made_at": NOW}


def person(event: Event) -> None:
    Registration.objects.create(
        event=event,
        status=Registration.Status.CANCELLED,
        email="noor@haarlem.example",
        secret="x",
        created_at=NOW,
        ended_at=NOW,
    )


def reason(event: Event) -> None:
    what = Change.What.DROPPED
    history.record(event, None, what, who=history.STAFF, at=NOW, why="Jan is ziek")


def colleague_without_an_account(event: Event) -> None:
    history.record(event, None, Change.What.EXPORTED, who="els", at=NOW)


def host(event: Event) -> None:
    Host.objects.create(event=event, name="Els", email="els@buurt.example", created_at=NOW)


def invitation(event: Event) -> None:
    Invitation.objects.create(
        event=event,
        email="els@haarlem.example",
        role="door",
        secret="x",
        invited_by=history.STAFF,
        created_at=NOW,
        expires_at=NOW,
    )


def digest(event: Event) -> None:
    digests.choose(event, make_organiser(event), "daily", language="nl", at=NOW)


def mail(event: Event) -> None:
    StoredMail.objects.create(
        event=event,
        kind=StoredMail.Kind.LINK,
        to="noor@haarlem.example",
        message_id="<1@testserver>",
        created_at=NOW,
        send_after=NOW,
        asked=True,
    )


def message(event: Event) -> None:
    Mailing.objects.create(
        event=event,
        subject="Jan",
        text="Jan is ziek",
        who=history.STAFF,
        created_at=NOW,
        queued_at=NOW,
    )


def withdrawn(event: Event, label: str, **more: object) -> DoorPass:
    fields = STAFF | {"withdrawn_at": NOW} | more
    return DoorPass.objects.create(event=event, label=label, **fields)


def device(event: Event) -> None:
    withdrawn(event, "Telefoon van Els")


def device_called_after_a_number_and_more(event: Event) -> None:
    withdrawn(event, "2 van Els")


def device_that_still_works(event: Event) -> None:
    withdrawn(event, "1", withdrawn_at=None, secret="x")


def device_of_an_account(event: Event) -> None:
    withdrawn(event, "1", for_account=True, user=make_organiser(event))


def held_tap(event: Event) -> None:
    HeldTap.objects.create(
        id=uuid4(),
        event=event,
        door_pass=withdrawn(event, "1"),
        why=HeldTap.Why.WITHDRAWN,
        seq=1,
        kind=DoorOp.Kind.WALK_IN,
        at=NOW,
        first_name="Els",
        received_at=NOW,
    )


def draw(event: Event) -> None:
    Draw.objects.create(event=event, file={}, slots=[])


LEFT = [
    draw,
    person,
    make_guest,
    reason,
    colleague_without_an_account,
    host,
    invitation,
    digest,
    mail,
    message,
    device,
    device_called_after_a_number_and_more,
    device_that_still_works,
    device_of_an_account,
    held_tap,
]


def erased_at_last(event: Event) -> bool:
    """Whether the worker, at its next turn, takes this event."""
    before = Event.objects.get(pk=event.pk).version
    erasure.erase_due(LONG_AFTER)
    return Event.objects.get(pk=event.pk).version > before


@pytest.mark.parametrize("left", LEFT)
def test_each_of_these_is_enough_and_once_erased_no_more(left: Callable[[Event], object]):
    """Of this event: another one, which has nothing, is left alone."""
    event, other = make_event(), make_event(slug="andere")
    numbered = withdrawn(other, "1")
    history.record(other, None, Change.What.EXPORTED, who=history.STAFF, at=NOW)
    message(other)
    Mailing.objects.update(subject="", text="")
    left(event)
    version = other.version

    assert erased_at_last(event)
    assert not erased_at_last(event)

    other.refresh_from_db()
    numbered.refresh_from_db()
    assert (other.version, numbered.label) == (version, "1")


def test_erased_guests_and_people_say_when_and_at_which_version():
    event = make_event()
    make_guest(event)
    person(event)

    assert erasure.erase_due(LONG_AFTER) == 2

    event.refresh_from_db()
    for one in (event.guests.get(), event.registrations.get()):
        assert (one.erased_at, one.version) == (LONG_AFTER, event.version)


def test_all_who_were_erased_are_counted():
    event = make_event()
    for leave in (person, make_guest, host, invitation):
        leave(event)

    assert erasure.erase_due(LONG_AFTER) == 4
    assert event.changes.get(what=Change.What.ERASED).new["people"] == 4
