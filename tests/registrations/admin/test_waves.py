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
from tests.factories import make_event, make_organiser, make_registration, make_slot

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

    assert found(event) == Wave(AT.replace(minute=0), unconfirmed=11, held=11)


def test_it_is_still_seen_once_its_places_have_come_free_and_forgotten_after_a_day(event: Event):
    wave(event)
    Registration.objects.update(status="expired", holds_place=False)
    Event.objects.update(taken=0)

    forgotten = Wave(AT.replace(minute=0), unconfirmed=12, held=0)
    assert found(event, AT + timedelta(hours=23)) == forgotten
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
    said = "23 November, between 14:00 and 14:10: 12 sign-ups that nobody has confirmed."

    for page in (f"/en/admin/program/event/{event.pk}/overzicht/", "/en/admin/"):
        text = " ".join(client.get(page).text.split())
        assert said in text, page
        assert "More than a quarter" not in text, "one line for one problem"
        links = dict(re.findall(r'href="([^"]+)">([^<]+)<', text))
        (led,) = [link for link, words in links.items() if "that nobody has confirmed" in words]
        assert led == trouble(event) + "#holds"


def test_too_many_that_came_in_no_wave_lead_to_their_button_at_once(event: Event, client: Client):
    for part in range(4):
        wave(event, people=3, at=AT - timedelta(minutes=10 * part))

    text = " ".join(client.get("/en/admin/").text.split())

    links = dict(re.findall(r'href="([^"]+)">([^<]+)<', text))
    (freed,) = [link for link, words in links.items() if "More than a quarter" in words]
    assert freed == trouble(event, "plekken-vrijgeven/")
    assert client.get(freed).status_code == 200


def test_a_wave_of_a_few_hides_no_places_that_others_hold(event: Event, client: Client):
    """Most of the others confirm, so that they are no wave."""
    wave(event, at=AT - timedelta(minutes=8))
    last = Registration.objects.latest("pk")
    Registration.objects.exclude(pk=last.pk).update(status="expired", holds_place=False)
    Event.objects.update(taken=1)
    wave(event, people=12, confirmed=True)
    wave(event, people=11)

    assert (waves([event], at=AT)[event.pk].held, event.registrations.pending().count()) == (1, 12)
    assert "More than a quarter" in client.get("/en/admin/").text


def test_of_a_wave_that_never_held_places_it_is_not_said_that_they_are_free(
    event: Event, client: Client
):
    Event.objects.update(confirm_first=True)
    event.refresh_from_db()
    wave(event)

    text = " ".join(client.get(trouble(event)).text.split())

    assert "12 sign-ups that nobody has confirmed." in text
    assert "They hold no places." in text
    assert "free again" not in text


def test_once_its_places_are_free_only_the_page_with_what_to_do_tells_of_it(
    event: Event, client: Client
):
    wave(event, at=AT - timedelta(minutes=20))
    Registration.objects.update(status="expired", holds_place=False)
    Event.objects.update(taken=0)
    wave(event, people=1)

    for page in (f"/en/admin/program/event/{event.pk}/overzicht/", "/en/admin/"):
        assert "that nobody has confirmed" not in client.get(page).text, page
    text = " ".join(client.get(trouble(event)).text.split())
    assert "They hold no places." in text
    assert "?sinds=" not in text, "who came later had no part in it"
    assert "Do they keep coming?" in text


def test_the_wave_that_holds_places_goes_before_a_larger_one_that_holds_none(event: Event):
    wave(event, people=20, at=AT - timedelta(hours=1))
    Registration.objects.update(status="expired", holds_place=False)
    wave(event)

    assert found(event) == Wave(AT.replace(minute=0), unconfirmed=12, held=12)


def test_only_those_of_the_wave_are_freed(event: Event, client: Client):
    wave(event, people=2, at=AT - timedelta(minutes=20))
    wave(event)
    page = client.get(trouble(event)).text
    assert "12 sign-ups that nobody has confirmed" in page
    assert '<a href="#holds">Free those places</a>' in page
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


def test_a_wave_that_is_everything_is_no_part_to_choose(event: Event, client: Client):
    wave(event)

    for page in (trouble(event), trouble(event, "plekken-vrijgeven/")):
        assert "?sinds=" not in client.get(page).text, page
    freeing = client.get(trouble(event, "plekken-vrijgeven/")).text
    assert "Free 12 places" in freeing
    assert "12 sign-ups that nobody has confirmed." in freeing


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
            "23 november, tussen 14.00 en 14.10 uur: 12 aanmeldingen die niemand heeft bevestigd."
        )


def test_the_switch_stands_in_sight(event: Event, client: Client):
    page = client.get(f"/en/admin/program/event/{event.pk}/aanmelden/").text

    before = page.partition('id="id_confirm_first"')[0]
    assert before.count("<details") == before.count("</details")


def test_tables_that_can_drop_out_stand_round_by_round(event: Event, client: Client):
    for code, number in (("1b", 1), ("1a", 2), ("1a", 1)):
        make_slot(event, code, number)

    page = client.get(trouble(event)).text

    assert re.findall(r'<th scope="row">\s*(\w+)[^<]*</th>\s*<td>([^<]+)</td>', page) == [
        ("1a", "Round 1"),
        ("1b", "Round 1"),
        ("1a", "Round 2"),
    ]
