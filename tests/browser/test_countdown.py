"""Sign-up that opens later: the page counts down, and the form comes by itself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from program.models import Event
from tests.browser.conftest import Server
from tests.factories import make_event, make_slot

HOUR = 3_600_000  # milliseconds
# A page may take a moment.
SOON = re.compile(r"^(2\suur|1\suur, 59\sminuten)$")


@pytest.fixture
def event(site: Server) -> Event:
    now = timezone.now()
    event = make_event(
        slug="wijk", starts_at=now + timedelta(days=14), signup_opens_at=now + timedelta(hours=2)
    )
    make_slot(event, "1a")
    return event


def open_now(event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(signup_opens_at=None)


def test_form_comes_by_itself_when_sign_up_opens(page: Page, event: Event) -> None:
    page.clock.install()
    page.goto("/wijk/aanmelden/")
    expect(page.get_by_role("heading", name="Je kunt je aanmelden vanaf")).to_be_visible()
    timer = page.get_by_role("timer")
    expect(timer).to_have_text(SOON)
    expect(page.get_by_text("Laat deze pagina open")).to_be_visible()

    page.clock.fast_forward(2 * HOUR - 90_000)
    expect(timer).to_have_text(re.compile(r"^1\sminuut(, \d\d?\sseconden?)?$"))
    # A clock that runs ahead of ours meets a page that is not open yet, and asks again.
    with page.expect_response("**/aanmelden/"):
        page.clock.run_for(120_000)
    expect(timer).to_be_visible()
    open_now(event)
    page.clock.resume()
    expect(page.get_by_role("button", name="Aanmelden")).to_be_visible()


def test_counting_asks_the_server_nothing(page: Page, event: Event) -> None:
    page.clock.install()
    page.goto("/wijk/aanmelden/")
    expect(page.get_by_role("timer")).to_be_visible()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))

    page.clock.run_for(HOUR)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^(1\suur|59\sminuten)"))
    assert asked == []


def test_a_clock_that_is_wrong_counts_down_to_the_right_moment(page: Page, event: Event) -> None:
    page.clock.install(time=timezone.now() - timedelta(hours=5))
    page.goto("/wijk/aanmelden/")

    expect(page.get_by_role("timer")).to_have_text(SOON)


def test_without_scripts_the_page_says_to_come_back(plain_page: Page, event: Event) -> None:
    plain_page.goto("/wijk/aanmelden/")

    expect(plain_page.get_by_role("heading", name="Je kunt je aanmelden vanaf")).to_be_visible()
    expect(plain_page.get_by_text("Kom dan terug naar deze pagina")).to_be_visible()
    expect(plain_page.get_by_role("timer")).to_be_hidden()
