"""What a text may hold, whoever typed it: one definition for names, forms of the admin and files.

Refused is what turns the direction of writing or cannot be shown; left out is what nobody sees.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Unicode's Bidi_Control, line and paragraph separator, and the deprecated format characters.
TURNING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    "\u206a\u206b\u206c\u206d\u206e\u206f"
)
# Blank to the eye, though Unicode calls them letters, marks or symbols.
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
BREAKS, UNKNOWN = {"Cc", "Zl", "Zp"}, {"Cs", "Co"}
JOINERS = frozenset("\u200c\u200d")
# Choose the shape of the letter before them: some Japanese and Mongolian names need them.
SELECTORS = frozenset(map(chr, [*range(0x180B, 0x1810), *range(0xFE00, 0xFE10)])) | frozenset(
    map(chr, range(0xE0100, 0xE01F0))
)
# What longer texts may hold as well.
_OF_TEXTS = str.maketrans(dict.fromkeys("\n\r\t", " "))


def refuse_unfit(text: str) -> None:
    """For one line. Raises ValidationError, with a sentence that names the remedy."""
    if not TURNING.isdisjoint(text):
        raise ValidationError(
            _(
                "This contains invisible characters that change the reading direction. Type it "
                "again instead of pasting it."
            ),
            code="direction",
        )
    categories = {unicodedata.category(char) for char in text}
    if categories & BREAKS:
        raise ValidationError(
            _("This contains line breaks or tabs. Type it again, on one line."), code="control"
        )
    if categories & UNKNOWN or any(map(_is_no_character, text)):
        raise unknown_character()


def is_fit(char: str) -> bool:
    """Whether ``refuse_unfit`` takes it."""
    refused = unicodedata.category(char) in BREAKS | UNKNOWN
    return not (refused or char in TURNING or _is_no_character(char))


def clean_paragraphs(text: str) -> str:
    """What organisers write, of one line or of many; tabs and line ends stay.

    Raises ValidationError as ``refuse_unfit`` does.
    """
    try:
        refuse_unfit(text.translate(_OF_TEXTS))
    except ValidationError as error:
        if error.code != "control":
            raise
        raise unknown_character() from error
    return unicodedata.normalize("NFC", without_invisible(text, symbols=True))


def clean_fields(fields: Mapping[str, forms.Field]) -> None:
    """Have the fields of a form take ``clean_paragraphs`` of what was typed, passwords excepted."""
    for field in fields.values():
        if isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput):
            # Of this form alone: Django copies its fields.
            setattr(field, "clean", _cleaning_first(field.clean))  # noqa: B010 - mypy minds


def _cleaning_first(clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def cleaned(value: Any) -> Any:
        return clean(clean_paragraphs(value) if isinstance(value, str) else value)

    return cleaned


def without_invisible(text: str, *, symbols: bool = False) -> str:
    """Without what takes no room; joiners stay between letters, selectors after one.

    With ``symbols`` also on symbols and digits: emoji are made of them.
    """
    seen = [
        char
        for char in text
        if char not in BLANK and (char in JOINERS or unicodedata.category(char) != "Cf")
    ]
    kept: list[str] = []
    for char, following in zip_longest(seen, seen[1:], fillvalue=""):
        carried = _carries(kept[-1] if kept else "", symbols)
        if char in JOINERS and not (carried and _carries(following, symbols)):
            continue
        if char in SELECTORS and not carried:
            continue
        kept.append(char)
    return "".join(kept)


def is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M"


def unknown_character() -> ValidationError:
    return ValidationError(
        _("This contains a character that we can’t show. Type it again without that character."),
        code="unknown_character",
    )


def _carries(char: str, symbols: bool) -> bool:
    """A letter or a mark on it: in Indian scripts joiners follow a mark."""
    if not char:
        return False
    if symbols:
        return unicodedata.category(char)[0] in "LMSN"
    return char not in SELECTORS and (unicodedata.category(char)[0] == "L" or is_mark(char))


def _is_no_character(char: str) -> bool:
    """Among them the one that Django puts in the place of bytes that are not UTF-8."""
    return char == "\ufffd" or ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"
