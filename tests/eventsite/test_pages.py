"""The small pages of the site itself: they answer, tell the truth and leave no trace."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from unittest.mock import patch
from urllib import robotparser

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import set_urlconf
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import activate, get_language

from eventsite import guessing, views
from program.models import Speaker
from program.models.event import EventQuerySet
from registrations.door import devices
from registrations.errors import BusyNetwork
from registrations.privacy.register import FIELDS, NOT_PERSONAL
from registrations.public import limits
from tests.factories import make_event, make_organiser

LANGUAGES = [("", "nl"), ("/en", "en")]


@pytest.mark.django_db
def test_health_is_well_when_the_database_answers(client):
    response = client.get("/healthz/")

    assert (response.status_code, response.text) == (200, "ok")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


@pytest.mark.django_db
def test_health_is_ill_without_the_database_and_tells_no_secret(client):
    with patch.object(connection, "cursor", side_effect=OperationalError("password=secret")):
        response = client.get("/healthz/")

    assert response.status_code == 503
    assert "secret" not in response.text


def test_robots_may_read_and_are_kept_out_of_what_is_personal(client):
    response = client.get("/robots.txt")
    rules = robotparser.RobotFileParser()
    rules.parse(response.text.splitlines())

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    for path in ("/", "/wijk/", "/en/wijk/", "/wijk/tafelsessie/1a/", "/wijk/aanmelden/"):
        assert rules.can_fetch("*", path), path
    for start in ("", "/en"):
        for path in (
            *("/admin/", "/aanmelding/abc/", "/gastheer/abc/", "/opgeslagen/"),
            *("/deur/wijk/", "/postvak/"),
        ):
            assert not rules.can_fetch("*", start + path), start + path
    assert rules.site_maps() == [f"{settings.SITE_URL}/sitemap.xml"]


def test_security_txt_names_whom_to_tell_and_is_never_out_of_date(client):
    response = client.get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in response.text.splitlines())
    expires = datetime.fromisoformat(lines["Expires"])

    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert lines["Contact"] == "mailto:security@testserver"
    assert lines["Canonical"] == f"{settings.SITE_URL}/.well-known/security.txt"
    assert lines["Preferred-Languages"] == "nl, en"
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)
    assert expires.tzinfo == UTC


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("cert@gemeente.example", "mailto:cert@gemeente.example"),
        ("mailto:cert@gemeente.example", "mailto:cert@gemeente.example"),
        ("https://gemeente.example/melden", "https://gemeente.example/melden"),
    ],
)
def test_security_txt_has_an_address_that_programs_can_follow(client, settings, given, written):
    """RFC 9116 (2.5.3): a URI, also if an administrator gave a plain address."""
    settings.SECURITY_CONTACT = given

    lines = client.get("/.well-known/security.txt").text.splitlines()

    assert lines[0] == f"Contact: {written}"


@pytest.mark.parametrize("path", ["/privacy/", "/toegankelijkheid/"])
@pytest.mark.parametrize(("start", "language"), LANGUAGES)
def test_pages_of_the_site_need_no_database_and_set_no_cookie(client, path, start, language):
    response = client.get(start + path)

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text
    assert response.text.count("<h1") == 1
    assert not response.cookies
    assert "Cookie" in response["Vary"]


def test_privacy_page_shows_the_whole_register(client):
    page = client.get("/en/privacy/").text

    for kept in FIELDS:
        for text in (kept.what, kept.purpose, kept.seen_by, kept.kept):
            assert str(text).replace("'", "&#x27;") in page


def test_privacy_page_tells_what_is_counted_and_what_stays_of_a_failed_mail(client):
    page = " ".join(client.get("/en/privacy/").text.split())

    # Whatever is counted by network.
    longest = (BusyNetwork.seconds, limits.HOUR, limits.LONGEST_PAUSE, guessing.NETWORK_SECONDS)
    assert max(longest) == 3600
    assert "This count is gone an hour after the last of them, or later if people get" in page
    assert "This count is gone after 60 minutes" in page
    assert "whether it was sent and what went wrong for as long as your name" in page


def test_privacy_page_names_every_cookie_that_we_make(client, settings):
    page = client.get("/privacy/").text

    attendees = (settings.SAVED_COOKIE_NAME, settings.JUST_SENT_COOKIE_NAME)
    ours = (*attendees, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME)
    assert [name for name in (*ours, *devices.COOKIES.values()) if name not in page] == []


def test_privacy_page_names_the_owner(client, settings):
    settings.ORGANISATION_NAME = "Gemeente Veldwijk"
    settings.PRIVACY_CONTACT = "fg@veldwijk.example"

    page = client.get("/privacy/").text

    assert "Gemeente Veldwijk" in page
    assert 'href="mailto:fg@veldwijk.example"' in page


def test_register_holds_every_column_about_people_once():
    labels = ("registrations", "account", "mfa", "sessions")
    models: list[type[Model]] = [Speaker, User]
    models += [model for label in labels for model in apps.get_app_config(label).get_models()]
    columns = {
        f"{model._meta.model_name}.{field.name}"
        for model in models
        for field in model._meta.concrete_fields
    }
    registered = [name for kept in FIELDS for name in kept.fields]

    assert len(registered) == len(set(registered))
    assert set(registered) | NOT_PERSONAL == columns
    assert not set(registered) & NOT_PERSONAL


def test_paper_for_the_data_protection_officer_holds_the_whole_register():
    """Mend it with ``manage.py register --language en``."""
    paper = (settings.BASE_DIR / "docs/privacy.md").read_text()
    told = StringIO()

    call_command("register", language="en", stdout=told)

    table = paper.partition("<!-- register -->\n")[2].partition("\n<!-- end -->")[0]
    assert table == told.getvalue().strip()
    for name in (name for kept in FIELDS for name in kept.fields):
        model, _dot, column = name.partition(".")
        assert re.search(rf"`{model}`: [^;|]*\b{column}\b", table), name


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "language"), LANGUAGES)
def test_a_missing_page_says_so_in_the_language_of_its_address(client, start, language):
    response = client.get(f"{start}/bestaat/niet/")

    assert response.status_code == 404
    assert f'<html lang="{language}">' in response.text
    assert not response.cookies


@pytest.mark.django_db
@pytest.mark.parametrize(("start", "language"), LANGUAGES)
@pytest.mark.parametrize(
    ("view", "status"),
    [(views.bad_request, 400), (views.forbidden, 403), (views.not_found, 404)],
)
def test_refusals_speak_the_language_of_the_address(view, status, start, language):
    activate("en" if language == "nl" else "nl")  # left behind by another request
    try:
        response = view(RequestFactory().get(f"{start}/x/"), Exception())
        assert get_language() != language
    finally:
        activate("nl")

    assert response.status_code == status
    assert f'<html lang="{language}">' in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "words"),
    [("", "Je kunt hoogstens 2,5 MB in één keer versturen."), ("/en", "at most 2.5 MB at a time")],
)
def test_a_form_that_is_too_large_is_told_how_large_it_may_be(client, start, words):
    make_event(slug="wijk")

    answer = client.post(f"{start}/wijk/aanmelden/", {"first_name": "x" * 3_000_000})

    assert answer.status_code == 413
    assert words in " ".join(strip_tags(answer.text).split()).replace("\xa0", " ")


def test_an_unknown_host_gets_the_page_for_bad_requests(client):
    response = client.get("/", headers={"Host": "elsewhere.example"})

    assert response.status_code == 400
    assert '<html lang="nl">' in response.text


MISSING = ["/wijk/er/is/niets/", "/wijk/tafelsessie/9z/", "/wijk/bestaat-niet.png", "/deur/wijk/x/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", MISSING)
def test_a_missing_page_of_an_event_leads_back_to_it(client, path):
    make_event(slug="wijk", title="Werken in de wijk", title_en="Working together")

    dutch, english = client.get(path), client.get(f"/en{path}")

    assert (dutch.status_code, english.status_code) == (404, 404)
    assert '<a href="/wijk/">Werken in de wijk</a>' in dutch.text
    assert '<a href="/en/wijk/">Working together</a>' in english.text
    assert 'class="button" href="/wijk/">Naar het programma</a>' in dutch.text
    assert "Plaats: Gemeentehuis" in dutch.text


def without_number(response: HttpResponse) -> bytes:
    """Each page that says what is wrong has the number of its request."""
    return response.content.replace(response["X-Request-ID"].encode(), b"")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/wijk/", "/wijk/aanmelden/", *MISSING])
def test_a_draft_looks_like_nothing_at_all(client, path):
    make_event(slug="wijk", title="Geheim", published=False)

    draft = client.get(path)

    assert draft.status_code == 404
    nothing = client.get(path.replace("wijk", "niets"))
    assert without_number(draft) == without_number(nothing).replace(b"niets", b"wijk")
    assert "Geheim" not in draft.text


@pytest.mark.django_db
def test_refusal_names_the_event_of_its_address():
    make_event(slug="wijk", title="Werken in de wijk")

    for view in (views.forbidden, views.csrf_failure):
        page = view(RequestFactory().get("/deur/wijk/"), Exception()).text
        assert '<a href="/wijk/">Werken in de wijk</a>' in page


@pytest.mark.django_db
def test_a_missing_page_is_still_told_while_the_database_is_away(client):
    with patch.object(EventQuerySet, "named", side_effect=OperationalError("secret")):
        response = client.get("/wijk/er/is/niets/")

    assert response.status_code == 404
    assert "secret" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/er/is/niets/", "/admin/x/", "/privacy/x/", "/x.php"])
def test_a_missing_page_of_no_event_needs_one_query_at_most(
    client, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(1):
        client.get(path)


@pytest.mark.django_db
def test_a_missing_page_of_an_event_in_memory_needs_no_query(
    client, settings, django_assert_num_queries
):
    settings.PROGRAMME_SECONDS = 60
    event = make_event(slug="wijk", title="Werken in de wijk")
    client.get("/wijk/")

    with django_assert_num_queries(0):
        missing = client.get("/en/wijk/er/is/niets/")
    assert (missing.status_code, missing.context["event"]) == (404, event)
    with django_assert_num_queries(1):  # of the page itself
        assert client.get("/wijk/aanmelden/controleer-je-mail/x/").status_code == 404
        assert client.get("/wijk/tafelsessie/9z/").status_code == 404

    type(event).objects.update(published=False)
    assert client.get("/wijk/").status_code == 404
    assert "Werken in de wijk" not in client.get("/wijk/er/is/niets/").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("", "Voor welk evenement heb je je aangemeld? Werken in de wijk"),
        ("/en", "Which event did you sign up for? Werken in de wijk"),
    ],
)
def test_a_link_that_does_not_work_leads_to_one_that_does(client, start, words):
    soon = timezone.now() + timedelta(days=14)
    make_event(slug="wijk", title="Werken in de wijk", starts_at=soon)
    make_event(slug="concept", title="Geheim", starts_at=soon, published=False)
    make_event(slug="geweest", title="Oud", starts_at=timezone.now() - timedelta(days=14))

    response = client.get(f"{start}/aanmelding/onbekend/")

    assert response.status_code == 404
    assert f'href="{start}/wijk/mijn-link/"' in response.text
    assert words in " ".join(strip_tags(response.text).split())
    assert "Geheim" not in response.text
    assert "Oud" not in response.text


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_with_advice():
    client = Client(enforce_csrf_checks=True)

    response = client.post("/en/admin/account/login/", {"login": "x"})

    assert response.status_code == 403
    assert "Please send it again" in response.text


@pytest.mark.parametrize(("start", "language"), LANGUAGES)
def test_server_error_needs_neither_database_nor_session(start, language):
    # No mark: pytest refuses this test any way to the database.
    response = views.server_error(RequestFactory().get(f"{start}/x/"))

    assert response.status_code == 500
    assert f'<html lang="{language}">' in response.text
    assert "<h1>" in response.text


def test_server_error_is_what_visitors_get_when_a_page_breaks():
    client = Client(raise_request_exception=False)
    with patch.object(views, "_text", side_effect=RuntimeError("secret")):
        response = client.get("/robots.txt")
    set_urlconf(None)

    assert response.status_code == 500
    assert "secret" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/wijk/", "Dit kan niet op dit adres"),
        ("/en/wijk/", "This can’t be done at this address"),
        ("/robots.txt", "Dit kan niet op dit adres"),
    ],
)
@pytest.mark.parametrize("method", ["DELETE", "TRACE"])
def test_other_method_gets_a_page_that_says_so(client, path: str, words: str, method: str):
    event = make_event(slug="wijk")

    response = client.generic(method, path)

    assert (response.status_code, words in response.text) == (405, True)
    assert "GET" in response["Allow"]
    assert "no-store" in response["Cache-Control"]
    assert "Content-Security-Policy" in response
    assert response.context["event"] == (event if "wijk" in path else None)


@pytest.mark.django_db
def test_head_of_what_cannot_be_done_has_no_body(client):
    assert client.head("/deur/uit/").content == b""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/admin/program/event/huisstijl/", 403),
        ("GET", "/admin/program/event/99/deur/1/", 404),
        ("POST", "/admin/program/event/{pk}/deur/1/", 405),
    ],
)
def test_somebody_at_work_goes_on_from_a_refusal(client, method: str, path: str, status: int):
    event = make_event()
    client.force_login(make_organiser(event))

    refused = client.generic(method, path.format(pk=event.pk))

    assert refused.status_code == status
    assert '<a class="button" href="/admin/">Naar Start</a>' in refused.text
    assert ("Vraag een beheerder" in refused.text) == (status == 403)
    assert "Log dan eerst in" not in refused.text


@pytest.mark.django_db
def test_a_refusal_offers_the_pages_of_staff_to_nobody_else(client):
    make_event(slug="wijk")
    client.force_login(User.objects.create_user("els"))
    for path in ("/wijk/er/is/niets/", "/admin/program/event/huisstijl/"):
        assert "Naar Start" not in client.get(path, follow=True).text
