"""Back after signing up, the code and another address, as a browser does it."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.booking.places import differences
from registrations.models import Registration
from registrations.queries.tokens import code_of, token_of
from tests.browser.conftest import Server
from tests.factories import make_event, make_slot


@pytest.fixture(params=["with scripts", "without scripts"])
def visitor(request: pytest.FixtureRequest) -> Page:
    with_scripts = request.param == "with scripts"
    return cast(Page, request.getfixturevalue("page" if with_scripts else "plain_page"))


@pytest.fixture
def event(site: Server) -> Event:
    """Table 1b has one seat, between two others."""
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14), rounds=1)
    for code in ("1a", "1b", "1c"):
        make_slot(event, code, seats=1 if code == "1b" else 10)
    return event


def sign_up(page: Page, email: str) -> None:
    page.goto("/wijk/aanmelden/")
    page.get_by_label("Voornaam").fill("Noor")
    page.get_by_label("Achternaam").fill("van der Meulen")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Je bent").select_option("inwoner")
    page.locator("[name=round_1][value='1b']").check()
    page.locator("[name=agree]").check()
    send(page)


def send(page: Page) -> None:
    page.locator("form:has([name=agree]) button.button").last.click()
    page.wait_for_url("**/controleer-je-mail/")


def test_form_holds_what_was_chosen_and_can_be_sent_again(visitor: Page, event: Event) -> None:
    page = visitor
    sign_up(page, "noor@gmial.com")

    page.go_back()
    expect(page.locator("[name=round_1][value='1b']")).to_be_checked()
    expect(page.get_by_label("Voornaam")).to_have_value("Noor")
    page.get_by_label("E-mailadres").fill("noor@gmail.com")
    page.locator("[name=agree]").check()
    send(page)

    expect(page.locator(".lead")).to_contain_text("noor@gmail.com")
    assert differences() == []
    held = Registration.objects.pending().get()
    assert (held.email, held.table_seats.get().session.code) == ("noor@gmail.com", "1b")

    page.go_back()
    expect(page.locator("[name=round_1][value='1b']")).to_be_checked()
    page.goto("/wijk/aanmelden/")
    expect(page.locator("[name=round_1][value='1b']")).to_be_enabled()


def test_address_is_mended_and_the_code_confirms(visitor: Page, event: Event) -> None:
    page = visitor
    sign_up(page, "noor@gmial.com")
    page.get_by_role("button", name="Ja, stuur de mail daarheen").click()

    notice = page.get_by_role("heading", name="De mail is onderweg naar noor@gmail.com")
    expect(notice).to_be_focused()
    page.get_by_label("Code uit de mail").fill("12345")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Kijk nog even naar één ding")).to_be_focused()
    page.get_by_role("link", name="Typ de zes cijfers").click()
    expect(page.get_by_label("Code uit de mail")).to_be_focused()

    held = Registration.objects.get()
    code = code_of(held)
    page.get_by_label("Code uit de mail").fill(f"{code[:3]} {code[3:]}")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/aanmelding/{token_of(held)}/?klaar=bevestigd")
    expect(page.locator("h1")).to_have_text("Noor, je plek staat vast")


def test_another_address_is_asked_for_in_place(visitor: Page, event: Event) -> None:
    page = visitor
    sign_up(page, "noor@haarlem.example")
    field = page.locator("details").get_by_label("E-mailadres")
    expect(field).to_be_hidden()
    page.get_by_text("Stuur de mail naar een ander adres").click()
    field.fill("noor")
    page.get_by_role("button", name="Stuur de mail daarheen").click()

    expect(field).to_have_value("noor")
    field.fill("els@haarlem.example")
    page.get_by_role("button", name="Stuur de mail daarheen").click()
    expect(page.locator(".lead")).to_contain_text("els@haarlem.example")
    assert Registration.objects.get().email == "els@haarlem.example"
