"""Mozilla's HTTP Observatory would give every kind of page full marks, as production serves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils import timezone

from registrations.queries.tokens import token_of
from tests.eventsite.observatory import A_PLUS, FULL, Score, Visit, report, score
from tests.eventsite.test_security import breaks
from tests.eventsite.test_security import urlpatterns as all_urls
from tests.factories import make_event, make_organiser, make_registration, make_slot

pytestmark = pytest.mark.django_db

urlpatterns = [path("breekt/", breaks), *all_urls]
handler400 = "eventsite.views.bad_request"
handler403 = "eventsite.views.forbidden"
handler404 = "eventsite.views.not_found"
handler500 = "eventsite.views.server_error"

STRANGERS = {
    "home": "/",
    "event": "/wijk/",
    "table session": "/wijk/tafelsessie/1a/",
    "sign-up form": "/wijk/aanmelden/",
    "privacy": "/privacy/",
    "log-in": "/admin/account/login/",
    "no such page": "/bestaat/niet/",
    "broken page": "/breekt/",
}
WEAKER: dict[str, Callable[[str], str]] = {
    "Content-Security-Policy": lambda policy: policy.replace(
        "style-src 'self'", "style-src 'self' 'unsafe-inline'"
    ),
    "Strict-Transport-Security": lambda _header: "max-age=3600",
    "Referrer-Policy": lambda _header: "unsafe-url",
    "X-Content-Type-Options": lambda _header: "",
    "Cross-Origin-Resource-Policy": lambda _header: "cross-origin",
    "Cross-Origin-Opener-Policy": lambda _header: "unsafe-none",
    "Cross-Origin-Embedder-Policy": lambda _header: "unsafe-none",
}


@pytest.fixture(autouse=True)
def _as_in_production():
    with override_settings(SECURE_SSL_REDIRECT=True, ROOT_URLCONF=__name__):
        yield


def visited(address: str, client: Client | None = None) -> Visit:
    client = client or Client()
    client.raise_request_exception = False
    answer = client.get(address, secure=True)
    cookies = [("Set-Cookie", cookie.OutputString()) for cookie in answer.cookies.values()]
    plain = client.get(address)
    return Visit(
        f"https://testserver{address}",
        [*answer.items(), *cookies],
        answer.text,
        plain.status_code,
        plain.get("Location", ""),
    )


def full_marks(found: Score) -> bool:
    return found.points >= FULL and not [
        points for _f, points in found.results.values() if points < 0
    ]


@pytest.fixture
def wijk() -> str:
    """The address of a personal page."""
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    return f"/aanmelding/{token_of(make_registration(event, at=timezone.now()))}/"


def test_every_kind_of_page_gets_full_marks(wijk: str):
    weak = {}
    for name, address in (STRANGERS | {"personal page": wijk}).items():
        found = score(visited(address))
        if not full_marks(found) or found.mark != "A+":
            weak[name] = list(report(found))

    assert weak == {}


def test_pages_of_staff_get_full_marks_too(wijk: str):
    event = make_event(slug="staf")
    organiser = Client()
    organiser.force_login(make_organiser(event))
    administrator = Client()
    administrator.force_login(User.objects.create_superuser("beheer"))
    weak = {
        address: list(report(found))
        for client, address in [
            (organiser, "/admin/"),
            (organiser, f"/admin/program/event/{event.pk}/overzicht/"),
            (organiser, f"/admin/program/event/{event.pk}/huisstijl/"),
            (administrator, "/admin/auth/user/"),
        ]
        if not full_marks(found := score(visited(address, client)))
    }

    assert weak == {}


def test_cookies_of_a_log_in_earn_their_points():
    found = score(visited("/admin/account/login/"))

    assert found.results["cookies"] == ("all as they should be", 5)
    assert found.points == FULL + 5


@pytest.mark.parametrize("name", WEAKER)
def test_a_header_that_is_weakened_costs_the_full_marks(name: str):
    page = visited("/privacy/")
    assert full_marks(score(page))
    headers = [
        (key, WEAKER[name](value) if key == name else value)
        for key, value in page.headers
        if key != name or WEAKER[name](value)
    ]
    assert headers != list(page.headers)

    assert not full_marks(score(replace(page, headers=headers)))


@pytest.mark.parametrize(
    ("cookie", "points"),
    [
        ("__Host-sessionid=1; Secure; HttpOnly; SameSite=Lax", 5),
        ("__Host-sessionid=1; Secure; HttpOnly", 0),
        ("__Host-sessionid=1; Secure; SameSite=Lax", -30),
        ("__Host-sessionid=1; HttpOnly; SameSite=Lax", -10),
        ("csrftoken=1; Secure", -20),
        ("bewaard=1; SameSite=Lax", -5),
    ],
)
def test_cookies_are_judged_one_by_one(cookie: str, points: int):
    page = visited("/privacy/")
    fine = ("Set-Cookie", "a=1; Secure; SameSite=Strict")

    found = score(replace(page, headers=[*page.headers, fine, ("Set-Cookie", cookie)]))

    assert found.results["cookies"][1] == points


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({"http_location": ""}, -20),
        ({"http_location": "http://www.testserver/"}, -10),
        ({"http_location": "https://elders.example/"}, -5),
        ({"http_status": 0, "http_location": ""}, 0),
    ],
)
def test_http_has_to_lead_to_https_on_the_same_host(change: dict[str, object], points: int):
    page = replace(visited("/privacy/"), **change)  # type: ignore[arg-type]

    assert score(page).results["redirection"][1] == points


def test_scripts_of_others_cost_points():
    page = visited("/privacy/")
    script = '<script src="https://cdn.example/a.js"></script>'

    assert score(replace(page, body=page.body + script)).results["Subresource Integrity"][1] == -5


def test_who_loses_more_than_ten_points_earns_none():
    bare = Visit("https://testserver/", [], "", 200)

    assert score(bare).points == 100 - 25 - 20 - 20 - 5 - 20
    assert score(bare).mark == "F"
    assert A_PLUS <= FULL
