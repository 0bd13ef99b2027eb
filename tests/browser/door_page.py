"""A door device in a browser, and what staff do on it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from program.models import Event
from registrations.door import passes, presence
from registrations.models import DoorPass, Registration, Seat
from registrations.names.person_names import columns
from tests.factories import make_event, make_registration, make_slot
from tests.processes import wait_for
from tests.registrations.door import made_up

NewPage = Callable[..., Page]
PHONE = {"width": 360, "height": 740}
# Browsers write each failed request on the console; at the door they are meant to fail.
MAY_FAIL = ("Failed to load resource: net::", "Failed to load resource: the server responded")


def make_door_event(**fields: Any) -> Event:
    """It starts within the hour; Noor has two tables, Zoë none."""
    start = timezone.now() + timedelta(hours=1)
    event = make_event(starts_at=start, slug="buurt", capacity=5, **fields)
    make_slot(event, "5a"), make_slot(event, "3c", 2)
    at = timezone.now()
    make_registration(event, {1: "5a", 2: "3c"}, at=at, organisation="gemeente Haarlem")
    make_registration(event, {}, first_name="Zoë", last_name="van Dijk", at=at)
    return event


def make_pass(event: Event, label: str = "Ingang A") -> DoorPass:
    return passes.make(event, label, who="organisator", at=timezone.now())


def join(page: Page, door_pass: DoorPass, prefix: str = "") -> Page:
    """Make this browser a device, with the list and the page itself on it."""
    page.goto(f"{prefix}/deur/pas/{passes.link_token(door_pass)}/")
    page.locator("main form button").click()
    ready(page)
    page.evaluate("navigator.serviceWorker.ready")
    everything = re.compile("Alles verstuurd|Everything")
    expect(page.locator("[data-second]")).to_have_text(everything)
    return page


def ready(page: Page) -> None:
    page.locator("html[data-ready]").wait_for()


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def present(event: Event) -> int:
    return presence.count(event)


def wait_present(event: Event, count: int) -> None:
    wait_for(f"{count} people in", lambda: present(event) == count)


def let_in(page: Page, name: str) -> None:
    """Find somebody and tick them."""
    search(page, name)
    button(page, f"Binnen: {name}").click()
    expect(page.locator(".person.is-in", has_text=name)).to_be_visible()


def fill(event: Event, people: int) -> None:
    """So many people on the list instead, of various names, most with a table in each round."""
    at = timezone.now()
    event.registrations.all().delete()
    event.refresh_from_db()
    tables = [make_slot(event, f"{number}x", 1 + number % 2) for number in range(40)]
    crowd = []
    for number, (_key, name, organisation) in enumerate(made_up.people(people)):
        first, _space, last = name.partition(" ")
        crowd.append(
            Registration(
                event=event,
                **columns(first, last or "Jansen", organisation),
                email=f"crowd{number}@haarlem.example",
                status=Registration.Status.CONFIRMED,
                holds_place=True,
                confirmed_at=at,
                created_at=at,
                version=event.version,
            )
        )
    chance, seats = random.Random(people), []
    for person in Registration.objects.bulk_create(crowd):
        for slot in chance.sample(tables[0::2], 1) + chance.sample(tables[1::2], 1):
            seats.append(
                Seat(
                    event=event,
                    registration=person,
                    slot=slot,
                    round_id=slot.round_id,
                    session_id=slot.session_id,
                    got_at=at,
                )
            )
    Seat.objects.bulk_create(seats)


# Types each query letter by letter, each at the beginning of a frame; what a letter takes in ms,
# to the first moment after that frame: the search, the rows, their style, layout and painting.
KEYSTROKES = """async (queries) => {
  const field = document.getElementById("q"), times = [];
  const frame = () => new Promise(requestAnimationFrame);
  const afterwards = () => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage("");
  });
  for (const query of queries) for (let end = 1; end <= query.length; end++) {
    await frame();
    const began = performance.now();
    field.value = query.slice(0, end);
    field.dispatchEvent(new Event("input"));
    await afterwards();
    times.push(performance.now() - began);
  }
  return times;
}"""
