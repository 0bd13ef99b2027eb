"""What of people stays where on a phone, and names that are more than names."""

from __future__ import annotations

import json

from django.utils import timezone
from playwright.sync_api import Page, expect

from registrations.models import DoorPass
from tests.browser.conftest import Server
from tests.browser.door_page import (
    PHONE,
    NewPage,
    button,
    join,
    let_in,
    make_door_event,
    make_pass,
    search,
    wait_present,
)
from tests.factories import make_registration

# Everything that a page's scripts can read, but the database of the door itself.
READABLE = """async () => {
  const kept = [document.cookie, { ...localStorage }, { ...sessionStorage }];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys())
      kept.push(request.url, await (await cache.match(request)).text());
  }
  return JSON.stringify(kept);
}"""
MARKUP = '<img src="x" alt="ha">'


def test_only_the_database_of_the_door_holds_names(site: Server, new_page: NewPage):
    """Not the worker's copies of pages either, whatever was looked at."""
    event = make_door_event()
    page = join(new_page(viewport=PHONE), make_pass(event))
    let_in(page, "Zoë van Dijk")
    wait_present(event, 1)
    for address in ("?q=meulen", "afdrukken/", "", "hallo/"):
        page.goto(f"/deur/buurt/{address}")
    page.goto("/deur/buurt/")

    kept = page.evaluate(READABLE)

    assert "/deur/buurt/schil/" in kept
    secret = DoorPass.objects.get().secret
    assert [one for one in ("Meulen", "Dijk", "Haarlem", "Ingang A", secret) if one in kept] == []
    assert json.loads(kept)[:3] == ["", {}, {}]


def test_name_of_markup_is_shown_as_it_is_written(site: Server, new_page: NewPage):
    event = make_door_event()
    where, at = f"{MARKUP} & zn", timezone.now()
    make_registration(event, first_name=MARKUP, last_name="Vis", organisation=where, at=at)
    page = join(new_page(viewport=PHONE), make_pass(event, MARKUP))

    def literal(page: Page, *places: str) -> None:
        for place in places:
            expect(page.locator(place).first).to_contain_text(MARKUP)
        expect(page.locator("main img, dialog img")).to_have_count(0)

    let_in(page, f"{MARKUP} Vis")
    wait_present(event, 1)
    literal(page, ".person .name", ".person .from", ".person .at", "[data-last-text] b")
    page.wait_for_timeout(800)
    button(page, f"{MARKUP} Vis").click()
    literal(page, "#sheet-name", "[data-from]", "[data-check-ins]")
    page.goto("/deur/buurt/?q=vis")
    literal(page, ".person .name", ".person .from")
    page.goto("/deur/buurt/afdrukken/")
    literal(page, "tr:has-text('Vis') th", "tr:has-text('Vis') td bdi")


def test_walk_in_of_markup_is_shown_as_it_is_written(site: Server, new_page: NewPage):
    event = make_door_event()
    page = join(new_page(viewport=PHONE), make_pass(event))
    page.get_by_text("Iemand zonder aanmelding").click()
    page.get_by_label("Voornaam").fill(MARKUP)
    page.get_by_label("Achternaam").fill("Vis")
    button(page, "Binnenlaten").click()
    wait_present(event, 1)

    search(page, "vis")

    expect(page.locator(".person .name")).to_have_text(f"{MARKUP} Vis")
    expect(page.locator("main img")).to_have_count(0)
