"""Tables in one's own order: by a number at each, or with a list that a script keeps (rule 16)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, ViewportSize, expect

from program.models import Event
from registrations.booking import changing, signup
from registrations.models import Registration
from registrations.queries import rankings
from registrations.queries.tokens import token_of
from tests.browser.conftest import Server
from tests.factories import make_event, make_person, make_slot

PHONE = ViewportSize(width=360, height=740)
PERSON = {"first_name": "Noor", "last_name": "van der Meulen", "email": "noor@haarlem.example"}
FORM = "/loting/aanmelden/"


@pytest.fixture
def event(site: Server) -> Event:
    now = timezone.now().replace(minute=0)
    event = make_event(
        slug="loting",
        starts_at=now + timedelta(days=20),
        wishes_close_at=now + timedelta(days=5),
        wishes_a_round=3,
    )
    for letter in "abcdefghijkl":
        make_slot(event, f"1{letter}", 1)
        make_slot(event, f"2{letter}", 2)
    return event


def fill_in(page: Page) -> None:
    for name, text in PERSON.items():
        page.locator(f"[name={name}]").fill(text)
    page.locator("[name=role]").select_option("ambtenaar")
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="Aanmelden").click()


def ranked() -> dict[int, list[str]]:
    return rankings.of_person(Registration.objects.latest("pk")).ranked


def card(page: Page, code: str) -> Locator:
    """The button that a script puts on the card of a table."""
    return page.locator(f"[data-table='{code}'] .pick")


def order(page: Page, number: int = 1) -> list[str]:
    return page.locator(f"#ronde-{number} .ranking .name").all_inner_texts()


def numbers(page: Page) -> dict[str, str]:
    """What the form would send, of the tables that have a number."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...new FormData(document.querySelector("main form"))]
            .filter(([name, value]) => name.startsWith("rank_") && value))"""
    )
    return found


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


def test_without_scripts_each_table_gets_a_number(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(FORM)
    page.get_by_label("Je keus: Gesprek 1c").select_option("1")
    page.get_by_label("Je keus: Gesprek 1a").select_option("3")
    page.locator(".chosen").get_by_role("link", name="Ronde 2").click()
    page.locator("#ronde-2").get_by_label("Je keus: Liever geen tafel").select_option("1")
    page.locator(".chosen").get_by_role("link", name="Verder").click()
    fill_in(page)
    expect(page.locator("h1")).to_have_text("Kijk in je mail")
    assert ranked() == {1: ["1c", "1a"], 2: [""]}


def test_without_scripts_what_is_wrong_is_said_and_all_numbers_stay(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE, java_script_enabled=False)
    page.goto(FORM)
    for code in ("1c", "1a"):
        page.get_by_label(f"Je keus: Gesprek {code}").select_option("2")
    fill_in(page)
    page.get_by_role("link", name="allebei nummer 2").click()
    expect(page.get_by_label("Je keus: Gesprek 1a")).to_be_in_viewport()
    expect(page.get_by_label("Je keus: Gesprek 1a")).to_have_value("2")
    page.get_by_label("Je keus: Gesprek 1a").select_option("1")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.locator("h1")).to_have_text("Kijk in je mail")
    assert ranked() == {1: ["1a", "1c"]}


@pytest.mark.parametrize("width", [320, 360])
def test_without_scripts_the_seats_stand_clear_of_the_number(
    event: Event, new_page: Callable[..., Page], width: int
) -> None:
    event.slots.update(seats=14)
    page = new_page(viewport=ViewportSize(width=width, height=740), java_script_enabled=False)
    for address in (FORM, f"/en{FORM}"):
        page.goto(address)
        one = page.locator("[data-table='1a']")
        label = one.locator(".rank label").bounding_box()
        seats = one.locator(".room").evaluate(
            """one => {
                const text = document.createRange();
                text.selectNodeContents(one);
                return Math.max(...[...text.getClientRects()].map(line => line.right));
            }"""
        )
        room = one.locator(".room").bounding_box()
        assert label
        assert room
        below = label["y"] >= room["y"] + room["height"]
        assert below or label["x"] - seats >= 6
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("prefix", ["", "/en"])
def test_on_a_phone_the_bar_is_one_row_and_its_note_goes_with_its_round(
    event: Event, new_page: Callable[..., Page], prefix: str
) -> None:
    at = timezone.now()
    mine = signup.sign_up(event, make_person(), {}, ranked={1: ["1c", "1a", "1b"]}, at=at)
    mine = signup.confirm(mine, at=at)
    page = new_page(viewport=PHONE)
    page.goto(f"{prefix}/aanmelding/{token_of(mine)}/tafels/")
    bar = page.locator(".chosen").bounding_box()
    assert bar
    assert bar["height"] < 80
    card(page, "1d").click()
    expect(page.locator("[data-said]")).not_to_be_empty()
    page.locator(".chosen").get_by_role("link", name=re.compile("2")).click()
    expect(page.locator("[data-said]")).to_be_empty()


def test_with_one_choice_a_round_nothing_speaks_of_an_order(
    event: Event, new_page: Callable[..., Page]
) -> None:
    Event.objects.update(wishes_a_round=1)
    page = new_page(viewport=PHONE)
    page.goto("/loting/")
    expect(page.get_by_text("Kies je tafels").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("op volgorde")
    page.goto(FORM)
    expect(page.locator("main")).not_to_contain_text("op volgorde")
    expect(page.locator("main")).not_to_contain_text("vullen we je lijst aan")
    expect(page.locator(".intro")).to_contain_text(
        "Kies je er geen, dan krijg je een tafel waar plek is. "
        "Heb je liever geen tafel? Kies dat dan."
    )
    card(page, "1a").click()
    card(page, "1b").click()
    expect(page.locator("[data-said]")).to_have_text(
        "Je hebt er al 1 gekozen in ronde 1. Haal er eerst een weg."
    )


def test_a_tap_puts_a_table_at_the_end_of_the_list_of_its_round(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE, has_touch=True)
    page.goto(FORM)
    expect(page.locator("select[name^=rank_]:visible")).to_have_count(0)
    expect(page.locator("#ronde-1 .empty")).to_have_text(
        "Nog niets gekozen: je krijgt een tafel waar plek is."
    )
    for code in ("1c", "1a", "1b"):
        card(page, code).tap()
    assert order(page) == ["Gesprek 1c", "Gesprek 1a", "Gesprek 1b"]
    expect(page.locator("[data-said]")).to_have_text("Keus 3 in ronde 1: ‘Gesprek 1b’")
    expect(page.locator("#ronde-1 .empty")).to_be_hidden()

    card(page, "1d").tap()
    expect(page.locator("[data-said]")).to_have_text(
        "Je hebt er al 3 gekozen in ronde 1. Haal er eerst een weg."
    )
    page.locator("#ronde-1 .none .pick").tap()
    expect(page.locator("[data-said]")).to_have_text(
        "Niet nodig: je lijst is vol. Lukt geen van je wensen, dan heb je geen tafel."
    )
    card(page, "1a").tap()
    assert order(page) == ["Gesprek 1c", "Gesprek 1b"]
    assert numbers(page) == {"rank_1_1c": "1", "rank_1_1b": "2"}
    expect(card(page, "1b")).to_have_accessible_name("Keus 2, haal weg: Gesprek 1b")
    expect(page.locator(".picks a").first).to_have_text("Ronde 1 2 gekozen")
    fill_in(page)
    expect(page.locator("h1")).to_have_text("Kijk in je mail")
    assert ranked() == {1: ["1c", "1b"]}


def test_no_table_stays_the_last_choice(event: Event, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    page.locator("#ronde-1 .none .pick").click()
    card(page, "1a").click()
    card(page, "1b").click()
    assert order(page) == ["Gesprek 1a", "Gesprek 1b", "Liever geen tafel"]
    said = page.locator("[data-said]")
    page.get_by_role("button", name="‘Gesprek 1b’ omlaag").press("Enter")
    expect(said).to_have_text("‘Gesprek 1b’ kan niet verder.")
    page.get_by_role("button", name="‘Liever geen tafel’ omhoog").press("Enter")
    expect(said).to_have_text("‘Liever geen tafel’ is altijd de laatste keus.")
    assert numbers(page) == {"rank_1_1a": "1", "rank_1_1b": "2", "rank_1": "3"}


def test_what_was_tapped_stays_under_the_finger(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE, has_touch=True)
    page.goto(FORM)
    for code in ("1j", "1k", "1j"):
        card(page, code).evaluate("one => one.scrollIntoView({ block: 'center' })")
        before = card(page, code).bounding_box()
        card(page, code).tap()
        after = card(page, code).bounding_box()
        assert before
        assert after
        assert abs(before["y"] - after["y"]) < 2


def test_by_keyboard_alone(event: Event, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    for code in ("1a", "1b", "1c"):
        card(page, code).focus()
        page.keyboard.press("Enter")
        expect(card(page, code)).to_be_focused()
    page.get_by_role("button", name="‘Gesprek 1c’ omhoog").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    assert order(page) == ["Gesprek 1c", "Gesprek 1a", "Gesprek 1b"]
    assert focused(page) == "‘Gesprek 1c’ omhoog"
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text("‘Gesprek 1c’ kan niet verder.")
    page.keyboard.press("ArrowDown")
    assert order(page) == ["Gesprek 1a", "Gesprek 1c", "Gesprek 1b"]
    assert focused(page) == "‘Gesprek 1c’ omhoog"
    expect(page.locator("[data-said]")).to_have_text("Keus 2 in ronde 1: ‘Gesprek 1c’")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused(page) == "‘Gesprek 1c’ weghalen"
    page.keyboard.press("Enter")
    assert focused(page) == "‘Gesprek 1b’ weghalen"
    page.keyboard.press("Enter")
    assert focused(page) == "‘Gesprek 1a’ weghalen"
    page.keyboard.press("Enter")
    expect(card(page, "1a")).to_be_focused()
    assert numbers(page) == {}


def test_by_dragging(event: Event, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    for code in ("1a", "1b", "1c"):
        card(page, code).click()
    page.locator(".ranking").first.scroll_into_view_if_needed()

    def drag(from_: int, to: int) -> None:
        grips = page.locator("#ronde-1 .ranking .grip")
        start, end = grips.nth(from_).bounding_box(), grips.nth(to).bounding_box()
        assert start
        assert end
        page.mouse.move(start["x"] + 5, start["y"] + start["height"] / 2)
        page.mouse.down()
        page.mouse.move(end["x"] + 5, end["y"] + end["height"] / 2, steps=12)
        page.mouse.up()

    drag(2, 0)
    assert order(page) == ["Gesprek 1c", "Gesprek 1a", "Gesprek 1b"]
    drag(0, 1)
    assert order(page) == ["Gesprek 1a", "Gesprek 1c", "Gesprek 1b"]
    drag(0, 2)
    assert order(page) == ["Gesprek 1c", "Gesprek 1b", "Gesprek 1a"]
    page.mouse.move(5, 5)
    assert numbers(page) == {"rank_1_1c": "1", "rank_1_1b": "2", "rank_1_1a": "3"}


def test_what_can_be_tapped_is_large_enough_and_nothing_sticks_out(
    event: Event, new_page: Callable[..., Page]
) -> None:
    event.sessions.filter(code="1a").update(
        title="Meervoudige-kosten-batenanalyses van buurtcoöperatieverenigingen"
    )
    event.bump_programme()
    page = new_page(viewport=ViewportSize(width=320, height=640))
    page.goto(FORM)
    card(page, "1a").click()
    card(page, "1b").click()
    for button in page.locator(".ranking:visible button").all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 24
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_the_list_is_there_again_after_an_error_and_after_going_back(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    for code in ("1b", "1a"):
        card(page, code).click()
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.locator("#errors")).to_be_focused()
    assert order(page) == ["Gesprek 1b", "Gesprek 1a"]

    page.goto(FORM)
    card(page, "1c").click()
    page.locator(".kicker a").click()
    expect(page.locator("h1")).to_have_text(event.title)
    page.go_back()
    page.locator(".ranking .name").first.wait_for()
    shown = [name.removeprefix("Gesprek ") for name in order(page)]
    assert numbers(page) == {f"rank_1_{code}": str(at) for at, code in enumerate(shown, 1)}


def test_the_list_is_there_again_after_a_reload(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    for code in ("1b", "1a"):
        card(page, code).click()
    page.locator(".chosen").get_by_role("link", name="Ronde 2").click()
    card(page, "2c").click()
    page.reload()
    expect(page.locator("#ronde-2 .ranking .name")).to_have_text(["Gesprek 2c"])
    assert order(page) == ["Gesprek 1b", "Gesprek 1a"]
    assert numbers(page) == {"rank_1_1b": "1", "rank_1_1a": "2", "rank_2_2c": "1"}
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_reload_shows_what_was_saved_elsewhere_meanwhile(
    event: Event, new_page: Callable[..., Page]
) -> None:
    at = timezone.now()
    mine = signup.sign_up(event, make_person(), {}, ranked={1: ["1c", "1a"]}, at=at)
    mine = signup.confirm(mine, at=at)
    page = new_page(viewport=PHONE)
    page.goto(f"/aanmelding/{token_of(mine)}/tafels/")
    card(page, "1b").click()
    changing.rank(mine, {1: ["1d"]}, at=timezone.now())
    page.reload()
    expect(page.locator("#ronde-1 .ranking .name")).to_have_text(["Gesprek 1d"])


def test_on_a_phone_continue_goes_by_each_round(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(FORM)
    on = page.locator(".chosen").get_by_role("link", name="Verder")
    on.click()
    expect(page.locator("#ronde-2")).to_be_in_viewport()
    expect(page.locator("#ronde-1")).to_be_hidden()
    on.click()
    expect(page.get_by_label("Voornaam")).to_be_in_viewport()

    page = new_page(viewport=ViewportSize(width=1280, height=800))
    page.goto(FORM)
    page.locator(".chosen").get_by_role("link", name="Verder").click()
    expect(page.get_by_label("Voornaam")).to_be_in_viewport()


def test_a_search_leaves_what_is_chosen_in_sight(
    event: Event, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=ViewportSize(width=1280, height=800))
    page.goto(FORM)
    card(page, "1a").click()
    page.get_by_label("Zoek een tafel").fill("2c")
    expect(page.locator("[data-table]:visible")).to_have_count(2)
    expect(card(page, "1a")).to_be_visible()
    expect(card(page, "2c")).to_be_visible()
    assert order(page) == ["Gesprek 1a"]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_list_is_changed_on_ones_own_page(
    event: Event, new_page: Callable[..., Page], scripts: bool
) -> None:
    at = timezone.now()
    mine = signup.sign_up(event, make_person(), {}, ranked={1: ["1c", "1a"]}, at=at)
    mine = signup.confirm(mine, at=at)
    page = new_page(viewport=PHONE, java_script_enabled=scripts)
    page.goto(f"/aanmelding/{token_of(mine)}/")
    expect(page.locator(".number")).to_have_text(str(mine.draw_number))
    page.get_by_role("link", name="Mijn wensen wijzigen").click()
    if scripts:
        page.get_by_role("button", name="‘Gesprek 1a’ omhoog").click()
        card(page, "1b").click()
    else:
        for code, number in (("1a", "1"), ("1c", "2"), ("1b", "3")):
            page.get_by_label(f"Je keus: Gesprek {code}").select_option(number)
    page.get_by_role("button", name="Opslaan").click()
    expect(page.locator("#saved")).to_have_text("Je wensen zijn opgeslagen.")
    assert rankings.of_person(mine).ranked == {1: ["1a", "1c", "1b"]}


def test_reading_and_ranking_leave_no_cookie(event: Event, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport=PHONE)
    for path in ("/loting/", "/loting/tafelsessie/1a/", FORM):
        page.goto(path)
    card(page, "1a").click()
    assert page.context.cookies() == []
