"""The page about a draw in a real browser: axe finds nothing, and it works without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize

from program.models import Event
from registrations.booking.drawing import draw_event as draw
from tests.browser.conftest import Server
from tests.browser.test_accessible import DESK, PHONE, found
from tests.factories import make_organiser
from tests.registrations.drawn import draw_event, rank

CHOICES = (("a", "b"), ("a", "b", "c"), ("a",), ("b", ""), (), ("c", "a", "b"))


def ranked_event() -> Event:
    """Six people for five places, and nine tables' worth of choices."""
    at = timezone.now()
    event = draw_event(5, starts_at=at + timedelta(days=20))
    event.wishes_close_at = at + timedelta(days=5)
    event.save()
    for codes in CHOICES:
        rank(event, {1: codes, 2: ["d", "e"]} if codes else {}, at=at)
    return event


def log_in(page: Page, site: Server, event: Event) -> Page:
    client = Client()
    client.force_login(make_organiser(event))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    return page


def states(page: Page, event: Event) -> Iterator[str]:
    """What the page looks like, one after the other."""
    address = f"/en/admin/program/event/{event.pk}/loting/"
    page.goto(address)
    yield "before"
    page.get_by_role("button", name="Draw on trial").first.click()
    page.get_by_role("button", name="Draw on trial").first.click()
    page.get_by_role("heading", name="What this trial gave").wait_for()
    for summary in page.locator(".figure summary").all():
        summary.click()
    yield "trial"
    page.get_by_label("Places of the event").fill("-1")
    page.get_by_label("Table a in round 1: try with so many seats").fill("-2")
    page.get_by_role("button", name="Draw on trial").first.click()
    page.get_by_role("alert").wait_for()
    yield "wrong"
    person = event.registrations.order_by("pk").first()
    assert person
    page.goto(f"/en/admin/registrations/registration/{person.pk}/change/")
    yield "person before"
    page.goto(f"/en/admin/program/event/{event.pk}/mensen/toevoegen/")
    yield "adding"
    draw(event.pk, at=event.wishes_close_at or timezone.now())
    page.goto(address)
    for summary in page.locator(".figure summary").all():
        summary.click()
    yield "after"
    page.goto(f"/en/admin/registrations/registration/{person.pk}/change/")
    yield "person after"


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", PHONE)])
def test_axe_finds_nothing_before_and_after_a_draw(
    new_page: Callable[..., Page], site: Server, scheme: str, size: ViewportSize
):
    event = ranked_event()
    page = log_in(new_page(color_scheme=scheme, viewport=size), site, event)

    wrong, wide = {}, {}
    for state in states(page, event):
        if problems := found(page):
            wrong[state] = problems
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            wide[state] = over

    assert (wrong, wide) == ({}, {})


def test_a_trial_needs_no_script(new_page: Callable[..., Page], site: Server):
    event = ranked_event()
    page = log_in(new_page(java_script_enabled=False), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/loting/")

    page.get_by_label("Table a in round 1: try with so many seats").fill("6")
    page.get_by_role("button", name="Draw on trial").first.click()

    assert page.get_by_text("With the seats and places that you filled in.").is_visible()
    assert page.get_by_label("Table a in round 1: try with so many seats").input_value() == "6"
    page.get_by_role("button", name="Draw on trial").first.click()
    assert page.get_by_role("columnheader", name="Last time").is_visible()
    rows = page.locator("table.beside tbody tr")
    before = rows.locator("td:nth-child(2)").all_inner_texts()
    page.get_by_role("button", name="Again with the same lots").first.click()
    assert page.get_by_text("The lots are those of last time").is_visible()
    assert rows.locator("td:nth-child(2)").all_inner_texts() == before
    assert rows.locator("td:nth-child(3)").all_inner_texts() == before


def test_on_a_phone_a_number_can_be_read_in_its_field(
    site: Server, new_page: Callable[..., Page]
) -> None:
    event = ranked_event()
    event.slots.update(seats=125)
    page = log_in(new_page(viewport=PHONE), site, event)
    page.goto(f"/en/admin/program/event/{event.pk}/loting/")
    field = page.get_by_label("Table a in round 1: try with so many seats")
    assert field.evaluate("one => one.scrollWidth <= one.clientWidth")
    head, seats = (page.locator(".figure thead th").nth(at) for at in (0, 1))
    ends = [
        one.evaluate(
            """one => {
                const text = document.createRange();
                text.selectNodeContents(one);
                const { left, right } = text.getBoundingClientRect();
                return [left, right];
            }"""
        )
        for one in (head, seats)
    ]
    assert ends[1][0] - ends[0][1] >= 6
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
