"""What a door device costs (`make bench`; docs/benchmarks.md): its first load, a keystroke with its
painting, and sending 500 taps that waited, in Chromium against the site as it runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from registrations.door import presence
from tests.benchmarks.bench_door_search import told
from tests.browser.conftest import Server
from tests.browser.door_page import (
    KEYSTROKES,
    MAY_FAIL,
    PHONE,
    fill,
    join,
    make_door_event,
    make_pass,
    ready,
)
from tests.browser.wire import wire
from tests.registrations.door import made_up

pytest_plugins = ["tests.browser.conftest"]

SIZES = (200, 5_000, 20_000)
TYPED = 15  # names, letter by letter
TAPS = 500

# As 500 taps without a network leave the device.
QUEUE = """async (count) => {
  const store = await tafelronde.store.open("buurt", () => {}), at = new Date().toISOString();
  const { rows } = await store.read();
  for (const { id, n } of rows.slice(0, count))
    await store.add({ id: crypto.randomUUID(), at, kind: "in", reg: id, name: n });
}"""
# ms from the network's return to the answer that names the last tap.
SENT = """() => {
  const place = document.querySelector("[data-second]");
  window.sent = new Promise((done) => addEventListener("online", () => {
    const began = performance.now();
    new MutationObserver(() => {
      if (place.textContent.endsWith("Alles verstuurd.")) done(performance.now() - began);
    }).observe(place, { childList: true });
  }));
}"""


@pytest.mark.parametrize("people", SIZES)
def test_first_load_and_keystrokes(site: Server, new_page: Callable[..., Page], people: int):
    event = make_door_event()
    fill(event, people)
    with wire(site.url) as line:
        page = join(new_page(viewport=PHONE, base_url=line.url), make_pass(event))
        load = f"{line.content() / 1000:.0f} kB, and {line.headers / 1000:.0f} kB of headers"
    expect(page.locator("[data-count=expected]")).to_have_text(str(people))
    chance = random.Random(5)
    everybody = made_up.people(people)
    names = [chance.choice(everybody)[1].lower() for _ in range(TYPED)]
    devtools = page.context.new_cdp_session(page)
    lines = [f"{people} people: first load {load}"]
    for slowed in (1, 4):
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        times = page.evaluate(KEYSTROKES, names)
        lines.append(f"{people} people, device ÷{slowed}, painted: {told(times)}")
    print("", *lines, sep="\n")


def test_sending_what_waited(
    site: Server, new_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.browser.conftest.ACCEPTED", MAY_FAIL)
    event = make_door_event()
    fill(event, 5_000)
    page = join(new_page(viewport=PHONE), make_pass(event))
    page.context.set_offline(True)
    page.evaluate(QUEUE, TAPS)
    page.reload()
    ready(page)
    expect(page.locator("[data-first]")).to_contain_text(f"{TAPS} niet verstuurd")
    page.evaluate(SENT)

    page.context.set_offline(False)

    took = page.evaluate("() => window.sent") / 1000
    print(f"\n{connection.vendor}: {TAPS} taps sent in {took:.1f} s")
    assert presence.count(event) == TAPS
