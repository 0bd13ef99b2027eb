"""The programme as a sheet: typed by keyboard or pasted, with and without a script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Dialog, Page, Response, ViewportSize, expect

from program.models import Event
from tests.browser.conftest import Server
from tests.browser.test_lists import log_in
from tests.browser.test_reflow import LOOKS, WEAR
from tests.factories import make_event, make_slot

DAY = [
    ("", "14:30", "Inloop met koffie", False),
    ("", "15:00", "Welkom", False),
    ("", "15:45", "Eerste ronde", True),
    ("16:00", "16:45", "Tweede ronde", True),
    ("17:00", "17:40", "Derde ronde", True),
    ("", "18:00", "Napraten", False),
]
THEMES = ["Wonen", "Zorg", "Veilig", "Groen"]
NAMES = [
    *("Anna", "Bram", "Cor", "Dina", "Els", "Faas", "Gea", "Hans", "Ina"),
    *("Jan", "Kees", "Lia", "Mo", "Noor", "Otto", "Pia", "Rik", "Sam"),
]
# Twelve sessions of four themes and eighteen hosts, each in two of the three rounds.
SESSIONS = [
    (
        f"Gesprek {number + 1}: wat doen we samen in de wijk, en wie betaalt dat?",
        THEMES[number // 3] if number % 3 == 0 else "",
        NAMES[number] if number < 6 else f"{NAMES[2 * number - 6]}, {NAMES[2 * number - 5]} (Oss)",
        [f"Zaal {number + 1}" if (number + round_) % 3 else "" for round_ in range(3)],
    )
    for number in range(12)
]
PASTE = """([text, html]) => {
    const clipboardData = new DataTransfer();
    if (text) clipboardData.setData("text/plain", text);
    if (html) clipboardData.setData("text/html", html);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    document.activeElement.dispatchEvent(event);
}"""
# Texts of which not all words show.
CUT = """() => [...document.querySelectorAll(".sheet textarea")]
    .filter(one => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)
    .map(one => one.value)"""
STICKS_OUT = """() => [...document.querySelectorAll("#content *")]
    .filter(one => one.checkVisibility() && !one.closest(".visually-hidden, .first")
        && one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => `${one.tagName} ${one.className} ${one.name ?? ""}`).slice(0, 6)"""
WIDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture
def event(site: Server) -> Event:
    """In two weeks, with a day and nothing in it yet."""
    now = timezone.localtime(timezone.now() + timedelta(days=14))
    start = now.replace(hour=14, minute=0, second=0, microsecond=0)
    event = make_event(title="Wijkavond", starts_at=start, rounds=0, published=False)
    event.themes.all().delete()
    return event


def path_of(event: Event) -> str:
    return f"/admin/program/event/{event.pk}/programma/"


class Counted:
    """A page on which fields are typed in and loads are counted."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.fields = self.loads = 0
        page.on("response", self.loaded)

    def loaded(self, response: Response) -> None:
        page = response.request.is_navigation_request() and not 300 <= response.status < 400
        self.loads += page

    def type_in(self, name: str, words: str) -> None:
        if words:
            self.page.locator(f"[name='{name}']").fill(words)
            self.fields += 1

    def tick(self, name: str) -> None:
        self.page.locator(f"[name='{name}']").check()
        self.fields += 1

    def press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page.locator(".errornote")).to_have_count(0)


def check_the_day(event: Event) -> None:
    rows = event.agenda.select_related("round").order_by("starts")
    assert [(row.title, row.round.number if row.round else None) for row in rows] == [
        *(("Inloop met koffie", None), ("Welkom", None)),
        *(("Eerste ronde", 1), ("Tweede ronde", 2), ("Derde ronde", 3), ("Napraten", None)),
    ]
    assert [row.starts.strftime("%H:%M") for row in rows][:3] == ["14:00", "14:30", "15:00"]
    sessions = {int(one.code): one for one in event.sessions.select_related("theme")}
    assert [sessions[number + 1].title for number in range(12)] == [one[0] for one in SESSIONS]
    assert [sessions[number + 1].theme.title for number in range(12)] == [
        theme for theme in THEMES for _three in range(3)
    ]
    assert sorted(event.speakers.values_list("name", flat=True)) == sorted(NAMES)
    slots = event.slots.select_related("session", "round")
    assert {
        (slot.session.code, slot.round.number, slot.seats, slot.location) for slot in slots
    } == {
        (str(number + 1), round_ + 1, 12, place)
        for number, (*_words, places) in enumerate(SESSIONS)
        for round_, place in enumerate(places)
        if place
    }


def type_the_timetable(typist: Counted) -> None:
    for index, (starts, ends, title, ticked) in enumerate(DAY):
        typist.type_in(f"new-line-{index}-starts", starts)
        typist.type_in(f"new-line-{index}-ends", ends)
        typist.type_in(f"new-line-{index}-title", title)
        if ticked:
            typist.tick(f"new-line-{index}-is_round")
    typist.press("Opslaan")


def type_the_tables(typist: Counted, event: Event) -> None:
    rounds, page = list(event.rounds.order_by("number")), typist.page
    typist.type_in("seats-each", "12")
    for number, (title, theme, hosts, places) in enumerate(SESSIONS):
        if page.locator(f"[name='session-new-{number}-title']").count() == 0:
            page.get_by_role("button", name="+ rij").click()
        typist.type_in(f"session-new-{number}-title", title)
        typist.type_in(f"session-new-{number}-theme", theme)
        typist.type_in(f"session-new-{number}-hosts", hosts)
        for round_, place in zip(rounds, places, strict=True):
            typist.type_in(f"cell-new-{number}-{round_.pk}-location", place)
    typist.press("Opslaan")
    expect(page.get_by_text("Nieuw thema: 1. Wonen")).to_be_visible()
    typist.press("Dit opslaan")


def paste_the_timetable(typist: Counted) -> None:
    lines = "\n".join(
        "\t".join([starts, ends, title, "ja" if ticked else "nee"])
        for starts, ends, title, ticked in DAY
    )
    typist.page.locator("[name='new-line-0-starts']").focus()
    typist.page.evaluate(PASTE, [lines, ""])
    typist.press("Opslaan")


def paste_the_tables(typist: Counted) -> None:
    rows = []
    for title, theme, hosts, places in SESSIONS:
        cells = [cell for place in places for cell in ("12" if place else "", place)]
        # Spreadsheets put a cell with line ends in quotes.
        rows.append("\t".join(["", title, theme, '"' + hosts.replace(", ", "\n") + '"', *cells]))
    typist.page.locator("[name='session-new-0-code']").focus()
    typist.page.evaluate(PASTE, ["\r\n".join(rows) + "\r\n", "<table><tr><td>x</table>"])
    typist.press("Opslaan")
    typist.press("Dit opslaan")


def test_table_of_a_web_page_and_one_column_are_pasted_too(page: Page, site: Server, event: Event):
    make_event_with(event, rounds=1)
    log_in(page, site, event).goto(path_of(event))
    page.locator("[name='session-new-0-title']").focus()
    html = "<table><tr><td colspan=2>Een</td><td>Anna<br>Bram</td></tr><tr><td>Twee</table>"
    page.evaluate(PASTE, ["", html])
    page.locator("[name='session-new-0-code']").focus()
    page.evaluate(PASTE, ["7\n8\n9", ""])
    value = "one => one.value"
    assert page.locator("[name='session-new-0-title']").evaluate(value) == "Een"
    assert page.locator("[name='session-new-0-hosts']").evaluate(value) == "Anna\nBram"
    assert page.locator("[name='session-new-1-title']").evaluate(value) == "Twee"
    codes = page.locator("tbody[data-rows=session-new] .part-code > input:not([type=hidden])")
    assert codes.evaluate_all("all => all.slice(-6).map(one => one.value)")[:3] == ["7", "8", "9"]
    # Words with a line end stay words in a text of several lines.
    page.locator("[name='session-new-2-hosts']").focus()
    page.evaluate(PASTE, ["Cor\nDina", ""])
    assert page.locator("[name='session-new-3-hosts']").evaluate(value) == ""


def make_event_with(event: Event, *, rounds: int, sessions: int = 0) -> None:
    """Rounds of half an hour from three o'clock, and sessions with long titles in each."""
    event.themes.create(number=1, title="Samen wonen en leven in een wijk die verandert")
    for number in range(1, rounds + 1):
        round_ = event.rounds.create(number=number)
        starts, ends = (f"{14 + number // 2}:{number % 2 * 30 + late:02}" for late in (0, 25))
        event.agenda.create(starts=starts, ends=ends, title=f"Ronde {number}", round=round_)
    for session in range(sessions):
        for number in range(1, rounds + 1):
            place = f"Burgerzaal op de verdieping, tafel {session}"
            slot = make_slot(event, f"{session + 1}", number, location=place)
        title = (
            "Mooi, mooier, Middelland: hoe verleid je een ambtelijke organisatie tot co-creëren "
        )
        slot.session.title = (title * 3)[:200]
        slot.session.save()


@pytest.mark.parametrize("scripts", [True, False])
def test_all_words_of_a_title_show_with_four_rounds_on_a_desk(
    new_page: Callable[..., Page], site: Server, event: Event, scripts: bool
):
    make_event_with(event, rounds=4, sessions=3)
    size = ViewportSize(width=1280, height=800)
    page = log_in(new_page(java_script_enabled=True, viewport=size), site, event)
    if not scripts:
        page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(path_of(event))
    assert page.evaluate(CUT) == []
    assert not page.evaluate(WIDE)
    wide = page.locator(".part-title textarea").last.evaluate("one => one.clientWidth")
    assert wide > 300


def test_rows_are_cards_on_a_phone_without_scripts(plain_page: Page, site: Server, event: Event):
    make_event_with(event, rounds=2, sessions=1)
    page = log_in(plain_page, site, event)
    page.goto(path_of(event))
    heights = [
        page.locator(f"[name='session-new-0-{name}']").bounding_box() for name in ("code", "title")
    ]
    assert heights[0]
    assert heights[1]
    assert heights[0]["y"] + heights[0]["height"] <= heights[1]["y"]
    assert all(box["x"] + box["width"] <= 360 for box in heights if box)

    page.locator("[name='session-new-0-title']").fill("Getypt")
    page.get_by_role("button", name="+ rij").click()
    expect(page.locator("[name='session-new-0-title']")).to_have_value("Getypt")
    page.locator("[name='session-new-11-title']").fill("Ook getypt")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_text("Het programma is opgeslagen.")).to_be_visible()
    titles = event.sessions.values_list("title", flat=True)
    assert {"Getypt", "Ook getypt"} < set(titles)


def focused(page: Page) -> str:
    name: str = page.evaluate("document.activeElement.name")
    return name


def test_cells_are_walked_by_keyboard_and_nobody_is_held(page: Page, site: Server, event: Event):
    make_event_with(event, rounds=1)
    log_in(page, site, event).goto(path_of(event))
    round_ = event.rounds.get()
    page.locator("[name='session-new-0-code']").focus()
    walk = [
        ("ArrowDown", "session-new-1-code"),
        ("ArrowUp", "session-new-0-code"),
        ("ArrowRight", "session-new-0-title"),
        ("Enter", "session-new-1-title"),
        ("Shift+Enter", "session-new-0-title"),
        ("ArrowRight", "session-new-0-theme"),
        ("ArrowRight", "session-new-0-hosts"),
        ("ArrowRight", f"cell-new-0-{round_.pk}-seats"),
        ("ArrowLeft", "session-new-0-hosts"),
        ("Tab", f"cell-new-0-{round_.pk}-seats"),
        ("Tab", f"cell-new-0-{round_.pk}-location"),
        ("Tab", "session-new-0-gone"),
        ("Tab", "session-new-1-code"),
    ]
    for key, there in walk:
        page.keyboard.press(key)
        assert focused(page) == there, key
    # Within words the arrows stay where they are; a list of names has lines of its own.
    page.locator("[name='session-new-0-title']").fill("Twee woorden")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "session-new-0-title"
    page.locator("[name='session-new-0-hosts']").focus()
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    page.keyboard.type("Bram")
    expect(page.locator("[name='session-new-0-hosts']")).to_have_value("Anna\nBram")
    # Below the last row comes a new one, as soon as there is something in it.
    last = page.locator("tbody[data-rows=session-new] [data-row]").count() - 1
    page.locator(f"[name='session-new-{last}-title']").fill("Laatste")
    page.keyboard.press("Enter")
    assert focused(page) == f"session-new-{last + 1}-title"


def test_known_name_is_finished_and_usual_seats_are_filled_in(
    page: Page, site: Server, event: Event
):
    make_event_with(event, rounds=1, sessions=1)
    log_in(page, site, event).goto(path_of(event))
    hosts = page.locator("[name='session-new-0-hosts']")
    hosts.focus()
    page.keyboard.type("Ria, gast")
    expect(hosts).to_have_value("Ria, gastheer 1")
    page.keyboard.press("End")
    page.keyboard.type(", Gastvrij")
    expect(hosts).to_have_value("Ria, gastheer 1, Gastvrij")
    cell = f"cell-new-0-{event.rounds.get().pk}"
    page.locator(f"[name='{cell}-location']").fill("Hal")
    expect(page.locator(f"[name='{cell}-seats']")).to_have_value("10")


def test_leaving_with_unsaved_typing_is_asked(page: Page, site: Server, event: Event):
    make_event_with(event, rounds=1, sessions=1)
    log_in(page, site, event).goto(path_of(event))
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    # Nothing typed: one just goes, also after a row was added and left empty.
    page.get_by_role("button", name="+ rij").click()
    page.get_by_role("link", name="Alle thema’s").click()
    expect(page.get_by_role("heading", name="Thema’s", level=1)).to_be_visible()
    assert asked == []

    page.goto(path_of(event))
    page.locator("[name='session-new-0-hosts']").fill("Anna")
    page.get_by_role("link", name="Alle thema’s").click()
    expect(page.locator("[name='session-new-0-hosts']")).to_have_value("Anna")
    assert asked == ["beforeunload"]

    # Saving asks nothing; a page that comes back with what is wrong holds typing that is not saved.
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_role("heading", name="Er is nog niets opgeslagen")).to_be_visible()
    assert asked == ["beforeunload"]
    page.mouse.click(600, 300)
    page.get_by_role("link", name="Alle thema’s").click()
    expect(page.locator("[name='session-new-0-hosts']")).to_have_value("Anna")
    assert asked == ["beforeunload"] * 2


def test_page_that_asks_first_leads_back_to_all_that_was_typed(
    page: Page, site: Server, event: Event
):
    make_event_with(event, rounds=1, sessions=1)
    log_in(page, site, event).goto(path_of(event))
    for number in range(4):
        if page.locator(f"[name='session-new-{number}-title']").count() == 0:
            page.get_by_role("button", name="+ rij").click()
        page.locator(f"[name='session-new-{number}-title']").fill(f"Nieuw {number}")
    page.locator("[name='session-new-0-theme']").fill("Zorg")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    page.get_by_role("button", name="Eerst nog iets veranderen").click()
    expect(page.locator("[name='session-new-3-title']")).to_have_value("Nieuw 3")
    page.locator("[name='session-new-0-theme']").fill("1")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_text("Het programma is opgeslagen.")).to_be_visible()
    assert event.sessions.count() == 5


@pytest.mark.parametrize("part", ["", "themas/", "gastheren/", "session"])
def test_nothing_scrolls_sideways_in_large_letters_or_with_wide_spacing(
    new_page: Callable[..., Page], site: Server, event: Event, part: str
):
    make_event_with(event, rounds=4, sessions=2)
    Event.objects.update(title_en="Evening", bilingual=True)
    page = log_in(new_page(), site, event)
    session = event.sessions.earliest("pk")
    wide = []
    for css, size, look in LOOKS:
        page.set_viewport_size(size)
        page.goto(path_of(event) + (f"{session.pk}/" if part == "session" else part))
        page.evaluate(WEAR, css)
        # Django's own head of the page is not ours.
        if sticks_out := page.evaluate(STICKS_OUT):
            wide.append((look, sticks_out))
    assert wide == []
