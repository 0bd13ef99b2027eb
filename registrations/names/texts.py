"""Longer texts as people write them, cleaned line by line."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registrations.names.person_names import clean_line

# Longer input is refused unread; accents may come as characters of their own.
_TIMES = 5


def clean_text(text: str, limit: int) -> str:
    """Paragraphs fit to store; ``limit`` in characters, a line break being one.

    Empty when nothing in it can be seen. Raises ValidationError for what ``names.clean_line``
    refuses, but for tabs, which become spaces.
    """
    too_long = ValidationError(
        _("This is too long. Shorten it to at most %(limit)d characters."),
        code="too_long",
        params={"limit": limit},
    )
    text = text.strip()
    if len(text) > limit * _TIMES:
        raise too_long
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    joined = "\n".join(_clean(line, limit * _TIMES) for line in text.split("\n"))
    joined = re.sub(r"\n{3,}", "\n\n", joined).strip()
    if len(joined) > limit:
        raise too_long
    return joined


def _clean(line: str, limit: int) -> str:
    try:
        return clean_line(line, limit)
    except ValidationError as error:
        if error.code != "control":
            raise
        raise ValidationError(
            _("This has a character that cannot be shown. Type it again without that character."),
            code="unknown_character",
        ) from error
