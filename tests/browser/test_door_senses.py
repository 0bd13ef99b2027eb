"""The door by keys and by ear: where the focus is after each act, and what is said."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.booking import changing
from tests.browser.conftest import Server
from tests.browser.door_page import (
    MAY_FAIL,
    PHONE,
    NewPage,
    button,
    join,
    let_in,
    make_door_event,
    make_pass,
    present,
    search,
    wait_present,
)


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture
def device(event: Event, new_page: NewPage) -> Page:
    return join(new_page(viewport=PHONE), make_pass(event))


def press(page: Page, name: str) -> None:
    button(page, name).focus()
    page.keyboard.press("Enter")


def test_focus_is_never_lost_to_who_works_with_keys(event: Event, device: Page):
    search(device, "dijk")
    press(device, "Binnen: Zoë van Dijk")
    expect(device.get_by_role("searchbox")).to_be_focused()
    device.wait_for_timeout(800)

    press(device, "Draai terug: Zoë van Dijk")
    expect(device.locator(".is-in")).to_have_count(0)
    expect(device.get_by_role("searchbox")).to_be_focused()
    device.wait_for_timeout(800)

    press(device, "Binnen: Zoë van Dijk")
    device.wait_for_timeout(800)
    press(device, "Zoë van Dijk")
    press(device, "Draai terug")
    expect(device.locator(".is-in")).to_have_count(0)
    expect(button(device, "Zoë van Dijk")).to_be_focused()

    device.wait_for_timeout(800)
    device.keyboard.press("Enter")
    device.locator("dialog .free", has_text="5a").focus()
    device.keyboard.press("Enter")
    expect(device.locator("dialog p.table b")).to_have_text("5a")
    expect(button(device, "Sluiten")).to_be_focused()
    device.keyboard.press("Escape")
    expect(button(device, "Zoë van Dijk")).to_be_focused()


def test_who_walks_in_is_said_to_be_in(event: Event, device: Page):
    """Also under another name than was searched for: not how many are found by it now."""
    search(device, "Bo")
    device.get_by_text("Iemand zonder aanmelding").click()
    device.get_by_label("Achternaam").fill("de Boer")
    button(device, "Binnenlaten").click()

    wait_present(event, 1)
    device.wait_for_timeout(800)
    expect(device.get_by_role("status")).to_have_text("Bo de Boer is binnen.")


def test_nobody_walks_in_without_a_name(event: Event, device: Page):
    device.get_by_text("Iemand zonder aanmelding").click()
    device.get_by_label("Voornaam").fill("Bo")
    device.get_by_label("Achternaam").fill("  ")
    button(device, "Binnenlaten").click()

    expect(device.locator("[data-problem]")).to_have_text("Vul een voornaam en een achternaam in.")
    expect(device.locator("[data-count=present]")).to_have_text("0")
    assert present(event) == 0


def test_notices_are_said_and_each_once(event: Event, device: Page, monkeypatch):
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)
    device.context.set_offline(True)
    for name in ("Zoë van Dijk", "Noor van der Meulen"):
        let_in(device, name)
        device.wait_for_timeout(800)
    for person in event.registrations.all():
        changing.cancel(person, at=person.created_at)
    device.context.set_offline(False)
    notices = device.locator("[data-notices][aria-live=polite] li")
    expect(notices).to_have_count(2)
    stays = notices.nth(1).element_handle()

    notices.first.get_by_role("button").click()

    expect(notices).to_have_count(1)
    assert stays
    assert device.evaluate("(one) => one.isConnected", stays)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_with_a_keyboard_open_the_count_is_seen_and_the_search_has_a_name(
    event: Event, new_page: NewPage, monkeypatch, scheme: str
):
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)
    page = join(new_page(viewport=PHONE, color_scheme=scheme), make_pass(event))
    page.set_viewport_size({"width": 360, "height": 380})
    expect(page.get_by_role("searchbox", name="Zoek op naam")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".state.alarm")).to_be_visible()

    number, line = page.locator("[data-count=present]"), page.locator(".state.alarm")
    assert number.evaluate("(it) => getComputedStyle(it).color") == line.evaluate(
        "(it) => getComputedStyle(it).color"
    )
    # Beside the words, not below them.
    words = page.locator(".state.alarm p").bounding_box()
    count = page.locator(".counts").bounding_box()
    assert words
    assert count
    assert words["x"] + words["width"] <= count["x"]
