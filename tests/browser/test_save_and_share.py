"""Stars, and the buttons that copy and share: what they add to links that work without them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from program.models import Event
from tests.browser.conftest import Server, wait_for
from tests.factories import make_event, make_slot

SLOW = {"offline": False, "latency": 200, "downloadThroughput": -1, "uploadThroughput": -1}
PRESS_BOTH = """stars => { for (const star of stars) star.click(); }"""


@pytest.fixture
def event(site: Server) -> Event:
    """With the table sessions 1a and 1b."""
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk")
    for code in ("1a", "1b"):
        make_slot(event, code)
    return event


@pytest.fixture
def table_page(page: Page, event: Event) -> Page:
    page.goto("/wijk/tafelsessie/1a/")
    return page


def star(page: Page, code: str) -> Locator:
    """By its address: its words change."""
    return page.locator(f"a.star[href$='sessie={code}']").first


def count(page: Page) -> Locator:
    return page.locator("[data-saved-count]")


def kept(page: Page) -> list[str]:
    """What the page of saved things has."""
    page.goto("/opgeslagen/")
    return re.findall(r"Gesprek \w+", page.locator("main").inner_text())


def test_two_stars_pressed_within_one_round_trip_are_both_kept(page: Page, event: Event) -> None:
    page.goto("/wijk/")
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW)
    page.locator(":is(a.star[href$='=1a'], a.star[href$='=1b'])").evaluate_all(PRESS_BOTH)

    for code in ("1a", "1b"):
        expect(star(page, code)).to_have_attribute("data-saved", "")
    expect(count(page)).to_have_text("2")
    assert kept(page) == ["Gesprek 1a", "Gesprek 1b"]


def test_a_star_is_a_button_that_says_what_it_did(table_page: Page) -> None:
    page, mine = table_page, star(table_page, "1a")
    expect(mine).to_have_role("button")
    expect(mine).to_have_accessible_name("Sla tafelsessie 1a op")

    mine.press(" ")
    expect(mine).to_have_accessible_name("Tafelsessie 1a is opgeslagen")
    expect(count(page)).to_have_text("1")
    expect(page).to_have_url(re.compile("/tafelsessie/1a/$"))

    mine.press("Enter")
    expect(mine).to_have_accessible_name("Sla tafelsessie 1a op")
    expect(count(page)).to_be_empty()
    assert kept(page) == []


def test_a_star_that_cannot_save_leads_to_the_page_where_one_can(table_page: Page) -> None:
    def refuse(route: Route) -> None:
        if route.request.is_navigation_request():
            route.continue_()
        else:
            route.fulfill(status=500)

    page = table_page
    page.route("**/opgeslagen/**", refuse)
    star(page, "1a").click()

    expect(page).to_have_url(re.compile(r"/opgeslagen/\?evenement=wijk&sessie=1a$"))
    page.get_by_role("button", name="Sla deze tafelsessie op").click()
    expect(count(page)).to_have_text("1")


def pasted(page: Page) -> str:
    """What is on the clipboard, by hand: the site lets no script read it."""
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").press("Control+v")
    return page.locator("textarea").input_value()


def test_copy_puts_the_address_on_the_clipboard_and_says_so_for_a_moment(
    table_page: Page, site: Server
) -> None:
    page = table_page
    page.context.grant_permissions(["clipboard-write"], origin=site.url)
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Kopieer").click()

    expect(page.locator("[data-copy]")).to_have_text("Gekopieerd")
    assert pasted(page) == page.url
    page.clock.run_for(4000)
    expect(page.locator("[data-copy]")).to_have_text("Kopieer")


def test_copy_that_is_refused_selects_the_address(table_page: Page) -> None:
    page = table_page
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new Error())")
    page.reload()
    page.get_by_role("button", name="Kopieer").click()

    selected = "getSelection().toString()"
    wait_for("the selection", lambda: page.evaluate(selected) == page.url)
    expect(page.get_by_role("button", name="Kopieer")).to_be_visible()


def test_share_opens_the_sheet_of_a_browser_that_has_one(
    new_page: Callable[..., Page], event: Event
) -> None:
    page = new_page()
    page.add_init_script("navigator.share = async what => { window.shared = what; }")
    page.goto("/wijk/tafelsessie/1a/")
    page.get_by_role("button", name="Delen").click()

    assert page.evaluate("window.shared") == {"title": "Gesprek 1a", "url": page.url}


def test_without_scripts_there_are_no_buttons_that_do_nothing(
    plain_page: Page, event: Event
) -> None:
    plain_page.goto("/wijk/tafelsessie/1a/")

    expect(plain_page.get_by_role("button")).to_have_count(0)
    star(plain_page, "1a").click()
    plain_page.get_by_role("button", name="Sla deze tafelsessie op").click()
    expect(count(plain_page)).to_have_text("1")
