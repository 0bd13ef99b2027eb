"""The whole chain as a visitor walks it: read, sign up, confirm, change, cancel."""

from __future__ import annotations

import re
from email.message import EmailMessage
from subprocess import Popen
from typing import cast

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from program.models import Event, Slot
from registrations.booking.places import differences
from registrations.models import Registration
from tests.browser.conftest import Server
from tests.processes import Inbox

ADDRESS = "noor@haarlem.example"


@pytest.fixture(params=["with scripts", "without scripts"])
def visitor(request: pytest.FixtureRequest) -> Page:
    """A browser with JavaScript on a desk, and one without on a phone."""
    with_scripts = request.param == "with scripts"
    return cast(Page, request.getfixturevalue("page" if with_scripts else "plain_page"))


def taken() -> dict[str, int]:
    """The tables at which anybody sits, once the counters are known to be true."""
    assert differences() == []
    slots = Slot.objects.exclude(taken=0).select_related("session", "round")
    return {f"{one.session.code}/{one.round.number}": one.taken for one in slots}


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage) -> str:
    found = re.search(r"http://\S+/aanmelding/[^/\s]+/", text_of(mail))
    assert found is not None
    return found[0]


def calendar_of(mail: EmailMessage) -> str:
    parts = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    return str(next(parts).get_content())


def test_read_sign_up_confirm_change_and_cancel(
    site: Server, worker: Popen[bytes], smtp: Inbox, visitor: Page
) -> None:
    call_command("load_demo", verbosity=0)
    page = visitor

    page.goto("/")
    expect(page.locator("h1")).to_have_text(
        "Werken in de wijk en nieuwe vormen van lokale democratie"
    )
    page.get_by_role("link", name="Aanmelden").first.click()

    page.get_by_label("Voornaam").fill("Noor")
    page.get_by_label("Achternaam").fill("van der Meulen")
    page.get_by_label("E-mailadres").fill(ADDRESS)
    page.get_by_label("Je bent").select_option("inwoner")
    page.get_by_role("radio", name="Breda Begroot").check()
    page.get_by_role("button", name="Aanmelden").click()

    expect(page).to_have_title(re.compile("^Fout: "))
    assert page.evaluate("document.activeElement.tagName") == "H2"
    expect(page.get_by_label("Voornaam")).to_have_value("Noor")
    expect(page.get_by_role("radio", name="Breda Begroot")).to_be_checked()
    page.get_by_role("link", name="Kies een tafel voor ronde 2").click()
    page.get_by_role("radio", name="Ruimte pakken is best spannend").check()
    page.get_by_role("checkbox", name="Mijn plek is alleen voor mij").check()
    page.get_by_role("button", name="Aanmelden").click()

    expect(page).to_have_url(re.compile("/aanmelden/controleer-je-mail/$"))
    assert taken() == {"1a/1": 1, "4/2": 1}
    page.goto(link_in(smtp.wait(ADDRESS, "Bevestig")))
    page.get_by_role("button", name="Bevestig").click()

    expect(page.locator("h1")).to_have_text("Noor, je plek staat vast")
    expect(page.locator("main")).to_contain_text("Breda Begroot")
    registered = smtp.wait(ADDRESS, "Je bent aangemeld")
    assert "METHOD:REQUEST" in calendar_of(registered)
    assert "Noor" not in registered["Subject"]

    page.get_by_role("link", name="Tafels wijzigen").first.click()
    page.get_by_role("radio", name="Hoe democratisch is jouw wijk?").first.check()
    page.get_by_role("button", name="Mijn tafels opslaan").click()

    expect(page.locator("main")).to_contain_text("Hoe democratisch is jouw wijk?")
    assert taken() == {"7/1": 1, "4/2": 1}
    smtp.wait(ADDRESS, "Je tafels zijn gewijzigd")

    page.get_by_role("link", name="annuleren").first.click()
    page.get_by_role("button", name="Annuleren").click()

    expect(page.locator("h1")).to_contain_text("geannuleerd")
    assert taken() == {}
    assert Event.objects.get().taken == 0
    assert Registration.objects.get().status == "cancelled"
    cancelled = calendar_of(smtp.wait(ADDRESS, "Je hebt je aanmelding geannuleerd"))
    uid = re.compile(r"^UID:(.*)$", re.M)
    assert "METHOD:CANCEL" in cancelled
    assert uid.findall(cancelled) == uid.findall(calendar_of(registered))
