from datetime import datetime, timedelta
from html import unescape
from re import findall, sub

import html5lib
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Question,
    Slot,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from tests.factories import AMSTERDAM, make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

# Far enough ahead to be coming whenever the tests run; a Monday, as it happens.
AHEAD = datetime(2099, 12, 7, 14, 0, tzinfo=AMSTERDAM)


def visit(client, path, status=200):
    """The page: it parses as strict HTML, sets no cookie, and varies on the one that it reads."""
    response = client.get(path)
    assert response.status_code == status
    assert not response.cookies
    assert "Cookie" in response.headers["Vary"]
    html5lib.HTMLParser(strict=True).parse(response.content.decode())
    return response


def words(response):
    """What a reader reads, on one line."""
    html = sub(r"<(script|style|head)\b.*?</\1>", " ", response.content.decode(), flags=16)
    return " ".join(unescape(sub(r"<[^>]+>", " ", html)).split()).replace(" ,", ",")


def rich_event(**fields):
    event = make_event(
        starts_at=AHEAD,
        slug="wijk",
        title="Werken in de wijk",
        title_en="Working in the neighbourhood",
        lead="Kies een tafel.",
        lead_en="Choose a table.",
        text="Met *elkaar*.",
        text_en="With *each other*.",
        capacity=96,
        video_url="https://video.example/1",
        video_title="Vooraf",
        **fields,
    )
    event.themes.update(title="Buurtbudgetten", title_en="Neighbourhood budgets")
    make_slot(event, "1a", 1, seats=5)
    make_slot(event, "6", 1, seats=1)
    make_slot(event, "6", 2, seats=8)
    Question.objects.create(event=event, question="Voor wie?", answer="Iedereen.")
    return event


def test_the_event_page_shows_its_facts_in_dutch(client):
    event = rich_event()
    make_registration(event, {1: "6"})
    page = words(visit(client, "/wijk/"))
    for fact in (
        "maandag 7 december 2099, 14.00 – 18.00 uur Werken in de wijk",
        "Gemeentehuis, Stadhuisplein 100, Zaandam",
        "Kies een tafel.",
        "Met elkaar .",
        "95 plekken vrij van de 96",
        "Gemeentehuis Stadhuisplein 100 1506 MZ Zaandam",
        "Je kunt je aanmelden tot het begint.",
        "15.00 – 15.45 uur Ronde 1",
        "Pauze",
        "Thema 1 Buurtbudgetten",
        "Ronde 1 15.00 – 15.45 uur, 2 tafels",
        "1a: Gesprek 1a Gastheer 1a Raadzaal nog 5 plekken Waar gaat het over? Gesprek 1a",
        "Vol in ronde 1 Vink aan op welke tafels je wilt wachten.",
        "6: Gesprek 6 Buurtbudgetten · Gastheer 6 Ook in ronde 2 Raadzaal Vol. Er wacht nog",
        "6: Gesprek 6 Gastheer 6 Ook in ronde 1 Raadzaal nog 8 plekken",
        "Voor wie? Iedereen.",
        "Bewaar dit evenement",
    ):
        assert fact in page


def test_the_event_page_shows_its_facts_in_english(client):
    rich_event()
    page = words(visit(client, "/en/wijk/"))
    for fact in (
        "Monday 7 December 2099, 14:00 – 18:00",
        "Working in the neighbourhood",
        "96 places free of 96",
        "14:00 – 18:00",
        "You can sign up until it starts.",
        "Break",
        "Theme 1 Neighbourhood budgets",
        "1a: Gesprek 1a Gastheer 1a Raadzaal 5 seats left",
        "last seat",
        "Save this event",
    ):
        assert fact in page


def test_the_event_page_links_to_map_route_calendar_video_and_the_other_language(client):
    rich_event()
    html = visit(client, "/wijk/").content.decode()
    address = "Stadhuisplein%20100%2C%201506%20MZ%20Zaandam"
    for link in (
        f"https://www.openstreetmap.org/search?query={address}",
        f"https://www.openstreetmap.org/directions?to={address}",
        "/wijk/agenda.ics",
        "https://video.example/1",
        f"https://www.google.com/maps/dir/?api=1&travelmode=transit&destination={address}".replace(
            "&", "&amp;"
        ),
        "/wijk/tafelsessie/1a/",
        "#tafels",
        "#ronde-1",
        "mailto:info@gemeente.example",
    ):
        assert f'href="{link}"' in html
    assert findall(r'href="([^"]+)"\s+lang="en"\s+hreflang="en"', html) == ["/en/wijk/"]
    assert "http://testserver/wijk/" in html


def test_every_page_has_its_twin_in_the_other_language(client):
    rich_event()
    for path in ("/wijk/", "/wijk/tafelsessie/6/", "/privacy/"):
        html = client.get(f"/en{path}").content.decode()
        assert findall(r'href="([^"]+)"\s+lang="nl"\s+hreflang="nl"', html) == [path]


def test_no_page_loads_anything_from_elsewhere_or_inline(client):
    rich_event()
    for path in ("/wijk/", "/wijk/tafelsessie/6/"):
        html = visit(client, path).content.decode()
        loaded = findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"', html)
        loaded += findall(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"', html)
        assert len(loaded) > 4
        assert all(each.startswith("/static/") for each in loaded)
        assert not findall(r"<style|\sstyle=|\son\w+=", html)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"signup_opens_at": AHEAD - timedelta(days=3)}, "Je kunt je aanmelden vanaf 4 december"),
        (
            {"signup_closes_at": datetime(2020, 1, 1, tzinfo=AMSTERDAM)},
            "De aanmelding is gesloten.",
        ),
        ({"capacity": 0}, "Alle plekken zijn bezet."),
        (
            {"signup_closes_at": AHEAD - timedelta(days=1)},
            "Je kunt je aanmelden tot 6 december om 14.00 uur .",
        ),
    ],
)
def test_the_page_says_whether_one_can_sign_up(client, fields, sentence):
    event = make_event(starts_at=AHEAD, **fields)
    page = words(visit(client, event.get_absolute_url()))
    assert sentence in page
    assert ("Je kunt je aanmelden tot" in page) == ("Je kunt je aanmelden tot" in sentence)


def test_a_past_event_says_so_and_keeps_its_programme_without_free_seats(client):
    event = make_event(starts_at=timezone.now() - timedelta(days=3), lead="Wat was het goed.")
    make_slot(event, "1a")
    for path in (event.get_absolute_url(), f"{event.get_absolute_url()}tafelsessie/1a/"):
        page = words(visit(client, path))
        assert "Dit evenement is voorbij." in page
        assert "Gesprek 1a" in page
        assert "nog 10 plekken" not in page
        assert "Zet in mijn agenda" not in page


@pytest.mark.parametrize("path", ["", "tafelsessie/1a/"])
def test_a_draft_is_not_found(client, path):
    event = make_event(published=False)
    make_slot(event, "1a")
    assert client.get(event.get_absolute_url() + path).status_code == 404


def test_tables_are_chosen_on_the_page_itself_and_a_full_one_is_waited_for(client):
    event = make_event(starts_at=AHEAD, slug="wijk")
    make_slot(event, "1a", 1, seats=3)
    make_slot(event, "1b", 1, seats=0)

    html = visit(client, "/wijk/").content.decode()
    assert findall(r'<form method="get" action="([^"]+)"', html) == ["/wijk/aanmelden/"]
    assert inputs(html) == [
        ("radio", "round_1", "1a"),
        ("radio", "round_1", ""),
        ("checkbox", "wish_1", "1b"),
    ]

    past = timezone.now() - timedelta(days=1)
    Event.objects.update(starts_at=past - timedelta(hours=4), ends_at=past)
    html = visit(client, "/wijk/").content.decode()
    assert inputs(html) == []
    assert "plekken" not in html
    assert "1b: " in html


def inputs(html):
    found = (dict(findall(r'(\w+)="([^"]*)"', one)) for one in findall(r"<input([^>]+)>", html))
    return [
        (one["type"], one["name"], one["value"])
        for one in found
        if one.get("name", "").startswith(("round_", "wish_"))
    ]


@pytest.mark.parametrize(
    ("path", "sentence"),
    [("/wijk/", "Er is één ronde. Je zit aan één tafel."), ("/en/wijk/", "There is one round.")],
)
def test_an_event_of_one_round_does_not_speak_of_each_round(client, path, sentence):
    make_slot(make_event(starts_at=AHEAD, slug="wijk", rounds=1), "1a")
    page = words(visit(client, path))
    assert sentence in page
    assert "elke ronde" not in page
    assert 'class="switch"' not in page


def test_without_questions_the_heading_asks_for_one(client):
    make_event(starts_at=AHEAD, slug="wijk")
    page = words(visit(client, "/wijk/"))
    assert "Heb je een vraag? Mail de organisatie: info@gemeente.example" in page
    assert "Vragen en antwoorden" not in page


def test_a_full_event_promises_no_seats(client):
    event = make_event(starts_at=AHEAD, slug="wijk", capacity=1)
    make_slot(event, "1a", 1, seats=5)
    make_registration(event)
    page = words(visit(client, "/wijk/"))
    assert "Nu nog ruimte" in page
    assert "nog 5 plekken" not in page


def test_a_table_session_page_shows_who_where_and_when(client):
    event = rich_event()
    session = event.sessions.get(code="6")
    session.speakers.update(function="wijkmanager", organisation="gemeente Zaanstad")
    response = visit(client, "/wijk/tafelsessie/6/")
    page = words(response)
    for fact in (
        "Gesprek 6",
        "7 december 2099 in Zaandam",
        "Sessie 6, thema 1: Buurtbudgetten",
        "Ronde 1, 15.00 – 15.45 uur Raadzaal laatste plek",
        "Ronde 2, 16.00 – 16.45 uur Raadzaal nog 8 plekken",
        "Gastheer 6 Wijkmanager, gemeente Zaanstad",
        "Vorige: 1a Gesprek 1a",
    ):
        assert fact in page
    assert 'href="/wijk/aanmelden/?tafel=6#tafel-6"' in response.content.decode()


def test_an_unknown_table_session_is_not_found(client):
    rich_event()
    assert client.get("/wijk/tafelsessie/9z/").status_code == 404


def test_a_table_session_without_a_round_has_a_page(client):
    event = rich_event()
    TableSession.objects.create(event=event, theme=event.themes.get(), code="7", title="Later")
    assert "We weten nog niet in welke ronde deze sessie is" in words(
        visit(client, "/wijk/tafelsessie/7/")
    )


def test_what_is_saved_is_shown_as_saved(client):
    rich_event()
    client.cookies[settings.SAVED_COOKIE_NAME] = "wijk|ander"
    for path in ("/wijk/", "/wijk/tafelsessie/6/"):
        page = words(visit(client, path))
        assert "Bewaard 2" in page
        assert "Niet meer bewaren" in page
        assert "Bewaar dit evenement" not in page


def test_only_those_who_chose_so_are_named(client):
    event = rich_event()
    make_registration(event, first_name="Fatma", last_name="Arslan", listed=True)
    make_registration(event, first_name="Stil", last_name="Geheim", listed=False)
    make_registration(event, first_name="Nog", last_name="Onzeker", listed=True, confirmed=False)
    page = words(visit(client, "/wijk/"))
    assert "Fatma Arslan" in page
    assert "2 mensen hebben een plek." in page
    assert "Geheim" not in page
    assert "Onzeker" not in page


def test_home_leads_straight_to_the_only_event(client):
    event = make_event(starts_at=AHEAD)
    for prefix in ("", "/en"):
        response = client.get(f"{prefix}/")
        assert (response.status_code, response.headers["Location"]) == (
            302,
            f"{prefix}/{event.slug}/",
        )


def test_home_lists_what_comes_first_and_what_has_been_below(client):
    later = make_event(starts_at=AHEAD + timedelta(days=7))
    sooner = make_event(starts_at=AHEAD)
    make_event(starts_at=AHEAD, published=False)
    past = make_event(starts_at=timezone.now() - timedelta(days=30))
    response = visit(client, "/")
    titles = findall(r'<h3><a href="/([^/]+)/">', response.content.decode())
    assert titles == [sooner.slug, later.slug, past.slug]


def test_home_without_events_says_so(client):
    assert "Er staat nu niets gepland" in words(visit(client, "/"))


def fill(event, sessions):
    themes = [
        Theme.objects.create(event=event, number=number, title=f"Thema {number}")
        for number in range(10, 18)
    ]
    rounds = list(event.rounds.all())
    for number in range(sessions):
        session = TableSession.objects.create(
            event=event, theme=themes[number % 8], code=f"s{number}", title=f"Gesprek {number}"
        )
        for host in range(2):
            speaker = Speaker.objects.create(event=event, name=f"Gastheer {number} {host}")
            Hosting.objects.create(event=event, session=session, speaker=speaker, position=host)
        for round_ in rounds[: 1 + number % 2]:
            Slot.objects.create(event=event, session=session, round=round_, seats=12)


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        visit(client, path)
    return len(captured)


@pytest.mark.parametrize("path", ["", "tafelsessie/s3/"])
def test_a_page_needs_as_many_queries_for_300_sessions_as_for_13(client, settings, path):
    settings.PROGRAMME_SECONDS = 60
    few, many = make_event(starts_at=AHEAD), make_event(starts_at=AHEAD)
    fill(few, 13)
    fill(many, 300)
    for most in (14, 7):  # with the programme to be read, and from memory
        needed = [queries(client, event.get_absolute_url() + path) for event in (few, many)]
        assert needed[0] == needed[1] <= most


def test_home_needs_as_many_queries_for_ten_events_as_for_two(client):
    for _each in range(2):
        make_event(starts_at=AHEAD)
    few = queries(client, "/")
    for _each in range(8):
        make_event(starts_at=AHEAD)
    assert queries(client, "/") == few


def test_organisers_words_cannot_break_out_of_the_page(client):
    trick = '"><script>alert(1)</script>'
    event = rich_event()
    Event.objects.update(title=trick, lead=trick, text=trick, organiser=trick, video_title=trick)
    Venue.objects.update(name=trick, getting_there=trick)
    Theme.objects.update(title=trick, text=trick)
    TableSession.objects.update(title=trick, text=trick)
    Speaker.objects.update(organisation=trick, function=trick)
    AgendaItem.objects.update(title=trick)
    Question.objects.update(question=trick, answer=trick)
    Slot.objects.update(location=trick)
    for path in (event.get_absolute_url(), "/wijk/tafelsessie/6/"):
        assert b"<script>alert" not in visit(client, path).content
