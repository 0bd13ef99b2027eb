"""Waiting as three people live it: a full table, a move, a cycle, and a full event."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from subprocess import Popen

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from program.models import Event
from registrations.booking.places import differences
from registrations.models import Seat
from tests.browser.conftest import Server
from tests.factories import make_event, make_slot
from tests.processes import Inbox

MOVED = "Je hebt een andere tafel"


def address(name: str) -> str:
    return f"{name.lower()}@haarlem.example"


def sits() -> dict[str, str]:
    """Who sits where, once the counters are known to be true."""
    assert differences() == []
    seats = Seat.objects.select_related("registration", "session")
    return {seat.registration.first_name: seat.session.code for seat in seats}


def link_in(mail: EmailMessage, end: str = "") -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"http://\S+/aanmelding/[^/\s]+/{end}", str(body.get_content()))
    assert found is not None
    return found[0]


def seat_at(page: Page, code: str) -> Locator:
    return page.get_by_role("radio", name=f"Gesprek {code}")


def wait_at(page: Page, code: str) -> Locator:
    return page.get_by_role("checkbox", name=f"{code}: Gesprek {code}")


class Visitor:
    """Somebody with a phone of their own; ``home`` is their personal page."""

    def __init__(self, name: str, event: Event, page: Page, smtp: Inbox) -> None:
        self.name, self.event, self.page, self.smtp = name, event, page, smtp
        self.home = ""

    def open_form(self) -> None:
        page = self.page
        page.goto(f"/{self.event.slug}/aanmelden/")
        page.get_by_label("Voornaam").fill(self.name)
        page.get_by_label("Achternaam").fill("Jansen")
        page.get_by_label("E-mailadres").fill(address(self.name))
        page.get_by_label("Je bent").select_option("inwoner")
        page.get_by_role("checkbox", name="Mijn plek is alleen voor mij").check()

    def send(self, button: str = "Aanmelden") -> None:
        self.page.get_by_role("button", name=button, exact=True).click()
        expect(self.page).to_have_url(re.compile("/aanmelden/controleer-je-mail/$"))

    def confirm(self) -> None:
        self.home = link_in(self.mail("Bevestig"))
        self.page.goto(self.home)
        self.page.get_by_role("button", name="Bevestig").click()
        expect(self.page.locator("h1")).to_contain_text(self.name)

    def entry(self, code: str) -> None:
        """Wait for one more table, by the form to change tables."""
        self.page.goto(f"{self.home}tafels/")
        wait_at(self.page, code).check()
        self.page.get_by_role("button", name="Mijn tafels opslaan").click()
        expect(self.page.locator("#saved")).to_contain_text("opgeslagen")

    def cancel(self) -> None:
        self.page.goto(self.home)
        self.page.get_by_role("link", name="Mijn aanmelding annuleren").click()
        self.page.get_by_role("button", name="Mijn aanmelding annuleren").click()
        expect(self.page.locator("h1")).to_contain_text("geannuleerd")

    def why(self) -> Locator:
        """The line that tells how the seat was got."""
        self.page.goto(self.home)
        self.page.get_by_text("Waarom heb ik deze tafel?").click()
        line = self.page.locator("details").filter(has_text="Waarom").locator("p")
        expect(line).to_be_visible()
        return line

    def mail(self, subject: str) -> EmailMessage:
        return self.smtp.wait(address(self.name), subject)


Arrive = Callable[[str], Visitor]


@pytest.fixture
def event(site: Server) -> Event:
    """Two tables with one seat each, in one round."""
    event = make_event(rounds=1, starts_at=timezone.now() + timedelta(days=14))
    for code in ("1a", "2a"):
        make_slot(event, code, seats=1)
    return event


@pytest.fixture
def arrive(event: Event, smtp: Inbox, new_page: Callable[..., Page]) -> Arrive:
    """Somebody opens the site, on a phone without scripts."""

    def somebody(name: str) -> Visitor:
        page = new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
        return Visitor(name, event, page, smtp)

    return somebody


def test_a_table_that_comes_free_moves_who_waits_and_a_cycle_swaps(
    worker: Popen[bytes], smtp: Inbox, arrive: Arrive
) -> None:
    anna, bert, carla = arrive("Anna"), arrive("Bert"), arrive("Carla")

    anna.open_form()
    seat_at(anna.page, "1a").check()
    anna.send()
    anna.confirm()

    bert.open_form()
    expect(seat_at(bert.page, "1a")).to_have_count(0)
    seat_at(bert.page, "2a").check()
    wait_at(bert.page, "1a").check()
    bert.send()
    bert.confirm()
    expect(bert.page.locator("main")).to_contain_text("Je bent nummer 1.")

    carla.open_form()
    carla.page.get_by_role("radio", name="Geen tafel in ronde 1").check()
    wait_at(carla.page, "2a").check()
    carla.send()
    carla.confirm()
    assert sits() == {"Anna": "1a", "Bert": "2a"}

    anna.cancel()

    assert sits() == {"Bert": "1a", "Carla": "2a"}
    for visitor in (bert, carla):
        visitor.mail(MOVED)
        expect(visitor.why()).to_contain_text("kwam er een plek vrij")

    smtp.messages.clear()
    bert.entry("2a")
    expect(bert.page.locator("main")).to_contain_text("houd je je plek bij ‘Gesprek 1a’")
    carla.entry("1a")

    assert sits() == {"Bert": "2a", "Carla": "1a"}
    for visitor in (bert, carla):
        visitor.mail(MOVED)
        expect(visitor.why()).to_contain_text("wisselde je met anderen")
        expect(visitor.page.locator(".entry")).to_have_count(0)


def test_a_full_event_promotes_who_waits_and_they_give_it_back_in_two_clicks(
    event: Event, worker: Popen[bytes], arrive: Arrive
) -> None:
    Event.objects.filter(pk=event.pk).update(capacity=1)
    anna, bert = arrive("Anna"), arrive("Bert")

    anna.open_form()
    seat_at(anna.page, "1a").check()
    anna.send()
    anna.confirm()

    bert.open_form()
    expect(bert.page.locator("main")).to_contain_text("Je meldt je aan voor de wachtlijst")
    wait_at(bert.page, "1a").check()
    bert.send("Zet mij op de wachtlijst")
    bert.confirm()
    expect(bert.page.locator("h1")).to_contain_text("je staat op de wachtlijst")
    expect(bert.page.locator("main")).to_contain_text("Je bent nummer 1.")

    anna.cancel()

    promoted = bert.mail("Je hebt een plek")
    assert sits() == {"Bert": "1a"}
    expect(bert.why()).to_contain_text("Je wachtte op deze tafel")

    bert.page.goto(link_in(promoted, "annuleren/"))
    assert sits() == {"Bert": "1a"}
    bert.page.get_by_role("button", name="Mijn aanmelding annuleren").click()

    expect(bert.page.locator("h1")).to_contain_text("geannuleerd")
    assert sits() == {}
    assert Event.objects.get().taken == 0
