"""What a row of the door tells, to the eye and to the ear, and how many of them fit."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.organising import corrections
from tests.browser.conftest import Server
from tests.browser.door_page import (
    MAY_FAIL,
    PHONE,
    NewPage,
    button,
    join,
    make_door_event,
    make_pass,
    search,
)
from tests.factories import make_registration
from tests.processes import wait_for

ORGANISATIONS = ["Gemeente Haarlem", "Woningstichting Eigen Haard", "", "Stichting Samen"]


@pytest.fixture(autouse=True)
def _network_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event(title="Buurt")


def fresh(page: Page) -> None:
    """Has the list as it is on the server now."""
    page.evaluate("dispatchEvent(new Event('online'))")


def many(event: Event, count: int) -> None:
    Event.objects.filter(pk=event.pk).update(capacity=100)
    event.refresh_from_db()
    for number in range(count):
        make_registration(
            event,
            {1: "5a", 2: "3c"},
            first_name=f"Jan-Willem {chr(65 + number)}.",
            last_name="van der Meulen",
            organisation=ORGANISATIONS[number % len(ORGANISATIONS)],
            at=timezone.now(),
        )


def test_tables_are_read_aloud_as_words(event: Event, new_page: NewPage):
    device = join(new_page(viewport=PHONE), make_pass(event))
    search(device, "meulen")
    seats = device.locator(".person .seats")

    expect(seats).to_match_aria_snapshot("- paragraph: tafel 5a, daarna tafel 3c")
    expect(seats.locator("[aria-hidden=true]")).to_have_text("5a → 3c")
    button(device, "Noor van der Meulen").click()
    table = device.locator("dialog p.table").first
    expect(table).to_match_aria_snapshot("- paragraph: 5a Gesprek 5a Raadzaal")


def test_namesakes_show_what_tells_them_apart(event: Event, new_page: NewPage):
    at = timezone.now()
    make_registration(event, {}, first_name="Zoe", last_name="Van Dijk", organisation="Hu", at=at)
    device = join(new_page(viewport=PHONE), make_pass(event))
    search(device, "dijk")
    rows = device.locator(".person")
    expect(rows).to_have_count(2)

    expect(rows.first).to_contain_text("geen organisatie")
    expect(rows.last).to_contain_text("Hu")
    expect(rows.locator(".mark")).to_have_text(["naamgenoot", "naamgenoot"])
    expect(rows.locator(".from.tells")).to_have_count(2)
    # One of them turns out to be called something else: nobody has a namesake any more.
    other = event.registrations.get(organisation="Hu")
    corrections.correct_name(other, "Zoee", "van Dijk", who="o", why="Typefout.", at=at)
    fresh(device)
    expect(rows.locator(".mark")).to_have_text(["naam gecorrigeerd"])
    expect(rows.locator(".from.tells")).to_have_count(0)


def test_of_many_people_it_says_what_to_ask_for(event: Event, new_page: NewPage):
    many(event, 7)
    device = join(new_page(viewport=PHONE), make_pass(event))
    found = device.locator("[data-found]")

    search(device, "mevrouw van der meulen")
    expect(found).to_have_text("8 gevonden: vraag naar de hele naam")
    expect(device.get_by_role("status")).to_have_text("8 gevonden: vraag naar de hele naam")
    search(device, "jan willem meulen")
    expect(found).to_have_text("7 gevonden: vraag naar de organisatie")
    search(device, "noor meulen")
    expect(found).to_have_text("1 gevonden")


def test_three_rows_show_above_an_open_keyboard(event: Event, new_page: NewPage):
    """Each with its organisation, its tables and its button, on a phone of 360 pixels."""
    many(event, 7)
    device = join(new_page(viewport=PHONE), make_pass(event))
    device.get_by_role("searchbox").focus()
    device.set_viewport_size({"width": 360, "height": 340})
    device.keyboard.type("meulen")
    expect(device.locator(".person")).to_have_count(8)

    whole = """() => {
      const inside = (one, top) => {
        const { top: above, bottom } = one.getBoundingClientRect();
        return above >= top && bottom <= innerHeight;
      };
      const edge = document.querySelector('.top').getBoundingClientRect().bottom - 1;
      return [...document.querySelectorAll('.person')].filter((row) => inside(row, edge) &&
        [...row.querySelectorAll('button, p')].every((part) => inside(part, edge))).length;
    }"""
    wait_for("three whole rows in sight", lambda: device.evaluate(whole) >= 3)
    sizes = device.eval_on_selector_all(
        ".person .do button", "(all) => all.map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44
    expect(device.get_by_role("searchbox")).to_be_in_viewport()
    assert device.evaluate("document.documentElement.scrollWidth") <= 360


def test_menu_is_at_the_edge_also_beside_a_short_title(event: Event, new_page: NewPage):
    for width in (360, 1280):
        device = join(new_page(viewport={"width": width, "height": 740}), make_pass(event))
        menu, found = device.locator(".menu").bounding_box(), device.locator(".top .wrap")
        box, padding = (
            found.bounding_box(),
            found.evaluate("(it) => getComputedStyle(it).paddingRight"),
        )

        assert menu
        assert box
        edge = box["x"] + box["width"] - float(padding.removesuffix("px"))
        assert abs(menu["x"] + menu["width"] - edge) < 1
