"""What comes out of a printer: an event and one's own day on one sheet each."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.queries.tokens import token_of
from tests.browser.conftest import Server
from tests.factories import make_registration


@pytest.fixture
def demo(site: Server) -> Event:
    call_command("load_demo", verbosity=0)
    return Event.objects.get()


def sheets(page: Page) -> int:
    """How many sheets of A4 the page takes."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4")))


def test_the_programme_is_one_sheet_with_all_rounds_and_no_seats(demo: Event, page: Page) -> None:
    # As on a phone, which shows one round at a time.
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"/{demo.slug}/")
    assert sheets(page) == 1

    page.emulate_media(media="print")
    for number in (1, 2):
        expect(page.locator(f"#ronde-{number} .title").first).to_be_visible()
    expect(page.locator(".choice input:visible, .room:visible, .chosen:visible")).to_have_count(0)


def test_ones_own_day_is_one_sheet(demo: Event, page: Page) -> None:
    noor = make_registration(demo, {1: "5a", 2: "6"}, at=timezone.now())
    page.goto(f"/aanmelding/{token_of(noor)}/")
    assert sheets(page) == 1
