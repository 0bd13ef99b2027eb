"""503 in words; and forms that are sent again by themselves, or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions import middleware as sessions
from django.db import OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import set_urlconf

from eventsite import unavailable
from program.database.outages import LockBusy
from program.database.patience import PAGES, waiting_at_most
from program.models import Event
from registrations.booking import changing, signup
from registrations.models import Registration
from registrations.privacy import erasure
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.faults.visits import sign_up_form

SIGN_UP = "/wijk/aanmelden/"


@pytest.fixture
def event(db: None) -> Event:
    event = make_event(slug="wijk")
    make_slot(event, "1a")
    return event


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unavailable, "WAIT_FOR_RESTART", 0.0)


def broken(monkeypatch: pytest.MonkeyPatch, room: Any, action: str, error: Exception) -> None:
    """From now on the action ends so, each time."""

    def breaks(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr(room, action, breaks)


@pytest.mark.parametrize(
    ("start", "language", "words"),
    [
        ("", "nl", "De site is bezig met iets dat langer duurt dan normaal."),
        ("/en", "en", "The site is busy with something that takes longer than usual."),
    ],
)
def test_503_says_what_is_wrong_and_keeps_what_was_typed(
    event: Event,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    start: str,
    language: str,
    words: str,
):
    broken(monkeypatch, signup, "sign_up", LockBusy("event 1"))

    response = client.post(f"{start}{SIGN_UP}", sign_up_form(first_name="Noor <b>"))

    assert response.status_code == 503
    assert f'<html lang="{language}">' in response.text
    assert words in response.text
    assert 'value="Noor &lt;b&gt;"' in response.text
    assert response["Retry-After"] == "5"
    assert "no-store" in response["Cache-Control"]


def test_mistake_of_our_own_stays_a_500(
    event: Event, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    broken(monkeypatch, signup, "sign_up", RuntimeError("a bug"))

    response = Client(raise_request_exception=False).post(SIGN_UP, sign_up_form())

    assert response.status_code == 500
    assert "RuntimeError" in caplog.text


def test_503_repeats_no_password(client: Client, db: None, monkeypatch: pytest.MonkeyPatch):
    User.objects.create_user("organisator", password="geheim-en-lang-genoeg")
    broken(monkeypatch, User.objects, "get_by_natural_key", LockBusy())
    broken(monkeypatch, type(User.objects), "filter", LockBusy())
    typed = {"login": "organisator", "password": "geheim-en-lang-genoeg"}

    response = client.post("/admin/account/login/", typed)

    assert response.status_code == 503
    assert "geheim" not in response.text
    assert "<form" not in response.text
    assert "Ga terug naar je formulier" in response.text


def test_error_in_a_middleware_is_a_503_too(monkeypatch: pytest.MonkeyPatch):
    """No view was asked yet, or it has answered: whoever is logged in is not known."""

    def breaks(_request: HttpRequest) -> HttpResponse:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(sessions.SessionMiddleware, "process_request", lambda _self, r: breaks(r))

    response = Client(raise_request_exception=False).get("/admin/")
    set_urlconf(None)

    assert response.status_code == 503
    assert "De site kan nu niet bij zijn gegevens." in response.text


class Cut:
    """The connection is lost at the first COMMIT: before it got there, or after it was done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, stored: bool) -> None:
        self.times = 0
        wrapper_class: Any = type(connections["default"])
        commit = wrapper_class._commit

        def cut(wrapper: Any) -> None:
            wrapper.unsure = True
            if self.times or wrapper.connection is None:
                commit(wrapper)
                return
            self.times += 1
            if stored:
                commit(wrapper)
            wrapper.connection.close()
            raise OperationalError("the connection is lost")

        monkeypatch.setattr(wrapper_class, "_commit", cut)


@pytest.fixture
def lasting_event(transactional_db: None) -> Event:
    event = make_event(slug="wijk")
    make_slot(event, "1a")
    return event


@pytest.mark.postgres
@pytest.mark.parametrize("stored", [True, False])
def test_sign_up_whose_answer_was_lost_is_sent_again_and_counts_once(
    lasting_event: Event, client: Client, monkeypatch: pytest.MonkeyPatch, stored: bool
):
    cut = Cut(monkeypatch, stored=stored)

    response = client.post(SIGN_UP, sign_up_form())

    assert (response.status_code, cut.times) == (303, 1)
    assert Registration.objects.count() == 1
    lasting_event.refresh_from_db()
    assert lasting_event.taken == 1


@pytest.mark.postgres
@pytest.mark.parametrize("stored", [True, False])
def test_cancelling_whose_answer_was_lost_is_done_once(
    lasting_event: Event, client: Client, monkeypatch: pytest.MonkeyPatch, stored: bool
):
    noor = make_registration(lasting_event)
    cut = Cut(monkeypatch, stored=stored)

    response = client.post(f"/aanmelding/{token_of(noor)}/annuleren/")

    assert (response.status_code, cut.times) == (303, 1)
    noor.refresh_from_db()
    assert noor.is_cancelled
    assert noor.changes.filter(what="cancelled").count() == 1


@pytest.mark.postgres
def test_what_cannot_be_done_twice_says_that_nobody_knows(
    lasting_event: Event, client: Client, monkeypatch: pytest.MonkeyPatch
):
    """The link stops working: a second time would say that there is no such sign-up."""
    noor = make_registration(lasting_event)
    Cut(monkeypatch, stored=True)

    response = client.post(f"/aanmelding/{token_of(noor)}/wissen/")

    assert response.status_code == 503
    assert "We weten niet of je formulier is aangekomen." in response.text


@pytest.mark.postgres
@pytest.mark.parametrize("erases", [1, 2])
def test_what_broke_before_it_was_stored_is_tried_again_once(
    lasting_event: Event, client: Client, monkeypatch: pytest.MonkeyPatch, erases: int
):
    noor = make_registration(lasting_event)
    erase: Callable[..., None] = erasure.erase
    times = 0

    def breaks(*args: Any, **kwargs: Any) -> None:
        nonlocal times
        times += 1
        if times <= erases:
            connection.close()
            raise OperationalError("the connection is lost")
        erase(*args, **kwargs)

    monkeypatch.setattr(erasure, "erase", breaks)

    response = client.post(f"/aanmelding/{token_of(noor)}/wissen/")

    assert times == 2
    assert response.status_code == {1: 200, 2: 503}[erases]


def test_busy_event_is_not_asked_twice(
    event: Event, client: Client, monkeypatch: pytest.MonkeyPatch
):
    noor, times = make_registration(event), 0

    def busy(*_args: object, **_kwargs: object) -> None:
        nonlocal times
        times += 1
        raise LockBusy

    monkeypatch.setattr(changing, "cancel", busy)

    assert client.post(f"/aanmelding/{token_of(noor)}/annuleren/").status_code == 503
    assert times == 1


@pytest.mark.postgres
def test_pages_have_an_end_to_each_wait_and_commands_none(transactional_db: None):
    def limits() -> list[str]:
        connection.close()
        names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute(f"SHOW {name}")
                yield_.append(cursor.fetchone()[0])
        found, yield_[:] = list(yield_), []
        return found

    yield_: list[str] = []
    assert limits() == ["0", "0", "0"]
    with waiting_at_most(PAGES):
        assert limits() == ["4s", "10s", "30s"]
    assert limits() == ["0", "0", "0"]
