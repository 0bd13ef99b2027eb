"""Pages of coming events are there before anybody asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from program.models import Event, HouseStyle, StyleImage
from program.public import read_ahead
from tests.factories import make_event, make_slot


def test_pages_of_coming_events_are_kept(
    transactional_db: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
):
    settings.PAGE_CACHE_SECONDS = 3_600
    monkeypatch.setattr(read_ahead, "BETWEEN", 0)
    soon = timezone.now() + timedelta(days=9)
    logo, icon = (make_image(letter * 32) for letter in "ab")
    HouseStyle.objects.create(is_site=True, logo=logo)
    own = HouseStyle.objects.create(logo=icon, icon=icon)
    make_slot(make_event(slug="wijk", starts_at=soon, house_style=own), "1a")
    make_event(slug="voorbij", starts_at=soon - timedelta(days=20))
    make_event(slug="concept", starts_at=soon, published=False)
    client = Client()
    client.handler.load_middleware()

    paths = list(read_ahead.paths())
    read_ahead.read(client.handler.get_response)

    with django_assert_num_queries(0):
        assert {client.get(path).status_code for path in paths} == {200}


def test_what_most_people_need_is_read_first(transactional_db: None):
    """In both languages; sessions, which are many, come last."""
    soon = timezone.now() + timedelta(days=9)
    logo = make_image("a" * 32)
    HouseStyle.objects.create(is_site=True, logo=logo)
    own = HouseStyle.objects.create(logo=logo, icon=make_image("b" * 32))
    later = make_event(slug="later", starts_at=soon + timedelta(days=9))
    first = make_event(slug="eerst", starts_at=soon, house_style=own)
    over = HouseStyle.objects.create(logo=make_image("c" * 32))
    make_event(slug="voorbij", starts_at=soon - timedelta(days=20), house_style=over)
    for event in (later, first):
        make_slot(event, "1a")

    paths = list(read_ahead.paths())

    assert paths[:2] == ["/", "/en/"]
    assert {*paths[2:4]} == {f"/huisstijl/{letter * 32}.png" for letter in "ab"}
    assert paths[4:] == [
        "/eerst/",
        "/en/eerst/",
        "/eerst/aanmelden/",
        "/en/eerst/aanmelden/",
        "/later/",
        "/en/later/",
        "/later/aanmelden/",
        "/en/later/aanmelden/",
        "/eerst/tafelsessie/1a/",
        "/en/eerst/tafelsessie/1a/",
        "/later/tafelsessie/1a/",
        "/en/later/tafelsessie/1a/",
    ]


def make_image(key: str) -> StyleImage:
    return StyleImage.objects.create(
        key=key, mime_type="image/png", width=240, height=80, content=b"bytes"
    )


@pytest.fixture
def event(transactional_db: None) -> Event:
    return make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=9))


def test_pages_are_asked_for_by_the_address_of_the_site(
    event: Event, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    """Not by what the first visitor of the process called it."""
    settings.SITE_URL = "https://tafels.example"
    settings.ALLOWED_HOSTS = ["tafels.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    monkeypatch.setattr(read_ahead, "BETWEEN", 0)
    asked = []

    def answer(request: HttpRequest) -> HttpResponse:
        asked.append((request.scheme, request.get_host()))
        return HttpResponse()

    read_ahead.read(answer)

    assert {*asked} == {("https", "tafels.example")}


def test_mistake_in_a_page_ends_no_reading_ahead(event: Event, caplog: pytest.LogCaptureFixture):
    def broken(request: HttpRequest) -> HttpResponse:
        raise ValueError(request.path)

    read_ahead.read(broken)

    assert "pages were not read ahead" in caplog.text


def test_address_of_the_site_that_is_not_allowed_is_told(
    event: Event, settings: Settings, caplog: pytest.LogCaptureFixture
):
    read_ahead.read(lambda request: HttpResponse(status=400))

    assert "ALLOWED_HOSTS" in caplog.text
