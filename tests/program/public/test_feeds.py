"""Calendar, data and sitemap, read back the way other programs read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import icalendar
import pytest
from django.conf import settings
from django.test import Client

from program.models import Event
from program.public.calendars import TIMEZONE
from program.public.feeds import FORMAT
from tests.program.programmes import AMSTERDAM, make_programme

pytestmark = pytest.mark.django_db


def read_calendar(client: Client, path: str = "/wijk/agenda.ics") -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(client.get(path).content)


def test_calendar_holds_the_event_for_everybody(client):
    event = make_programme()

    response = client.get("/wijk/agenda.ics")
    calendar = icalendar.Calendar.from_ical(response.content)
    (entry,) = calendar.events

    assert response["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert response["Content-Disposition"] == 'attachment; filename="wijk.ics"'
    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in entry
    assert entry["SUMMARY"] == "Werken in de wijk"
    assert entry["LOCATION"] == "Stadhuis, Stadhuisplein 100, 1506 MZ Zaandam"
    assert entry["UID"] == f"event-{event.pk}@testserver"
    assert entry["SEQUENCE"] == 12
    assert re.search(r"\r\nDTSTAMP:\d{8}T\d{6}Z\r\n", response.text)
    assert "\r\nDTSTART;TZID=Europe/Amsterdam:20261207T140000\r\n" in response.text
    assert "\r\nDTEND;TZID=Europe/Amsterdam:20261207T180000\r\n" in response.text
    assert str(entry["ORGANIZER"]) == "mailto:info@example.org"
    assert entry["ORGANIZER"].params["CN"] == "Gemeente Zaanstad"
    assert "15.00\N{EN DASH}15.45" in str(entry["DESCRIPTION"])


def test_calendar_speaks_the_language_of_its_address(client):
    make_programme()

    (entry,) = read_calendar(client, "/en/wijk/agenda.ics").events

    assert entry["SUMMARY"] == "Working in the neighbourhood"
    assert entry["URL"] == "http://testserver/en/wijk/"
    assert entry["UID"] == read_calendar(client).events[0]["UID"]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-10-24T14:00", "2026-10-24T12:00Z"),
        ("2026-10-26T14:00", "2026-10-26T13:00Z"),
        ("2027-03-27T14:00", "2027-03-27T13:00Z"),
        ("2027-03-29T14:00", "2027-03-29T12:00Z"),
    ],
)
def test_calendar_gives_the_right_moment_around_a_clock_change(client, local, utc):
    local = datetime.fromisoformat(local)
    make_programme(starts_at=local.replace(tzinfo=AMSTERDAM))

    calendar = read_calendar(client)
    (entry,) = calendar.events
    (zone,) = calendar.timezones
    assert isinstance(entry.start, datetime)

    written = entry.start.replace(tzinfo=None)
    assert written == local
    # By the file's own time zone alone, as a calendar program without a database would.
    there = zone.to_tz(lookup_tzid=False)
    assert written.replace(tzinfo=there).astimezone(UTC) == datetime.fromisoformat(utc)


def test_timezone_agrees_with_the_database_of_time_zones():
    component = icalendar.Timezone.from_ical(TIMEZONE)
    assert isinstance(component, icalendar.Timezone)
    zone = component.to_tz(lookup_tzid=False)
    start = datetime(2026, 1, 1, 12, tzinfo=AMSTERDAM)
    moments = [start + timedelta(days=day) for day in range(0, 3650, 5)]

    assert [moment.replace(tzinfo=zone).utcoffset() for moment in moments] == [
        moment.utcoffset() for moment in moments
    ]


def test_calendar_lines_are_short_and_end_as_they_should(client):
    make_programme(title="Überlegungen über Bürgerbeteiligung " * 5, lead="é" * 400)

    lines = client.get("/wijk/agenda.ics").content.split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    assert not any(b"\n" in line for line in lines)


def test_data_tells_the_programme_in_both_languages(client):
    make_programme(sessions=1)

    programme = client.get("/wijk/programma.json").json()

    assert programme["event"]["title"] == "Werken in de wijk"
    assert programme["event"]["title_en"] == "Working in the neighbourhood"
    assert programme["event"]["starts_at"] == "2026-12-07T14:00:00+01:00"
    assert programme["event"]["places_left"] == 90
    assert programme["agenda"][1] == {
        "starts_at": "2026-12-07T15:00:00+01:00",
        "ends_at": "2026-12-07T15:45:00+01:00",
        "title": "Ronde 1",
        "title_en": "",
        "round": 1,
    }
    assert programme["rounds"] == [
        {
            "number": 1,
            "starts_at": "2026-12-07T15:00:00+01:00",
            "ends_at": "2026-12-07T15:45:00+01:00",
        },
        {"number": 2, "starts_at": None, "ends_at": None},
    ]
    assert programme["themes"] == [
        {"number": 1, "title": "Geld", "title_en": "Money", "text": "", "text_en": ""}
    ]
    assert programme["sessions"] == [
        {
            "code": "1-0",
            "theme": 1,
            "url": "http://testserver/wijk/tafelsessie/1-0/",
            "url_en": "http://testserver/en/wijk/tafelsessie/1-0/",
            "title": "Tafel 0",
            "title_en": "",
            "text": "",
            "text_en": "",
            "speakers": [
                {
                    "name": "Gast 0",
                    "organisation": "Breda",
                    "organisation_en": "",
                    "function": "",
                    "function_en": "",
                }
            ],
        }
    ]
    assert programme["sittings"] == [
        {
            "code": "1-0",
            "round": number,
            "seats": 10,
            "seats_left": 6,
            "dropped": False,
            "location": "Raadzaal",
            "location_en": "",
        }
        for number in (1, 2)
    ]


def test_data_says_which_format_it_has_and_where_that_is_explained(client):
    make_programme()

    told = client.get("/wijk/programma.json").json()["format"]

    assert told == {
        "version": FORMAT,
        "about": "http://testserver/programma.json/",
        "about_en": "http://testserver/en/programma.json/",
    }
    for path in (told["about"], told["about_en"]):
        page = client.get(path)
        assert page.status_code == 200
        assert FORMAT in page.text
        assert not page.cookies
    assert f"**{FORMAT}**" in (settings.BASE_DIR / "docs/programma-json.md").read_text()


def test_documentation_names_every_field_of_the_data(client):
    make_programme(sessions=1)
    text = (settings.BASE_DIR / "docs/programma-json.md").read_text()

    def names(part: object) -> set[str]:
        if isinstance(part, dict):
            return set(part).union(*map(names, part.values()))
        return set().union(*map(names, part)) if isinstance(part, list) else set()

    told = names(client.get("/wijk/programma.json").json())
    missing = {name for name in told if f"`{name}`" not in text and f"`{name}[]`" not in text}

    assert missing == set()


def test_data_that_has_not_changed_is_not_sent_again(client):
    event = make_programme()
    first = client.get("/wijk/programma.json")
    same = client.get("/wijk/programma.json", headers={"if-none-match": first["ETag"]})
    Event.objects.filter(pk=event.pk).update(taken=11)
    other = client.get("/wijk/programma.json", headers={"if-none-match": first["ETag"]})

    assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
    assert (other.status_code, other.json()["event"]["places_left"]) == (200, 89)


@pytest.mark.parametrize("method", ["get", "head"])
def test_pages_of_other_sites_may_read_the_data(client, method):
    make_programme()
    ask = getattr(client, method)
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}

    first = ask("/wijk/programma.json", headers=elsewhere)
    same = ask("/wijk/programma.json", headers={**elsewhere, "if-none-match": first["ETag"]})

    assert (first.status_code, same.status_code) == (200, 304)
    for answer in (first, same):
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer


def test_browser_that_asks_first_lets_a_script_send_the_etag(client, django_assert_num_queries):
    make_programme()
    asking = {
        "origin": "https://elsewhere.example",
        "sec-fetch-site": "cross-site",
        "access-control-request-method": "GET",
        "access-control-request-headers": "if-none-match",
    }

    with django_assert_num_queries(0):
        told = client.options("/wijk/programma.json", headers=asking)

    assert (told.status_code, told.content) == (204, b"")
    assert told["Access-Control-Allow-Origin"] == "*"
    assert told["Access-Control-Allow-Headers"] == "If-None-Match"
    assert told["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert int(told["Access-Control-Max-Age"]) > 0
    assert "no-store" not in told.get("Cache-Control", "")
    assert client.options("/wijk/agenda.ics", headers=asking).status_code == 405


@pytest.mark.parametrize("path", ["/wijk/programma.json", "/wijk/programma.json?nu=1"])
def test_script_of_another_site_can_see_and_send_back_the_etag(client, path):
    make_programme()
    elsewhere = {"origin": "https://elsewhere.example", "sec-fetch-site": "cross-site"}

    first = client.get(path, headers=elsewhere)
    same = client.get(path, headers={**elsewhere, "if-none-match": first["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    for answer in (first, same):
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert answer["Access-Control-Expose-Headers"] == "ETag"


@pytest.mark.parametrize("path", ["/wijk/", "/wijk/agenda.ics", "/concept/programma.json"])
def test_nothing_else_is_for_other_sites_to_read(client, path):
    make_programme()
    make_programme("concept", published=False)

    assert "Access-Control-Allow-Origin" not in client.get(path)
    assert "Access-Control-Allow-Origin" not in client.post("/wijk/programma.json")


def test_sitemap_names_every_page_in_both_languages(client):
    make_programme(sessions=1)
    make_programme("concept", published=False)
    spaces = {
        "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
        "xhtml": "http://www.w3.org/1999/xhtml",
    }

    response = client.get("/sitemap.xml")
    tree = ElementTree.fromstring(response.content)  # our own text

    assert response["Content-Type"] == "application/xml"
    assert [loc.text for loc in tree.iterfind("map:url/map:loc", spaces)] == [
        "http://testserver" + path
        for path in (
            "/",
            "/en/",
            "/privacy/",
            "/en/privacy/",
            "/toegankelijkheid/",
            "/en/toegankelijkheid/",
            "/wijk/",
            "/en/wijk/",
            "/wijk/tafelsessie/1-0/",
            "/en/wijk/tafelsessie/1-0/",
        )
    ]
    for url in tree.iterfind("map:url", spaces):
        twins = {
            link.get("hreflang"): link.get("href") for link in url.iterfind("xhtml:link", spaces)
        }
        assert set(twins) == {"nl", "en"}
        assert url.findtext("map:loc", "", spaces) in twins.values()


@pytest.mark.parametrize("path", ["/wijk/agenda.ics", "/wijk/programma.json", "/sitemap.xml"])
def test_feeds_need_as_many_queries_for_three_sessions_as_for_thirty(
    client, path, django_assert_max_num_queries
):
    make_programme(sessions=3)
    with django_assert_max_num_queries(9) as few:
        client.get(path)
    make_programme("groot", sessions=30)
    with django_assert_max_num_queries(len(few)):
        client.get(path.replace("wijk", "groot"))


@pytest.mark.parametrize("path", ["/wijk/agenda.ics", "/wijk/programma.json"])
def test_feeds_of_an_unpublished_event_do_not_exist(client, path):
    make_programme(published=False)

    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/wijk/agenda.ics", "/wijk/programma.json", "/sitemap.xml"])
def test_feeds_set_no_cookie(client, path):
    make_programme()

    assert not client.get(path).cookies
