"""Saving without an account: one cookie, written by a POST from one page only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from program.models import Event, TableSession
from program.public import saved
from tests.program.programmes import make_programme

pytestmark = pytest.mark.django_db
COOKIE = settings.SAVED_COOKIE_NAME
NOTHING = saved.Saved({})


def read(cookie: str) -> saved.Saved:
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = cookie
    return saved.read(request)


def post(client: Client, **fields: str):
    return client.post("/opgeslagen/", {"evenement": "wijk", **fields})


def test_saving_an_event_and_its_table_sessions_keeps_them_apart(client):
    make_programme()

    post(client)
    post(client, sessie="1-0")
    mine = read(client.cookies[COOKIE].value)

    assert mine.has_event("wijk")
    assert mine.has_session("wijk", "1-0")
    assert not mine.has_session("wijk", "1-1")
    assert mine.sessions_of("wijk") == ("1-0",)
    assert mine.count == 2


def test_saving_twice_is_saving_once(client):
    make_programme()

    post(client)
    post(client)

    assert client.cookies[COOKIE].value == "wijk:*"


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
    asking = client.get("/opgeslagen/", {"evenement": "wijk", "terug": elsewhere})
    assert asking.context["back"] == ""


def test_page_offers_one_button_to_save_and_then_to_remove(client):
    make_programme()
    path = "/opgeslagen/?evenement=wijk&sessie=1-0"

    before = client.get(path, headers={"Referer": "http://testserver/wijk/"})
    post(client, sessie="1-0")
    after = client.get(path)

    assert before.text.count("<button") == after.text.count("<button") == 1
    assert '<button class="button" name="bewaar" value="1">' in before.text
    assert '<input type="hidden" name="terug" value="/wijk/">' in before.text
    assert '<button class="button" name="bewaar" value="0">' in after.text


def test_page_lists_what_is_saved_and_says_what_is_over(client):
    make_programme()
    make_programme("geweest", title="Vorig jaar", starts_at=datetime(2016, 10, 31, 13, tzinfo=UTC))
    client.cookies[COOKIE] = "geweest:*|wijk:1-1"

    response = client.get("/opgeslagen/")
    page = unescape(response.text)

    assert [each.event.slug for each in response.context["coming"]] == ["wijk"]
    assert [each.event.slug for each in response.context["past"]] == ["geweest"]
    assert "Tafel 1" in page
    assert "Tafel 0" not in page
    assert page.index("Werken in de wijk") < page.index("Vorig jaar")


def test_what_left_the_site_is_not_shown_and_leaves_the_cookie(client):
    make_programme()
    make_programme("concept", published=False)
    client.cookies[COOKIE] = "weg:*|concept:*|wijk:*.1-0.9z"

    assert [each.event.slug for each in client.get("/opgeslagen/").context["coming"]] == ["wijk"]
    post(client, sessie="1-1")
    assert client.cookies[COOKIE].value == "wijk:*.1-0.1-1"


@pytest.mark.parametrize("fields", [{"evenement": "weg"}, {"sessie": "weg"}, {"evenement": "\0"}])
def test_only_what_is_on_the_site_can_be_saved(client, fields):
    make_programme()

    assert post(client, **fields).status_code == 404
    assert client.get("/opgeslagen/", {"evenement": "wijk", **fields}).status_code == 404


def test_get_changes_nothing(client):
    make_programme()
    client.cookies[COOKIE] = "wijk:*.1-0"
    before = list(Event.objects.values()), list(TableSession.objects.values())

    for _ in range(10):
        assert COOKIE not in client.get("/opgeslagen/").cookies
        response = client.get("/opgeslagen/?evenement=wijk&sessie=1-0&bewaar=0&terug=/wijk/")
        assert COOKIE not in response.cookies

    assert client.cookies[COOKIE].value == "wijk:*.1-0"
    assert (list(Event.objects.values()), list(TableSession.objects.values())) == before


def test_page_is_nobody_elses(client):
    response = client.get("/opgeslagen/")

    assert response["Cache-Control"] == "private, no-store"
    assert {"Cookie", "Accept"} <= set(response["Vary"].split(", "))
    assert not response.cookies, "an empty page needs no token, so it sets no cookie"


@pytest.mark.parametrize("path", ["/", "/wijk/", "/wijk/tafelsessie/1-0/", "/en/wijk/"])
def test_reading_pages_look_at_the_cookie_and_never_write_one(client, path):
    make_programme()

    without = client.get(path)
    client.cookies[COOKIE] = "wijk:*.1-0"
    with_it = client.get(path)

    for response in (without, with_it):
        assert not response.cookies
        assert "Cookie" in response["Vary"]
        assert "csrfmiddlewaretoken" not in response.text


def test_post_without_a_token_is_refused():
    make_programme()

    assert post(Client(enforce_csrf_checks=True)).status_code == 403


def test_script_gets_its_token_here_and_an_answer_as_data():
    make_programme()
    client = Client(enforce_csrf_checks=True, headers={"Accept": "application/json"})

    start = client.get("/opgeslagen/").json()
    headers = {"X-CSRFToken": start["token"]}
    kept = client.post("/opgeslagen/", {"evenement": "wijk", "sessie": "1-0"}, headers=headers)
    gone = client.post("/opgeslagen/", {"evenement": "wijk", "bewaar": "0"}, headers=headers)

    assert start["count"] == 0
    assert kept.json() == {"saved": True, "count": 1}
    assert gone.json() == {"saved": False, "count": 1}


@pytest.mark.parametrize(
    "garbage",
    ["", "|", ":", "wijk", "wijk:", ":*", "wijk:.", "wijk:<b>", "a b:*", "é:*", "\0", "x" * 9_000],
)
def test_garbage_in_the_cookie_counts_as_nothing(garbage, client):
    assert read(garbage) == NOTHING
    client.cookies[COOKIE] = garbage
    assert client.get("/opgeslagen/").status_code == 200


def test_cookie_reads_what_it_can():
    assert read("rommel|wijk:*.1a.1a|:|wijk:2b") == saved.Saved({"wijk": ("*", "1a", "2b")})


def test_cookie_never_outgrows_its_room():
    mine = NOTHING
    for event in range(20):
        for code in range(40):
            mine = mine.adding(f"een-vrij-lang-adres-{event}", f"code-{code}")
            assert len(str(mine)) <= saved.MOST_BYTES
            assert read(str(mine)) == mine

    assert mine.has_session("een-vrij-lang-adres-19", "code-39")
    assert not mine.has_session("een-vrij-lang-adres-0", "code-0")


def test_page_needs_as_many_queries_for_two_sessions_as_for_thirty(
    client, django_assert_max_num_queries
):
    make_programme(sessions=30)
    client.cookies[COOKIE] = "wijk:*.1-0.1-1"
    with django_assert_max_num_queries(4) as few:
        client.get("/opgeslagen/")
    make_programme("ander", sessions=30)
    codes = ".".join(f"1-{number}" for number in range(30))
    client.cookies[COOKIE] = f"wijk:*.{codes}|ander:{codes}"
    with django_assert_max_num_queries(len(few)):
        client.get("/opgeslagen/")


def test_page_tells_the_hours_of_a_round_as_other_pages_do(client):
    make_programme()
    client.cookies[COOKIE] = "wijk:1-0"
    hours = re.findall(r'<span class="hours"><time.*?</span>', client.get("/opgeslagen/").text)

    assert hours
    assert all(each in client.get("/wijk/tafelsessie/1-0/").text for each in hours)


def test_title_names_the_site(client, settings):
    settings.ORGANISATION_NAME = "Gemeente Zaanstad"

    assert "<title>Opgeslagen · Gemeente Zaanstad</title>" in client.get("/opgeslagen/").text
