"""Everything a visitor does, by keys alone: the focus is never lost, and always to be seen."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import cast

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from program.models import Event
from registrations.booking.places import differences
from registrations.models import Registration
from registrations.queries.tables import codes
from registrations.queries.tokens import token_of
from tests.browser.conftest import Server
from tests.factories import make_event, make_registration, make_slot

MOST_STOPS = 120
WRONG = ["round_1", "round_2", "last_name", "email", "role", "agree"]
# What is wrong with where the focus is: a line of 2 pixels or more round it, or round the card
# that it stands for, in the window and under nothing else.
UNSEEN = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return "the focus is lost";
    const lined = e => {
        const { outlineStyle, outlineWidth } = getComputedStyle(e);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    let shown = one;
    while (shown && !lined(shown)) shown = shown.parentElement;
    if (!shown) return `no line round ${one.outerHTML}`;
    const box = shown.getBoundingClientRect();
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right - left < 1 || bottom - top < 1) return `out of sight: ${one.outerHTML}`;
    const over = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const seen = over && (shown.contains(over) || over.contains(shown));
    return seen ? "" : `under ${over?.outerHTML}: ${one.outerHTML}`;
}"""
# Whether Tab has left the page at its end, or begun anew.
ROUND = "document.activeElement.matches('body, .skip')"


class Keys:
    """Somebody with a keyboard and nothing else."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, key: str, times: int = 1) -> None:
        for _time in range(times):
            self.page.keyboard.press(key)
            self.sees()

    def sees(self) -> None:
        assert self.page.evaluate(UNSEEN) == ""

    def tab_to(self, wanted: Locator, *, back: bool = False) -> None:
        """Tab until the focus is there."""
        for _stop in range(MOST_STOPS):
            self.press("Shift+Tab" if back else "Tab")
            if wanted.evaluate("one => one === document.activeElement"):
                return
        pytest.fail(f"{wanted} is not reached by Tab")

    def go(self, link_or_button: Locator, heading: str | re.Pattern[str]) -> None:
        """Press it, and be on the page with this heading."""
        self.tab_to(link_or_button)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("h1")).to_have_text(heading)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def focused(self) -> Locator:
        return self.page.locator(":focus")


@pytest.fixture(params=["with scripts", "without scripts"])
def keys(request: pytest.FixtureRequest) -> Keys:
    """On a desk with JavaScript, and on a narrow screen without."""
    with_scripts = request.param == "with scripts"
    return Keys(cast(Page, request.getfixturevalue("page" if with_scripts else "plain_page")))


@pytest.fixture
def event(site: Server) -> Event:
    """In each of two rounds the tables 1 to 3; table 3 is full in the first."""
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk", title="De wijk")
    for number in (1, 2):
        for code in ("1", "2", "3"):
            make_slot(event, code, number, seats=1 if code == "3" else 5)
    make_registration(event, {1: "3"}, at=timezone.now())
    return event


def test_sign_up_confirm_change_tables_and_cancel(event: Event, keys: Keys) -> None:
    page = keys.page
    page.goto("/wijk/")
    keys.tab_to(page.get_by_role("link", name="Bekijk de tafels"))
    keys.page.keyboard.press("Enter")
    first, second = (page.locator(f"input[name=round_{number}]") for number in (1, 2))
    keys.tab_to(first.first)
    keys.press(" ")
    expect(page.get_by_role("radio", name="Gesprek 1").first).to_be_checked()
    keys.tab_to(page.get_by_role("checkbox", name="3: Gesprek 3"))
    keys.press(" ")
    keys.tab_to(page.locator(".picks a").last)
    keys.page.keyboard.press("Enter")
    keys.tab_to(second.first)
    keys.press(" ")
    keys.press("ArrowDown")
    keys.go(page.get_by_role("button", name="Verder"), "Aanmelden")

    keys.tab_to(page.get_by_label("Voornaam"))
    keys.type("Noor")
    keys.press("Tab")
    keys.type("Jansen")
    keys.press("Tab")
    keys.type("noor@haarlem.example")
    role = page.get_by_label("Je bent")
    keys.tab_to(role)
    while role.input_value() != "inwoner":
        keys.press("ArrowDown")
    keys.tab_to(page.get_by_role("checkbox", name="Mijn plek is alleen voor mij"))
    keys.press(" ")
    keys.go(page.get_by_role("button", name="Aanmelden"), "Kijk in je mail")

    noor = Registration.objects.get(first_name="Noor", email="noor@haarlem.example")
    assert codes(noor) == {"1": "1", "2": "2"}
    page.goto(f"/aanmelding/{token_of(noor)}/")
    keys.go(page.get_by_role("button", name="Bevestig"), "Noor, je plek staat vast")
    assert noor.waitlist_entries.count() == 1

    keys.go(page.get_by_role("link", name="Tafels wijzigen").first, "Wijzig je tafels")
    keys.tab_to(first.first)
    keys.press("ArrowDown")
    keys.tab_to(page.locator(".picks a").last)
    keys.page.keyboard.press("Enter")
    keys.tab_to(second.first)  # one's own table stands first
    keys.press("ArrowDown")
    keys.go(page.get_by_role("button", name="Mijn tafels opslaan"), "Noor, je plek staat vast")
    assert codes(noor) == {"1": "2", "2": "1"}

    keys.go(page.get_by_role("link", name="annuleren"), re.compile("annuleren"))
    keys.go(page.get_by_role("button", name="annuleren"), re.compile("geannuleerd"))
    noor.refresh_from_db()
    assert (noor.is_cancelled, differences()) == (True, [])


def test_after_an_error_the_summary_has_the_focus_and_leads_to_each_field(
    event: Event, keys: Keys
) -> None:
    page = keys.page
    page.goto("/wijk/aanmelden/")
    keys.tab_to(page.get_by_label("Voornaam"))
    keys.type("Noor")
    page.keyboard.press("Enter")  # sends the form from any field

    expect(page.locator("h2#errors")).to_be_focused()
    keys.sees()
    links = page.locator("section[aria-labelledby=errors] a").all()
    assert len(links) == len(WRONG)
    for link, name in zip(links, WRONG, strict=True):
        keys.tab_to(link, back=link != links[0])
        keys.press("Enter")
        expect(keys.focused()).to_have_attribute("name", name)


def test_the_skip_link_comes_first_and_leads_past_the_head(event: Event, keys: Keys) -> None:
    page = keys.page
    page.goto("/wijk/")
    keys.press("Tab")
    expect(keys.focused()).to_have_text("Naar de inhoud")
    keys.page.keyboard.press("Enter")
    keys.press("Tab")

    assert keys.focused().evaluate("one => one.closest('main') !== null")


def test_each_stop_on_each_page_is_to_be_seen(event: Event, keys: Keys) -> None:
    noor = make_registration(event, {1: "1"}, waitlists={1: ["3"]}, at=timezone.now())
    mine = f"/aanmelding/{token_of(noor)}/"
    pages = ["/", "/wijk/", "/wijk/tafelsessie/1/", "/wijk/mijn-link/", "/opgeslagen/", "/privacy/"]
    for path in [*pages, *(mine + part for part in ("", "tafels/", "annuleren/", "wissen/"))]:
        keys.page.goto(path)
        keys.press("Tab")
        expect(keys.page.locator(".skip")).to_be_focused()
        keys.page.keyboard.press("Tab")
        stops = 1
        while not keys.page.evaluate(ROUND):
            keys.sees()
            keys.page.keyboard.press("Tab")
            stops += 1
        assert 5 < stops < MOST_STOPS, path
