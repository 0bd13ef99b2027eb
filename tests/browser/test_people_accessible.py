"""axe finds nothing on the pages about several people, nor where they go wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, ViewportSize

from program.models import Event
from tests.browser.conftest import Server
from tests.browser.states import Visit, at
from tests.browser.test_accessible import DESK, PHONE, found
from tests.browser.test_lists import log_in
from tests.browser.test_programme_accessible import UNFOLD
from tests.factories import make_event, make_guest, make_registration, make_slot

PEOPLE = "/admin/registrations/registration"
LIST = (
    "Voornaam;Achternaam;E-mail;Organisatie;Rol\r\n"
    "Aaltje;Kok;aaltje@haarlem.example;Buurthuis;inwoner\r\n"
    "Bram;Bos;geen adres;;\r\n"
    "Cor;Smit;cor@haarlem.example;;koning\r\n"
)


@pytest.fixture
def event(site: Server) -> Event:
    """Full, with somebody who waits, and a guest."""
    event = make_event(
        title="Volle avond", capacity=2, starts_at=timezone.now() + timedelta(days=9)
    )
    for code, seats in (("1a", 3), ("1b", 1)):
        make_slot(event, code, seats=seats)
    for name in ("Noor", "Anna"):
        make_registration(event, {1: "1a"}, first_name=name, at=timezone.now())
    make_registration(event, first_name="Els", waiting_too=True, at=timezone.now())
    make_guest(event, "Ria", "Smolders")
    return event


def uploaded(path: str, content: str, then: str = "") -> Visit:
    """A list that was brought in, and perhaps a button that was pressed with a column missing."""
    file: FilePayload = {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode()}

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.locator("input[type=file]").set_input_files(file)
        with page.expect_navigation():
            page.locator("main form button, #content form button").first.click()
        if then:
            page.locator("[name=column_2]").select_option("")
            with page.expect_navigation():
                page.locator(then).click()

    return visit


def moving(event: Event, table: str = "") -> Visit:
    """Two people ticked in the list; with a ``table``, seen before they move there."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(f"{prefix}{PEOPLE}/?event__id__exact={event.pk}&status__exact=confirmed")
        for box in page.locator(".action-select").all():
            box.check()
        page.locator("[name=action]").select_option("move_people")
        with page.expect_navigation():
            page.locator("[name=index]").click()
        if table:
            key = event.slots.get(session__code=table).pk
            page.locator("[name=table]").select_option(str(key))
            with page.expect_navigation():
                page.locator(".staff-form button").click()

    return visit


def visits(event: Event) -> Iterator[tuple[str, Visit]]:
    rest = f"/admin/program/event/{event.pk}"
    brought_in = f"{rest}/mensen/importeren/"
    waits = event.registrations.get(status="waiting")
    yield "bring in a list", at(brought_in)
    yield "no list", uploaded(brought_in, "PK\x03\x04")
    yield "list, seen", uploaded(brought_in, LIST)
    yield "list, without addresses", uploaded(brought_in, LIST, "[name=look]")
    yield "move", moving(event)
    yield "move, too few seats", moving(event, "1b")
    yield "details", at(f"{PEOPLE}/{waits.pk}/gegevens/")
    yield "extra", at(f"{PEOPLE}/{waits.pk}/extra/")
    yield "add to a full event", at(f"{rest}/mensen/toevoegen/")


@pytest.mark.parametrize(
    ("prefix", "scheme", "size"), [("", "light", PHONE), ("/en", "dark", DESK)]
)
def test_axe_finds_nothing_on_pages_about_several_people(
    new_page: Callable[..., Page],
    site: Server,
    event: Event,
    prefix: str,
    scheme: Literal["light", "dark"],
    size: ViewportSize,
):
    page = log_in(new_page(color_scheme=scheme, viewport=size), site, event)
    faults: list[str] = []
    for name, visit in visits(event):
        visit(page, prefix)
        page.evaluate(UNFOLD)
        faults += [f"{name} {one}" for one in found(page, preload=False)]
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        faults += [f"{name} is wider than the screen"] if wide else []
    event.slots.filter(session__code="1b").update(seats=3)
    moving(event, "1b")(page, prefix)
    faults += [f"move, seen {one}" for one in found(page, preload=False)]
    assert not faults, "\n".join(faults)
