"""Events that have English already go on being asked for it, once the question is there."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from program.models import Event, Slot, Speaker, Venue
from tests.factories import make_event, make_slot

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "texts"),
    [
        (Event, {"title_en": "Evening"}),
        (Event, {"video_title_en": "Watch"}),
        (Event, {"called_off_why_en": "A storm."}),
        (Slot, {"location_en": "Table 9"}),
        (Speaker, {"function_en": "alderman"}),
        (Speaker, {"organisation_en": "City of Haarlem"}),
        (Venue, {"getting_there_en": "Take the bus."}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value.__name__,
)
def test_whatever_is_in_english_makes_an_event_bilingual(model, texts):
    other, event = make_event(), make_event()
    for number in (1, 2):  # no key of a row of the one event is the key of the other event
        make_slot(other, "1a", number)
        make_slot(other, f"2{number}")
    Venue.objects.create(name="Elders", street="Kade 1", postcode="2011 AA", city="Haarlem")
    Event.objects.filter(pk=other.pk).update(venue=Venue.objects.get(name="Elders"))
    make_slot(event, "1a")
    Event.objects.update(bilingual=False)
    of_event = {Event: {"pk": event.pk}, Venue: {"pk": event.venue_id}}
    assert model.objects.filter(**of_event.get(model, {"event": event})).update(**texts) == 1

    migration = import_module("program.migrations.0008_bilingual_events")
    migration.bilingual_events(apps, connection.schema_editor())

    assert list(Event.objects.filter(bilingual=True)) == [event]
