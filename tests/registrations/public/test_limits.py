"""Ceilings: which forms are counted together, and what people read who reach one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.html import strip_tags
from django.utils.translation import override

from program.models import Event
from registrations.errors import BusyAccount, BusyAddress, BusyNetwork, TooManyRequests
from registrations.models import Registration
from registrations.public import limits
from registrations.public.views import too_many
from tests.factories import make_event, make_slot


@pytest.fixture(autouse=True)
def _low(monkeypatch):
    monkeypatch.setattr(limits, "NETWORK_POSTS", 1)
    monkeypatch.setattr(limits, "ADDRESS_POSTS", 1)


def send_from(seen: str, forwarded: str = "") -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    limits.count_network(RequestFactory().post("/", REMOTE_ADDR=seen, headers=headers))


def together(first: str, second: str) -> bool:
    """Whether a form from each counts as two from one network."""
    send_from(first)
    try:
        send_from(second)
    except BusyNetwork:
        return True
    return False


def test_no_network_stands_in_the_cache(monkeypatch):
    """Only its hash: what counts must not say where anybody was."""
    keys: list[str] = []
    add = cache.add

    def noted(key: str, *more: Any, **named: Any) -> bool:
        keys.append(key)
        return add(key, *more, **named)

    monkeypatch.setattr(cache, "add", noted)
    request = RequestFactory().post("/", REMOTE_ADDR="198.51.100.7")
    limits.count_network(request)
    limits.count_wrong_code(request, Event(pk=1))

    assert len(keys) == 3
    assert "198.51" not in " ".join(keys)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("198.51.100.7", "198.51.100.7", True),
        ("198.51.100.7", "198.51.100.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:198.51.100.7", "198.51.100.7", True),
        ("::ffff:198.51.100.7", "198.51.100.8", False),
        ("", "", True),
    ],
)
def test_forms_are_counted_together_within_one_network(first, second, same):
    assert together(first, second) is same


def test_what_a_visitor_claims_makes_no_other_network(settings):
    settings.PROXIES = 1
    send_from("10.0.0.1", "203.0.113.5, 2001:db8::1")
    with pytest.raises(BusyNetwork):
        send_from("10.0.0.1", "203.0.113.6, 2001:db8::2")


def test_each_ceiling_tells_how_long_to_wait():
    send_from("198.51.100.7")
    limits.count_address("noor@haarlem.example")
    with override("en"):
        with pytest.raises(TooManyRequests) as network:
            send_from("198.51.100.7")
        with pytest.raises(TooManyRequests) as address:
            limits.count_address("Noor@haarlem.example")

        assert (type(network.value), network.value.seconds) == (BusyNetwork, 600)
        assert "your network" in str(network.value)
        assert "we didn’t send yours" in str(network.value)
        assert (type(address.value), address.value.seconds) == (BusyAddress, 3_600)
        assert "this e-mail address" in str(address.value)
        assert "Check your inbox first" in str(address.value)
        for error in (network.value, address.value):
            answer = too_many(RequestFactory().get("/"), error)
            assert str(error) in answer.text
            assert answer["Retry-After"] == str(error.seconds)


def test_who_waited_for_a_while_waits_only_for_what_is_left(monkeypatch):
    request = RequestFactory().post("/", REMOTE_ADDR="198.51.100.7")
    monkeypatch.setattr(limits, "NETWORK_CODES", 1)
    at = timezone.now()
    for minutes, counted in ((0, True), (7, False)):
        monkeypatch.setattr(timezone, "now", lambda now=at + timedelta(minutes=minutes): now)
        if counted:
            limits.count_network(request)
            limits.count_address("noor@haarlem.example")
            limits.count_wrong_code(request, Event(pk=1))
    refused = []
    for ask in (
        lambda: limits.count_network(request),
        lambda: limits.count_address("noor@haarlem.example"),
        lambda: limits.check_codes(request, Event(pk=1)),
    ):
        with pytest.raises(TooManyRequests) as refusal:
            ask()
        refused.append(refusal.value.seconds)

    assert refused == [3 * 60, 60 * 60, 53 * 60], "of an address always as long (rule 5)"


def test_the_page_names_a_minute_at_which_it_works_again(monkeypatch):
    """Not the one in which it does not work yet."""
    at = datetime(2026, 12, 2, 12, 0, 10, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: at)

    answer = too_many(RequestFactory().get("/"), BusyNetwork(100))

    assert answer["Retry-After"] == "100"
    assert "Vanaf 12.02 uur kun je het opnieuw proberen." in strip_tags(answer.text)


@pytest.mark.parametrize("refusal", [BusyNetwork, BusyAddress])
def test_count_lasts_as_long_as_the_wait_that_is_told(refusal, monkeypatch):
    kept: list[int] = []
    monkeypatch.setattr(cache, "add", lambda key, value, timeout: kept.append(timeout))
    monkeypatch.setattr(cache, "incr", lambda key: 2)
    with pytest.raises(refusal):
        limits._count("key", 1, refusal)

    assert kept == [refusal.seconds]


def test_many_other_addresses_do_not_make_one_forgotten():
    limits.count_address("jan@haarlem.example")
    for number in range(400):
        limits.count_address(f"iemand{number}@haarlem.example")

    with pytest.raises(BusyAddress):
        limits.count_address("jan@haarlem.example")


TYPED = {
    "first_name": "Noor <b>",
    "last_name": 'O"Brien',
    "email": "noor@haarlem.example",
    "role": "inwoner",
    "round_1": "1a",
    "round_2": "",
    "wish_1": ["2a", "3a"],
    "agree": "on",
}


def page_of(response) -> Element:
    page: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(
        response.text
    )
    return page


def hidden(page: Element) -> list[tuple[str, str]]:
    fields = page.iterfind(".//main//form//input[@type='hidden']")
    return [(field.get("name", ""), field.get("value", "")) for field in fields]


@pytest.fixture
def wijk(db: None) -> None:
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    make_slot(event, "2a", 2)


@pytest.mark.parametrize(("start", "again"), [("", "Probeer opnieuw"), ("/en", "Try again")])
def test_form_that_came_too_often_waits_on_the_page_as_it_was_typed(wijk, start, again):
    client = Client()
    client.post(f"{start}/wijk/aanmelden/", {})
    refused = client.post(f"{start}/wijk/aanmelden/", TYPED)
    page = page_of(refused)

    assert (refused.status_code, refused["Retry-After"]) == (429, "600")
    assert "no-store" in refused["Cache-Control"]
    assert hidden(page) == [
        (name, value)
        for name, values in TYPED.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    form = page.find(".//main//form")
    assert form is not None
    assert (form.get("method"), form.get("action")) == ("post", None)
    assert again in refused.text
    at = timezone.localtime() + timedelta(minutes=10)
    with override("en" if start else "nl"):
        times = {time_format(at), time_format(at + timedelta(minutes=1))}
    assert any(time in refused.text for time in times)


@pytest.mark.parametrize("form", ["aanmelden", "mijn-link"])
def test_refusing_a_form_that_came_too_often_costs_no_query(wijk, settings, form):
    settings.PROGRAMME_SECONDS = 60
    client = Client()
    path = f"/wijk/{form}/"
    client.post(path, {})

    with CaptureQueriesContext(connection) as queries:
        refused = client.post(path, TYPED)

    assert refused.status_code == 429
    assert refused.context["event"].slug == "wijk"
    asked = [query for query in queries if "WHERE published AND slug" in query["sql"]]
    assert len(asked) == 1, "by the form itself"


def test_what_waited_can_be_sent_later(wijk, monkeypatch):
    client = Client()
    client.post("/wijk/aanmelden/", {})
    monkeypatch.setattr(limits, "ADDRESS_POSTS", 20)
    typed = {name: value for name, value in TYPED.items() if name != "wish_1"}
    refused = client.post("/wijk/aanmelden/", typed | {"last_name": "Bakker", "round_1": "1a"})
    cache.clear()

    answer = client.post("/wijk/aanmelden/", dict(hidden(page_of(refused))))

    assert answer.status_code == 303
    assert Registration.objects.get().email == TYPED["email"]


def test_mistyped_address_that_came_too_often_is_mended_there_and_sent_at_once(wijk, monkeypatch):
    monkeypatch.setattr(limits, "NETWORK_POSTS", 20)
    limits.count_address("noor@haarlem.example")
    client, typed = Client(), {name: TYPED[name] for name in TYPED if name != "wish_1"}
    refused = client.post("/wijk/aanmelden/", typed | {"last_name": "Bakker"})
    page = page_of(refused)

    field = page.find(".//main//form//input[@name='email']")
    assert field is not None
    assert (field.get("type"), field.get("value")) == ("email", "noor@haarlem.example")
    assert page.find(f".//label[@for='{field.get('id')}']") is not None
    assert "email" not in dict(hidden(page))
    assert "Verbeter het hier" in refused.text
    answer = client.post("/wijk/aanmelden/", dict(hidden(page)) | {"email": "noor@zaandam.example"})
    assert answer.status_code == 303
    assert Registration.objects.get().email == "noor@zaandam.example"


def test_request_for_a_link_that_came_too_often_waits_too(wijk):
    client = Client()
    for _time in range(2):
        refused = client.post("/wijk/mijn-link/", {"email": "noor@haarlem.example"})

    assert refused.status_code == 429
    assert hidden(page_of(refused)) == [("email", "noor@haarlem.example")]
    assert "Probeer opnieuw" in refused.text
    assert 'href="/wijk/"' in refused.text


@pytest.mark.django_db
def test_password_that_came_too_often_stands_on_no_page():
    request = RequestFactory().post("/admin/account/login/", {"password": "geheim-en-lang"})

    assert "geheim-en-lang" not in too_many(request, BusyAccount()).text
