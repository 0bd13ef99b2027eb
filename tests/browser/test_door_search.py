"""The device's search of names, held to the server's: the same people, in the same order."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from registrations.door import words
from registrations.door.likeness import LINKS, TITLES, fold
from registrations.door.matching import build, search
from registrations.door.plain_rows import one_each
from registrations.names.person_names import PARTICLES, norm
from tests.registrations.door import made_up
from tests.registrations.door.names import CASES, MEANT, NOT_MEANT, PEOPLE, Case

SCRIPTS = Path(__file__).resolve().parents[2] / "static/js/door"
LISTS, PEOPLE_EACH, QUERIES_EACH = 20, 60, 150

SEARCH = """([people, queries]) => {
  const index = tafelronde.matching.build(people.map(([id, n, o]) => ({ id, n, o })));
  return queries.map((query) => tafelronde.matching.search(index, query));
}"""


@pytest.fixture
def device(browser: Browser) -> Iterator[Page]:
    """An empty page with the scripts that find people, as a door page has them."""
    with browser.new_context() as context:
        page = context.new_page()
        for name in ("likeness.js", "matching.js", "state.js"):
            page.evaluate(f"() => {{ {(SCRIPTS / name).read_text(encoding='utf-8')} }}")
        yield page


def on_device(page: Page, people: list[made_up.Person], queries: list[str]) -> list[Any]:
    found = page.evaluate(SEARCH, [people, queries])
    return [
        (query, hits["sure"], hits["alike"]) for query, hits in zip(queries, found, strict=True)
    ]


def test_device_finds_whom_the_shared_list_names_and_nobody_else(device: Page) -> None:
    found = on_device(device, PEOPLE, [case.query for case in CASES])

    assert [Case(*hits) for hits in found] == CASES


def test_device_finds_who_is_meant_and_not_who_is_not(device: Page) -> None:
    found = [on_device(device, [(name, name, "")], [query])[0] for query, name in MEANT + NOT_MEANT]

    people = [sure + alike for _query, sure, alike in found]
    assert people == [[name] for _query, name in MEANT] + [[] for _pair in NOT_MEANT]


def test_device_and_server_find_the_same_in_the_same_order(device: Page) -> None:
    differences = []
    for seed in range(LISTS):
        chance = random.Random(seed)
        people = made_up.people(PEOPLE_EACH, seed)
        queries = [made_up.query(chance, people) for _ in range(QUERIES_EACH)]
        index = build(people)
        found = device.evaluate(SEARCH, [people, queries])
        for query, there in zip(queries, found, strict=True):
            here = search(index, query)._asdict()
            if here != there:
                differences.append((seed, query, here, there))

    assert differences == []


def test_device_reads_letters_as_the_server_does(device: Page) -> None:
    # To the end of Latin, Greek, Cyrillic and what other alphabets a name here may have.
    # And the units that stand in one character, such as '㍱'.
    ranges = [(0x20, 0x600), (0x1E00, 0x2200), (0x3300, 0x3400)]
    letters = [chr(code) for first, end in ranges for code in range(first, end)]
    words = [f"a{letter}B" for letter in letters] + ["İĲſẞﬀ", "ΣΑΣ", "ka\u2018ōhua", "𠮷田"]

    there = device.evaluate("(texts) => texts.map(tafelronde.likeness.norm)", words)

    assert there == [norm(word) for word in words]


def test_device_hears_words_as_the_server_does(device: Page) -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(500)]
    words += [norm(name).replace(" ", "") for _key, name, _where in PEOPLE + made_up.people(500)]
    words += ["".join(chance.choices("cdhjkqrstxyzeiou", k=6)) for _ in range(2_000)]

    there = device.evaluate("(words) => words.map(tafelronde.likeness.fold)", words)

    assert there == [fold(word) for word in words]


def test_device_knows_the_particles_and_titles_of_the_server(device: Page) -> None:
    assert {*device.evaluate("[...tafelronde.likeness.PARTICLES]")} == PARTICLES
    assert {*device.evaluate("[...tafelronde.likeness.TITLES]")} == TITLES
    assert {*device.evaluate("[...tafelronde.likeness.LINKS]")} == LINKS


def test_device_takes_changes_into_its_index(device: Page) -> None:
    """As if all were read anew: a corrected name, somebody who left, somebody who came."""
    people = made_up.people(40, seed=7)
    key, _name, where = people[0]
    changed = [(key, "Ilse Nieuwenhuijzen", where), *people[2:], ("new", "Bo Nieuwman", "")]
    queries = ["nieuw", "nieuwenhuizen", people[1][1], people[5][1], "gemeente", "bo"]

    found = device.evaluate(
        """([before, after, queries]) => {
          const rows = (people) => people.map(([id, n, o]) => ({ id, n, o }));
          const index = tafelronde.matching.build(
            rows(after), tafelronde.matching.build(rows(before)));
          return queries.map((query) => tafelronde.matching.search(index, query));
        }""",
        [people, changed, queries],
    )

    index = build(changed)
    assert found == [search(index, query)._asdict() for query in queries]


def test_each_script_of_the_search_is_small() -> None:
    for name in ("likeness", "matching"):
        assert len(gzip.compress((SCRIPTS / f"{name}.js").read_bytes())) < 3_000


def test_of_two_sign_ups_of_one_person_the_device_shows_the_one_that_the_server_shows(device: Page):
    """The newest, also once the browser has given the rows back in the order of their keys."""
    row = {"n": "Noor van der Meulen", "s": "pending", "same": "r9"}
    rows = [{**row, "id": "r9"}, {**row, "id": "r10"}, {**row, "id": "r11", "s": "cancelled"}]
    kept = sorted(rows, key=lambda one: one["id"])
    shown = device.evaluate(
        """([rows, statuses]) => {
          const list = tafelronde.state.make({ locale: "nl", statuses });
          list.load({ rows, ops: [], notices: [] });
          return list.find("meulen").sure.map(({ id }) => id);
        }""",
        [kept, words.statuses()],
    )

    assert shown == [one["id"] for one in one_each(rows)] == ["r10"]


def test_walk_in_that_was_taken_back_is_not_expected(device: Page):
    counts = device.evaluate(
        """() => {
          const list = tafelronde.state.make({ locale: "nl" });
          list.queue({ id: "a", kind: "walkin", first_name: "Els", last_name: "Bakker" }, true);
          const before = list.counts();
          list.queue({ id: "b", kind: "undo", reg: "a", refs: ["a"] }, true);
          return [before, list.counts()];
        }"""
    )

    assert counts == [
        {"present": 1, "expected": 1, "toCome": 0},
        {"present": 0, "expected": 0, "toCome": 0},
    ]


def test_list_of_nobody_finds_nobody(device: Page):
    """As a database is that was put back to before anybody signed up."""
    found = device.evaluate(
        """() => {
          const list = tafelronde.state.make({ locale: "nl" }), now = new Date().toISOString();
          list.take({ whole: true, now, version: 9, rows: [{ id: "r1", n: "Wil Vos" }] });
          const before = list.find("vos").total;
          list.take({ whole: true, now, version: 2, rows: [] });
          return [before, list.find("vos").sure];
        }"""
    )

    assert found == [1, []]
