"""Longer texts as people write them, cleaned line by line."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from program.characters import unknown_character
from registrations.names.person_names import clean_line, too_long

# Longer input is refused unread; accents may come as characters of their own.
_TIMES = 5


def clean_text(text: str, limit: int) -> str:
    """Paragraphs fit to store; ``limit`` in characters, a line break being one.

    Empty when nothing in it can be seen. Raises ValidationError for what ``names.clean_line``
    refuses, but for tabs, which become spaces.
    """
    text = text.strip()
    if len(text) > limit * _TIMES:
        raise too_long(limit)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    joined = "\n".join(_clean(line, limit * _TIMES) for line in text.split("\n"))
    joined = re.sub(r"\n{3,}", "\n\n", joined).strip()
    if len(joined) > limit:
        raise too_long(limit)
    return joined


def _clean(line: str, limit: int) -> str:
    try:
        return clean_line(line, limit)
    except ValidationError as error:
        if error.code != "control":
            raise
        raise unknown_character() from error
