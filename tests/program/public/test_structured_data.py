"""What search engines and messengers make of a page."""

from __future__ import annotations

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from program.models import Event, TableSession
from program.public.programme import slots_of
from program.public.structured_data import LinkCard, event_card, event_ld, session_card
from tests.program.programmes import make_programme

pytestmark = pytest.mark.django_db
BEFORE = datetime(2026, 12, 1, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
AFTER = datetime(2026, 12, 8, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))


def read(event: Event, at: datetime = BEFORE):
    return json.loads(event_ld(event, slots_of(event), at))


def test_event_ld_tells_when_where_and_how_many():
    event = read(make_programme())

    assert event["name"] == "Werken in de wijk"
    assert event["startDate"] == "2026-12-07T14:00:00+01:00"
    assert event["endDate"] == "2026-12-07T18:00:00+01:00"
    assert event["location"]["address"] == {
        "@type": "PostalAddress",
        "streetAddress": "Stadhuisplein 100",
        "postalCode": "1506 MZ",
        "addressLocality": "Zaandam",
        "addressCountry": "NL",
    }
    assert event["organizer"] == {"@type": "Organization", "name": "Gemeente Zaanstad"}
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["remainingAttendeeCapacity"] == 90
    assert event["offers"]["availability"] == "https://schema.org/InStock"
    assert event["offers"]["availabilityEnds"] == "2026-12-07T14:00:00+01:00"


def test_event_ld_names_every_slot():
    slots = read(make_programme(sessions=2))["subEvent"]

    assert [each["name"] for each in slots] == [
        "1-0: Tafel 0",
        "1-1: Tafel 1",
        "1-0: Tafel 0",
        "1-1: Tafel 1",
    ]
    assert [each["startDate"] for each in slots] == [
        "2026-12-07T15:00:00+01:00",
        "2026-12-07T15:00:00+01:00",
        "2026-12-07",
        "2026-12-07",
    ]
    assert slots[0]["remainingAttendeeCapacity"] == 6
    assert slots[0]["location"]["name"] == "Stadhuis, Raadzaal"
    assert slots[0]["performer"] == [
        {
            "@type": "Person",
            "name": "Gast 0",
            "affiliation": {"@type": "Organization", "name": "Breda"},
        }
    ]


def test_event_ld_speaks_the_language_of_the_page():
    event = make_programme()

    with override("en"):
        english = read(event)

    assert english["name"] == "Working in the neighbourhood"
    assert english["inLanguage"] == "en"
    assert english["url"] == "http://testserver/en/wijk/"


def test_event_ld_offers_nothing_once_sign_up_has_closed():
    assert "offers" not in read(make_programme(), at=AFTER)


def test_event_ld_says_sold_out_of_a_full_event():
    event = make_programme(taken=100)

    assert read(event)["offers"]["availability"] == "https://schema.org/SoldOut"


def test_event_ld_cannot_end_the_script_that_it_stands_in():
    event = make_programme(title="</script><script>alert('&lt;')</script><!--")

    text = event_ld(event, slots_of(event), BEFORE)

    assert not {"<", ">", "&"} & set(text)
    assert json.loads(text)["name"] == "</script><script>alert('&lt;')</script><!--"


def test_event_ld_needs_as_many_queries_for_two_sessions_as_for_thirty(
    settings, django_assert_num_queries, django_assert_max_num_queries
):
    settings.PROGRAMME_SECONDS = 60
    small = Event.objects.get(pk=make_programme(sessions=2).pk)
    large = Event.objects.get(pk=make_programme("groot", sessions=30).pk)

    with django_assert_max_num_queries(8) as few:
        event_ld(small, slots_of(small), BEFORE)
    with django_assert_num_queries(len(few)):
        event_ld(large, slots_of(large), BEFORE)
    with django_assert_num_queries(1):
        event_ld(large, slots_of(large), BEFORE)


def test_card_of_an_event_and_of_a_table_session():
    event = make_programme(sessions=1)
    session = TableSession.objects.get()
    session.text = "Een **goed** gesprek."

    assert event_card(event) == LinkCard(
        "Werken in de wijk",
        "Een middag over de buurt.",
        "http://testserver/wijk/",
        "nl_NL",
    )
    with override("en"):
        assert session_card(session) == LinkCard(
            "1-0: Tafel 0",
            "Een goed gesprek.",
            "http://testserver/en/wijk/tafelsessie/1-0/",
            "en_GB",
        )
