"""A shared cache that is away: people sign up and log in all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory

from eventsite.cache import TolerantRedis
from registrations.public import limits
from tests.eventsite.accounts import LOGIN, PASSWORD, make_account

MEMORY = "django.core.cache.backends.locmem.LocMemCache"
# Nothing listens on port 9.
AWAY = {"BACKEND": "eventsite.cache.TolerantRedis", "LOCATION": "redis://127.0.0.1:9/0"}


@pytest.fixture(autouse=True)
def _away(settings: Any) -> Iterator[None]:
    settings.CACHES = settings.CACHES | {"default": AWAY}
    yield
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": MEMORY}}
    TolerantRedis.asleep_until = 0


def test_forms_are_not_counted_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture):
    for _form in range(limits.ADDRESS_POSTS + 1):
        limits.count_network(RequestFactory().post("/", REMOTE_ADDR="192.0.2.1"))
        limits.count_address("noor@haarlem.example")

    assert caplog.text.count("the shared cache is away: ConnectionError") == 1


def test_it_answers_as_an_empty_cache():
    cache.set("key", 1)
    assert cache.get("key", "nothing") == "nothing"
    assert cache.add("key", 1)
    assert not cache.delete("key")
    assert not cache.touch("key")
    with pytest.raises(ValueError, match="away"):
        cache.incr("key")


def test_it_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    cache.get("key")
    cache.get("key")
    monkeypatch.setattr(TolerantRedis, "asleep_until", 0)
    cache.get("key")

    assert caplog.text.count("the shared cache is away") == 2


@pytest.mark.django_db
def test_staff_can_log_in(client: Client):
    make_account("beheer")

    assert client.post(LOGIN, {"login": "beheer", "password": PASSWORD}).status_code == 302
