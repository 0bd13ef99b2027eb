"""How a tap leaves the finger: onto the disk itself, and to the server at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from program.models import Event
from tests.browser.conftest import Server
from tests.browser.door_page import (
    PHONE,
    NewPage,
    join,
    let_in,
    make_door_event,
    make_pass,
    wait_present,
)
from tests.processes import wait_for

# Tells of each transaction that writes which stores it is on, and how it is kept.
WRITES = """globalThis.writes = [];
const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function (...asked) {
  const made = transaction.apply(this, asked);
  if (made.mode === "readwrite") writes.push([[...made.objectStoreNames].join(), made.durability]);
  return made;
};"""


@pytest.fixture
def event(site: Server) -> Event:
    return make_door_event()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page(viewport=PHONE)


def test_tap_goes_to_the_server_at_once(event: Event, page: Page) -> None:
    page.clock.install()
    join(page, make_pass(event))
    # From here on no timer runs, so that the next round never comes.
    page.clock.pause_at(timezone.now() + timedelta(seconds=2))
    let_in(page, "Zoë van Dijk")

    wait_present(event, 1)


def test_tap_and_what_the_server_said_of_it_are_on_the_disk_itself(
    event: Event, page: Page
) -> None:
    page.add_init_script(WRITES)
    join(page, make_pass(event))
    page.evaluate("writes.length = 0")
    let_in(page, "Zoë van Dijk")
    wait_present(event, 1)
    answer = "meta,notices,ops,rows"
    wait_for("the answer", lambda: answer in dict(page.evaluate("writes")))

    writes = page.evaluate("writes")
    assert {stores for stores, _how in writes} == {"ops", "meta", answer}
    assert {how for _stores, how in writes} == {"strict"}
