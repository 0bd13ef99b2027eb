"""An organiser lowers seats too far and moves the time: refused, and shown before it is saved."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.models import Registration
from tests.browser.conftest import Server
from tests.factories import make_event, make_organiser, make_registration, make_slot
from tests.processes import Inbox


@pytest.fixture
def event(site: Server) -> Event:
    """An event in two weeks, two people at table 1a."""
    now = timezone.now()
    day = timezone.localtime(now + timedelta(days=14))
    start = day.replace(hour=14, minute=0, second=0, microsecond=0)
    event = make_event(title="Wijkavond", starts_at=start)
    make_slot(event, "1a", seats=3)
    for name in ("Anna", "Bram"):
        email = f"{name.lower()}@a.example"
        make_registration(event, {1: "1a"}, email=email, first_name=name, at=now)
    return event


def log_in(page: Page, site: Server, event: Event) -> None:
    client = Client()
    client.force_login(make_organiser(event))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])


def test_organiser_sees_what_a_change_does_before_it_is_saved(
    page: Page, site: Server, event: Event, smtp: Inbox, worker: object
):
    log_in(page, site, event)

    page.goto(f"/admin/program/event/{event.pk}/programma/")
    slot = event.slots.get()
    page.locator(f"[name=cell-{slot.session_id}-{slot.round_id}-seats]").fill("1")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_role("link", name="er zijn 2 plekken bezet")).to_be_visible()
    expect(page.get_by_role("link", name="Bram van der Meulen")).to_be_visible()
    assert event.slots.get().seats == 3

    page.goto(f"/admin/program/event/{event.pk}/dag/")
    start = page.locator("[name=starts]").first
    start.fill("14:30")
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.get_by_text("Er is nog niets opgeslagen.")).to_be_visible()
    expect(page.get_by_role("heading", name="2 mensen merken het")).to_be_visible()
    assert Event.objects.get().starts_at == event.starts_at

    page.get_by_role("button", name="Dit opslaan").click()
    expect(page.get_by_role("button", name="Dit opslaan")).to_have_count(0)
    message = smtp.wait("anna@a.example", "Andere tijd of plaats: Wijkavond")
    (calendar,) = (part for part in message.iter_attachments() if part.get_filename())
    (entry,) = icalendar.Calendar.from_ical(calendar.get_content()).events
    assert entry.start == event.starts_at + timedelta(minutes=30)
    version = Event.objects.get().version
    assert [one.version for one in Registration.objects.all()] == [version, version]
