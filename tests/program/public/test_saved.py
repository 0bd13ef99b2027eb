"""Saving without an account: one cookie, written by a POST only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from program.models import Event
from program.public import saved
from tests.program.programmes import make_programme

pytestmark = pytest.mark.django_db
COOKIE = settings.SAVED_COOKIE_NAME


def read(cookie: str) -> list[str]:
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = cookie
    return saved.read(request)


def post(client: Client, **fields: str):
    return client.post("/opgeslagen/", {"evenement": "wijk", **fields})


def test_saving_twice_is_saving_once_and_the_newest_stands_last(client):
    make_programme()
    make_programme("ander")

    for slug in ("wijk", "ander", "wijk"):
        post(client, evenement=slug)

    assert client.cookies[COOKIE].value == "ander|wijk"
    assert read("ander|wijk") == ["ander", "wijk"]


def test_cookie_is_functional_and_nothing_more(client, settings):
    make_programme()

    cookie = post(client).cookies[COOKIE]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == 365 * 24 * 3600
    assert not cookie["secure"]
    settings.SITE_IS_HTTPS = True
    assert post(client).cookies[COOKIE]["secure"]


def test_removing_the_last_thing_removes_the_cookie(client):
    make_programme()
    post(client)

    response = post(client, bewaar="0")

    assert response.cookies[COOKIE]["max-age"] == 0


def test_answer_leads_back_to_where_it_was_asked(client):
    make_programme()

    response = post(client, terug="/wijk/?x=1#tafel-1-0")

    assert (response.status_code, response["Location"]) == (303, "/wijk/?x=1#tafel-1-0")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "///elsewhere.example/",
        "/\\elsewhere.example/",
        "\\\\elsewhere.example",
        "/\t/elsewhere.example/",
        "/\n/elsewhere.example/",
        "http://testserver//elsewhere.example/",
        "http://testserver/\\elsewhere.example/",
        "javascript:alert(1)",
        "wijk/",
        "/" + "a" * 600,
        "http://[broken",
    ],
)
def test_answer_never_leads_to_another_site(client, elsewhere):
    make_programme()

    assert post(client, terug=elsewhere)["Location"] == "/opgeslagen/"


@pytest.mark.parametrize("path", ["/wijk/", "/wijk/tafelsessie/1-0/"])
def test_pages_of_an_event_have_one_button_that_saves_it_or_takes_it_out(client, path):
    make_programme()

    before = client.get(path)
    post(client)
    after = client.get(path)

    for response, keep in ((before, 1), (after, 0)):
        assert response.text.count('action="/opgeslagen/"') == 1
        assert f'name="bewaar" value="{keep}"' in response.text
        assert f'name="terug" value="{path}"' in response.text


def test_page_lists_what_is_saved_and_says_what_is_over(client):
    make_programme()
    make_programme("niet", title="Niet opgeslagen")
    make_programme("geweest", title="Vorig jaar", starts_at=datetime(2016, 10, 31, 13, tzinfo=UTC))
    client.cookies[COOKIE] = "geweest|wijk"

    page = client.get("/opgeslagen/").text

    assert page.index("Werken in de wijk") < page.index("Vorig jaar")
    assert page.count("Dit evenement is voorbij.") == 1
    assert page.count("/aanmelden/") == 1
    assert page.count("Niet meer bewaren") == 2
    assert "Niet opgeslagen" not in page


def test_what_left_the_site_is_not_shown_and_leaves_the_cookie(client):
    make_programme()
    make_programme("ander")
    make_programme("concept", published=False)
    client.cookies[COOKIE] = "weg|concept|wijk"

    assert client.get("/opgeslagen/").text.count("Niet meer bewaren") == 1
    post(client, evenement="ander")
    assert client.cookies[COOKIE].value == "wijk|ander"


@pytest.mark.parametrize("slug", ["weg", "concept", "", "\0", "a b", "wijk|wijk", "w" * 51])
def test_only_what_is_on_the_site_can_be_saved(client, slug):
    make_programme()
    make_programme("concept", published=False)

    assert post(client, evenement=slug).status_code == 404


def test_get_changes_nothing(client):
    make_programme()
    client.cookies[COOKIE] = "wijk"
    before = list(Event.objects.values())

    for path in ("/opgeslagen/", "/opgeslagen/?evenement=wijk&bewaar=0&terug=/wijk/"):
        assert not client.get(path).cookies

    assert client.cookies[COOKIE].value == "wijk"
    assert list(Event.objects.values()) == before


def test_page_is_nobody_elses(client):
    response = client.get("/opgeslagen/")

    assert response["Cache-Control"] == "private, no-store"
    assert {"Cookie", "Accept"} <= set(response["Vary"].split(", "))
    assert not response.cookies


@pytest.mark.parametrize("path", ["/", "/wijk/", "/wijk/tafelsessie/1-0/", "/en/wijk/"])
def test_reading_pages_look_at_the_cookie_and_never_write_one(client, path):
    make_programme()

    without = client.get(path)
    client.cookies[COOKIE] = "wijk"
    with_it = client.get(path)

    for response in (without, with_it):
        assert not response.cookies
        assert "Cookie" in response["Vary"]


def test_script_gets_an_answer_as_data():
    make_programme()
    client = Client(headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"})

    assert post(client).json() == {"saved": True, "count": 1}
    assert client.cookies[COOKIE].value == "wijk"
    assert post(client, bewaar="0").json() == {"saved": False, "count": 0}


@pytest.mark.parametrize(
    "garbage", ["", "|", ":", ":*", "<b>", "a b", "é", "\0", "x" * 9_000, "|" * 9_000]
)
def test_garbage_in_the_cookie_counts_as_nothing(garbage, client):
    assert read(garbage) == []
    client.cookies[COOKIE] = garbage
    assert client.get("/opgeslagen/").status_code == 200


def test_cookie_of_before_keeps_its_events(client):
    """It had codes of table sessions too; starring one of those saved its event."""
    make_programme()
    make_programme("ander")
    old = "wijk:*.1a.2b|ander:3|rommel|<b>:*"

    assert read(old) == ["wijk", "ander", "rommel"]
    client.cookies[COOKIE] = old
    post(client)
    assert client.cookies[COOKIE].value == "ander|wijk"


def test_cookie_never_outgrows_its_room(client):
    slugs = [f"{number:02}-{'x' * 47}" for number in range(saved.MOST + 1)]
    for slug in slugs:
        make_programme(slug, sessions=0)
        post(client, evenement=slug)

    assert read(client.cookies[COOKIE].value) == slugs[1:]
    assert len(client.cookies[COOKIE].OutputString()) < 4_096


def test_page_needs_as_many_queries_for_one_event_as_for_many(client, django_assert_num_queries):
    slugs = ["wijk", "ander", "derde"]
    for slug in slugs:
        make_programme(slug)
    for kept in (slugs[:1], slugs):
        client.cookies[COOKIE] = "|".join(kept)
        with django_assert_num_queries(1):
            client.get("/opgeslagen/")


def test_title_names_the_site(client, settings):
    settings.ORGANISATION_NAME = "Gemeente Zaanstad"

    assert "<title>Bewaard · Gemeente Zaanstad</title>" in client.get("/opgeslagen/").text
