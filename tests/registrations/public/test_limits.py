"""Ceilings: which forms are counted together, and what people read who reach one."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils.translation import override

from registrations.errors import BusyAddress, BusyNetwork, TooManyRequests
from registrations.public import limits


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
        assert "ten minutes" in str(network.value)
        assert (type(address.value), address.value.seconds) == (BusyAddress, 3_600)
        assert "this e-mail address" in str(address.value)
        assert "an hour" in str(address.value)
        for error in (network.value, address.value):
            page = render_to_string("429.html", {"error": error}, RequestFactory().get("/"))
            assert str(error) in page


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
