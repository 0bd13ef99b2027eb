"""How long a keystroke takes at the door (`make bench`; docs/benchmarks.md).

Names typed letter by letter, some with an error, on lists of 200, 5,000 and 20,000 made-up
people: in Chromium as it is and slowed down four times, as a phone is, and on the server.
"""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from registrations.door.matching import build, search
from tests.browser.conftest import CHROMIUM_FLAGS, find_chromium
from tests.registrations.door import made_up

SIZES = (200, 5_000, 20_000)
TYPED, ON_SERVER = 60, 200  # names on a device; whole queries on the server
SCRIPTS = Path(__file__).resolve().parents[2] / "static/js/door"

MEASURE = """([people, queries]) => {
  const rows = people.map(([id, n, o]) => ({ id, n, o }));
  const timed = (work) => {
    const began = performance.now();
    const result = work();
    return [performance.now() - began, result];
  };
  const { build, search } = tafelronde.matching;
  const [built, index] = timed(() => build(rows));
  const changed = rows.map((row, i) => (i % 50 ? row : { ...row, n: row.n + " Bos" }));
  const [rebuilt, renewed] = timed(() => build(changed, index));
  return { built, rebuilt, keys: queries.map((query) => timed(() => search(renewed, query))[0]) };
}"""


def keystrokes(people: list[made_up.Person]) -> list[str]:
    """Every state of the search field while names are typed, from two letters on."""
    chance = random.Random(5)
    names = [chance.choice(people)[1].lower() for _ in range(TYPED)]
    typed = [made_up.mistyped(chance, name) if chance.random() < 0.3 else name for name in names]
    return [name[:end] for name in typed for end in range(2, len(name) + 1)]


def told(took: list[float]) -> str:
    took = sorted(took)
    middle, late = took[len(took) // 2], took[len(took) * 95 // 100]
    return f"median {middle:.1f}, p95 {late:.1f}, max {took[-1]:.1f} ms of {len(took)}"


def test_keystrokes_on_a_device():
    lines = []
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if not path:
            pytest.skip("there is no Chromium")
        browser = playwright.chromium.launch(
            executable_path=path, args=[*CHROMIUM_FLAGS, "--no-sandbox"]
        )
        for slowed in (1, 4):
            for size in SIZES:
                page = browser.new_page()
                page.context.new_cdp_session(page).send(
                    "Emulation.setCPUThrottlingRate", {"rate": slowed}
                )
                for name in ("likeness.js", "matching.js"):
                    page.evaluate(f"() => {{ {(SCRIPTS / name).read_text(encoding='utf-8')} }}")
                people = made_up.people(size)
                found = page.evaluate(MEASURE, [people, keystrokes(people)])
                lines.append(
                    f"device ÷{slowed}, {size} names: {told(found['keys'])}; index built in "
                    f"{found['built']:.0f} ms, 2 % changed in {found['rebuilt']:.0f} ms"
                )
                page.close()
        browser.close()
    print("", *lines, sep="\n")


def test_searches_on_the_server():
    lines = []
    for size in SIZES:
        people = made_up.people(size)
        began = time.perf_counter()
        index = build(people)
        built = (time.perf_counter() - began) * 1000
        chance = random.Random(6)
        took = []
        for _ in range(ON_SERVER):
            query = made_up.query(chance, people)
            began = time.perf_counter()
            search(index, query)
            took.append((time.perf_counter() - began) * 1000)
        lines.append(f"server, {size} names: {told(took)}; index built in {built:.0f} ms")
    print("", *lines, sep="\n")
