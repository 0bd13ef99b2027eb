"""No page scrolls sideways on a phone, with wide spacing or large letters, nor breaks a word
of its head or of a heading beside the text; fingers fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

from tests.browser.conftest import Server
from tests.browser.states import make_states

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=320, height=640)
# A sheet made by a script is no inline style: the page's CSP lets it in.
WEAR = """css => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    document.adoptedStyleSheets = [sheet];
}"""
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
word-spacing: .16em !important; } p { margin-block-end: 2em !important; }"""  # WCAG 1.4.12
LARGE = ":root { font-size: 200% !important; }"  # WCAG 1.4.4
PLAIN = ""
LOOKS = [
    (PLAIN, PHONE, "on a phone"),
    (SPACED, PHONE, "spaced on a phone"),
    (SPACED, DESK, "spaced on a desk"),
    (LARGE, DESK, "in large letters"),
    (LARGE, PHONE, "in large letters on a small phone"),
    (LARGE, ViewportSize(width=360, height=740), "in large letters on a phone"),
    (LARGE, ViewportSize(width=640, height=800), "in large letters on a tablet"),
]
# What sticks out to the right, or cannot show all of its own words.
TOO_WIDE = """() => {
    const wide = document.documentElement, width = window.innerWidth, out = [];
    const name = e => `${e.tagName} .${e.className.baseVal ?? e.className} #${e.id}`;
    const hidden = e => /hidden|clip/.test(getComputedStyle(e).overflowX);
    const hides = [wide, document.body].some(hidden);
    if (hides) out.push("the page hides what sticks out");
    if (wide.scrollWidth > width) {
        out.push(`the page is ${wide.scrollWidth} wide`);
        for (const one of document.querySelectorAll("body *"))
            if (one.getBoundingClientRect().right > width + 1 && !one.closest("svg"))
                out.push(name(one));
    }
    for (const one of document.querySelectorAll("main *, header *, footer *")) {
        const { overflowX, overflowY } = getComputedStyle(one);
        if (one.closest("svg, .hidden, select, input")) continue;
        const wider = overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1;
        const higher = overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1;
        if (wider || higher) out.push("cut: " + name(one));
    }
    return out.slice(0, 8);
}"""
# In a browser that saved a dozen, the words that stand on two lines.
BROKEN = """selector => {
    const count = document.querySelector("[data-saved-count]");
    if (count) count.textContent = "12";
    const broken = [], words = document.createRange();
    for (const one of document.querySelectorAll(selector)) {
        const texts = document.createTreeWalker(one, NodeFilter.SHOW_TEXT);
        while (texts.nextNode())
            for (const { 0: word, index } of texts.currentNode.data.matchAll(/\\S+/g)) {
                words.setStart(texts.currentNode, index);
                words.setEnd(texts.currentNode, index + word.length);
                const lines = new Set([...words.getClientRects()].map(line => line.top));
                if (lines.size > 1) broken.push(`'${word}' is broken`);
            }
    }
    return broken;
}"""
# What one presses is 44 pixels or more each way; inside a line of text a link may be smaller,
# and a round or square box stands for the whole card or line that belongs to it.
TARGETS = """() => {
    const small = [];
    const check = (selector, high, wide = high) => {
        for (const one of document.querySelectorAll(selector)) {
            const { width, height } = one.getBoundingClientRect();
            if (!width || !one.checkVisibility()) continue;
            if (one.closest(".hidden:not(:focus), .skip")) continue;
            if (height < high - .1 || width < wide - .1)
                small.push(`${one.outerHTML.slice(0, 90)} is ${width} by ${height}`);
        }
    };
    check("button, .button, [role=button], select, summary, nav a", 44);
    check(".choice, .switch a, .picks a", 44);
    check("input:not([type=hidden], [type=radio], [type=checkbox])", 44);
    check(".links a, .wrong a", 44, 24); // a word may be short
    check("input[type=radio], input[type=checkbox]", 24);
    return small;
}"""


@dataclass
class Faults:
    lines: list[str]

    def add(self, where: str, found: list[str]) -> None:
        self.lines += [f"{where}: {one}" for one in found]


def test_no_page_scrolls_sideways_and_all_targets_are_large(
    site: Server, new_page: Callable[..., Page]
) -> None:
    page, faults = new_page(), Faults([])
    for state in make_states(site):
        page.set_viewport_size(PHONE)
        state.visit(page, "")
        ours = page.locator("main#inhoud, main > .hero").count() > 0
        for css, size, how in LOOKS:
            page.set_viewport_size(size)
            page.evaluate(WEAR, css)
            faults.add(f"{state.name} {how}", page.evaluate(BROKEN, ".head") if ours else [])
            faults.add(f"{state.name} {how}", page.evaluate(TOO_WIDE) if ours else [])
            if css is PLAIN and ours:
                faults.add(f"{state.name} {how}", page.evaluate(TARGETS))
        page.evaluate(WEAR, PLAIN)
        page.set_viewport_size(DESK)
        faults.add(f"{state.name} on a desk", page.evaluate(TARGETS) if ours else [])
        faults.add(f"{state.name} on a desk", page.evaluate(BROKEN, ".rail > h2"))
    assert not faults.lines, "\n".join(faults.lines)
