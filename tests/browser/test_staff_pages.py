"""Pages that staff share: the list of people, sharing, a warning before they are logged out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from program.models import Event
from registrations.door import passes, taps
from registrations.models import DoorOp, HeldTap, Registration
from tests.browser.conftest import Server
from tests.browser.states import Visit, at
from tests.browser.test_accessible import found
from tests.browser.test_lists import log_in
from tests.factories import make_crowd, make_event, make_registration, make_slot
from tests.registrations.door.tapping import tap

DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=360, height=740)
SPACED = """
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
    document.adoptedStyleSheets = [sheet];
"""


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(
        starts_at=timezone.now() + timedelta(days=10),
        needs_question="Heb je een dieet?",
        text="Neem mee:\n\n- een pen\n- papier",
    )
    make_slot(event, "1a")
    noor = make_registration(event, {1: "1a"}, at=timezone.now(), needs="Vegetarisch")
    used_door(event, noor)
    return event


def used_door(event: Event, person: Registration) -> None:
    """A device that let somebody in, and sent somebody whom it may not let in by itself."""
    now = timezone.now()
    one = passes.make(event, "Ingang A", who="test", at=now)
    taps.take(one, [tap("in", person)], at=now)
    HeldTap.objects.create(
        id=uuid4(),
        event=event,
        door_pass=one,
        why=HeldTap.Why.MANY,
        seq=1,
        kind=DoorOp.Kind.WALK_IN,
        at=now,
        received_at=now,
        first_name="Els",
        last_name="Bakker",
        organisation="Buurthuis De Poel",
    )


def people(event: Event, more: str = "") -> str:
    return f"/admin/registrations/registration/?event__id__exact={event.pk}{more}"


def unfolded(path: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.locator(".filters > details > summary").click()

    return visit


def warned(path: str, minutes: int, *, stayed: bool = False) -> Visit:
    """So many minutes after the page was opened, by its own clock."""

    def visit(page: Page, prefix: str) -> None:
        page.clock.install()
        page.goto(prefix + path)
        page.clock.fast_forward(minutes * 60_000)
        page.clock.run_for(6000)
        page.locator("dialog[open]").wait_for()

    return visit


def visits(event: Event) -> Iterator[tuple[str, Visit]]:
    rest = f"/admin/program/event/{event.pk}"
    yield "people", at(people(event))
    yield "people, one filter", unfolded(people(event, "&status__exact=confirmed"))
    yield "people, found", at(people(event, "&q=noor"))
    yield "guests", at(f"{rest}/gasten/")
    yield "share", at(f"{rest}/delen/")
    yield "poster", at(f"{rest}/delen/poster/")
    yield "digest", at(f"{rest}/samenvatting-per-mail/")
    yield "needs, counted", at(f"{rest}/lijsten/bijzonderheden/")
    yield "lists", at(f"{rest}/lijsten/")
    yield "door", at(f"{rest}/deur/")
    yield "taps that wait", at(f"{rest}/deur/wacht-op-jou/")
    yield "take back", at(f"{rest}/deur/{event.door_passes.get().pk}/terugdraaien/")
    yield "about to be logged out", warned(f"{rest}/gasten/", 116)
    yield "logged out", warned(f"{rest}/gasten/", 125)


@pytest.mark.parametrize(
    ("prefix", "scheme", "size"), [("", "light", PHONE), ("/en", "dark", DESK)]
)
def test_axe_finds_nothing_on_pages_of_staff(
    new_page: Callable[..., Page],
    site: Server,
    event: Event,
    prefix: str,
    scheme: str,
    size: ViewportSize,
):
    page = log_in(new_page(color_scheme=scheme, viewport=size), site, event)
    faults: list[str] = []
    for name, visit in visits(event):
        visit(page, prefix)
        faults += [f"{name} {one}" for one in found(page, preload=False)]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults += [f"{name} is wider than the screen"] if wide and name != "poster" else []
    assert not faults, "\n".join(faults)


def test_list_has_targets_that_can_be_hit_and_links_that_are_seen(
    new_page: Callable[..., Page], site: Server, event: Event
):
    make_crowd(event, 60, at=timezone.now())
    page = log_in(new_page(viewport=PHONE), site, event)
    page.goto(people(event))

    for target in ("td.action-checkbox input", ".paginator a", "th.field-shown_name a"):
        box = page.locator(target).first.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24, target
    line = page.locator("th.field-shown_name a").first.evaluate(
        "link => getComputedStyle(link).textDecorationLine"
    )
    assert line == "underline"
    expect(page.get_by_role("searchbox", name="Zoeken")).to_be_visible()
    filters, rows = (
        page.locator(what).first.bounding_box() for what in (".filters", "#result_list")
    )
    assert filters is not None
    assert rows is not None
    assert filters["y"] < rows["y"]


def test_filter_leads_back_to_all_people_of_the_event(page: Page, site: Server, event: Event):
    log_in(page, site, event).goto(f"/en{people(event, '&status__exact=confirmed')}")

    expect(page.locator(".chosen")).to_have_text("Status: registered")
    page.get_by_role("link", name="Show all again").click()

    expect(page.locator(".chosen")).to_have_count(0)
    assert f"event__id__exact={event.pk}" in page.url


def test_staff_are_asked_whether_they_are_still_there(page: Page, site: Server, event: Event):
    page.clock.install()
    log_in(page, site, event).goto(f"/en/admin/program/event/{event.pk}/gasten/")
    page.get_by_label("Last name").fill("Bakker")
    box = page.locator("dialog.session")

    page.clock.fast_forward(114 * 60_000)
    page.clock.run_for(6000)
    expect(box).to_be_hidden()
    page.clock.fast_forward(60_000)
    page.clock.run_for(6000)
    expect(page.get_by_role("alertdialog", name="Are you still there?")).to_be_visible()
    stay = page.get_by_role("button", name="Stay logged in")
    expect(stay).to_be_focused()
    with page.expect_response("**/admin/ingelogd/"):
        stay.click()
    expect(box).to_be_hidden()

    page.clock.fast_forward(116 * 60_000)
    page.clock.run_for(6000)
    expect(box).to_be_visible()
    page.keyboard.press("Escape")
    page.clock.fast_forward(6 * 60_000)
    page.clock.run_for(6000)
    expect(page.get_by_role("alertdialog", name="You are logged out")).to_be_visible()
    expect(page.get_by_label("Last name")).to_have_value("Bakker")


def test_typing_counts_as_being_there(page: Page, site: Server, event: Event):
    page.clock.install()
    log_in(page, site, event).goto(f"/en/admin/program/event/{event.pk}/gasten/")

    for _time in range(3):
        page.clock.fast_forward(60 * 60_000)
        with page.expect_response("**/admin/ingelogd/"):
            page.get_by_label("Last name").press("a")
    page.clock.run_for(6000)

    expect(page.locator("dialog.session")).to_be_hidden()


def test_form_of_a_session_that_ended_is_sent_after_logging_in_again(
    page: Page, site: Server, event: Event
):
    log_in(page, site, event).goto(f"/en/admin/program/event/{event.pk}/gasten/")
    page.get_by_label("Last name").fill("Bakker")
    Session.objects.all().delete()

    page.get_by_role("button", name="Add guest").click()
    expect(page.get_by_role("heading", name="Nothing is saved yet")).to_be_visible()
    assert found(page, preload=False) == []
    log_in(page, site, event)
    page.get_by_role("button", name="Send what I typed").click()

    expect(page.locator(".guests li a").first).to_have_text("Bakker")
    assert event.guests.get().last_name == "Bakker"


def test_preview_of_a_text_keeps_its_bullets(page: Page, site: Server, event: Event):
    session = event.sessions.first()
    assert session is not None
    session.text = "- een pen"
    session.save()
    log_in(page, site, event).goto(f"/admin/program/event/{event.pk}/programma/{session.pk}/")
    field = page.locator(".markdown:has([name=session-text])")
    field.locator("button").click()

    item = field.locator("[data-shown] li").first
    expect(item).to_have_text("een pen")
    assert item.evaluate("item => getComputedStyle(item).listStyleType") == "disc"
    indent = item.evaluate("item => parseFloat(getComputedStyle(item.parentElement).paddingLeft)")
    assert indent > 12


def test_spaced_text_keeps_a_file_field_on_the_screen(
    new_page: Callable[..., Page], site: Server, event: Event
):
    page = log_in(new_page(viewport=ViewportSize(width=320, height=640)), site, event)
    for path in ("nieuw-uit-bestand/", f"{event.pk}/bestand/"):
        page.goto(f"/admin/program/event/{path}")
        page.evaluate(SPACED)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_address_is_copied(new_page: Callable[..., Page], site: Server, event: Event):
    page = log_in(new_page(permissions=["clipboard-write"]), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/delen/")

    page.get_by_role("button", name="Copy").nth(1).click()

    expect(page.get_by_role("status").nth(1)).to_have_text("Copied")
    expect(page.get_by_label("The English page")).to_have_value(
        re.compile(r"/en/bijeenkomst-\d+/$")
    )


def test_page_of_staff_is_there_in_the_other_language(page: Page, site: Server, event: Event):
    log_in(page, site, event).goto(people(event, "&status__exact=confirmed"))

    page.locator("#user-tools").get_by_role("link", name="English").click()

    assert page.url.endswith(f"/en{people(event, '&status__exact=confirmed')}")
