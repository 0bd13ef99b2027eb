"""Where a form was sent from: our own pages, somebody by hand, no browser; nowhere else."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from tests.program.programmes import make_programme

pytestmark = pytest.mark.django_db
SITE, ORIGIN = "Sec-Fetch-Site", "Origin"


def save(headers: dict[str, str], *, secure: bool = False) -> int:
    """The status of a POST with these headers, whose cookie shows whether it was acted upon."""
    client = Client(enforce_csrf_checks=True)
    response = client.post("/opgeslagen/", {"evenement": "wijk"}, headers=headers, secure=secure)
    assert (settings.SAVED_COOKIE_NAME in response.cookies) == (response.status_code == 303)
    return response.status_code


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SITE: "same-origin"},
        {SITE: "none"},
        {SITE.lower(): "same-origin"},
        {SITE: "same-origin", ORIGIN: "https://a-proxy-says.example"},
        {ORIGIN: "http://testserver"},
        {ORIGIN: "http://testserver:80"},
        {ORIGIN: "HTTP://TestServer"},
        {ORIGIN: "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"},
        {ORIGIN: "http://localhost", "Host": "localhost"},
        {ORIGIN: ""},
    ],
)
def test_form_of_our_own_pages_is_taken(headers):
    make_programme()

    assert save(headers) == 303


@pytest.mark.parametrize(
    "headers",
    [
        {SITE: "cross-site"},
        {SITE: "same-site"},
        {SITE: "SAME-ORIGIN"},
        {SITE: "same-origin, cross-site"},
        {SITE: "cross-site", ORIGIN: "http://testserver"},
        {ORIGIN: "null"},
        {ORIGIN: "https://testserver"},
        {ORIGIN: "http://testserver:8000"},
        {ORIGIN: "http://sub.testserver"},
        {ORIGIN: "http://testserver.elsewhere.example"},
        {ORIGIN: "http://testserver@elsewhere.example"},
        {ORIGIN: "http://127.0.0.1"},
        {ORIGIN: "http://testserver", "Host": "127.0.0.1"},
        {ORIGIN: "http://[broken"},
        {ORIGIN: "testserver"},
    ],
)
def test_form_from_elsewhere_is_refused(headers):
    make_programme()

    assert save(headers) == 403


@pytest.mark.parametrize(("origin", "status"), [("https", 303), ("http", 403)])
def test_scheme_is_the_one_that_the_visitor_sees(origin, status, settings):
    make_programme()
    headers = {ORIGIN: f"{origin}://testserver"}

    assert save(headers, secure=True) == status
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert save(headers | {"X-Forwarded-Proto": "https", "Host": "testserver"}) == status


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_reading_is_for_everybody(method):
    make_programme()
    client = Client(enforce_csrf_checks=True, headers={SITE: "cross-site", ORIGIN: "null"})

    assert getattr(client, method)("/wijk/").status_code in (200, 405)
    assert "Er is nog niets verstuurd" not in client.get("/wijk/").text


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_ways_to_change_things_are_refused_too(method):
    make_programme()
    client = Client(enforce_csrf_checks=True, headers={SITE: "cross-site"})

    assert getattr(client, method)("/opgeslagen/").status_code == 403


@pytest.mark.parametrize("path", ["/opgeslagen/", "/wijk/", "/wijk/programma.json"])
def test_refusal_says_that_nothing_was_sent_and_how_to_go_on(path):
    make_programme()
    client = Client(enforce_csrf_checks=True, headers={SITE: "cross-site"})

    response = client.post(path, {"evenement": "wijk"})

    assert response.status_code == 403
    assert "Er is nog niets verstuurd" in response.text
    assert "Gebruik een andere browser" in response.text
    assert client.post(f"/en{path}").text.count("Nothing has been sent yet") == 1


def test_page_that_is_not_there_stays_so():
    client = Client(enforce_csrf_checks=True, headers={SITE: "cross-site"})

    assert client.post("/weg/aanmelden/").status_code == 404
