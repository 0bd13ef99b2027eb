"""An organiser sees a wave of sign-ups that nobody confirms, and frees what it holds (rule 4)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event
from registrations.models import Registration
from registrations.queries.waves import Wave, waves
from tests.factories import make_event, make_organiser, make_registration

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 13, 7, tzinfo=UTC)  # 14.07 in Amsterdam


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(timezone, "now", lambda: AT)
    return AT


@pytest.fixture
def event() -> Event:
    return make_event(capacity=40)


@pytest.fixture
def client(event: Event, now: datetime) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def wave(event: Event, *, people: int = 12, at: datetime = AT, confirmed: bool = False) -> None:
    for _person in range(people):
        make_registration(event, at=at, confirmed=confirmed, waiting_too=True)


def found(event: Event, at: datetime = AT) -> Wave | None:
    return waves([event], at=at).get(event.pk)


def trouble(event: Event, more: str = "") -> str:
    return f"/en/admin/program/event/{event.pk}/misgaat/{more}"


def test_more_than_a_quarter_in_ten_minutes_is_a_wave(event: Event):
    wave(event, people=10)
    assert found(event) is None

    wave(event, people=1, at=AT - timedelta(minutes=7))

    assert found(event) == Wave(AT.replace(minute=0), 11)


def test_it_is_still_seen_once_its_places_have_come_free_and_forgotten_after_a_day(event: Event):
    wave(event)
    Registration.objects.update(status="expired", holds_place=False)
    Event.objects.update(taken=0)

    assert found(event, AT + timedelta(hours=23)) == Wave(AT.replace(minute=0), 12)
    assert found(event, AT + timedelta(hours=25)) is None


@pytest.mark.parametrize(
    "why", ["spread", "confirmed", "from a list", "replaced", "another event", "small"]
)
def test_what_is_no_wave(event: Event, why: str):
    if why == "spread":
        for part in range(4):
            wave(event, people=3, at=AT - timedelta(minutes=10 * part))
    elif why == "confirmed":
        wave(event)
        wave(event, people=13, confirmed=True)
    elif why == "from a list":
        wave(event)
        Registration.objects.update(origin=Registration.Origin.FILE)
    elif why == "replaced":
        wave(event)
        Registration.objects.update(secret="", status="expired", holds_place=False)
    elif why == "another event":
        wave(make_event(capacity=40))
    else:
        Event.objects.update(capacity=5)
        wave(event, people=9)

    event.refresh_from_db()
    assert found(event) is None


def test_waves_of_many_events_are_found_with_one_query(event: Event):
    events = [event, make_event(capacity=40), make_event(capacity=40)]
    for one in events[:2]:
        wave(one)

    with CaptureQueriesContext(connection) as queries:
        assert waves(events, at=AT).keys() == {one.pk for one in events[:2]}
    assert len(queries) == 1


def test_overview_and_start_tell_of_it_and_lead_to_its_places(event: Event, client: Client):
    wave(event)
    said = "November 23 at 14:00: 12 sign-ups in ten minutes that nobody has confirmed."

    for page in (f"/en/admin/program/event/{event.pk}/overzicht/", "/en/admin/"):
        text = " ".join(client.get(page).text.split())
        assert said in text.replace("23 November", "November 23"), page
        links = dict(re.findall(r'href="([^"]+)">([^<]+)<', text))
        (led,) = [link for link, words in links.items() if "that nobody has confirmed" in words]
        assert led == trouble(event) + "#holds"
        (freed,) = [link for link, words in links.items() if "More than a quarter" in words]
        assert freed == trouble(event, "plekken-vrijgeven/"), "to its button at once"
        assert client.get(freed).status_code == 200


def test_only_those_of_the_wave_are_freed(event: Event, client: Client):
    wave(event, people=2, at=AT - timedelta(minutes=20))
    wave(event)
    page = client.get(trouble(event)).text
    assert "12 sign-ups in ten minutes" in page
    (only,) = re.findall(r'href="([^"]+\?sinds=[^"]+)"', page)
    assert only.endswith("plekken-vrijgeven/?sinds=2026-11-23T13:00Z")

    asked = client.get(only)
    assert "Free 12 places" in asked.text
    assert "Free all 14 unconfirmed places" in asked.text
    event.refresh_from_db()
    assert event.taken == 14
    (seen,) = re.findall(r'name="_seen" value="([^"]+)"', asked.text)
    answer = client.post(only, {"_seen": seen}, follow=True)

    assert "12 places are free again." in answer.text
    event.refresh_from_db()
    assert event.taken == 2


def test_all_are_freed_from_a_page_that_offers_only_the_wave(event: Event, client: Client):
    wave(event, people=2, at=AT - timedelta(minutes=20))
    wave(event)
    page = client.get(trouble(event, "plekken-vrijgeven/")).text

    assert "Free 14 places" in page
    assert "plekken-vrijgeven/?sinds=2026-11-23T13:00Z" in page


@pytest.mark.parametrize("sinds", ["", "gisteren", "2026-99-99T00:00Z", "2026-11-23T13:00"])
def test_a_damaged_moment_frees_nothing(event: Event, client: Client, sinds: str):
    wave(event, people=2)
    address = f"{trouble(event, 'plekken-vrijgeven/')}?sinds={sinds}"

    assert client.get(address).status_code == 404
    assert client.post(address, {"_sure": "1"}).status_code == 404
    assert Registration.objects.pending().count() == 2


def test_the_page_leads_to_the_switch_that_asks_for_confirmation_first(
    event: Event, client: Client
):
    switch = f"/en/admin/program/event/{event.pk}/aanmelden/#id_confirm_first"
    page = client.get(trouble(event)).text
    assert switch in page
    assert "Do they keep coming?" in page
    assert 'id="id_confirm_first"' in client.get(switch).text

    Event.objects.update(confirm_first=True)
    assert "a sign-up holds no place until somebody confirms" in " ".join(
        client.get(trouble(event)).text.split()
    )


def test_in_dutch_it_reads_as_dutch(event: Event, now: datetime):
    wave(event)

    with translation.override("nl"):
        (one,) = waves([event], at=now).values()
        assert one.in_words == (
            "23 november om 14.00 uur: in tien minuten 12 aanmeldingen die niemand heeft bevestigd."
        )
