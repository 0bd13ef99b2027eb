"""A house style in a browser: what is typed is seen at once, and axe finds nothing in any."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect

from registrations.organising import house_style
from tests.browser.conftest import Server
from tests.browser.test_accessible import PHONE, found
from tests.browser.test_lists import log_in
from tests.factories import NOW, make_event, make_slot


def test_the_page_beside_it_follows_the_colours(page: Page, site: Server):
    event = make_event()
    log_in(page, site, event).goto(f"/en/admin/program/event/{event.pk}/huisstijl/")
    hero = page.locator("[data-phone] .hero")
    before = hero.evaluate("one => getComputedStyle(one).backgroundColor")

    page.locator("#id_field").fill("#154273")
    expect(hero).to_have_css("background-color", "rgb(21, 66, 115)")
    page.locator("#id_field").fill("#e3000f")
    expect(hero).to_have_css("background-color", "rgb(227, 0, 15)")
    head = page.locator("[data-phone] .head")
    expect(head).to_have_css("background-color", "rgb(227, 0, 15)")
    expect(head).to_contain_text(event.organiser)
    page.locator("#id_field").fill("")

    expect(hero).to_have_css("background-color", before)
    expect(page.locator("[data-phone] link[href*='/huisstijl/']")).to_have_count(1)


@pytest.mark.parametrize("colour", ["#154273", "#e3000f", "#ffc917"])
def test_axe_finds_nothing_on_pages_in_other_colours(
    new_page: Callable[..., Page], site: Server, colour: str
):
    event = make_event(slug="wijk")
    make_slot(event, "1a", 1)
    house_style.change_of_event(event, {"field": colour}, who="o", at=NOW)
    faults: list[str] = []
    for scheme in ("light", "dark"):
        page = new_page(color_scheme=scheme, viewport=PHONE)
        for path in ("/wijk/", "/wijk/aanmelden/", "/wijk/mijn-link/"):
            page.goto(path)
            faults += [f"{scheme} {path} {one}" for one in found(page)]

    assert not faults, "\n".join(faults)


def test_axe_finds_nothing_where_that_of_the_site_is_set(page: Page, site: Server):
    client = Client()
    client.force_login(User.objects.create_superuser("beheer"))
    name = settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": site.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]

    page.goto("/admin/program/event/huisstijl/")

    assert found(page, preload=False) == []
