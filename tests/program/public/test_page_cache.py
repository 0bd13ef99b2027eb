"""Pages that are the same for everybody: made once, answered often, never old."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event as Signal
from typing import Any

import brotli
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from program.models import Event
from program.models.event import EventQuerySet
from program.public import page_cache
from program.public.page_cache import PageCache, same_for_everybody
from tests.answers import headers_of
from tests.conftest import PATIENCE
from tests.factories import make_event, make_slot

PATHS = [
    "/wijk/",
    "/en/wijk/",
    "/wijk/tafelsessie/1a/",
    "/wijk/aanmelden/",
    "/wijk/programma.json",
    "/wijk/agenda.ics",
    "/sitemap.xml",
    "/privacy/",
    "/toegankelijkheid/",
]
SECOND = 1.0


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Clock:
    settings.PAGE_CACHE_SECONDS = SECOND
    clock = Clock()
    monkeypatch.setattr(page_cache, "monotonic", clock)
    return clock


@pytest.fixture
def event(db: None) -> Event:
    event = make_event(slug="wijk", title="Werken in de wijk")
    make_slot(event, "1a")
    return event


def rename(event: Event, title: str) -> None:
    Event.objects.filter(pk=event.pk).update(title=title)


@pytest.mark.parametrize("path", PATHS)
def test_second_reader_gets_the_same_bytes_without_a_query(
    event: Event, path: str, django_assert_num_queries: DjangoAssertNumQueries
):
    client = Client()
    first = client.get(path)

    with django_assert_num_queries(0):
        second = client.get(path)

    assert first.status_code == second.status_code == 200
    assert second.content == first.content
    assert headers_of(second) == headers_of(first)
    assert second["Cache-Control"] == "no-cache"
    assert "Accept-Encoding" in second["Vary"].split(", ")
    assert "default-src 'none'" in second["Content-Security-Policy"]


def test_page_is_made_anew_after_a_second(event: Event, clock: Clock):
    client = Client()
    client.get("/wijk/")
    rename(event, "Wonen in de wijk")

    clock.now += SECOND - 0.01
    assert "Wonen" not in client.get("/wijk/").text
    clock.now += 0.01
    assert "Wonen" in client.get("/wijk/").text


def test_page_that_is_gone_is_not_kept(event: Event, clock: Clock):
    client = Client()
    client.get("/wijk/")
    Event.objects.update(published=False)
    clock.now += SECOND

    assert client.get("/wijk/").status_code == 404
    Event.objects.update(published=True)
    assert client.get("/wijk/").status_code == 200


def test_staff_see_at_once_what_they_changed_and_so_do_others_then(event: Event, client: Client):
    client.get("/wijk/")
    rename(event, "Wonen in de wijk")
    client.force_login(User.objects.create_user("organisator", is_staff=True))

    assert "Wonen" in client.get("/wijk/").text

    client.cookies.clear()
    assert "Wonen" in client.get("/wijk/").text


def test_known_page_costs_no_bytes(event: Event):
    client = Client()
    etag = client.get("/wijk/")["ETag"]

    answer = client.get("/wijk/", headers={"if-none-match": f'"x", {etag}'})

    assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", etag)
    assert "Content-Type" not in answer
    assert "Content-Security-Policy" in answer
    rename(event, "Wonen in de wijk")
    assert Client().get("/wijk/", headers={"if-none-match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, identity; q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0.000", ""),
        ("identity", ""),
        ("", ""),
    ],
)
def test_page_comes_in_the_best_encoding_that_the_browser_takes(
    event: Event, accepted: str, encoding: str
):
    client = Client()
    plain = client.get("/wijk/")

    answer = client.get("/wijk/", headers={"accept-encoding": accepted})

    decode: dict[str, Callable[[bytes], bytes]] = {
        "br": brotli.decompress,
        "gzip": gzip.decompress,
        "": bytes,
    }
    assert answer.get("Content-Encoding", "") == encoding
    assert int(answer["Content-Length"]) == len(answer.content)
    assert decode[encoding](answer.content) == plain.content
    assert answer["ETag"] == plain["ETag"]


def test_picture_is_compressed_already(event: Event):
    client = Client()
    plain = client.get("/wijk/deelplaatje.png")

    answer = client.get("/wijk/deelplaatje.png", headers={"accept-encoding": "gzip, br"})

    assert "Content-Encoding" not in answer
    assert answer.content == plain.content
    assert answer["Content-Type"] == "image/png"


def test_head_has_the_headers_of_the_page_and_no_body(event: Event):
    client = Client()
    page = client.get("/wijk/")

    head = client.head("/wijk/")

    assert head.content == b""
    assert headers_of(head) == headers_of(page)


def test_what_a_browser_saved_makes_a_page_of_its_own(event: Event, settings: Settings):
    plain, saver, other = Client(), Client(), Client()
    plain.get("/wijk/")
    saver.cookies[settings.SAVED_COOKIE_NAME] = "wijk"
    other.cookies[settings.SAVED_COOKIE_NAME] = "iets-anders"
    handler = plain.handler
    saver.handler = other.handler = handler  # one site, one cache

    pages = [client.get("/wijk/").text for client in (plain, saver, other, plain)]

    assert pages[0] == pages[3]
    assert len({*pages}) == 3
    assert [bool(re.search(r"data-saved(?!-)", page)) for page in pages] == [
        False,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    "path", ["/wijk/?tafel=1a", "/wijk/aanmelden/?tafel=1a", "/wijk/mijn-link/", "/wijk/wie-komen/"]
)
def test_what_hangs_on_more_than_the_address_is_asked_for_each_time(
    event: Event, path: str, django_assert_num_queries: DjangoAssertNumQueries
):
    client = Client()
    client.get(path)
    rename(event, "Wonen in de wijk")

    assert "Wonen" in client.get(path).text


def test_refused_form_leaves_no_page_behind(event: Event):
    """Another site made the browser send it: the page holds what was typed."""
    client = Client()
    elsewhere = {"sec-fetch-site": "cross-site"}

    refused = client.post("/wijk/aanmelden/", {"first_name": "Noortje"}, headers=elsewhere)

    assert "Noortje" in refused.text
    assert "no-store" in refused["Cache-Control"]
    assert "Noortje" not in client.get("/wijk/aanmelden/").text


def test_answer_for_one_browser_is_kept_for_no_other():
    made = iter("12")

    @same_for_everybody
    def private(request: HttpRequest) -> HttpResponse:
        return HttpResponse(next(made), headers={"Cache-Control": "private, no-cache"})

    cache = PageCache(private)
    answers = [cache(RequestFactory().get("/")) for _time in range(2)]

    assert [answer.content for answer in answers] == [b"1", b"2"]
    assert {answer["Cache-Control"] for answer in answers} == {"private, no-cache"}
    assert not cache.pages


@pytest.mark.parametrize("path", ["/wijk/", "/wijk/aanmelden/"])
def test_browser_that_has_just_sent_a_form_gets_no_kept_page(
    event: Event, settings: Settings, path: str
):
    client = Client()
    client.get(path)
    rename(event, "Wonen in de wijk")
    client.cookies[settings.JUST_SENT_COOKIE_NAME] = "x"
    assert "Wonen" in client.get(path).text
    del client.cookies[settings.JUST_SENT_COOKIE_NAME]

    assert "Wonen" not in client.get(path).text


def test_form_that_was_sent_is_kept_by_nobody(event: Event):
    answer = Client().post("/wijk/aanmelden/", {"first_name": "Noortje"})

    assert answer.status_code == 422
    assert "no-store" in answer["Cache-Control"]


class Site:
    """A page that is made slowly: each making waits until it is let go."""

    def __init__(self) -> None:
        self.made = 0
        self.status = 200
        self.begun, self.let_go = Signal(), Signal()
        self.let_go.set()
        self.cache = PageCache(self.view)

    def view(self, request: HttpRequest) -> HttpResponse:
        number = self.made = self.made + 1
        self.begun.set()
        is_staff = bool(request.COOKIES)
        assert is_staff or self.let_go.wait(PATIENCE)
        answer = HttpResponse(f"{number}", status=self.status)
        return same_for_everybody(lambda request: answer)(request)

    def read(self, path: str = "/", **more: Any) -> str:
        return self.cache(RequestFactory().get(path, **more)).content.decode()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.let_go.set()


def test_slow_page_holds_up_nobody(site: Site, clock: Clock):
    assert site.read() == "1"
    clock.now += SECOND
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)

        assert [site.read() for _visitor in range(100)] == ["1"] * 100

        site.let_go.set()
        assert slow.result(PATIENCE) == "2"
    assert site.read() == "2"
    assert site.made == 2


def test_old_page_is_made_once_for_all_who_come_meanwhile(site: Site, clock: Clock):
    site.read()
    clock.now += 3_600
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor(max_workers=9) as pool:
        first = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)
        others = [pool.submit(site.read) for _visitor in range(8)]
        site.let_go.set()

        assert {first.result(PATIENCE), *(one.result(PATIENCE) for one in others)} == {"2"}


def test_very_slow_page_gives_others_the_one_of_before(
    site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(page_cache, "WAIT", 0)
    site.read()
    clock.now += 3_600
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)

        assert site.read() == "1"

        site.let_go.set()
        assert slow.result(PATIENCE) == "2"


def test_page_that_was_overtaken_is_not_kept(site: Site, clock: Clock, settings: Settings):
    """Staff changed something while a slow page was being made."""
    site.read()
    clock.now += SECOND
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)
        clock.now += 0.1
        assert site.read(headers={"cookie": f"{settings.SESSION_COOKIE_NAME}=x"}) == "3"
        site.let_go.set()
        assert slow.result(PATIENCE) == "2"
    assert site.read() == "3"


@pytest.mark.parametrize("status", [404, 422, 500])
def test_only_a_page_that_is_right_is_kept(site: Site, status: int):
    site.status = status

    assert [site.read(), site.read()] == ["1", "2"]


def test_page_that_was_withdrawn_is_shown_to_nobody(site: Site, clock: Clock):
    site.read()
    clock.now += SECOND
    site.status = 404
    site.read()
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)
        other = pool.submit(site.read)
        site.let_go.set()

        assert "1" not in {slow.result(PATIENCE), other.result(PATIENCE)}


def test_redirect_stays_one_for_a_browser_that_knows_some_page(site: Site):
    site.status = 302
    site.read()

    answer = site.cache(RequestFactory().get("/", headers={"if-none-match": "*"}))

    assert answer.status_code == 302


def test_few_bytes_are_not_compressed(site: Site):
    answer = site.cache(RequestFactory().get("/", headers={"accept-encoding": "gzip, br"}))

    assert "Content-Encoding" not in answer
    assert answer.content == b"1"


def test_memory_has_an_end(site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    site.read("/a/")
    monkeypatch.setattr(page_cache, "MOST_BYTES", 3 * site.cache.size)
    for name in "bcd":
        site.read(f"/{name}/")
    made, full = site.made, site.cache.size

    site.read("/d/")
    assert site.made == made
    site.read("/a/")
    assert site.made == made + 1
    assert len(site.cache.pages) == 3
    clock.now += SECOND
    site.read("/a/")
    assert (site.cache.size, len(site.cache.pages)) == (full, 3)


def test_so_many_pages_are_kept(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_cache, "MOST_PAGES", 3)

    for name in "abcde":
        site.read(f"/{name}/")

    assert [key.path for key in site.cache.pages] == ["/c/", "/d/", "/e/"]


def test_page_without_a_body_takes_memory_too(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page_cache, "MOST_BYTES", 10_000)
    cache = PageCache(same_for_everybody(lambda request: HttpResponse(status=302)))

    for number in range(1_000):
        cache(RequestFactory().get(f"/{number}/"))

    assert len(cache.pages) < 200
    assert cache.size <= 10_000


def test_nobody_can_push_out_the_pages_that_outages_lean_on(event: Event):
    """By whatever has no end: ports, capitals, queries, pages that are not there, colours."""
    client = Client()
    client.get("/wijk/")
    cache = page_cache_of(client)

    for number in range(20):
        client.get("/wijk/", headers={"host": f"testserver:{8_000 + number}"})
        client.get("/wijk/", headers={"host": f"x{number}.example"})
        client.get(f"/wijk/?nummer={number}")
        client.get(f"/niets-{number}/")
        client.get(f"/wijk/tafelsessie/z{number}/")
        colours = "-".join([f"1234{number:02}", *["x"] * 5])
        sheet = client.get(f"/huisstijl/{colours}.00000000.css", follow=True)
        assert sheet.status_code == 200
    client.get("/wijk/", headers={"host": "TestServer"})

    assert [key.path for key in cache.pages] == ["/wijk/"]
    assert client.get("/wijk/", headers={"host": "x.example"}).status_code == 400


def page_cache_of(client: Client) -> PageCache:
    """Beneath the middleware that stands before it."""
    step: Any = vars(client.handler)["_middleware_chain"]
    while not isinstance(step, PageCache):
        inner = [cell.cell_contents for cell in getattr(step, "__closure__", None) or ()]
        inner += [*vars(step).values()]
        step = next(each for each in inner if callable(each) and each is not step)
    return step


def test_what_a_stranger_says_of_the_scheme_makes_no_page_of_its_own(site: Site):
    for claimed in ("https", "http", "x"):
        site.read(headers={"x-forwarded-proto": claimed})

    assert site.made == 1


def test_page_by_another_scheme_is_another_page(site: Site):
    site.read()
    site.read(secure=True)

    assert site.made == 2


def test_cache_that_is_off_answers_with_no_old_page(site: Site, settings: Settings):
    settings.PAGE_CACHE_SECONDS = 0
    site.read()
    site.begun.clear()
    site.let_go.clear()
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)
        site.begun.clear()
        other = pool.submit(site.read)
        assert site.begun.wait(PATIENCE)
        site.let_go.set()

        assert {slow.result(PATIENCE), other.result(PATIENCE)} == {"2", "3"}


def test_page_that_cannot_be_made_anew_is_shown_again_and_says_of_when(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    client = Client()
    kept = client.get("/wijk/")
    away(monkeypatch)
    clock.now += 3_600

    old = client.get("/wijk/", headers={"accept-encoding": "br"})

    text = brotli.decompress(old.content).decode()
    notice = text.partition('role="status"')[2].partition("</div>")[0]
    assert old.status_code == 200
    assert "De site kan nu niet bij zijn gegevens." in notice
    assert '<a href="">Laad deze pagina opnieuw</a>' in notice
    assert text.replace(notice, "").count("<h1") == kept.text.count("<h1") == 1
    assert old["Age"] == "3600"
    assert old["Cache-Control"] == "no-store"
    assert old["ETag"] != kept["ETag"]
    clock.now += 60
    assert client.get("/wijk/")["Age"] == "3660"


@pytest.mark.parametrize(
    ("hours", "says"),
    [
        (0, "Deze pagina is van <time"),
        (48, "Deze pagina is van maandag 30 november 2026 om 12.00 uur"),
    ],
)
def test_old_page_names_the_day_if_that_was_another(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch, hours: int, says: str
):
    client = Client()
    client.get("/wijk/")
    away(monkeypatch)
    clock.now += hours * 3_600 + SECOND
    at = datetime(2026, 12, 2, 12, 0, 30, tzinfo=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: at)

    assert says in client.get("/wijk/").text


def test_old_page_of_yesterday_says_so_after_midnight(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    client = Client()
    client.get("/wijk/")
    away(monkeypatch)
    evening = datetime(2026, 12, 2, 23, 30, tzinfo=timezone.get_default_timezone())
    for minutes, says in ((10, "van <time"), (50, "van woensdag 2 december 2026 om 23.30 uur")):
        clock.now = 1_000 + minutes * 60
        now = evening + timedelta(minutes=minutes)
        monkeypatch.setattr(timezone, "now", lambda now=now: now)

        assert says in client.get("/wijk/").text


@pytest.mark.parametrize("path", PATHS)
def test_every_kept_page_has_a_place_for_the_notice(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch, path: str
):
    client = Client()
    kept = client.get(path)
    monkeypatch.setattr(PageCache, "_make", lambda *_args: HttpResponse(status=503))
    clock.now += SECOND

    old = client.get(path)

    words = "reach its data" if path.startswith("/en/") else "niet bij zijn gegevens"
    is_page = kept["Content-Type"].startswith("text/html")
    assert old.status_code == 200
    assert (words in old.text) == is_page
    assert is_page or old.content == kept.content
    assert "Age" in old


def test_page_with_another_query_or_cookie_is_as_good_in_need(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch, settings: Settings
):
    client = Client()
    client.get("/wijk/")
    client.get("/wijk/aanmelden/")
    away(monkeypatch)
    clock.now += SECOND
    client.cookies[settings.SAVED_COOKIE_NAME] = "wijk"
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32

    assert client.get("/wijk/?utm_source=nieuwsbrief").status_code == 200
    client.cookies[settings.JUST_SENT_COOKIE_NAME] = "x"
    assert client.get("/wijk/").status_code == 200
    # Here the query is what somebody chose: it stays in the address.
    assert client.get("/wijk/aanmelden/?round_1=1a").status_code == 503
    assert client.get("/wijk/tafelsessie/1a/").status_code == 503


def test_page_made_anew_after_trouble_says_nothing_of_it(
    event: Event, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    client = Client()
    client.get("/wijk/")
    with monkeypatch.context() as trouble:
        away(trouble)
        clock.now += SECOND
        assert "Age" in client.get("/wijk/")

    page = client.get("/wijk/")

    assert "Age" not in page
    assert "niet bij zijn gegevens" not in page.text


def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database, for what looks up an event."""

    def gone(*_args: object) -> Event:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(EventQuerySet, "named", gone)
