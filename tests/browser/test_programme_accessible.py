"""axe finds nothing where a programme is made, nor where it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Literal

import pytest
from django.utils import timezone
from playwright.sync_api import FilePayload, Page, ViewportSize

from program.file.from_db import programme_of
from program.file.model import moved
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import xlsx_of
from program.models import Event
from registrations.mailing import mailings
from registrations.mailing.audience import REGISTERED
from registrations.mailing.mailings import Words
from registrations.organising import dropping
from tests.browser.conftest import Server
from tests.browser.states import Visit, at, sent
from tests.browser.test_accessible import DESK, PHONE, found
from tests.browser.test_lists import log_in
from tests.factories import make_event, make_question, make_registration, make_slot

ADMIN = "/admin/program"
TOKENS = "--utrecht-link-color: #0b5fa5;"
UNFOLD = "for (const folded of document.querySelectorAll('details')) folded.open = true"
SAVE = "[name=_save], .submit-row .default, .save-bar button"


@pytest.fixture
def event(site: Server) -> Event:
    """In two weeks, with people at its tables, one that dropped out, and questions."""
    now = timezone.now()
    start = (timezone.localtime(now) + timedelta(days=14)).replace(hour=14, minute=0, second=0)
    event = make_event(title="Wijkavond", starts_at=start, text="Om **te praten**.")
    for code, number in (("1a", 1), ("1b", 1), ("1a", 2), ("2", 2)):
        make_slot(event, code, number)
    Event.objects.filter(pk=event.pk).update(title_en="Evening", bilingual=True)
    make_question(event, "Hoe kom je?", "one", options=["Te voet", "Fiets"])
    make_registration(event, {1: "1a", 2: "2"}, first_name="Noor", at=now)
    make_registration(event, {1: "1b"}, confirmed=False, at=now)
    dropping.drop(event, [event.slots.get(session__code="2").pk], who="o", at=now)
    return event


def saved(path: str, typed: dict[str, str]) -> Visit:
    """The form of the admin, with these values in fields by their names, saved."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        for name, text in typed.items():
            page.locator(f"[name={name}]").fill(text)
        with page.expect_navigation():
            page.locator(SAVE).first.click()

    return visit


def dressed(path: str, part: str, name: str, text: str) -> Visit:
    """One of the forms of a house style, sent; without text its file is none that can be read."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.evaluate(UNFOLD)
        field = page.locator(f"[name={name}]")
        if text:
            field.fill(text)
        else:
            field.set_input_files({"name": "x.png", "mimeType": "image/png", "buffer": b"no"})
        with page.expect_navigation():
            page.locator(f"#{part} .buttons button").click()

    return visit


def pressed(path: str, button: str) -> Visit:
    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.locator(button).click()

    return visit


def uploaded(path: str, content: bytes) -> Visit:
    file: FilePayload = {
        "name": "programma.xlsx",
        "mimeType": "application/zip",
        "buffer": content,
    }

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        page.locator("input[type=file]").set_input_files(file)
        with page.expect_navigation():
            page.locator("form:has(input[type=file])").locator("button, [type=submit]").last.click()

    return visit


def removing(path: str) -> Visit:
    """The page that asks once before a message goes."""

    def visit(page: Page, prefix: str) -> None:
        page.goto(prefix + path)
        with page.expect_navigation():
            page.locator("button[value=remove]").click()

    return visit


def visits(event: Event) -> Iterator[tuple[str, Visit]]:
    """Every page and state of making a programme, with what it is called."""
    one, rest = f"{ADMIN}/event/{event.pk}/dag/", f"{ADMIN}/event/{event.pk}"
    session = event.sessions.get(code="1a")
    programme = f"{rest}/programma/"
    about_session = f"{programme}{session.pk}/"
    other_day = moved(programme_of(event), date(2099, 12, 7))
    table = event.slots.get(session=session, round__number=1)
    gone = event.slots.get(session__code="2")
    cell = f"cell-{session.pk}-{table.round_id}"
    line = f"line-{event.agenda.earliest('starts').pk}"

    yield "start", at("/admin/")
    yield "new event", at(f"{ADMIN}/event/nieuw/")
    yield "new event with errors", saved(f"{ADMIN}/event/nieuw/", {"title": "Avond"})
    yield "day and place", at(one)
    yield "day and place with errors", saved(one, {"title": ""})
    yield "day and place, seen before it is saved", saved(one, {"starts": "13:30"})
    yield "sign-up", at(f"{rest}/aanmelden/")
    yield (
        "sign-up with errors",
        saved(f"{rest}/aanmelden/", {"waiting_closes_at": "2199-01-01T10:00"}),
    )
    yield "organisation", at(f"{rest}/team/organisatie/")
    yield "house style", at(f"{rest}/huisstijl/")
    yield "house style, too light", dressed(f"{rest}/huisstijl/", "colours", "brand", "#4c9be8")
    yield "house style, no image", dressed(f"{rest}/huisstijl/", "images", "logo", "")
    yield "house style, from tokens", dressed(f"{rest}/huisstijl/", "tokens", "text", TOKENS)
    yield "published", at(f"{rest}/publiceren/")
    yield "programme", at(programme)
    yield "programme, more rows", pressed(programme, "[value=session-new]")
    yield "programme with errors", saved(programme, {f"{cell}-seats": "0", f"{line}-ends": "x"})
    yield "programme, seen before it is saved", saved(programme, {"shift-minutes": "5"})
    yield "session", at(about_session)
    yield "session with errors", saved(about_session, {f"slot-{table.pk}-reserved": "99"})
    yield "themes", at(f"{programme}themas/")
    yield "hosts", at(f"{programme}gastheren/")
    yield "copy", at(f"{rest}/kopie/")
    yield "copy with errors", sent(f"{rest}/kopie/")
    yield "spreadsheet", at(f"{rest}/bestand/")
    yield "spreadsheet, no file", uploaded(f"{rest}/bestand/", b"nothing")
    yield "spreadsheet, seen", uploaded(f"{rest}/bestand/", xlsx_of(pages(other_day)))
    yield "new from a file", at(f"{ADMIN}/event/nieuw-uit-bestand/")
    yield "history", at(f"{rest}/geschiedenis/")
    yield "what goes wrong", at(f"{rest}/misgaat/")
    yield "call off", at(f"{rest}/misgaat/afgelasten/")
    yield "table drops out", at(f"{rest}/misgaat/tafel-vervalt/?tafel={table.pk}")
    yield "table after all", at(f"{rest}/misgaat/tafel-toch/?tafel={gone.pk}")
    yield "free holds", at(f"{rest}/misgaat/plekken-vrijgeven/")
    yield "free holds of a wave", at(f"{rest}/misgaat/plekken-vrijgeven/?sinds=2016-12-07T14:00Z")
    yield "not to throw away", at(f"{rest}/weggooien/")
    mistake = make_event(title="Vergissing", starts_at=event.starts_at, published=False)
    mistake.organisers.set(event.organisers.all())
    yield "throw away", at(f"{ADMIN}/event/{mistake.pk}/weggooien/")
    yield "summary", at(f"{rest}/samenvatting/")
    draft = mailings.write(
        event, Words("Nieuws", "Tot dan."), REGISTERED, who="o", at=timezone.now()
    )
    yield "message to remove", removing(f"{rest}/mail/{draft.pk}/")


@pytest.mark.parametrize(
    ("prefix", "scheme", "size"), [("", "light", PHONE), ("/en", "dark", DESK)]
)
def test_axe_finds_nothing_where_a_programme_is_made(
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
    assert not faults, "\n".join(faults)


def test_each_button_for_a_preview_says_of_which_field(page: Page, site: Server, event: Event):
    session = event.sessions.get(code="1a")
    log_in(page, site, event).goto(f"/en{ADMIN}/event/{event.pk}/programma/{session.pk}/")

    names = page.locator(".markdown button:visible").all_text_contents()
    assert [" ".join(name.split()) for name in names] == [
        "Preview: Text",
        "Preview: Text (English)",
    ]
