"""Sessions of staff end by themselves; who only reads has none."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from eventsite.browsers import BROWSERS, DEVICES, KEPT, browser_of, in_words
from eventsite.sessions import end_sessions
from tests.eventsite.accounts import (
    ACCOUNT,
    SHOW,
    code_at,
    give_app,
    give_password,
    log_in,
    make_account,
)
from tests.eventsite.conftest import Clock
from tests.factories import make_event

pytestmark = pytest.mark.django_db

HOUR = 3_600
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT}"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {_WEBKIT}"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def beheer(client) -> User:
    user = make_account()
    give_password(client, user)
    return user


@pytest.mark.parametrize("factor", [False, True])
def test_logging_in_gives_the_session_another_key(client, settings, clock: Clock, factor):
    """Who knew the key of before, or gave it to the browser, is not logged in with it."""
    settings.REQUIRE_SECOND_FACTOR = factor
    user = make_account()
    secret = give_app(user) if factor else ""
    session = client.session  # one that a browser had before
    session["was"] = "here"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = before = session.session_key
    keys = [before]
    give_password(client, user)
    if factor:
        keys.append(client.session.session_key)
        client.post(SHOW, {"code": code_at(secret, clock())})
    after = client.session.session_key

    assert client.get("/admin/").status_code == 200
    assert after not in keys
    for key in keys:
        stranger = Client()
        stranger.cookies[settings.SESSION_COOKIE_NAME] = key
        assert stranger.get("/admin/").status_code == 302
        assert not Session.objects.filter(session_key=key).exists()


def minutes_left() -> float:
    return (Session.objects.get().expire_date - timezone.now()) / timedelta(minutes=1)


def let_pass(minutes: int) -> None:
    session = Session.objects.get()
    session.expire_date -= timedelta(minutes=minutes)
    session.save()


def test_session_ends_when_idle_for_two_hours(client, beheer):
    let_pass(121)

    assert client.get("/admin/").status_code == 302
    assert client.get(ACCOUNT).status_code == 302


def test_each_page_keeps_the_session_for_two_more_hours(client, beheer):
    let_pass(119)
    assert client.get("/admin/").status_code == 200

    assert 119 < minutes_left() <= 120


def test_session_is_written_to_at_most_once_a_minute(client, beheer):
    client.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/admin/")

    assert [query["sql"] for query in queries if "UPDATE" in query["sql"]] == []


def test_session_ends_half_a_day_after_logging_in_whatever_happens(client, clock: Clock):
    user = make_account()
    log_in(client, user, give_app(user), clock())
    for hours, status in ((11.9, 200), (0.2, 302)):
        clock.seconds += hours * HOUR
        assert client.get("/admin/").status_code == status


def test_reauthenticating_makes_no_session_longer(client, beheer, clock: Clock):
    clock.seconds += 11 * HOUR
    client.post(f"{ACCOUNT}again/password/", {"password": "een heel lang wachtwoord"})
    clock.seconds += 2 * HOUR

    assert client.get("/admin/").status_code == 302


def test_cookie_goes_with_the_browser(client, beheer):
    cookie = client.cookies["sessionid"]

    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"] is True


def test_reading_touches_no_session_not_even_that_of_staff(client, beheer):
    make_event(slug="wijk")
    del client.cookies["csrftoken"]
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/wijk/")

    assert not any("session_key" in query["sql"] for query in queries)
    assert not response.cookies


def test_logging_out_ends_the_session_and_empties_the_cache(client, beheer):
    response = client.post(f"{ACCOUNT}logout/")

    assert response["Clear-Site-Data"] == '"cache"'
    assert Session.objects.count() == 0
    assert client.get("/admin/").status_code == 302


def test_somebody_can_be_logged_out_everywhere(beheer):
    other = make_account("ander")
    give_password(Client(), beheer)
    give_password(Client(), other)

    assert end_sessions(beheer.pk) == 2
    assert [row.get_decoded()["_auth_user_id"] for row in Session.objects.all()] == [str(other.pk)]


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_form_sent_after_the_session_ended_is_kept_until_one_is_in_again():
    """By a browser as people have it: each log-in changes the token that forms carry."""
    user = make_account(is_superuser=True)
    client = Client(headers={"Sec-Fetch-Site": "same-origin"})
    give_password(client, user)
    client.handler.enforce_csrf_checks = True
    event = make_event()
    page = client.get(f"/admin/program/event/{event.pk}/gasten/").text
    typed = {"first_name": "Ria", "last_name": "Wit", "organisation": "<De Krant>", "kind": "press"}
    sent = {**typed, "csrfmiddlewaretoken": hidden(page)["csrfmiddlewaretoken"]}
    let_pass(121)

    late = client.post(f"/admin/program/event/{event.pk}/gasten/", sent)
    fields = hidden(late.text)
    assert (late.status_code, late["Cache-Control"]) == (403, "no-store")
    assert fields.items() >= {**typed, "organisation": "&lt;De Krant&gt;"}.items()
    assert event.guests.count() == 0

    client.handler.enforce_csrf_checks = False
    give_password(client, user)
    client.handler.enforce_csrf_checks = True
    again = client.post(f"/admin/program/event/{event.pk}/gasten/", sent)
    assert (again.status_code, event.guests.count()) == (403, 0)
    sent["csrfmiddlewaretoken"] = hidden(again.text)["csrfmiddlewaretoken"]
    assert client.post(f"/admin/program/event/{event.pk}/gasten/", sent).status_code == 303
    assert event.guests.get().first_name == "Ria"


def test_form_from_another_site_is_not_kept(client):
    path = f"/admin/program/event/{make_event().pk}/gasten/"
    sent = {"first_name": "Ria"}

    response = client.post(path, sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert (response.status_code, response.text) == (302, "")
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(path, sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert "Ria" not in response.text


def test_password_is_never_written_into_a_page():
    strict = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": "same-origin"})

    response = strict.post(f"{ACCOUNT}login/", {"login": "beheer", "password": "geheim woord"})

    assert response.status_code == 403
    assert "geheim woord" not in response.text


def test_page_knows_when_its_session_ends(client, beheer):
    assert 'data-session="7200"' in client.get("/admin/").text
    let_pass(100)

    assert client.get("/admin/ingelogd/").json() == {"seconds": 7200}
    assert minutes_left() > 119


def test_session_ends_no_later_for_a_page_that_stays_open(client, clock: Clock):
    user = make_account()
    log_in(client, user, give_app(user), clock())
    clock.seconds += 11.5 * HOUR

    assert 1790 <= client.get("/admin/ingelogd/").json()["seconds"] <= 1800


@pytest.mark.django_db(transaction=True)
def test_worker_forgets_sessions_that_ended(beheer):
    let_pass(121)
    call_command("work", once=True)

    assert Session.objects.count() == 0


def test_owner_sees_where_else_they_are_logged_in_and_ends_it(client, beheer):
    elsewhere, other = Client(headers={"User-Agent": IPHONE}), Client()
    give_password(elsewhere, beheer)
    give_password(other, make_account("ander"))

    page = " ".join(client.get(f"{ACCOUNT}sessions/").text.split())
    here, there = re.findall(r"<strong>([^<]*)</strong> <span class=\"quiet\"> (.*?) </span>", page)
    assert here == ("Een onbekende browser", "hier ben je nu")
    assert there[0] == "Safari op een iPhone"
    assert "laatst gebruikt" in there[1]
    response = client.post(f"{ACCOUNT}sessions/", follow=True)

    assert "op één ander apparaat uitgelogd" in response.text
    assert elsewhere.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == other.get("/admin/").status_code == 200
    page = client.get(f"{ACCOUNT}sessions/").text
    assert "alleen hier" in page
    assert "Uitloggen op alle andere" not in page


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (IPHONE, "Safari on an iPhone"),
        (f"{ANDROID} Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on an Android device"),
        (
            f"{ANDROID} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "Samsung Internet on an Android device",
        ),
        (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on a Windows computer"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on a Linux computer",
        ),
        ("curl/8.5.0", "An unknown browser"),
        ("Firefox <script>", "An unknown browser"),
        ("", "An unknown browser"),
    ],
)
def test_only_two_known_words_are_kept_of_a_browser(user_agent: str, words: str):
    kept = browser_of(user_agent)

    with translation.override("en"):
        assert in_words({KEPT: kept}) == words
    assert set(kept) <= {*BROWSERS, *DEVICES}


def test_who_is_there_is_asked_again_before_other_sessions_end(client, beheer, settings):
    elsewhere = Client()
    give_password(elsewhere, beheer)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0

    response = client.post(f"{ACCOUNT}sessions/")

    assert response["Location"].startswith(f"{ACCOUNT}again/password/")
    assert elsewhere.get("/admin/").status_code == 200
