"""axe finds nothing on any page: in both languages and schemes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import Server
from tests.browser.states import make_states

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},  # off unless asked for
    "resultTypes": ["violations", "incomplete"],
}
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 320, "height": 640}
# Each state twice, so that each is seen in both languages, both schemes and both widths.
LOOKS = [
    [("", "light", DESK), ("/en", "dark", PHONE)],
    [("", "dark", PHONE), ("/en", "light", DESK)],
]
# What axe cannot decide by itself, and why it is right.
ACCEPTED: dict[str, str] = {}


def found(page: Page) -> list[str]:
    """What is wrong or undecided, with where it is."""
    answer: dict[str, Any] = Axe().run(page, options=OPTIONS).response
    assert "color-contrast" in {rule["id"] for rule in answer["passes"]}
    wrong = [("wrong", rule) for rule in answer["violations"]]
    wrong += [("undecided", r) for r in answer["incomplete"] if r["id"] not in ACCEPTED]
    return [
        f"{how}: {rule['id']}: {node['target']} {node['failureSummary']}"
        for how, rule in wrong
        for node in rule["nodes"]
    ]


def test_axe_finds_nothing_on_any_page(site: Server, new_page: Callable[..., Page]) -> None:
    page = new_page()
    faults: list[str] = []
    for number, state in enumerate(make_states(site)):
        for prefix, scheme, size in LOOKS[number % 2]:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            state.visit(page, prefix)
            where = f"{state.name} ({prefix or '/nl'}, {scheme}, {size['width']})"
            faults += [f"{where} {one}" for one in found(page)]
    assert not faults, "\n".join(faults)
