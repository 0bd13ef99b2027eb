"""Organisers' Markdown as safe HTML, and as plain text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from textwrap import shorten
from urllib.parse import unquote

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

LOWEST_HEADING = 6
HEADINGS = {f"h{level}" for level in range(2, LOWEST_HEADING + 1)}


def _image_as_words(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    # An image from elsewhere would be a third-party request; its description stays.
    return escape(tokens[index].content)


_markdown = MarkdownIt("commonmark", {"html": False})
_markdown.add_render_rule("image", _image_as_words)

# Markdown without HTML is safe by itself; this is the second lock on the door.
_cleaner = nh3.Cleaner(
    tags={"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
    | HEADINGS,
    attributes={"*": {"lang"}, "a": {"href"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
)


# An event page shows the same few hundred texts to everybody, and summarises each of them.
@lru_cache(maxsize=2048)
def render(markdown: str, top: int = 3, lang: str = "") -> SafeString:
    """Safe HTML. The highest heading in the text becomes ``<h{top}>``, and none is skipped.

    ``lang`` is the text's language if the page has another: each block then says so.
    """
    tokens = _markdown.parse(markdown)
    _fit_headings(tokens, top)
    for token in tokens:
        if lang and not token.level and token.nesting >= 0:
            token.attrSet("lang", lang)
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(_cleaner.clean(html))  # noqa: S308 - cleaned on this very line


def parse(markdown: str) -> list[Token]:
    """The tokens, for those who make something else of them than a page."""
    return _markdown.parse(markdown)


@lru_cache(maxsize=2048)
def plain(markdown: str, *, addresses: bool = False) -> str:
    """The words alone, with an empty line between paragraphs: for mail, calendars and programs.

    With ``addresses`` the address of a link follows its words, as a mail needs it.
    """
    lines: list[str] = []
    numbers: list[int | None] = []  # of the lists that we are in; None for bullets
    item, apart = "", False
    for token in _markdown.parse(markdown):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            apart = not numbers
            ordered = token.type == "ordered_list_open"
            numbers.append(int(token.attrGet("start") or 1) if ordered else None)
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            numbers.pop()
        elif token.type == "list_item_open":
            number = numbers[-1]
            item = "  " * (len(numbers) - 1) + ("- " if number is None else f"{number}. ")
            numbers[-1] = None if number is None else number + 1
        elif token.type in ("inline", "fence", "code_block"):
            words = _words(token.children, addresses) if token.children else token.content
            # The items of a list stand right under each other, all else apart.
            if apart or not item:
                lines.append("")
            lines.append(item + words.strip())
            item, apart = "", False
    return "\n".join(lines).strip()


@lru_cache(maxsize=2048)
def summary(markdown: str, length: int = 160) -> str:
    """One line of at most ``length`` characters, cut between words: for search engines."""
    return shorten(plain(markdown), length, placeholder="…")


def _fit_headings(tokens: list[Token], top: int) -> None:
    used = sorted({token.tag for token in tokens if token.type == "heading_open"})
    previous = top - 1
    level = top
    for token in tokens:
        if token.type == "heading_open":
            level = min(top + used.index(token.tag), previous + 1, LOWEST_HEADING)
            previous = level
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{level}"


def _words(tokens: Sequence[Token], addresses: bool) -> str:
    said: list[str] = []
    starts: list[tuple[int, str]] = []
    for token in tokens:
        if token.type == "link_open":
            starts.append((len(said), str(token.attrGet("href") or "")))
        elif token.type == "link_close":
            at, address = starts.pop()
            words = "".join(said[at:])
            if addresses and words == unquote(address):
                said[at:] = [address]
            elif addresses and words != address.removeprefix("mailto:"):
                said.append(f" <{address}>")
        else:
            said.append({"softbreak": " ", "hardbreak": "\n"}.get(token.type, token.content))
    return "".join(said)
