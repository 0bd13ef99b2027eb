"""Going back to a door that the browser kept as it was, in its back/forward cache.

Chromium keeps no page that says ``no-store``, as all of the door does; others may. So here it
does not hear of that, and nothing stands between it and its cache: not the worker either.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, Route, expect

from program.models import Event
from registrations.door import passes
from tests.browser.conftest import Server
from tests.browser.door_page import (
    PHONE,
    button,
    let_in,
    make_door_event,
    make_pass,
    present,
    ready,
)
from tests.conftest import PATIENCE
from tests.processes import wait_for

NOT_CACHED = ["--disable-back-forward-cache"]  # what Playwright says by itself
SHOWN = "addEventListener('pageshow', ({ persisted }) => { window.kept = persisted; })"


def without_no_store(route: Route) -> None:
    answer = route.fetch(max_redirects=0)
    headers = {name: said for name, said in answer.headers.items() if name != "cache-control"}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture
def device(
    event: Event, site: Server, browser: Browser, chromium: dict[str, Any]
) -> Iterator[Page]:
    """A door at which Zoë was just let in, as a page whose timers stand still."""
    with browser.browser_type.launch(**chromium, ignore_default_args=NOT_CACHED) as keeping:
        phone: dict[str, Any] = {"viewport": PHONE, "locale": "nl-NL", "service_workers": "block"}
        context = keeping.new_context(base_url=site.url, **phone)
        context.set_default_timeout(PATIENCE * 1000)
        context.route("**/deur/**", without_no_store)
        page = context.new_page()
        page.clock.install()
        page.add_init_script(SHOWN)
        page.goto(f"/deur/pas/{passes.link_token(make_pass(event))}/")
        page.locator("main form button").click()
        ready(page)
        page.goto("/deur/buurt/")  # where a redirect leads to, its route does not see
        ready(page)
        let_in(page, "Zoë van Dijk")
        # Asks the page too: only then what it sends is passed on.
        wait_for("the tap", lambda: page.evaluate("1") and present(event) == 1)
        page.clock.pause_at(timezone.now() + timedelta(seconds=2))
        yield page
        context.unroute_all(behavior="ignoreErrors")


def look_elsewhere(page: Page) -> None:
    page.evaluate("window.kept = undefined")
    page.goto("/privacy/")
    expect(page.locator("h1")).to_have_text("Dit bewaren we over jou")


def go_back(page: Page) -> bool:
    """Whether the page comes back as it was."""
    page.evaluate("void history.back()")
    page.wait_for_url("**/deur/buurt/", wait_until="commit")
    wait_for("its beginning", lambda: page.evaluate("window.kept !== undefined"))
    return bool(page.evaluate("window.kept"))


def finish(page: Page) -> None:
    page.get_by_text("Menu").click()
    button(page, "Klaar: dit toestel afmelden").click()
    expect(page.locator("[data-left]")).to_be_visible()


def test_door_whose_pass_was_withdrawn_meanwhile_names_nobody(event: Event, device: Page) -> None:
    look_elsewhere(device)
    passes.withdraw(event.door_passes.get(), who="organisator", at=timezone.now())

    assert go_back(device)

    expect(device.locator("[data-over]")).to_be_visible()
    expect(device.locator("body")).not_to_contain_text("Dijk")
    assert device.evaluate("indexedDB.databases()") == []


def test_device_that_was_done_comes_back_without_names(device: Page) -> None:
    finish(device)
    look_elsewhere(device)

    assert go_back(device)

    expect(device.locator("[data-left]")).to_be_visible()
    expect(device.locator("body")).not_to_contain_text("Dijk")
    assert device.evaluate("indexedDB.databases()") == []


def test_device_that_was_done_in_another_tab_names_nobody(device: Page) -> None:
    look_elsewhere(device)
    other = device.context.new_page()
    other.goto("/deur/buurt/")
    ready(other)
    finish(other)

    go_back(device)  # to a new page: the browser drops one whose database is wiped

    expect(device.locator("h1")).to_have_text("Deze telefoon werkt niet aan deze deur")
    expect(device.locator("body")).not_to_contain_text("Dijk")
