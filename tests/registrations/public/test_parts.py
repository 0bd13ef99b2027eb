"""Parts of pages that are kept: a page put together from them is the page that is drawn anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.utils import timezone

from program.models import Event, Question, Slot
from program.public import preview
from registrations.booking import changing
from registrations.models import Registration
from registrations.organising import calling_off, dropping
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot

pytestmark = pytest.mark.django_db

SENT: dict[str, Any] = {"first_name": "Noor", "round_1": "1a", "round_2": "1a"}
DUMMY = "django.core.cache.backends.dummy.DummyCache"
IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"


@pytest.fixture
def event() -> Event:
    start = timezone.now() + timedelta(days=14)
    event = make_event(slug="wijk", title="De wijk", title_en="The area", starts_at=start)
    for code, number, seats in (("1a", 1, 2), ("1a", 2, 2), ("1b", 1, 1), ("2a", 2, 30)):
        make_slot(event, code, number, seats=seats)
    Question.objects.create(event=event, question="Mag ik mee?", answer="Ja.")
    return Event.objects.get()


def states(event: Event) -> Iterator[str]:
    """An event as it goes through its life; each name is yielded once it is so."""
    now = timezone.now()
    yield "empty"
    first = make_registration(event, {1: "1a"}, at=now)
    yield "one seat taken"
    holder = make_registration(event, {1: "1b"}, at=now)
    yield "a table full"
    waits = make_registration(event, {2: "2a"}, waitlists={1: ["1b"]}, at=now)
    yield "somebody waits for it"
    make_registration(event, waitlists={1: ["1b"]}, at=now)
    yield "two wait for it"
    changing.cancel(holder, at=now)
    yield "one moved up"
    Event.objects.update(capacity=4, taken=event.registrations.holding().count())
    make_registration(event, waiting_too=True, at=now)
    make_registration(event, waiting_too=True, at=now)
    yield "all places taken"
    Slot.objects.filter(session__code="2a").update(reserved=3)
    yield "seats reserved"
    dropping.drop(event, [event.slots.get(session__code="2a").pk], who="o", at=now)
    yield "a table dropped"
    changing.cancel(waits, at=now)
    changing.cancel(first, at=now)
    yield "some left"
    Event.objects.update(title="Een andere naam")
    Event.objects.get().bump_programme()
    yield "another name"
    Event.objects.update(waiting_closes_at=now, signup_closes_at=now)
    yield "closed"
    Event.objects.update(waiting_closes_at=now + timedelta(hours=1))
    yield "closed, and people still move up"
    Event.objects.update(waiting_closes_at=now)
    yield "closed, and nobody moves up any more"
    calling_off.call_off(Event.objects.get(), why="Storm", who="o", at=now)
    yield "called off"
    calling_off.go_on(Event.objects.get(), who="o", at=now)
    yield "goes on"
    calling_off.call_off(Event.objects.get(), why="IJzel", who="o", at=now)
    yield "called off for another reason"
    calling_off.go_on(Event.objects.get(), who="o", at=now)
    Event.objects.update(signup_opens_at=now + timedelta(days=1), signup_closes_at=None)
    yield "not open yet"
    hours = {"starts_at": now - timedelta(hours=5), "ends_at": now - timedelta(hours=1)}
    Event.objects.update(signup_opens_at=None, waiting_closes_at=None, **hours)
    Event.objects.get().bump_programme()
    yield "over"


def pages(event: Event, noor: Registration) -> dict[str, Callable[[Client], Any]]:
    paths = ["/wijk/", "/en/wijk/", "/wijk/aanmelden/", "/en/wijk/aanmelden/"]
    paths += ["/wijk/aanmelden/?tafel=1a", "/wijk/tafelsessie/1a/"]
    for choice in ("round_1=1a&round_2=1a", "round_1=1a&wijzig=1", "zoeken=1&zoek=2a", "wish_1=1b"):
        paths += [f"/wijk/aanmelden/?{choice}"]
    paths += [f"/aanmelding/{token_of(noor)}/tafels/"]
    found: dict[str, Callable[[Client], Any]] = {path: partial(read, path) for path in paths}
    keeper = Client()
    keeper.cookies[settings.SAVED_COOKIE_NAME] = "wijk"
    return found | {
        "sent": lambda client: client.post("/wijk/aanmelden/", SENT),
        "saved": lambda _client: keeper.get("/wijk/"),
        "a session, saved": lambda _client: keeper.get("/wijk/tafelsessie/1a/"),
    }


def read(path: str, client: Client) -> Any:
    return client.get(path)


def drawn(answer: Any) -> str:
    """Without what is new each time: a moment, and what is hidden in a form."""
    return re.sub(r'data-now="[^"]*"|nonce="[^"]*"', "", str(answer.text))


def use(settings: Any, backend: str) -> None:
    parts = {"BACKEND": backend, "LOCATION": "parts"}
    settings.CACHES = settings.CACHES | {"template_fragments": parts}


def test_a_page_of_kept_parts_is_the_page_drawn_anew(client: Client, event: Event, settings: Any):
    settings.PROGRAMME_SECONDS = 60
    noor = make_registration(event, {1: "1a", 2: "2a"}, at=timezone.now())
    every = pages(event, noor)
    for state in states(event):
        use(settings, IN_MEMORY)
        kept = {name: [drawn(get(client)) for _time in range(2)] for name, get in every.items()}
        use(settings, DUMMY)
        for name, get in every.items():
            anew = drawn(get(client))
            assert kept[name] == [anew, anew], (state, name)


@pytest.mark.parametrize("page", ["/wijk/", "/wijk/tafelsessie/1a/"])
def test_search_engines_find_the_other_language_whatever_somebody_put_in_an_address(
    client: Client, event: Event, settings: Any, page: str
):
    use(settings, IN_MEMORY)
    for path in (f"{page}?van=aanbieding", page):
        head = client.get(path).text.partition("</head>")[0]
        found = re.findall(r'<link rel="alternate" hreflang="en" href="([^"]+)">', head)
        assert found == [f"http://testserver/en{page}"]


def test_a_draft_gets_no_part_of_the_published_page(client: Client, event: Event, settings: Any):
    use(settings, IN_MEMORY)
    link = preview.preview_url(event)
    client.get("/wijk/")
    Event.objects.update(published=False)
    kept = drawn(client.get(link))
    use(settings, DUMMY)

    assert kept == drawn(client.get(link))


def test_parts_are_kept_indeed(
    client: Client, event: Event, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    use(settings, IN_MEMORY)
    client.get("/wijk/")
    stored: list[str] = []
    monkeypatch.setattr(LocMemCache, "set", lambda _self, key, *_args, **_more: stored.append(key))
    client.get("/wijk/")
    assert stored == []

    make_registration(event, {1: "1a"}, at=timezone.now())
    client.get("/wijk/")
    assert 0 < len(stored) < 4  # the row of that table, and its card
