"""Pages of coming events are there before anybody asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from program.models import Event
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
    make_slot(make_event(slug="wijk", starts_at=soon), "1a")
    make_event(slug="voorbij", starts_at=soon - timedelta(days=20))
    make_event(slug="concept", starts_at=soon, published=False)
    client = Client()
    client.handler.load_middleware()

    assert {*read_ahead.paths()} == {
        f"{start}{path}"
        for start in ("", "/en")
        for path in ("/", "/wijk/", "/wijk/aanmelden/", "/wijk/tafelsessie/1a/")
    }
    paths = list(read_ahead.paths())
    read_ahead.read(client.handler.get_response)

    with django_assert_num_queries(0):
        assert {client.get(path).status_code for path in paths} == {200}


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
