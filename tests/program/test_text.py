"""Organisers' texts: readable, and harmless whatever is pasted into them."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from program import text

DANGEROUS = [
    "<script>alert(1)</script>",
    "<style>body{display:none}</style>",
    '<img src=x onerror="alert(1)">',
    '<p onclick="alert(1)" style="color:red">',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x]( javascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "![x](https://elsewhere.example/x.png)",
    '[x](https://a.example/"onmouseover="alert(1))',
    '[x](https://a.example "t\\" onclick=\\"x")',
    "<iframe src=https://a.example>",
    "<svg/onload=alert(1)>",
    "</p></section>",
]


class Reader(HTMLParser):
    """What a browser would make of it: tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def assert_harmless(html: str) -> None:
    for tag, attributes in Reader(html).tags:
        assert tag not in {"script", "style", "img", "iframe", "svg", "object", "form", "h1"}
        assert set(attributes) <= {"href", "rel", "start"}
        href = (attributes.get("href") or "").strip().lower()
        scheme = href.partition(":")[0] if ":" in href.split("/")[0] else ""
        assert scheme in {"", "http", "https", "mailto", "tel"}


@pytest.mark.parametrize("markdown", DANGEROUS)
def test_render_lets_nothing_dangerous_through(markdown):
    assert_harmless(text.render(markdown))


@given(
    st.lists(
        st.one_of(
            st.sampled_from(DANGEROUS),
            st.text(max_size=20),
            st.sampled_from(["\n\n", "# ", "- ", "> ", "`", "```\n", "<", '"', "](", "[", "\\"]),
        ),
        max_size=12,
    ).map("".join)
)
def test_render_is_harmless_for_any_mixture(markdown):
    assert_harmless(text.render(markdown))


def test_render_keeps_what_organisers_use():
    html = text.render("Kom **samen**, *samen*.\n\n1. een\n2. twee\n\n[hier](https://a.example/)")

    assert html == (
        "<p>Kom <strong>samen</strong>, <em>samen</em>.</p>\n"
        "<ol>\n<li>een</li>\n<li>twee</li>\n</ol>\n"
        '<p><a href="https://a.example/" rel="noopener">hier</a></p>\n'
    )


def test_render_shows_html_as_words():
    assert text.render("a <b>b</b> & c") == "<p>a &lt;b&gt;b&lt;/b&gt; &amp; c</p>\n"


def test_render_replaces_a_picture_by_its_description():
    assert text.render("![een <plein>](https://a.example/x.png)") == "<p>een &lt;plein&gt;</p>\n"


def test_render_fits_headings_under_those_of_the_page():
    html = text.render("# a\n\n### b\n\n## c\n\n# d", top=2)

    assert html == "<h2>a</h2>\n<h3>b</h3>\n<h3>c</h3>\n<h2>d</h2>\n"


def test_render_never_goes_below_the_lowest_heading():
    assert text.render("# a\n\n## b\n\n### c", top=5) == "<h5>a</h5>\n<h6>b</h6>\n<h6>c</h6>\n"


def test_plain_keeps_the_words_and_the_paragraphs():
    markdown = "# Kop\n\nEen **woord**\nen [een link](https://a.example/).\n\n- een\n- `twee`"

    assert text.plain(markdown) == "Kop\n\nEen woord en een link.\n\n- een\n- twee"


def test_summary_cuts_between_words():
    assert text.summary("Een twee drie vier", 12) == "Een twee…"
    assert text.summary("Een twee", 8) == "Een twee"


@pytest.mark.parametrize("function", [text.render, text.plain, text.summary])
def test_each_text_is_read_once(function, monkeypatch):
    read: list[str] = []
    parse = text._markdown.parse

    def noted(words: str) -> object:
        read.append(words)
        return parse(words)

    monkeypatch.setattr(text._markdown, "parse", noted)
    for _time in range(3):
        function(f"Alleen hier: {function.__name__}")

    assert len(read) == 1


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("Lees de [regels](https://a.example/b).", "Lees de regels <https://a.example/b>."),
        ("<https://a.example>", "https://a.example"),
        (
            "[bel](tel:+31201234567) of [mail](mailto:a@b.example)",
            "bel <tel:+31201234567> of mail <mailto:a@b.example>",
        ),
        ("- [a](https://a.example)\n- b", "- a <https://a.example>\n- b"),
    ],
)
def test_plain_can_tell_where_links_lead(markdown: str, words: str):
    assert text.plain(markdown, addresses=True) == words
