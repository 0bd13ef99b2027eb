"""Passwords are guessed slowly from any number of networks; their owners always have a way in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from eventsite import guessing
from registrations.mail import strangers
from registrations.models import StoredMail
from tests.eventsite.accounts import ACCOUNT, LOGIN, PASSWORD, make_account
from tests.eventsite.test_staff_password import ask, choose, link_in
from tests.factories import make_event
from tests.mailed import words_of

pytestmark = pytest.mark.django_db

WRONG, TOO_MANY = "horen niet bij elkaar", "Er is te vaak een verkeerd wachtwoord ingevuld"


@pytest.fixture
def networks() -> Iterator[str]:
    return (f"10.{number // 250}.{number % 250}.1" for number in count(1))


def tried(name: str, address: str, password: str = "fout", browser: Client | None = None) -> Any:
    client = browser or Client()
    return client.post(LOGIN, {"login": name, "password": password}, REMOTE_ADDR=address)


def guess(name: str, networks: Iterator[str], times: int = guessing.ACCOUNT_TRIES) -> None:
    for _time in range(times):
        assert WRONG in tried(name, next(networks)).text


def test_forty_networks_get_no_forty_guesses(networks):
    make_account("noor")
    assert guessing.ACCOUNT_TRIES == 20  # as docs/security.md and the mail to its owner say
    guess("noor", networks)

    for _network in range(20):
        assert TOO_MANY in tried("Noor", next(networks)).text
    # Not even the right password is told from a wrong one.
    assert TOO_MANY in tried("noor", next(networks), PASSWORD).text


def test_the_owner_gets_in_with_a_browser_of_before(networks):
    user, mine = make_account("noor"), Client()
    assert tried("noor", "10.9.9.9", PASSWORD, mine).status_code == 302
    mine.post(f"{ACCOUNT}logout/")
    guess("noor", networks)

    assert tried("noor", next(networks), PASSWORD, mine).status_code == 302
    other = make_account("bram")
    assert other.username not in mine.cookies[settings.DEVICE_COOKIE_NAME].value
    assert user.username not in mine.cookies[settings.DEVICE_COOKIE_NAME].value


def test_a_browser_of_before_is_known_for_its_own_account_alone(networks):
    make_account("noor")
    make_account("bram")
    mine = Client()
    tried("bram", "10.9.9.9", PASSWORD, mine)
    mine.post(f"{ACCOUNT}logout/")
    guess("noor", networks)

    assert TOO_MANY in tried("noor", next(networks), PASSWORD, mine).text


def test_a_browser_is_known_for_all_who_use_it(networks):
    make_account("noor")
    make_account("bram")
    shared = Client()
    for name in ("noor", "bram"):
        tried(name, "10.9.9.9", PASSWORD, shared)
        shared.post(f"{ACCOUNT}logout/")
    guess("noor", networks)

    assert tried("noor", next(networks), PASSWORD, shared).status_code == 302


def test_a_browser_of_before_guesses_no_faster_than_a_network(networks):
    make_account("noor")
    mine = Client()
    tried("noor", "10.9.9.9", PASSWORD, mine)
    mine.post(f"{ACCOUNT}logout/")
    for _guess in range(10):
        assert WRONG in tried("noor", "10.9.9.9", browser=mine).text

    assert "Te vaak een verkeerd wachtwoord" in tried("noor", "10.9.9.9", PASSWORD, mine).text


def test_a_mailed_link_lets_the_owner_in_while_strangers_guess(networks):
    user, mine = make_account("noor"), Client()
    guess("noor", networks)
    ask(user.email)
    StoredMail.objects.filter(asked=False).delete()
    strangers.answer(timezone.now())
    new = "nog een heel lang woord"
    choose(mine, link_in(words_of(StoredMail.objects.get()).text), new)

    assert tried("noor", next(networks), new, mine).status_code == 302


def test_the_owner_gets_one_mail_about_it(networks):
    user = make_account("noor")
    guess("noor", networks)
    for _more in range(5):
        tried("noor", next(networks))

    mail = StoredMail.objects.get()
    assert mail.to == user.email
    assert "twintig keer" in words_of(mail).text
    cache.delete(f"guesses:account:{guessing._mark('noor')}")  # an hour later
    guess("noor", networks)
    tried("noor", next(networks))
    assert StoredMail.objects.count() == 1


def test_a_name_that_nobody_has_is_answered_in_the_same_words(networks):
    make_account("noor")
    pages = []
    for name in ("noor", "niemand"):
        guess(name, networks)
        page = tried(name, next(networks)).text.replace(name, "")
        pages.append(re.sub(r'value="[^"]*"', "", page))

    assert pages[0] == pages[1]


def guess_many(address: str) -> None:
    for number in range(guessing.NETWORK_TRIES):
        assert WRONG in tried(f"naam{number}", address).text


def test_one_network_guesses_slowly_after_a_hundred_wrong_passwords():
    make_account("noor")
    guess_many("10.0.0.1")
    for _few in range(guessing.FEW):
        assert WRONG in tried("noor", "10.0.0.1").text

    assert TOO_MANY in tried("noor", "10.0.0.1", PASSWORD).text
    assert tried("noor", "10.0.0.2", PASSWORD).status_code == 302


def test_one_who_guesses_does_not_close_a_whole_town_hall():
    """Colleagues share its address, and come with a new computer."""
    guess_many("10.0.0.1")
    for name in ("noor", "bram"):
        make_account(name)
        assert WRONG in tried(name, "10.0.0.1").text  # mistyped
        for _time in range(5):
            assert tried(name, "10.0.0.1", PASSWORD).status_code == 302


def test_a_passkey_or_a_mailed_link_is_never_closed_by_wrong_passwords(networks):
    """What the page of a refused log-in names is there."""
    user = make_account("noor")
    guess("noor", networks)
    refused = tried("noor", next(networks), PASSWORD).text
    assert "passkey" in refused
    link = f'href="{ACCOUNT}password/reset/"'
    assert link in refused
    assert "data-passkey" in refused
    ask(user.email)
    StoredMail.objects.filter(asked=False).delete()
    strangers.answer(timezone.now())
    assert StoredMail.objects.get().to == user.email


def test_colleagues_who_know_their_password_are_never_counted():
    make_account("noor")
    for _time in range(guessing.NETWORK_TRIES + 10):
        assert tried("noor", "10.0.0.1", PASSWORD).status_code == 302


def test_a_cookie_that_somebody_made_up_says_nothing(networks):
    make_account("noor")
    guess("noor", networks)
    forged = Client()
    for value in ("", "x", guessing._mark("noor"), f'["{guessing._mark("noor")}"]:1:2'):
        forged.cookies[settings.DEVICE_COOKIE_NAME] = value
        assert TOO_MANY in tried("noor", next(networks), PASSWORD, forged).text


def test_the_cookie_is_for_us_alone(settings):
    make_account("noor")
    client = Client()
    tried("noor", "10.0.0.1", PASSWORD, client)
    cookie = client.cookies[settings.DEVICE_COOKIE_NAME]

    assert {key: cookie[key] for key in ("secure", "httponly", "samesite", "path", "max-age")} == {
        "secure": settings.SESSION_COOKIE_SECURE or "",
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
        "max-age": guessing.KNOWN_FOR,
    }


def test_nothing_is_counted_by_the_address_of_a_network():
    make_account("noor")
    make_event(slug="wijk")

    assert WRONG in tried("noor", "10.6.6.6").text
    Client().post("/wijk/mijn-link/", {"email": "noor@haarlem.example"}, REMOTE_ADDR="10.6.6.6")

    counted = [*cache._cache]  # type: ignore[attr-defined]
    assert [key for key in counted if "guesses:network:" in key]
    assert [key for key in counted if "10.6.6.6" in key] == []
