"""A form that another site made the browser send, in a real browser."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page, expect

from registrations.models import Registration
from tests.browser.conftest import Server
from tests.browser.states import elsewhere
from tests.factories import make_event, make_slot

TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "role": "raadslid",
    "round_1": "1a",
    "agree": "on",
}


def test_it_waits_for_its_owner_and_signs_up_when_they_send_it(
    plain_page: Page, site: Server
) -> None:
    make_slot(make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14)), "1a")
    page = plain_page
    elsewhere(site, "/wijk/aanmelden/", **TYPED)(page, "")

    expect(page.get_by_role("heading", name="Er is nog niets verstuurd")).to_be_focused()
    expect(page.get_by_label("Voornaam")).to_have_value("Noor")
    expect(page.get_by_label("Mijn plek is alleen voor mij")).not_to_be_checked()
    assert not Registration.objects.exists()
    assert not page.context.cookies()

    page.get_by_label("Mijn plek is alleen voor mij").check()
    page.get_by_role("button", name="Aanmelden").click()
    page.wait_for_url("**/controleer-je-mail/")
    assert Registration.objects.get().email == "noor@haarlem.example"
    assert [cookie.get("name") for cookie in page.context.cookies()] == ["verstuurd"]
