"""axe finds nothing on any page: in both languages and schemes, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import Server
from tests.browser.states import make_states

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "rules": {"target-size": {"enabled": True}},  # off unless asked for
    "resultTypes": ["violations", "incomplete"],
}
DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=320, height=640)
# Each state twice, so that each is seen in both languages, both schemes and both widths.
LOOKS: list[list[tuple[str, Literal["light", "dark"], ViewportSize]]] = [
    [("", "light", DESK), ("/en", "dark", PHONE)],
    [("", "dark", PHONE), ("/en", "light", DESK)],
]
# Where axe cannot tell which colour lies behind words, and why it can be read there.
UNDECIDED_CONTRAST = {
    ".ring": "the code of a table stands in its drawing; test_look has the two colours as a pair",
    ".counter, .places": "a number stands inside the big ring, on the colour of the field itself",
    ".at, .events li": "the link of a card lies over all of it, and has no colour",
    ".addlink, .viewsitelink": "an icon stands beside the words of the admin's links",
    ".messagelist": "an icon stands beside the words of the admin's messages, not behind them",
    "dialog.session": "a dialog lies over the page: ink on paper of its own, and a button on it",
    "svg.plot": "words in a plot are ink on the paper of the page, in a drawing",
    ".timetable, .contact": "the room to tap a link lies over words next to it, uncoloured",
}
AXE = AXE_FILE_PATH.read_text(encoding="utf-8")
# Only what is asked for comes back: all that axe says of a page is a megabyte.
RUN = """async ([options, explained]) => {
    const { passes, violations, incomplete } = await axe.run(document, options);
    const undecided = ({ id }, { target }) => id !== "color-contrast" ||
        document.querySelector(target[0]).closest(explained) === null;
    const lines = (rule, nodes) => nodes.map(({ target, failureSummary }) =>
        `${rule.id}: ${target} ${failureSummary.replace(/\\s+/g, " ")}`);
    return {
        passed: passes.map(({ id }) => id),
        wrong: [
            ...violations.flatMap((rule) => lines(rule, rule.nodes)),
            ...incomplete.flatMap((rule) =>
                lines(rule, rule.nodes.filter((node) => undecided(rule, node)))),
        ],
    };
}"""


def found(page: Page, *, preload: bool = True) -> list[str]:
    """What is wrong or undecided, with where it is.

    Without ``preload`` axe leaves alone what style sheets import: it would copy that into the
    page, which the policy refuses. Only the rule about turning a phone needs it.
    """
    options = {**OPTIONS, "preload": preload}
    with whole(page):
        page.evaluate(AXE)
        answer: dict[str, list[str]] = page.evaluate(RUN, [options, ", ".join(UNDECIDED_CONTRAST)])
    assert "color-contrast" in answer["passed"]
    return answer["wrong"]


@contextmanager
def whole(page: Page) -> Iterator[None]:
    """A window as high as the page: axe takes words across its lower edge for covered ones."""
    size = page.viewport_size
    assert size is not None
    height = page.locator("html").evaluate("page => page.scrollHeight")  # waits until it is there
    page.set_viewport_size({"width": size["width"], "height": height})
    yield
    page.set_viewport_size(size)


@pytest.mark.parametrize("half", [0, 1])
def test_axe_finds_nothing_on_any_page(
    site: Server, new_page: Callable[..., Page], half: int
) -> None:
    page = new_page()
    faults: list[str] = []
    for state in make_states(site)[half::2]:
        for prefix, scheme, size in LOOKS[half]:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            state.visit(page, prefix)
            where = f"{state.name} ({prefix or '/nl'}, {scheme}, {size['width']})"
            faults += [f"{where} {one}" for one in found(page)]
    assert not faults, "\n".join(faults)
