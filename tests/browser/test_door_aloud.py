"""The door by keyboard and by ear, and as axe sees it in each state."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.booking import changing
from registrations.door import passes
from tests.browser.conftest import Server
from tests.browser.door_page import (
    MAY_FAIL,
    PHONE,
    NewPage,
    join,
    let_in,
    make_door_event,
    make_pass,
    search,
    wait_present,
)
from tests.browser.test_accessible import OPTIONS


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture(autouse=True)
def _network_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)


def heard(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_role("status")).to_have_text(text)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_door_by_keyboard_alone_says_what_happens(event: Event, new_page: NewPage):
    page = join(new_page(viewport=PHONE), make_pass(event))
    page.get_by_role("searchbox").focus()
    page.keyboard.type("dijk")
    heard(page, "1 gevonden")
    press(page, "Tab", "Tab", "Tab", "Enter")  # past scanning and the name, to the button
    heard(page, "Zoë van Dijk is binnen.")
    wait_present(event, 1)
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.wait_for_timeout(800)

    press(page, "Tab", "Tab", "Enter")  # the name: more of this person
    expect(page.get_by_role("dialog", name="Zoë van Dijk")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_role("button", name="Zoë van Dijk", exact=True)).to_be_focused()
    button = page.get_by_role("button", name="Draai terug: Zoë van Dijk")
    button.focus()
    press(page, "Enter")

    heard(page, "Zoë van Dijk is niet meer binnen.")
    wait_present(event, 0)
    page.context.set_offline(True)
    page.reload()
    heard(page, re.compile("^Geen verbinding. "))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_state_of_trouble_is_accessible(event: Event, new_page: NewPage, scheme: str):
    page = join(
        new_page(viewport={"width": 320, "height": 640}, color_scheme=scheme), make_pass(event)
    )
    faults: list[str] = []

    def check(name: str) -> None:
        found = Axe().run(page, options=OPTIONS).response["violations"]
        faults.extend(f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found)
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            faults.append(f"{name}: too wide")

    page.context.set_offline(True)
    let_in(page, "Zoë van Dijk")
    changing.cancel(event.registrations.get(first_name="Zoë"), at=timezone.now())
    page.context.set_offline(False)
    expect(page.locator("[data-notices] li")).to_have_count(1)
    check("something to know")
    cookies: list[Any] = page.context.cookies()
    page.context.clear_cookies()
    expect(page.locator("[data-log-in]")).to_be_visible()
    check("logged out")
    page.context.add_cookies(cookies)
    passes.withdraw(event.door_passes.get(), who="organisator", at=timezone.now())
    expect(page.locator("[data-over]")).to_be_focused()
    check("over")

    assert faults == []


def test_marks_stay_clear_of_the_buttons(event: Event, new_page: NewPage):
    """On the narrowest phone, also the longest of them."""
    page = join(new_page(viewport={"width": 320, "height": 640}), make_pass(event))
    changing.cancel(event.registrations.get(first_name="Zoë"), at=timezone.now())
    page.evaluate("dispatchEvent(new Event('online'))")
    search(page, "dijk")
    mark, button = page.locator(".mark"), page.locator(".do .button")
    expect(mark).to_have_text("geannuleerd")

    mark_box, button_box = mark.bounding_box(), button.bounding_box()
    assert mark_box
    assert button_box
    assert mark_box["x"] + mark_box["width"] <= button_box["x"]
    assert mark_box["height"] < 32, "one line"
