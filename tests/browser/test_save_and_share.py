"""Saving an event, and the buttons that copy and share: what scripts add to what works without."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from program.models import Event
from tests.browser.conftest import Server
from tests.factories import make_event, make_slot
from tests.processes import wait_for


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk")
    make_slot(event, "1a")
    return event


@pytest.fixture
def table_page(page: Page, event: Event) -> Page:
    page.goto("/wijk/tafelsessie/1a/")
    return page


def button(page: Page) -> Locator:
    """By its form: its words change."""
    return page.locator("form[data-save] button")


def count(page: Page) -> Locator:
    return page.locator("[data-saved-count]")


def kept(page: Page) -> list[str]:
    """What the page of saved events has."""
    page.goto("/opgeslagen/")
    return page.locator("main h2").all_inner_texts()


def test_event_is_saved_and_taken_out_in_place(table_page: Page, event: Event) -> None:
    page, mine = table_page, button(table_page)
    page.evaluate("window.same = true")
    mine.press("Enter")
    expect(mine).to_have_accessible_name("Niet meer bewaren")
    expect(mine).to_be_focused()
    expect(count(page)).to_have_text("1")

    mine.press(" ")
    expect(mine).to_have_accessible_name("Bewaar dit evenement")
    expect(count(page)).to_be_empty()

    mine.click()
    expect(count(page)).to_have_text("1")
    assert page.evaluate("window.same")
    assert kept(page) == [event.title]


def test_form_that_cannot_save_in_place_does_so_by_itself(table_page: Page, event: Event) -> None:
    def refuse(route: Route) -> None:
        if route.request.is_navigation_request():
            route.continue_()
        else:
            route.fulfill(status=500)

    page = table_page
    page.route("**/opgeslagen/", refuse)
    button(page).click()

    expect(button(page)).to_have_accessible_name("Niet meer bewaren")
    expect(page).to_have_url(re.compile("/tafelsessie/1a/$"))
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

    expect(plain_page.get_by_role("button")).to_have_count(1)
    button(plain_page).click()
    expect(plain_page).to_have_url(re.compile("/tafelsessie/1a/$"))
    expect(count(plain_page)).to_have_text("1")
    assert kept(plain_page) == [event.title]
    plain_page.get_by_role("button", name="Niet meer bewaren").click()
    expect(count(plain_page)).to_be_empty()
