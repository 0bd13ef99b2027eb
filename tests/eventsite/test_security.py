"""Headers, cookies and the second factor, on whatever the site answers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.urls import path
from django.utils import timezone

from eventsite.security import without_body
from eventsite.urls import urlpatterns as all_urls
from registrations.models import Draw
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.registrations.drawn import empty_file

pytestmark = pytest.mark.django_db

CSP = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
}
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}

FOR_ANY_SITE = {"data", "result of a draw"}


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [path("breaks/", breaks), *all_urls]
handler400 = "eventsite.views.bad_request"
handler403 = "eventsite.views.forbidden"
handler404 = "eventsite.views.not_found"
handler500 = "eventsite.views.server_error"


@pytest.fixture
def links() -> dict[str, str]:
    """Addresses with an event and a person behind them, by name."""
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    Draw.objects.create(event=event, file=empty_file(), slots=[])
    token = token_of(make_registration(event, at=timezone.now()))
    return {
        "home": "/",
        "home in English": "/en/",
        "event": "/wijk/",
        "table session": "/wijk/tafelsessie/1a/",
        "calendar": "/wijk/agenda.ics",
        "data": "/wijk/programma.json",
        "result of a draw": "/wijk/uitslag.json",
        "form": "/wijk/aanmelden/",
        "inbox": "/wijk/aanmelden/controleer-je-mail/",
        "my link": "/wijk/mijn-link/",
        "who comes": "/wijk/wie-komen/",
        "mine": f"/aanmelding/{token}/",
        "mine in English": f"/en/aanmelding/{token}/",
        "my tables": f"/aanmelding/{token}/tafels/",
        "my calendar": f"/aanmelding/{token}/agenda.ics",
        "unknown link": "/aanmelding/unknown/",
        "unknown link of a host": "/gastheer/unknown/",
        "unknown invitation": "/en/admin/account/uitnodiging/unknown/",
        "no page behind a link": f"/aanmelding/{token}/no/such/page/",
        "saved": "/opgeslagen/",
        "login": "/admin/account/login/",
        "admin": "/admin/",
        "privacy": "/privacy/",
        "robots": "/robots.txt",
        "security.txt": "/.well-known/security.txt",
        "health": "/healthz/",
        "mailbox": "/postvak/",
        "not found": "/no/such/page/",
        "static": static("admin/css/base.css"),
        "static not found": "/static/none.css",
        "breaks": "/breaks/",
    }


@pytest.mark.urls("tests.eventsite.test_security")
def test_every_answer_has_every_header(links):
    client = Client(raise_request_exception=False)
    for name, address in links.items():
        response = client.get(address)
        csp = {part.strip() for part in response["Content-Security-Policy"].split(";")}

        assert csp - {""} == CSP, name
        assert {header: response[header] for header in FIXED} == FIXED, name
        assert "camera=()" in response["Permissions-Policy"], name
        kind = response.get("Content-Type", "")
        assert "charset=" in kind or not kind.startswith("text/"), name
        # Scripts of other sites read what is the same for everybody, and made for them.
        assert ("Access-Control-Allow-Origin" in response) == (name in FOR_ANY_SITE), name
        assert response.status_code < 500 or name == "breaks"
        if response.streaming:  # any other would close the test's database
            response.close()


def test_permissions_are_off_but_for_copying_sharing_and_passkeys(client):
    policy = client.get("/healthz/")["Permissions-Policy"].split(", ")

    assert [feature for feature in policy if not feature.endswith("=()")] == [
        "clipboard-write=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
    # Not named, so that it is for ourselves, and no browser that lacks it complains.
    assert not any(feature.startswith("web-share") for feature in policy)


def test_redirect_to_https_stays_on_the_host_and_has_the_headers(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/wijk/?a=b")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/wijk/?a=b")
    assert {header: response[header] for header in FIXED} == FIXED
    assert client.get("/healthz/").status_code == 200


def test_https_answers_ask_for_https_for_a_year(client):
    assert client.get("/healthz/", secure=True)["Strict-Transport-Security"] == (
        "max-age=31536000; includeSubDomains; preload"
    )


def test_unknown_host_is_refused_with_the_headers(client):
    response = client.get("/", headers={"host": "elsewhere.example"})

    assert response.status_code == 400
    assert {header: response[header] for header in FIXED} == FIXED


@pytest.mark.parametrize("address", ["/", "/no/such/page/", "/admin/account/login/"])
def test_trace_is_refused(client, address):
    response = client.generic("TRACE", address)

    assert response.status_code == 405
    assert "TRACE" not in response["Allow"]
    assert {header: response[header] for header in FIXED} == FIXED


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "hex", "undefined", "latin-1"])
def test_a_form_in_other_letters_than_utf8_is_refused(client, charset):
    make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    part = '--x\r\nContent-Disposition: form-data; name="first_name"\r\n\r\n\\ud800\r\n--x--\r\n'
    form = f"multipart/form-data; boundary=x; charset={charset}"
    response = client.generic("POST", "/wijk/aanmelden/", part, content_type=form)

    assert response.status_code == 400
    assert {header: response[header] for header in FIXED} == FIXED
    told = client.generic(
        "POST", "/wijk/aanmelden/", part, "multipart/form-data; boundary=x; charset=UTF-8"
    )
    assert told.status_code == 422


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"first_name=No%ffor"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="first_name"\r\n\r\n\xff\r\n--x--\r\n',
        ),
    ],
)
def test_a_byte_that_is_not_utf8_is_refused_where_it_was_typed(client, kind, body):
    """Whether it came in a plain form or in one with parts."""
    make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))

    answer = client.generic("POST", "/wijk/aanmelden/", body, kind)

    assert answer.status_code == 422
    (sentence,) = answer.context["form"].errors["first_name"]
    assert "Er staat een teken in dat we niet kunnen tonen." in sentence


@pytest.mark.parametrize(
    "name",
    [
        "mine",
        "mine in English",
        "my tables",
        "my calendar",
        "unknown link",
        "no page behind a link",
    ],
)
def test_personal_pages_leave_no_copy(client, links, name):
    response = client.get(links[name])

    assert {"no-store", "private"} <= set(response["Cache-Control"].split(", "))
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "same-origin"


@pytest.mark.urls("tests.eventsite.test_security")
def test_every_page_varies_on_the_cookie_and_no_file_does(links):
    client = Client(raise_request_exception=False)
    pages: set[str] = set()
    files: set[str] = set()
    for name, address in links.items():
        response = client.get(address)
        vary = response.get("Vary", "").split(", ")
        (pages if response["Content-Type"].startswith("text/html") else files).add(name)
        assert (name in pages) == ("Cookie" in vary), name
        assert response.status_code < 500 or name == "breaks"
        if response.streaming:
            response.close()

    assert {"inbox", "who comes", "not found", "mine", "my link", "saved"} < pages
    assert {"calendar", "data", "robots", "static"} < files


@pytest.mark.parametrize(
    "name",
    ["home", "event", "table session", "privacy", "who comes", "form", "my link", "my tables"],
)
def test_reading_sets_no_cookie(client, links, name):
    assert not client.get(links[name]).cookies


def test_cookies_are_for_us_alone(client, links):
    client.get(links["login"])
    cookie = client.cookies["csrftoken"]

    assert {key: cookie[key] for key in ("secure", "httponly", "samesite", "path")} == {
        "secure": True,
        "httponly": True,
        "samesite": "Lax",
        "path": "/",
    }


def test_form_from_another_site_is_refused(links):
    client = Client(headers={"Sec-Fetch-Site": "cross-site"})
    response = client.post(links["form"], {"first_name": "Noor"})

    assert response.status_code == 403
    assert {header: response[header] for header in FIXED} == FIXED


# The second factor


@pytest.fixture
def organiser() -> User:
    return User.objects.create_superuser("organisator", password="open sesame")


def test_password_alone_opens_the_admin_where_that_is_enough(client, organiser):
    client.force_login(organiser)

    assert client.get("/admin/").status_code == 200


def test_password_alone_opens_nothing_where_a_second_factor_is_required(
    client, organiser, settings
):
    settings.REQUIRE_SECOND_FACTOR = True
    client.force_login(organiser)
    response = client.get("/admin/", follow=True)

    assert response.request["PATH_INFO"] == "/admin/account/"


def test_head_has_the_headers_of_get_and_no_body():
    request = RequestFactory()
    answer = without_body(lambda request: HttpResponse("twelve bytes"))

    assert answer(request.get("/")).content == b"twelve bytes"
    assert answer(request.head("/")).content == b""
    assert answer(request.head("/"))["Content-Length"] == "12"
