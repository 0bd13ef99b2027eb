"""The text part of a mail: lines that fit any screen, and the words that an inbox shows first."""

from __future__ import annotations

import re
from textwrap import wrap

# With room for the '> ' of an answer.
WIDTH = 76
# What the following lines of a list's item stand under.
_ITEM = re.compile(r" *(?:[-*] |\d+\. )?")
# Of a sentence, and not the point after an initial or the number of an item.
_END = re.compile(r"\S\S[.!?](?:\s|$)")


def wrapped(text: str) -> str:
    """The text in lines of at most WIDTH characters, but for addresses, which stay whole.

    The rest of a list's item hangs under its words; the line above a signature keeps its space.
    """
    return "\n".join(line for long in text.split("\n") for line in _lines(long))


def _lines(long: str) -> list[str]:
    if len(long) <= WIDTH:
        return [long]
    begin = _ITEM.match(long)
    indent = " " * len(begin[0] if begin else "")
    lines = wrap(
        long, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return lines or [""]  # of a line of spaces nothing is left


def first_sentences(text: str) -> str:
    """The first paragraph with a sentence that ends, in one line: a greeting is none.

    Where there is none, as an organiser may write it, the first paragraph.
    """
    paragraphs = [" ".join(each.split()) for each in text.strip().split("\n\n")]
    return next(filter(_END.search, paragraphs), paragraphs[0])
