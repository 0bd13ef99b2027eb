"""An organiser at work on people, in a real browser and without a mouse more than needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.models import Registration, StoredMail
from registrations.queries.tables import codes
from tests.browser.conftest import Server
from tests.factories import make_event, make_organiser, make_registration, make_slot


@pytest.fixture
def event(site: Server) -> Event:
    event = make_event(starts_at=timezone.now() + timedelta(days=10))
    make_slot(event, "1a", seats=1)
    make_slot(event, "1b")
    make_slot(event, "2b", 2)
    return event


@pytest.fixture
def organiser(event: Event, site: Server, new_page: Callable[..., Page]) -> Page:
    """A page of somebody who organises the event, at the list of people."""
    client = Client()
    client.force_login(make_organiser(event))
    page = new_page(viewport={"width": 1280, "height": 900})
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    page.goto(f"/en/admin/registrations/registration/?event__id__exact={event.pk}")
    return page


def test_organiser_corrects_a_name_and_is_stopped_at_somebody_else(organiser: Page, event: Event):
    registration = make_registration(event, {1: "1a"}, at=timezone.now(), last_name="Jansen")
    organiser.reload()
    organiser.locator("#searchbar").fill("Jansn")
    organiser.keyboard.press("Enter")
    organiser.get_by_role("link", name="Jansen, Noor").click()
    organiser.get_by_role("link", name="Correct the name").click()

    organiser.get_by_label("First name").fill("Piet")
    organiser.get_by_label("Reason").fill("Belde zelf.")
    organiser.get_by_role("button", name="Correct the name").click()
    expect(organiser.get_by_role("alert")).to_contain_text("cancel this sign-up")
    expect(organiser.get_by_label("Reason")).to_have_value("Belde zelf.")

    organiser.get_by_label("First name").fill("Noor")
    organiser.get_by_label("Last name").fill("Janssen")
    organiser.get_by_role("button", name="Correct the name").click()

    expect(organiser.get_by_role("heading", level=1)).to_have_text("Noor Janssen")
    expect(organiser.locator(".messagelist")).to_contain_text("The name is corrected.")
    expect(organiser.locator("#history + ol li").first).to_contain_text("Reason: Belde zelf.")
    registration.refresh_from_db()
    assert registration.name_confirmed == "Noor Jansen"
    assert StoredMail.objects.filter(kind="corrected").count() == 1


def test_organiser_adds_somebody_who_phones_and_moves_them_later(organiser: Page, event: Event):
    organiser.get_by_role("link", name="Add somebody").click()
    organiser.get_by_label("First name").fill("Aaltje")
    organiser.get_by_label("Last name").fill("Kok")
    organiser.get_by_label("Round 1", exact=True).select_option("1a")
    organiser.get_by_role("button", name="Add and confirm").click()
    expect(organiser.get_by_role("alert")).to_contain_text("Say why")
    organiser.get_by_label("Reason").fill("Belde op.")
    organiser.get_by_role("button", name="Add and confirm").click()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("Aaltje Kok")
    expect(organiser.get_by_text("none: gets no mail")).to_be_visible()

    organiser.get_by_role("link", name="Give other tables").click()
    organiser.get_by_label("Round 1", exact=True).select_option("1b")
    organiser.get_by_label("Round 2", exact=True).select_option("2b")
    organiser.get_by_role("button", name="Save tables").click()

    expect(organiser.locator("#history + ol li").first).to_contain_text("round 1: 1a → 1b")
    assert codes(Registration.objects.get()) == {"1": "1b", "2": "2b"}
    event.refresh_from_db()
    assert event.taken == 1


def test_pages_about_people_fit_a_phone(organiser: Page, event: Event):
    registration = make_registration(event, {1: "1a"}, at=timezone.now())
    organiser.set_viewport_size({"width": 360, "height": 740})
    person = f"/en/admin/registrations/registration/{registration.pk}"
    of_event = f"/en/admin/program/event/{event.pk}"

    for path in (
        f"{person}/change/",
        *(f"{person}/{act}/" for act in ("tafels", "naam", "volgorde", "link", "annuleren")),
        f"{of_event}/mensen/toevoegen/",
        f"{of_event}/gasten/",
    ):
        organiser.goto(path)
        width = organiser.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, path
