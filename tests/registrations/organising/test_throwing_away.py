"""A draft goes whole; what people have to do with stays, and the page says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.apps import apps
from django.test import Client
from django.utils import translation

from program.file.from_db import programme_of
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import xlsx_of
from program.models import Event, Venue
from registrations.booking import changing
from registrations.door import passes
from registrations.errors import EventStays
from registrations.models import StoredMail
from registrations.organising import guests, programmes, throwing_away
from tests.factories import (
    NOW,
    make_event,
    make_guest,
    make_organiser,
    make_question,
    make_registration,
    make_slot,
)
from tests.registrations.admin.test_files import confirmed, upload
from tests.registrations.organising.test_programmes import by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a")
    make_slot(event, "1a", 2)
    make_question(event, "Eet je mee?", "yes_no")
    return event


def rows() -> dict[str, list[object]]:
    """All that is stored of events and people."""
    models = [*apps.get_app_config("program").get_models(include_auto_created=True)]
    models += apps.get_app_config("registrations").get_models()
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values_list())
        for model in models
    }


def copy_of(event: Event) -> Event:
    return programmes.copy_event(
        event,
        slug="kopie",
        title="Kopie",
        title_en="",
        day=date(2027, 3, 1),
        who="noor",
        at=NOW,
    )


def test_a_mistaken_copy_leaves_nothing(event: Event):
    event.organisers.add(make_organiser())
    before = rows()
    copy = copy_of(event)
    guests.add(copy, guests.Details("Ria", "Smolders"), who="noor", at=NOW)
    passes.make(copy, "Ingang", who="noor", at=NOW)
    copy.mailings.create(subject="Tot dan", text="Hallo", who="noor", created_at=NOW)
    assert rows() != before

    throwing_away.throw_away(copy, who="noor", at=NOW)

    assert rows() == before


def test_a_mistaken_upload_leaves_nothing_nor_does_its_check_page(event: Event):
    client = Client()
    client.force_login(make_organiser())
    before = rows()
    was = programme_of(event)
    venue = replace(was.venue, getting_there="Neem de bus.")
    content = xlsx_of(
        pages(replace(was, slug="nieuw", title="Nieuw", published=False, venue=venue))
    )
    address = "/en/admin/program/event/nieuw-uit-bestand/"

    shown = upload(client, address, content)
    assert rows() == before

    assert confirmed(client, address, shown).status_code == 302
    made = Event.objects.get(slug="nieuw")
    assert made.venue != event.venue
    path = f"/en/admin/program/event/{made.pk}/weggooien/"
    asked = client.get(path)
    assert "Nothing is thrown away yet." in asked.text
    assert Event.objects.filter(pk=made.pk).exists()
    assert client.post(path).status_code == 302
    assert rows() == before


def test_a_venue_goes_only_with_the_last_event_there(event: Event):
    copy = copy_of(event)
    throwing_away.throw_away(copy, who="noor", at=NOW)
    assert Venue.objects.filter(pk=event.venue_id).exists()

    throwing_away.throw_away(event, who="noor", at=NOW)
    assert not Venue.objects.exists()


def test_an_event_that_somebody_signed_up_for_stays_and_says_why(event: Event):
    changing.cancel(make_registration(event, {1: "1a"}), at=NOW)
    Event.objects.update(published=False)
    client = Client()
    client.force_login(make_organiser(event))
    path = f"/en/admin/program/event/{event.pk}/weggooien/"

    assert "People have signed up for this event" in client.get(path).text
    refused = client.post(path)
    assert (refused.status_code, "call it off" in refused.text) == (422, True)
    assert "weggooien" not in client.get(f"/en/admin/program/event/{event.pk}/misgaat/").text
    with pytest.raises(EventStays, match="People have signed up"):
        throwing_away.throw_away(event, who="noor", at=NOW)
    assert Event.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize("has", ["guests", "mails"])
def test_a_published_event_with_guests_or_mail_stays(event: Event, has: str):
    if has == "guests":
        make_guest(event)
    else:
        other = make_registration(make_event())
        StoredMail.objects.filter(registration=other).update(event=event, registration=None)
    with pytest.raises(EventStays, match="First take it off the site"):
        throwing_away.throw_away(event, who="noor", at=NOW)

    Event.objects.filter(pk=event.pk).update(published=False)
    throwing_away.throw_away(event, who="noor", at=NOW)
    assert not Event.objects.filter(pk=event.pk).exists()


def test_a_file_that_is_looked_at_only_leaves_nothing(event: Event):
    before = rows()
    programmes.see_first(replace(programme_of(event), slug="nieuw"), **by())
    assert rows() == before
