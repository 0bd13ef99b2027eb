"""The personal pages on a phone: what was just saved is in sight, and large letters fit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize

from program.models import Event, TableSession
from registrations.booking import changing
from registrations.models import Registration
from tests.browser.conftest import Server
from tests.browser.states import SUBMIT, of
from tests.browser.test_reflow import LARGE, TOO_WIDE, WEAR
from tests.factories import make_event, make_registration, make_slot

PHONE = ViewportSize(width=360, height=740)
# What has the focus as the page opens, and whether all of it is on the screen.
SEEN = """() => {
    const one = document.activeElement, { top, bottom } = one.getBoundingClientRect();
    const seen = top >= 0 && bottom <= window.innerHeight;
    return [one.innerText.replace(/\\s+/g, " ").trim(), one.tagName, seen];
}"""
LONG = "Maatschappelijke ontwikkelingsverantwoordelijkheid in de Zaanstreek"


@pytest.fixture
def event(site: Server) -> Event:
    soon = timezone.now().replace(minute=0) + timedelta(days=20)
    event = make_event(slug="wijk", title="Werken in de wijk", starts_at=soon)
    for code, number in (("1a", 1), ("2a", 1), ("6", 2)):
        make_slot(event, code, number, seats=2, location="Burgerzaal, tafel 9")
    TableSession.objects.filter(code="1a").update(title=LONG)
    event.bump_programme()
    return event


@pytest.fixture
def noor(event: Event) -> Registration:
    """At 1a, and waiting for 2a."""
    now = timezone.now()
    for _person in range(2):
        make_registration(event, {1: "2a"}, at=now)
    return make_registration(event, {1: "1a"}, waitlists={1: ["2a"]}, at=now)


def press(page: Page, name: str) -> tuple[str, str, bool]:
    page.get_by_role("button", name=name).first.click()
    return seen(page)


def seen(page: Page) -> tuple[str, str, bool]:
    page.wait_for_load_state()
    page.wait_for_function("document.activeElement !== document.body")
    said, tag, in_sight = page.evaluate(SEEN)
    return said, tag, in_sight


def test_what_was_done_is_in_sight_on_a_phone_and_has_the_focus(
    event: Event, noor: Registration, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    pending = make_registration(event, {2: "6"}, confirmed=False, at=timezone.now())
    page.goto(of(pending))
    assert press(page, "Bevestig mijn aanmelding") == ("Noor, je plek staat vast", "H1", True)

    mine = of(noor)
    for part, button, said in [
        ("", "Niet meer wachten", "Je wacht niet meer op die tafel."),
        ("", "Zet mijn naam erop", "Je naam staat nu bij ‘Wie komen er?’."),
        ("", "Stop de berichten", "Je krijgt geen berichten meer van de organisatie."),
    ]:
        page.goto(mine + part)
        assert press(page, button) == (said, "H2", True), button
    page.goto(f"{mine}tafels/")
    page.locator(SUBMIT).first.click()
    assert seen(page) == ("Je tafels zijn opgeslagen.", "H2", True)
    page.goto(f"{mine}annuleren/")
    assert press(page, "Ja, mijn aanmelding annuleren") == (
        *("Je aanmelding is geannuleerd", "H1"),
        True,
    )


def test_a_refusal_is_in_sight_on_a_phone_and_has_the_focus(
    event: Event, noor: Registration, new_page: Callable[..., Page]
) -> None:
    page = new_page(viewport=PHONE)
    page.goto(of(noor, "annuleren/"))
    started = timezone.now() - timedelta(hours=1)
    Event.objects.update(starts_at=started, ends_at=started + timedelta(hours=4))

    said, tag, in_sight = press(page, "Ja, mijn aanmelding annuleren")

    assert said.startswith("Fout: ")
    assert (tag, in_sight) == ("H2", True)


def test_letters_of_twice_the_size_fit_a_phone(
    event: Event, noor: Registration, new_page: Callable[..., Page]
) -> None:
    now = timezone.now()
    pending = make_registration(event, {2: "6"}, confirmed=False, at=now)
    gone = make_registration(event, at=now)
    changing.cancel(gone, at=now)
    event.refresh_from_db()
    Event.objects.update(capacity=event.taken)
    waiter = make_registration(event, {1: "1a"}, waiting_too=True, at=now)
    today = make_event(slug="vandaag", starts_at=now - timedelta(hours=1))
    Event.objects.filter(pk=today.pk).update(title=LONG)
    there = make_registration(today, at=now - timedelta(days=2))
    addresses = [of(one) for one in (noor, pending, gone, waiter, there)]
    addresses += [of(noor, part) for part in ("annuleren/", "wissen/", "gegevens/")]
    addresses += [of(noor, f"?klaar={done}") for done in ("tafels", "bevestigd")]
    faults = []
    page = new_page()

    for width in (320, 360):
        page.set_viewport_size({"width": width, "height": 740})
        for address in addresses:
            page.goto(address)
            for details in page.locator("details").all():
                details.evaluate("one => { one.open = true; }")
            page.evaluate(WEAR, LARGE)
            part = address.rpartition("/")[2] or address.split("/")[-2][:8]
            faults += [f"{part} at {width}: {one}" for one in page.evaluate(TOO_WIDE)]

    assert faults == []
