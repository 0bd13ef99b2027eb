"""Two tables in one minute, on a phone: how far it is to them, and what it takes to have them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Locator, Page, ViewportSize, expect

from program.models import Event, Slot
from registrations.models import Registration
from registrations.queries.tables import codes
from tests.browser.conftest import Server
from tests.factories import make_event, make_registration, make_slot

PHONE = ViewportSize(width=360, height=740)
# What docs/benchmarks.md says of this walk, with what was measured.
MOST_TAPS = 8
MOST_SCREENS = 2.5
MOST_WORDS = 200
TABLES_WITHIN = 2  # screens
MOST_SECONDS = 20  # of the minute, for the site and the browser
FILLED_BY_THE_BROWSER = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "organisation": "Gemeente Haarlem",
}
SCREENS = "document.documentElement.scrollHeight / innerHeight"


class Thumb:
    """Somebody on a phone: what they tap is in sight first, and counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0
        self.began = monotonic()

    def tap(self, there: Locator) -> None:
        there.click()
        self.taps += 1

    @property
    def seconds(self) -> float:
        return monotonic() - self.began


def words(page: Page, selector: str) -> int:
    """The words that can be seen there; the answers of a closed list are not."""
    text = page.locator(selector).evaluate(
        """one => {
            for (const list of one.querySelectorAll("select")) list.remove();
            return one.innerText;
        }"""
    )
    return len(re.findall(r"\w[\w’'.-]*", text))


def screens_down(page: Page, selector: str) -> float:
    """Where something begins, in screens from the top of the page."""
    return float(
        page.locator(selector).first.evaluate(
            "one => (one.getBoundingClientRect().top + scrollY) / innerHeight"
        )
    )


@pytest.fixture
def demo(site: Server) -> Event:
    """The event as the demo has it: eight themes, sixteen tables in two rounds."""
    call_command("load_demo", verbosity=0)
    return Event.objects.get()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    return new_page(viewport=PHONE, has_touch=True, java_script_enabled=request.param)


def radio(page: Page, number: int, code: str) -> Locator:
    return page.locator(f'input[name=round_{number}][value="{code}"]')


def test_two_tables_in_one_minute(demo: Event, phone: Page) -> None:
    phone.goto(f"/{demo.slug}/")
    thumb = Thumb(phone)

    thumb.tap(phone.get_by_role("link", name="Bekijk de tafels"))
    thumb.tap(phone.get_by_label("Hoe maak je een buurtcoöperatie economisch volhoudbaar?"))
    expect(radio(phone, 2, "6")).to_be_hidden()
    thumb.tap(phone.locator(".chosen").get_by_role("link", name="Ronde 2"))
    expect(radio(phone, 1, "5a")).to_be_hidden()
    thumb.tap(phone.locator("#ronde-2").get_by_label("Doen wat goed en nodig is"))
    thumb.tap(phone.get_by_role("button", name="Verder"))

    expect(phone).to_have_url(re.compile(r"/aanmelden/\?round_1=5a&round_2=6&verder=1$"))
    for name, text in FILLED_BY_THE_BROWSER.items():
        phone.locator(f"[name={name}]").fill(text)
    phone.locator("[name=role]").select_option("ambtenaar")
    thumb.tap(phone.get_by_label("Mijn plek is alleen voor mij"))
    thumb.tap(phone.get_by_role("button", name="Aanmelden"))

    expect(phone.locator("h1")).to_have_text("Kijk in je mail")
    assert thumb.taps <= MOST_TAPS
    assert thumb.seconds < MOST_SECONDS
    assert codes(Registration.objects.get()) == {"1": "5a", "2": "6"}


def test_the_first_screen_has_the_hours_the_address_and_the_button(
    demo: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(f"/{demo.slug}/")
    for part in (".hero .hours", ".hero .place a", ".hero .button"):
        box = page.locator(part).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < PHONE["height"], part
    assert screens_down(page, ".choice") < TABLES_WITHIN


@pytest.mark.parametrize("language", ["", "/en"])
def test_the_form_is_short_once_the_tables_are_chosen(
    demo: Event, new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(f"{language}/{demo.slug}/aanmelden/?round_1=5a&round_2=6")
    assert page.locator("main input:visible, main select:visible").count() == 6
    assert page.evaluate(SCREENS) <= MOST_SCREENS
    assert words(page, "main") <= MOST_WORDS


def test_sixty_tables_in_three_rounds_are_one_round_at_a_time(
    site: Server, new_page: Callable[..., Page]
) -> None:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="groot", rounds=3)
    for number in range(60):
        make_slot(event, str(number), number % 3 + 1)
    phone = new_page(viewport=PHONE)
    phone.goto("/groot/")
    assert screens_down(phone, ".choice") < TABLES_WITHIN
    assert phone.evaluate(SCREENS) < 9
    assert phone.locator(".choice:visible").count() == 21  # with 'no table'

    desk = new_page(viewport={"width": 1280, "height": 900})
    desk.goto("/groot/")
    lefts = {
        desk.locator(f"#ronde-{number}").evaluate("one => Math.round(one.offsetLeft)")
        for number in (1, 2, 3)
    }
    assert len(lefts) == 3
    assert desk.locator(".choice:visible").count() == 63


def test_a_search_shows_what_fits_while_one_types(
    site: Server, new_page: Callable[..., Page]
) -> None:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="groot", rounds=2)
    for number in range(30):
        make_slot(event, str(number), number % 2 + 1)
    page = new_page()
    page.goto("/groot/")
    radio(page, 1, "4").check()
    search = page.get_by_label("Zoek een tafel")
    search.fill("gastheer 17")
    expect(page.locator(".choice[data-table]:visible .title")).to_have_text(
        ["4: Gesprek 4", "17: Gesprek 17"]
    )
    search.fill("olifant")
    expect(page.locator("[data-found]")).to_have_text("")  # what is chosen stays in sight
    search.press("Enter")
    expect(page).to_have_url(re.compile("/groot/$"))
    search.fill("")
    expect(page.locator(".choice[data-table]:visible")).to_have_count(30)


def test_a_search_without_scripts_keeps_what_was_chosen(site: Server, plain_page: Page) -> None:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="groot", rounds=2)
    for number in range(30):
        make_slot(event, str(number), number % 2 + 1)
    plain_page.goto("/groot/")
    radio(plain_page, 1, "4").check()
    plain_page.get_by_label("Zoek een tafel").fill("17")
    plain_page.get_by_label("Zoek een tafel").press("Enter")

    expect(radio(plain_page, 1, "4")).to_be_checked()
    expect(plain_page.locator(".choice[data-table] .title")).to_have_text(
        ["4: Gesprek 4", "17: Gesprek 17"]
    )


@pytest.fixture
def wijk(site: Server) -> Event:
    """Session 6 is held in both rounds; 2a is full."""
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk")
    for code, number in (("1a", 1), ("2a", 1), ("6", 1), ("1b", 2), ("6", 2)):
        make_slot(event, code, number)
    Slot.objects.filter(session__code="2a").update(seats=1)
    make_registration(event, {1: "2a"}, at=timezone.now())
    return event


def test_the_line_in_sight_says_what_is_chosen_and_what_is_chosen_twice(
    wijk: Event, page: Page
) -> None:
    page.goto("/wijk/")
    line = page.locator(".picks")
    expect(line).to_have_text(re.compile(r"Ronde 1:\s*nog kiezen.*Ronde 2:\s*nog kiezen", re.S))
    radio(page, 1, "6").check()
    radio(page, 2, "").check()
    assert re.findall(r"Ronde \d: \S+(?: tafel)?", " ".join(line.inner_text().split())) == [
        "Ronde 1: 6",
        "Ronde 2: geen tafel",
    ]
    expect(page.locator(".twice")).to_be_empty()
    radio(page, 2, "6").check()
    expect(page.get_by_role("alert")).to_have_text(
        "‘6: Gesprek 6’ koos je twee keer. Kies die in één ronde."
    )
    expect(page.get_by_role("button", name="Verder")).to_be_in_viewport()


def test_without_scripts_the_line_says_that_a_round_is_done(wijk: Event, plain_page: Page) -> None:
    plain_page.goto("/wijk/")
    radio(plain_page, 1, "6").check()
    assert " ".join(plain_page.locator(".picks").inner_text().split()) == (
        "Ronde 1: gekozen Ronde 2: nog kiezen"
    )


def test_only_tables_with_a_free_seat(wijk: Event, plain_page: Page) -> None:
    plain_page.goto("/wijk/")
    box = plain_page.locator("[name=wish_1]")
    expect(box).to_be_visible()
    plain_page.get_by_label("Alleen tafels met plek").check()
    expect(box).to_be_hidden()
    plain_page.get_by_label("Alleen tafels met plek").uncheck()
    box.check()
    plain_page.get_by_label("Alleen tafels met plek").check()
    expect(box).to_be_visible()  # or one would forget it and send it


def test_back_from_the_form_keeps_the_choice(wijk: Event, page: Page) -> None:
    page.goto("/wijk/")
    radio(page, 1, "6").check()
    radio(page, 2, "1b").check()
    page.locator("[name=wish_1]").check()
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_label("Voornaam")).to_be_visible()
    page.go_back()
    expect(radio(page, 1, "6")).to_be_checked()
    expect(page.locator(".picks")).to_contain_text("1b")
    page.go_forward()
    page.get_by_role("link", name="wijzig").click()
    expect(radio(page, 1, "6")).to_be_checked()
    expect(page.locator("[name=wish_1]")).to_be_checked()


def test_what_a_table_is_about_opens_where_it_stands(wijk: Event, plain_page: Page) -> None:
    session = wijk.sessions.get(code="1a")
    session.text = "Over geld van de buurt."
    session.save()
    wijk.bump_programme()
    plain_page.goto("/wijk/")
    text = plain_page.get_by_text("Over geld van de buurt.")
    expect(text).to_be_hidden()
    plain_page.locator("#tafel-1a summary").click()
    expect(text).to_be_visible()
    expect(radio(plain_page, 1, "1a")).not_to_be_checked()


def test_a_few_stops_lead_to_the_first_table(wijk: Event, page: Page) -> None:
    page.goto("/wijk/")
    stops = 0
    while not page.evaluate("document.activeElement.matches('.choice input')"):
        page.keyboard.press("Tab")
        stops += 1
    assert stops <= 12


def test_after_a_radio_tab_reaches_the_tables_to_wait_for_in_its_round(
    wijk: Event, page: Page
) -> None:
    page.goto("/wijk/")
    radio(page, 1, "1a").focus()
    page.keyboard.press("ArrowDown")
    expect(radio(page, 1, "6")).to_be_checked()
    for _stop in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "wish_1":
            return
    pytest.fail("the waiting box of round 1 was passed by")


def test_whatever_an_address_points_at_its_round_is_shown(wijk: Event, plain_page: Page) -> None:
    for anchor, shown in (("tafel-1b", 2), ("tafel-6-2", 2), ("tafel-6", 1), ("waar", 1)):
        plain_page.goto("about:blank")
        plain_page.goto(f"/wijk/#{anchor}")
        expect(plain_page.locator(f"#ronde-{shown}")).to_be_visible()
        expect(plain_page.locator(f"#ronde-{3 - shown}")).to_be_hidden()


def test_the_line_in_sight_follows_every_round(site: Server, page: Page) -> None:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="lang", rounds=6)
    for number in range(1, 7):
        make_slot(event, str(number), number)
    page.goto("/lang/")
    radio(page, 6, "6").check()
    last = page.locator(".picks a").last
    expect(last.locator(".done")).to_be_visible()
    expect(last.locator(".todo")).to_be_hidden()
    expect(page.locator(".picks a").first.locator(".done")).to_be_hidden()
