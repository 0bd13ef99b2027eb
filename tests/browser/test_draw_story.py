"""A draw as five people live it: they rank, one changes her mind, it is drawn, and one waits."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from subprocess import Popen

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from program.models import Event
from registrations.booking import drawing
from registrations.booking.places import differences
from registrations.drawing.recount import recount
from registrations.models import Registration
from registrations.queries import rankings, tables
from tests.browser.conftest import Server
from tests.browser.test_accessible import found
from tests.factories import make_event, make_slot
from tests.processes import Inbox

PLACES = 4
CHOICES: Mapping[str, Mapping[int, Sequence[str]]] = {
    "Anna": {1: ["1a", "2a"], 2: ["3a"]},
    "Bert": {1: ["1a"], 2: ["3a", "4a"]},
    "Carla": {1: ["2a", ""], 2: ["4a", "3a"]},
    "Daan": {1: ["2a", "1a"], 2: [""]},
    "Els": {},
}


@dataclass(frozen=True)
class Words:
    prefix: str
    first_name: str
    last_name: str
    email: str
    role: tuple[str, str]
    agree: str
    send: str
    confirm: str
    takes_part: str
    save: str
    receipt: str
    waits: str
    down: str
    cancel: str


DUTCH = Words(
    prefix="",
    first_name="Voornaam",
    last_name="Achternaam",
    email="E-mailadres",
    role=("Je bent", "inwoner"),
    agree="Mijn plek is alleen voor mij",
    send="Aanmelden",
    confirm="Bevestig",
    takes_part="je doet mee",
    save="Opslaan",
    receipt="Zo viel de loting voor je uit",
    waits="je staat op de wachtlijst",
    down="‘{title}’ omlaag",
    cancel="Mijn aanmelding annuleren",
)
ENGLISH = Words(
    prefix="/en",
    first_name="First name",
    last_name="Last name",
    email="E-mail address",
    role=("You are", "resident"),
    agree="My place is for me alone",
    send="Sign up",
    confirm="Confirm",
    takes_part="you take part",
    save="Save",
    receipt="How the draw turned out for you",
    waits="you’re on the waiting list",
    down="Move ‘{title}’ down",
    cancel="Cancel my sign-up",
)


class Visitor:
    """Somebody with a phone of their own; ``home`` is their personal page."""

    def __init__(self, name: str, event: Event, page: Page, smtp: Inbox, words: Words) -> None:
        self.name, self.event, self.page, self.smtp, self.words = name, event, page, smtp, words
        self.home = ""

    @property
    def address(self) -> str:
        return f"{self.name.lower()}@haarlem.example"

    @property
    def row(self) -> Registration:
        return self.event.registrations.get(email=self.address)

    def sign_up(self, choices: Mapping[int, Sequence[str]]) -> None:
        page, words = self.page, self.words
        page.goto(f"{words.prefix}/{self.event.slug}/aanmelden/")
        self.rank(choices)
        page.get_by_label(words.first_name).fill(self.name)
        page.get_by_label(words.last_name).fill("Jansen")
        page.get_by_label(words.email).fill(self.address)
        question, answer = words.role
        page.get_by_label(question).select_option(label=answer)
        page.get_by_role("checkbox", name=words.agree).check()
        page.get_by_role("button", name=words.send, exact=True).click()
        expect(page).to_have_url(re.compile("/aanmelden/controleer-je-mail/$"))

    def rank(self, choices: Mapping[int, Sequence[str]]) -> None:
        for round_, codes in choices.items():
            for number, code in enumerate(codes, 1):
                name = f"rank_{round_}_{code}" if code else f"rank_{round_}"
                self.choose(name, number)

    def choose(self, name: str, number: int) -> None:
        select = self.page.locator(f"select[name={name}]")
        if select.is_visible():
            select.select_option(str(number))
        else:  # the script gave it a button
            self.page.locator(f".rank:has(select[name={name}]) + button").click()

    def confirm(self) -> None:
        mail = self.smtp.wait(self.address)
        body = mail.get_body(("plain",))
        assert body is not None
        found = re.search(r"http://\S+/aanmelding/[^/\s]+/", str(body.get_content()))
        assert found is not None
        self.home = found[0]
        self.page.goto(self.home)
        self.page.get_by_role("button", name=self.words.confirm).click()
        expect(self.page.locator("h1")).to_contain_text(self.words.takes_part)
        expect(self.page.locator("main")).to_contain_text(str(self.row.draw_number))

    def mail(self, subject: str) -> EmailMessage:
        return self.smtp.wait(self.address, subject)


@pytest.fixture
def event(site: Server) -> Event:
    now = timezone.now()
    event = make_event(
        capacity=PLACES,
        starts_at=now + timedelta(days=14),
        wishes_close_at=now + timedelta(days=7),
        wishes_a_round=2,
    )
    for round_, codes in ((1, ["1a", "2a"]), (2, ["3a", "4a"])):
        for code in codes:
            make_slot(event, code, round_, seats=2)
    return event


@pytest.mark.parametrize("scripts", [False, True], ids=["plain", "scripts"])
@pytest.mark.parametrize("words", [DUTCH, ENGLISH], ids=["nl", "en"])
def test_five_people_and_four_places(
    event: Event,
    worker: Popen[bytes],
    smtp: Inbox,
    site: Server,
    new_page: Callable[..., Page],
    words: Words,
    scripts: bool,
):
    people = {
        name: Visitor(
            name,
            event,
            new_page(java_script_enabled=scripts, viewport={"width": 1280, "height": 900}),
            smtp,
            words,
        )
        for name in CHOICES
    }
    for name, choices in CHOICES.items():
        people[name].sign_up(choices)
        people[name].confirm()

    anna = people["Anna"]
    anna.page.goto(f"{anna.home}tafels/")
    if scripts:
        name = words.down.format(title="Gesprek 1a")
        anna.page.get_by_role("button", name=name, exact=True).click()
    else:
        anna.rank({1: ["2a", "1a"]})
    anna.page.get_by_role("button", name=words.save).click()
    expect(anna.page).to_have_url(re.compile(r"/aanmelding/[^/]+/\?klaar="))
    assert rankings.of_person(anna.row).codes["1"] == ["2a", "1a"]
    assert [one.row.status for one in people.values()] == ["waiting"] * 5

    # A week later.
    now, week = timezone.now(), timedelta(days=7)
    event.registrations.update(created_at=now - week, confirmed_at=now - week)
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now - timedelta(minutes=1))
    assert drawing.draw_due(now) == 5

    assert differences() == []
    came = [one for one in people.values() if one.row.is_confirmed]
    (waits,) = (one for one in people.values() if one.row.is_waiting)
    assert len(came) == PLACES
    for one in came:
        one.page.goto(one.home)
        expect(one.page.get_by_role("heading", name=words.receipt)).to_be_visible()
        if scripts:
            assert found(one.page) == []
        for code in tables.codes(one.row).values():
            expect(one.page.locator(".day")).to_contain_text(f"Gesprek {code}")
        assert one.smtp.wait(
            one.address, "The draw: your day" if words.prefix else "De loting: jouw dag"
        )
    waits.page.goto(waits.home)
    expect(waits.page.locator("h1")).to_contain_text(words.waits)
    expect(waits.page.get_by_role("heading", name=words.receipt)).to_be_visible()

    with urllib.request.urlopen(f"{site.url}/{event.slug}/uitslag.json") as answer:
        told = json.load(answer)
    assert sorted(one["number"] for one in told["people"]) == sorted(
        one.row.draw_number or 0 for one in people.values()
    )
    assert recount(told).holds

    first = came[0]
    first.page.get_by_role("link", name=words.cancel).click()
    first.page.get_by_role("button", name=words.cancel).click()
    expect(first.page.locator("h1")).to_be_visible()
    assert waits.row.is_confirmed
    assert differences() == []
