from __future__ import annotations

import pytest
from django.apps import apps

from program.models import Event
from registrations.booking import changing
from registrations.errors import EventStarted
from registrations.models import Registration
from registrations.organising import calling_off
from registrations.organising.dry_run import DryRun, dry_run, see_first, trying
from registrations.queries.tokens import token_of
from tests.factories import NOW, START, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db


def everything() -> dict[str, list[dict[str, object]]]:
    """All rows of all our tables."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for name in ("program", "registrations")
        for model in apps.get_app_config(name).get_models()
    }


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=1)
    make_slot(event, "1a")
    return event


def test_dry_run_tells_what_would_be_written_and_writes_nothing(event: Event):
    noor = make_registration(event, {1: "1a"})
    waits = make_registration(event, {1: "1a"}, waiting_too=True)
    other = make_event()
    make_registration(other)
    before = everything()

    def act() -> None:
        changing.cancel(noor, at=NOW)
        # What is no part of the events that are looked at is no part of what is seen.
        make_registration(other)

    seen = dry_run(Event.objects.filter(pk=event.pk), act)
    assert everything() == before
    assert seen.people == [noor, waits]
    assert [(mail.kind, mail.registration) for mail in seen.mails] == [
        ("cancelled", noor),
        ("promoted", waits),
    ]
    assert [(change.what, change.registration_id) for change in seen.changes] == [
        ("cancelled", noor.pk),
        ("promoted", waits.pk),
    ]
    assert seen.mails_by_kind == [("er is een plek voor je", 1), ("je bent geannuleerd", 1)]


def test_error_inside_a_dry_run_goes_on_and_nothing_is_written(event: Event):
    noor = make_registration(event)
    before = everything()
    with pytest.raises(EventStarted):
        list_all_and_cancel_too_late(noor)
    assert everything() == before


def list_all_and_cancel_too_late(registration: Registration) -> None:
    def act() -> None:
        Registration.objects.update(listed=True)
        changing.cancel(registration, at=START)

    dry_run(Event.objects.filter(pk=registration.event_id), act)


def test_what_follows_a_dry_run_is_written(event: Event):
    noor = make_registration(event)
    dry_run(Event.objects.filter(pk=event.pk), lambda: changing.cancel(noor, at=NOW))
    assert changing.cancel(noor, at=NOW).is_cancelled
    assert Registration.objects.get().is_cancelled


def test_samples_are_complete_and_open_nobodys_page(event: Event):
    noor = make_registration(event, {1: "1a"})
    seen = dry_run(
        Event.objects.filter(pk=event.pk),
        lambda: calling_off.call_off(event, why="Storm.", who="o", at=NOW),
    )
    ((kind, mail),) = seen.samples
    assert kind == "het evenement gaat niet door"
    assert "Storm." in mail.text
    assert f"/aanmelding/{token_of(noor)}/" not in mail.text
    assert "/aanmelding/…/" in mail.text
    assert not Event.objects.get().called_off


def agree(event: Event, person: Registration, seen: DryRun[Registration] | None):
    """Cancel somebody, if that still does what ``seen`` says."""
    return see_first(
        Event.objects.filter(pk=event.pk),
        lambda _tell: changing.cancel(Registration.objects.get(pk=person.pk), at=NOW),
        lambda now: seen is not None and now.fingerprint == seen.fingerprint,
        tell=True,
    )


def test_what_was_agreed_to_is_done_and_nothing_else(event: Event):
    noor = make_registration(event, {1: "1a"})
    shown = agree(event, noor, None)
    assert not shown.done
    assert event.registrations.get().is_confirmed
    # Somebody waits by now, and would be moved up.
    make_registration(event, {1: "1a"}, waiting_too=True)
    again = agree(event, noor, shown)
    assert not again.done
    assert event.registrations.get(pk=noor.pk).is_confirmed
    assert agree(event, noor, again).done
    assert event.registrations.get(pk=noor.pk).is_cancelled


def test_only_a_dry_run_says_that_it_tries(event: Event):
    said = []
    dry_run(Event.objects.filter(pk=event.pk), lambda: said.append(trying()))
    with pytest.raises(EventStarted):
        list_all_and_cancel_too_late(make_registration(event))
    assert [*said, trying()] == [True, False]
