"""What organisers look at, print and take along, in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook
from playwright.sync_api import Page, ViewportSize

from program.models import Event
from registrations.organising import guests
from tests.browser.conftest import Server
from tests.browser.test_accessible import DESK, PHONE, found
from tests.conftest import leave_out
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_organiser,
    make_slot,
)


def crowded_event(people: int = 120) -> Event:
    event = make_event(capacity=400)
    for code, round_number in (("1a", 1), ("1b", 1), ("1a", 2), ("2", 2)):
        make_slot(event, code, round_number, seats=20)
    make_crowd(event, people)
    guests.add_hosts(event, who="organisator", at=NOW)
    return event


def log_in(page: Page, site: Server, event: Event) -> Page:
    client = Client()
    client.force_login(make_organiser(event))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    return page


def pages_of(pdf: Path) -> list[str]:
    """The words of each page."""
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True
    )
    return text.stdout.split("\f")[:-1]


def test_the_lists_fill_their_pages_and_each_page_says_what_it_is(
    page: Page, site: Server, tmp_path: Path, request: pytest.FixtureRequest
):
    if not shutil.which("pdftotext"):
        leave_out(request, "pdftotext was not found (Debian: apt-get install poppler-utils).")
    event = crowded_event()
    log_in(page, site, event)

    def printed(name: str) -> list[str]:
        page.goto(f"/en/admin/program/event/{event.pk}/lijsten/{name}/")
        file = tmp_path / f"{name}.pdf"
        page.pdf(path=file, prefer_css_page_size=True)
        return pages_of(file)

    attendees = printed("deelnemers")
    assert 3 <= len(attendees) <= 5  # the fonts of this machine decide
    assert all("Attendee list" in one and "Organisation" in one for one in attendees)
    of = len(attendees)
    assert ["".join(one.split())[-3:] for one in attendees] == [f"{n + 1}/{of}" for n in range(of)]

    tables = printed("tafels")
    assert [re.findall(r"Round (\d)", one) for one in tables] == [["1"], ["1"], ["2"], ["2"]]

    badges = printed("badges")
    assert len(badges) == 13  # 120 people and 3 hosts, ten on a page
    assert sum(one.count(str(event)) for one in badges) == 130

    assert len(printed("tafelborden")) == 3


LONG_NAMES = [
    ("Jo", "Li"),
    ("Maria-Magdalena", "Ōtani"),
    ("Anna-Sophie Wilhelmina Charlotte", "van der Meulen"),
    ("Åsa", "van Oldenbarnevelt tot Wittenstein-Appelboom"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Hubert Blaine"),
    ("W" * 100, "M" * 100),
]
# Of each badge: whether its name stands between what is above and below it, not cut to the side.
FITS = """badges => badges.map(badge => {
    const [above, name, below] = [...badge.children].map(one => one.getBoundingClientRect());
    const {scrollWidth, clientWidth} = badge.children[1];
    return name.top >= above.bottom - 1 && name.bottom <= below.top + 1
        && scrollWidth <= clientWidth;
})"""


def test_every_name_fits_on_its_badge(page: Page, site: Server):
    event = make_event()
    for first, last in LONG_NAMES:
        make_guest(event, first, last, ("Stichting voor welzijn in de wijk " * 3)[:100])
    log_in(page, site, event)

    page.goto(f"/en/admin/program/event/{event.pk}/lijsten/badges/")

    badges = page.locator(".badge:has(.badge-name)")
    assert badges.evaluate_all(FITS) == [True] * len(LONG_NAMES)


# Of each sign: whether its code stands within its ring.
WITHIN = """codes => codes.map(code => {
    const words = document.createRange();
    words.selectNodeContents(code);
    return words.getBoundingClientRect().width < code.clientWidth;
})"""


def test_every_code_fits_in_the_ring_of_its_sign(page: Page, site: Server):
    event = make_event()
    codes = ["5a", "M1", "B124", "MMMM", "THEMA2", "WORKSHOP", "WORKSHOP10"]
    for code in codes:
        make_slot(event, code)
    log_in(page, site, event)

    page.goto(f"/admin/program/event/{event.pk}/lijsten/tafelborden/")

    assert page.locator(".sign-code").evaluate_all(WITHIN) == [True] * len(codes)


def test_the_overview_keeps_to_the_policy_and_fits_a_phone(
    new_page: Callable[..., Page], site: Server
):
    event = crowded_event(40)
    phone = log_in(new_page(viewport={"width": 360, "height": 740}), site, event)

    phone.goto(f"/en/admin/program/event/{event.pk}/overzicht/")

    assert phone.locator("svg[role=img]").count() == 6
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    filled = phone.locator("svg[role=img] .taken").first
    assert filled.evaluate("rect => getComputedStyle(rect).fill") == "rgb(0, 99, 63)"


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_overview_on_paper_is_ink_on_white_in_any_theme(page: Page, site: Server, theme: str):
    event = crowded_event(12)
    log_in(page, site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/overzicht/")
    page.evaluate("theme => localStorage.setItem('theme', theme)", theme)
    page.reload()

    page.emulate_media(media="print")

    colour = "one => getComputedStyle(one)"
    assert page.locator("h1").evaluate(f"{colour}.color") == "rgb(19, 32, 26)"
    assert page.locator("body").evaluate(f"{colour}.backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("where", ["overzicht", "lijsten", "lijsten/deelnemers", "lijsten/tafels"])
@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_nothing_on_lists_and_overview(
    new_page: Callable[..., Page], site: Server, where: str, scheme: str, size: ViewportSize
):
    event = crowded_event(12)
    page = log_in(new_page(color_scheme=scheme, viewport=size), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/{where}/")
    for summary in page.locator("summary").all():
        summary.click()

    assert found(page) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_an_export_is_a_file_that_reads_back(
    new_page: Callable[..., Page], site: Server, scripts: bool, tmp_path: Path
):
    event = crowded_event(12)
    page = log_in(new_page(java_script_enabled=scripts), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/lijsten/")
    page.get_by_label("E-mail address").check()

    with page.expect_download() as started:
        page.get_by_role("button", name="Download for Excel").click()
    file = tmp_path / "export.xlsx"
    started.value.save_as(file)

    sheet = load_workbook(file).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert started.value.suggested_filename == f"aanmeldingen-{event.day}.xlsx"
    assert len(rows) == 13
    assert rows[1][0] == "Meulen0, Noor0 van der"
    assert "crowd0@haarlem.example" in rows[1]
