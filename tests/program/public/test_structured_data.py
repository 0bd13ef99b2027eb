"""What search engines and messengers make of a page."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from program.models import Event, TableSession
from program.public.pictures import event_picture
from program.public.preview import preview_url
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
    assert event["organizer"] == {
        "@type": "Organization",
        "name": "Gemeente Zaanstad",
        "url": "http://testserver/",
    }
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
    assert [each["url"] for each in slots] == [
        "http://testserver/wijk/tafelsessie/1-0/",
        "http://testserver/wijk/tafelsessie/1-1/",
    ] * 2
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


def test_event_ld_says_when_it_was_to_start_before_it_moved():
    event = make_programme()
    assert "previousStartDate" not in read(event)

    event.announced_start = event.starts_at
    event.starts_at += timedelta(days=1)
    event.ends_at += timedelta(days=1)
    moved = read(event)
    assert moved["previousStartDate"] == "2026-12-07T14:00:00+01:00"
    assert moved["startDate"] == "2026-12-08T14:00:00+01:00"
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"

    event.called_off_at = event.starts_at
    assert read(event)["eventStatus"] == "https://schema.org/EventCancelled"


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
        "Gemeente Zaanstad",
        f"http://testserver/wijk/deelplaatje.png?v={event_picture(event).version}",
        "Werken in de wijk · 7 december 2026 · maandag 14.00–18.00 uur · Stadhuis, Zaandam"
        " · Gemeente Zaanstad",
        "nl",
    )
    with override("en"):
        card = session_card(session)
    assert (card.title, card.description) == ("Session 1-0: Tafel 0", "Een goed gesprek.")
    assert card.url == "http://testserver/en/wijk/tafelsessie/1-0/"
    assert card.picture_says == (
        "1-0 Tafel 0 · Working in the neighbourhood · Monday 7 December 2026 · Stadhuis, Zaandam"
        " · Gemeente Zaanstad"
    )
    assert card.picture.startswith(f"{card.url}deelplaatje.png?v=")
    assert (card.locale, card.other_locales) == ("en_GB", ["nl_NL"])


class Head(HTMLParser):
    """What the head of a page tells others."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.meta: dict[str, str] = {}
        self.links: list[tuple[str, str, str]] = []
        self.title, self.data, self.inside = "", "", ""
        self.feed(page.partition("<body>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.inside = tag
        if tag == "meta" and "content" in found:
            name = found.get("property") or found["name"]
            assert name not in self.meta, name
            self.meta[name] = found["content"]
        if tag == "link":
            self.links.append((found["rel"], found.get("hreflang", ""), found["href"]))

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside == "title":
            self.title = " ".join(f"{self.title}{data}".split())
        if self.inside == "script":
            self.data += data


PATHS = ["/", "/wijk/", "/wijk/tafelsessie/1-0/"]


@pytest.fixture
def two_events() -> Event:
    make_programme("straat")
    return make_programme()


@pytest.mark.parametrize(
    ("start", "locales"), [("", ("nl_NL", "en_GB")), ("/en", ("en_GB", "nl_NL"))]
)
@pytest.mark.parametrize("path", PATHS)
def test_head_tells_messengers_everything(client, two_events, start, locales, path):
    head = Head(client.get(start + path).text)
    meta = head.meta

    picture = f"http://testserver{start}{path}deelplaatje.png?v="
    assert meta["og:url"] == f"http://testserver{start}{path}"
    assert meta["og:image"].startswith(picture)
    assert client.get(meta["og:image"])["Content-Type"] == "image/png"
    assert (meta["og:image:width"], meta["og:image:height"]) == ("1200", "630")
    assert (meta["og:locale"], meta["og:locale:alternate"]) == locales
    assert meta["og:type"] == "website"
    assert meta["twitter:card"] == "summary_large_image"
    for name in ("title", "description", "image", "image:alt"):
        assert meta[f"og:{name}"] == meta[f"twitter:{name}"] != "", name
    assert meta["description"] == meta["og:description"]
    assert meta["og:site_name"] == ("Gemeente Zaanstad" if "wijk" in path else "Tafelronde")


@pytest.mark.parametrize("path", PATHS)
def test_page_names_itself_and_its_twin_in_the_other_language(client, two_events, path):
    dutch = Head(client.get(f"{path}?tafel=1-0").text)
    english = Head(client.get(f"/en{path}").text)

    twins = {
        ("alternate", "nl", f"http://testserver{path}"),
        ("alternate", "en", f"http://testserver/en{path}"),
    }
    for head in (dutch, english):
        assert {link for link in head.links if link[0] == "alternate"} == twins
    assert ("canonical", "", f"http://testserver{path}") in dutch.links
    assert ("canonical", "", f"http://testserver/en{path}") in english.links


def test_page_of_a_draft_tells_messengers_nothing(client):
    event = make_programme(published=False)

    for code in ("", "1-0"):
        head = Head(client.get(preview_url(event, code)).text)
        assert not [name for name in head.meta if name.startswith(("og:", "twitter:"))]
        assert head.data == ""


def test_title_of_a_table_session_says_when_and_where(client, two_events):
    assert Head(client.get("/wijk/tafelsessie/1-0/").text).title == (
        "Tafel 0 · Werken in de wijk, 7 december 2026 in Zaandam"
    )


def test_session_ld_is_an_event_for_each_round(client, two_events):
    data = json.loads(Head(client.get("/wijk/tafelsessie/1-0/").text).data)
    first, second = data["@graph"]

    assert data["@context"] == "https://schema.org"
    assert first["@type"] == "Event"
    assert (first["name"], first["url"]) == (
        "1-0: Tafel 0",
        "http://testserver/wijk/tafelsessie/1-0/",
    )
    assert (first["startDate"], first["endDate"]) == (
        "2026-12-07T15:00:00+01:00",
        "2026-12-07T15:45:00+01:00",
    )
    assert second["startDate"] == "2026-12-07"
    assert first["location"]["name"] == "Stadhuis, Raadzaal"
    assert [one["name"] for one in first["performer"]] == ["Gast 0"]
    assert first["image"].startswith("http://testserver/wijk/tafelsessie/1-0/deelplaatje.png?v=")
    assert first["superEvent"]["@id"] == "http://testserver/wijk/"
    assert first["superEvent"]["startDate"] == "2026-12-07T14:00:00+01:00"
    assert first["eventStatus"] == "https://schema.org/EventScheduled"


@pytest.mark.parametrize("path", PATHS[1:])
@pytest.mark.parametrize("start", ["", "/en"])
def test_every_event_in_the_data_has_what_search_engines_ask_of_one(
    client, two_events, start, path
):
    data = json.loads(Head(client.get(start + path).text).data)
    events = data.get("@graph") or [data]
    parts = [part for event in events for part in event.get("subEvent", [])]

    assert events
    for one in [
        *events,
        *parts,
        *(event["superEvent"] for event in events if "superEvent" in event),
    ]:
        assert one["@type"] == "Event"
        assert one["url"].startswith(f"http://testserver{start}/wijk/")
        for name in ("name", "startDate", "endDate", "eventStatus", "eventAttendanceMode"):
            assert isinstance(one[name], str), name
            assert one[name], name
        assert one["location"]["address"]["addressLocality"] == "Zaandam"
    for one in events:
        assert one["organizer"]["url"] == f"http://testserver{start}/"
        assert client.get(one["image"])["Content-Type"] == "image/png"


def test_table_session_without_a_round_has_no_data(client, two_events):
    two_events.slots.all().delete()

    assert Head(client.get("/wijk/tafelsessie/1-0/").text).data == ""
