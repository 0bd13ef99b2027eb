"""Text that a spreadsheet program can hold, and does not take for a formula."""

from __future__ import annotations

import re

# What no XML may have. openpyxl knows all but the last two, which make Excel call a file damaged.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Full-width signs too: some programs read them as the plain ones.
_DANGEROUS = tuple("=+-@\t\r\0＝＋－＠")


def storable(text: str) -> str:
    """Without what a workbook has no room for."""
    return _UNSTORABLE.sub("", text)


def guarded(text: str) -> str:
    """With an apostrophe before what would be run as a formula."""
    return f"'{text}" if _starts_dangerously(text) else text


def unguarded(text: str) -> str:
    """What was guarded, as it was."""
    return text[1:] if text.startswith("'") and _starts_dangerously(text) else text


def _starts_dangerously(text: str) -> bool:
    # What looks guarded already gets one more, so that taking one off gives it back.
    return text.lstrip("'").startswith(_DANGEROUS)
