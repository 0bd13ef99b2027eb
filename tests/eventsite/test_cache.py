"""A shared cache that is away: people sign up and log in all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client, RequestFactory

from eventsite.cache import CannotBeKept, absence
from registrations.errors import BusyAddress
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
    absence.lasts = False
    caches["default"].clear()


def test_forms_are_counted_by_the_process_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
):
    for _form in range(limits.ADDRESS_POSTS):
        limits.count_network(RequestFactory().post("/", REMOTE_ADDR="192.0.2.1"))
        limits.count_address("noor@haarlem.example")
    with pytest.raises(BusyAddress):
        limits.count_address("noor@haarlem.example")

    assert caplog.text.count("the shared cache is away (ConnectionError)") == 1


def test_it_answers_as_a_cache_of_the_process():
    assert cache.add("key", 1)
    assert not cache.add("key", 2)
    assert cache.get("key") == 1
    assert cache.incr("key") == 2
    assert cache.touch("key")
    assert cache.delete("key")
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.delete_many(["a"])
    assert "a" not in cache
    assert cache.get_or_set("c", 3) == 3
    with pytest.raises(ValueError, match="not found"):
        cache.incr("nothing")
    cache.clear()
    assert cache.get("c", "nothing") == "nothing"


def test_mistake_of_ours_is_no_absence():
    """Nobody may think that Redis is away when something cannot be kept anywhere."""
    with pytest.raises(CannotBeKept):
        cache.set("key", lambda: None)

    assert not absence.lasts


def test_it_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch, caplog: Any):
    asked = []
    monkeypatch.setattr(RedisCache, "get", lambda *args: asked.append(args))
    cache.add("key", 1)
    cache.get("key")
    assert asked == []
    monkeypatch.setattr(absence, "until", 0)
    cache.get("key")

    assert len(asked) == 1
    assert caplog.text.count("the shared cache is back") == 1


@pytest.mark.django_db
def test_staff_can_log_in(client: Client):
    make_account("beheer")

    assert client.post(LOGIN, {"login": "beheer", "password": PASSWORD}).status_code == 302
