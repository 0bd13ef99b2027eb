"""The page of a table session: what one hears after a button, on paper, in large letters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from program.models import Event, Hosting, Speaker
from tests.browser.conftest import Server
from tests.browser.test_reflow import LARGE, TOO_WIDE, WEAR
from tests.factories import make_event, make_slot
from tests.processes import wait_for

PATH = "/wijk/tafelsessie/1a/"
TEXT = "Hoe beslissen inwoners mee over het geld van de wijk?"
LONG = "Verantwoordelijkheidsverdeling tussen bewonersorganisaties en gemeente"


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=14), slug="wijk", title=LONG)
    make_slot(event, "1a", location="Burgerzaal, tafel 9")
    event.sessions.update(title=LONG, text=TEXT)
    event.themes.update(title=LONG, text="Over geld.")
    host = Speaker.objects.create(event=event, name="Noor", organisation=LONG)
    Hosting.objects.create(event=event, session=event.sessions.get(), speaker=host)
    return event


def test_saving_is_told_to_a_screen_reader(page: Page, event: Event) -> None:
    page.goto(PATH)
    said = page.locator("form[data-save]").get_by_role("status")
    # There from the start, or a screen reader would not listen to it.
    expect(said).to_be_attached()
    expect(said).to_be_empty()
    mine = page.locator("form[data-save] button")

    mine.press("Enter")
    expect(said).to_have_text("Het evenement is bewaard.")
    mine.press("Enter")
    expect(said).to_have_text("Het evenement is niet meer bewaard.")


def test_copying_is_told_to_a_screen_reader_each_time(
    page: Page, event: Event, site: Server
) -> None:
    page.context.grant_permissions(["clipboard-write"], origin=site.url)
    page.clock.install()
    page.goto(f"/en{PATH}")
    said = page.locator(".address").get_by_role("status")
    copy = page.locator("[data-copy]")
    expect(said).to_be_empty()

    for _time in range(2):
        copy.press("Enter")
        expect(said).to_have_text("Copied")
        expect(copy).to_be_focused()
        page.clock.run_for(4000)
        expect(said).to_be_empty()


def test_status_is_heard_and_not_seen(page: Page, event: Event) -> None:
    page.goto(PATH)

    for said in page.get_by_role("status").all():
        box = said.evaluate("e => [getComputedStyle(e).display, e.offsetWidth, e.offsetHeight]")
        assert box[0] != "none"
        assert max(box[1:]) <= 1


def test_on_paper_it_has_its_text_and_no_buttons(page: Page, event: Event) -> None:
    page.goto(PATH)
    page.emulate_media(media="print")

    for words in (TEXT, "Over geld.", "Noor", "Burgerzaal, tafel 9", "Sessie 1a", "Zaandam"):
        expect(page.locator("main").get_by_text(words).first).to_be_visible()
    for heading in ("Waar gaat het over?", "Aan tafel zit je met", "Het thema"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    for gone in (".button", "nav", ".foot", ".share", ".room"):
        for one in page.locator(gone).all():
            expect(one).not_to_be_visible()


def test_event_on_paper_is_still_its_programme_alone(page: Page, event: Event) -> None:
    event.text = "Een lange inleiding."
    event.save()
    page.goto("/wijk/")
    page.emulate_media(media="print")

    expect(page.get_by_text("Een lange inleiding.")).not_to_be_visible()


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("start", ["", "/en"])
def test_twice_as_large_on_a_phone_nothing_scrolls_sideways(
    new_page: Callable[..., Page], event: Event, width: int, start: str
) -> None:
    make_event(starts_at=event.starts_at, title=LONG)  # or home would lead to the only one
    page = new_page()
    page.set_viewport_size(ViewportSize(width=width, height=740))
    for path in (PATH, "/wijk/tafelsessie/9z/", "/aanmelding/onbekend/", "/programma.json/", "/"):
        page.goto(start + path)
        page.evaluate(WEAR, LARGE)
        assert page.evaluate(TOO_WIDE) == [], path


def test_form_that_came_too_often_is_sent_again_with_one_button(
    page: Page, event: Event, site: Server
) -> None:
    page.goto("/wijk/mijn-link/")
    for _time in range(20):
        page.request.post("/wijk/mijn-link/", form={"email": "noor@a.example"}, max_redirects=0)
    page.locator("[name=email]").fill("noor@a.example")
    page.locator("main form button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Probeer het later opnieuw")

    for count in site.cache.iterdir():
        count.unlink()
    page.get_by_role("button", name="Probeer opnieuw").click()

    wait_for("the answer", lambda: "verstuurd=1" in page.url)
