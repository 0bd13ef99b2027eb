"""Nobody learns who is registered or works here (rule 5), from anything that a stranger can send.

Times differ from one run to the next, so what makes them is compared: every statement that the
database gets, every password that is hashed, and all of the answer. In each pair the world is the
same one; only the address, or the user name, that is typed is known there or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from registrations.booking import changing, holds, signup
from registrations.models import Registration
from registrations.organising import by_hand
from registrations.privacy import erasure
from tests.answers import headers_of
from tests.factories import (
    make_event,
    make_guest,
    make_host,
    make_organiser,
    make_person,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db
# As long as each other.
KNOWN, NEW = "bekend@haarlem.example", "nieuws@haarlem.example"
FORM = "/wijk/aanmelden/"
PAGE = "/wijk/aanmelden/controleer-je-mail/"
LINK = "/wijk/mijn-link/"


@dataclass(frozen=True)
class Seen:
    """All that a stranger can see of an answer, and all that took its time."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, tuple[object, int]]
    body: str
    statements: tuple[str, ...]
    passwords: int


def plain(sql: str) -> str:
    """A statement without its values: the same work has the same words."""
    sql = re.sub(r'(SAVEPOINT) "\w+"', r"\1", sql)
    sql = re.sub(r"'(?:[^']|'')*'(?:::\w+)?", "?", sql)
    return re.sub(r"\b[0-9][\w.]*", "?", sql)


@contextmanager
def hashing() -> Iterator[list[int]]:
    """Counts the passwords that are hashed: what takes longest of logging in."""
    count, encode = [0], MD5PasswordHasher.encode

    def counted(*args: Any, **kwargs: Any) -> str:
        count[0] += 1
        return encode(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MD5PasswordHasher, "encode", counted)
        yield count


def seen(request: Callable[[], Any], *typed: str) -> Seen:
    with CaptureQueriesContext(connection) as queries, hashing() as passwords:
        response = request()
    body = response.content.decode()
    for text in typed:
        body = body.replace(text, "…")
    # Tokens of forms and policies differ in each answer.
    body = re.sub(r'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"', r"\1", body)
    # PostgreSQL never gives a key again, not even one that was rolled back.
    body = re.sub(r"(/uitnodiging/)\d+", r"\1…", body)
    return Seen(
        response.status_code,
        headers_of(response),
        {name: (morsel["max-age"], len(morsel.value)) for name, morsel in response.cookies.items()},
        body,
        tuple(plain(query["sql"]) for query in queries),
        passwords[0],
    )


def typed(email: str, **changes: str) -> dict[str, str]:
    return {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": email,
        "role": "raadslid",
        "round_1": "1a",
        "agree": "on",
    } | changes


# What a stranger can do with an address. Each ends with pages that may tell more.


def sign_up(email: str, **changes: str) -> list[Seen]:
    client = Client()
    send = lambda: client.post(FORM, typed(email, **changes))  # noqa: E731
    return [
        seen(send, email),
        seen(lambda: client.get(PAGE), email),
        seen(lambda: client.post(PAGE, {"code": "000000"}), email),
        seen(lambda: client.get(FORM), email),
        seen(lambda: Client().get("/wijk/"), email),
        seen(send, email),
        seen(lambda: client.post(PAGE, {"email": email}), email),
        seen(lambda: client.post(FORM, {"email": email}), email),
    ]


def sign_up_for_the_list(email: str) -> list[Seen]:
    return sign_up(email, waiting="1")


def ask_link(email: str) -> list[Seen]:
    client = Client()
    return [
        seen(lambda: client.post(LINK, {"email": email}), email),
        seen(lambda: client.get(f"{LINK}?verstuurd=1"), email),
    ]


def send_elsewhere(email: str) -> list[Seen]:
    """The mail of one's own sign-up, to the address."""
    client = Client()
    client.post(FORM, typed("eigen@haarlem.example"))
    return [
        seen(lambda: client.post(PAGE, {"email": email}), email),
        seen(lambda: client.get(f"{PAGE}?verstuurd=ander"), email),
        seen(lambda: client.post(PAGE, {"code": "000000"}), email),
        seen(lambda: client.get(FORM), email),
        seen(lambda: client.post(PAGE, {"email": "eigen@haarlem.example"}), email),
    ]


# The second sends what the first does, and can be told of the waiting list too.
STRANGER = [sign_up, sign_up_for_the_list, ask_link, send_elsewhere]


# What the address may be known for.


def pending(event: Event) -> Registration:
    return make_registration(event, {1: "1b"}, email=KNOWN, confirmed=False, at=timezone.now())


def confirmed(event: Event) -> Registration:
    return make_registration(event, {1: "1b"}, email=KNOWN, at=timezone.now())


def confirmed_in_capitals(event: Event) -> Registration:
    return make_registration(event, {1: "1b"}, email=KNOWN.upper(), at=timezone.now())


def waiting(event: Event) -> None:
    """On the event's waiting list."""
    Event.objects.filter(pk=event.pk).update(capacity=event.taken)
    make_registration(event, email=KNOWN, waiting_too=True, at=timezone.now())


def waiting_for_a_table(event: Event) -> None:
    waitlists = {1: ["1c"]}
    make_registration(event, {1: "1b"}, email=KNOWN, waitlists=waitlists, at=timezone.now())


def cancelled(event: Event) -> None:
    changing.cancel(confirmed(event), at=timezone.now())


def expired(event: Event) -> None:
    pending(event)
    holds.free(event.registrations.pending(), who="o", at=timezone.now())


def erased(event: Event) -> None:
    erasure.erase(confirmed(event), at=timezone.now())


def added_by_hand(event: Event) -> None:
    person, at = make_person(KNOWN), timezone.now()
    by_hand.add(event, person, {1: "1b"}, namesake=True, who="o", why="belde", at=at)


def registered_twice(event: Event) -> None:
    """With another sign-up that is still to be confirmed."""
    confirmed(event)
    pending(event)


def registered_elsewhere(event: Event) -> None:
    make_registration(make_event(), email=KNOWN, at=timezone.now())


def guest_and_host(event: Event) -> None:
    make_guest(event)
    make_host(event, "1b", KNOWN)


def colleague(event: Event) -> None:
    make_organiser(event, email=KNOWN)


KNOWN_FOR = [
    pending,
    confirmed,
    confirmed_in_capitals,
    waiting,
    waiting_for_a_table,
    cancelled,
    expired,
    erased,
    added_by_hand,
    registered_twice,
    registered_elsewhere,
    guest_and_host,
    colleague,
]


# What the event may be like by then.


def confirming_first(event: Event) -> None:
    Event.objects.update(confirm_first=True)


def full(event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(capacity=Event.objects.get(pk=event.pk).taken)


def list_closed(event: Event) -> None:
    full(event)
    Event.objects.update(waiting_closes_at=timezone.now() - timedelta(hours=1))


def many_held(event: Event) -> None:
    for _bot in range(3):
        at, person = timezone.now(), make_person()
        signup.sign_up(event, person, {}, waiting_too=True, at=at)
    Event.objects.filter(pk=event.pk).update(capacity=Event.objects.get(pk=event.pk).taken + 4)


def called_off(event: Event) -> None:
    Event.objects.update(called_off_at=timezone.now())


def sign_up_closed(event: Event) -> None:
    Event.objects.update(signup_closes_at=timezone.now() - timedelta(hours=1))


def over(event: Event) -> None:
    at = timezone.now() - timedelta(days=1)
    Event.objects.update(
        starts_at=at, ends_at=at + timedelta(hours=4), signup_closes_at=None, waiting_closes_at=None
    )


BY_THEN = [
    confirming_first,
    full,
    list_closed,
    many_held,
    called_off,
    sign_up_closed,
    over,
]


@pytest.fixture
def event(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Somebody sits at 1c, which has one seat."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    event = make_event(slug="wijk", rounds=1, starts_at=now + timedelta(days=14))
    for code, seats in (("1a", 10), ("1b", 10), ("1c", 1)):
        make_slot(event, code, seats=seats)
    make_registration(event, {1: "1c"}, at=now)
    event.refresh_from_db()
    return event


def both(act: Callable[[str], list[Seen]], known: str, unknown: str) -> None:
    """Do it with the one and with the other, each as if nothing had been done before."""
    for page in (FORM, "/wijk/"):
        Client().get(page)  # the programme is in memory from then on
    found = [undone(act, value) for value in (known, unknown)]
    for one, other in zip(*found, strict=True):
        assert one.status < 500
        assert one.statements == other.statements
        assert one == other


def undone(act: Callable[[str], list[Seen]], value: str) -> list[Seen]:
    cache.clear()
    with transaction.atomic():
        found = act(value)
        transaction.set_rollback(True)
    cache.clear()
    return found


@pytest.mark.parametrize("act", STRANGER[1:], ids=lambda act: act.__name__)
@pytest.mark.parametrize("known_for", KNOWN_FOR, ids=lambda known: known.__name__)
def test_an_address_that_is_known_is_answered_as_any_other(
    event: Event, act: Callable[[str], list[Seen]], known_for: Callable[[Event], object]
):
    known_for(event)

    both(act, KNOWN, NEW)


@pytest.mark.parametrize("act", STRANGER, ids=lambda act: act.__name__)
@pytest.mark.parametrize("by_then", BY_THEN, ids=lambda then: then.__name__)
def test_whatever_the_event_is_like(
    event: Event,
    act: Callable[[str], list[Seen]],
    by_then: Callable[[Event], None],
):
    confirmed(event)
    by_then(event)

    both(act, KNOWN, NEW)


def test_statements_tell_one_kind_of_work_from_another(event: Event):
    """Else the tests here would compare nothing."""
    (first, *_rest), (other, *_more) = sign_up(NEW), ask_link(NEW)

    assert first.statements != other.statements
    assert any("registrations_storedmail" in one for one in first.statements)
    assert NEW not in " ".join(first.statements)
    assert first.cookies[settings.JUST_SENT_COOKIE_NAME][0] == 3_600


# Staff


def log_in(name: str) -> list[Seen]:
    client = Client()
    fields = {"login": name, "password": "een verkeerd wachtwoord"}
    return [
        seen(lambda: client.get("/admin/account/login/")),
        *(seen(lambda: client.post("/admin/account/login/", fields), name) for _time in range(3)),
    ]


def ask_password(email: str) -> list[Seen]:
    client = Client()
    page = "/admin/account/password/reset/"
    return [
        seen(lambda: client.post(page, {"email": email}), email),
        seen(lambda: client.get(f"{page}done/"), email),
    ]


ACCOUNTS: dict[str, dict[str, Any]] = {
    "staff": {"is_staff": True},
    "nobody any more": {"is_staff": False},
    "closed": {"is_staff": True, "is_active": False},
    "administrator": {"is_staff": True, "is_superuser": True},
}


@pytest.mark.parametrize("password", ["een heel goed wachtwoord", None], ids=["password", "none"])
@pytest.mark.parametrize("account", ACCOUNTS)
def test_logging_in_with_a_wrong_password_tells_nothing(account: str, password: str | None):
    User.objects.create_user("anneke", KNOWN, password, **ACCOUNTS[account])

    both(log_in, "anneke", "gerrit")


@pytest.mark.parametrize("account", ACCOUNTS)
def test_asking_for_a_new_password_tells_nothing(account: str):
    User.objects.create_user("anneke", KNOWN, "een heel goed wachtwoord", **ACCOUNTS[account])

    both(ask_password, KNOWN, NEW)


@pytest.mark.parametrize("account", ACCOUNTS)
def test_inviting_a_colleague_tells_nothing(event: Event, account: str):
    User.objects.create_user("anneke", KNOWN, "een heel goed wachtwoord", **ACCOUNTS[account])
    staff = make_organiser(event)

    def invite(email: str) -> list[Seen]:
        client = Client()
        client.force_login(staff)
        page = f"/admin/program/event/{event.pk}/team/"
        fields = {"do": "invite", "email": email, "role": "organiser"}
        return [
            seen(lambda: client.post(page, fields), email),
            seen(lambda: client.get(page), email),
        ]

    both(invite, KNOWN, NEW)
