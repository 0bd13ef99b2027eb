"""How much one form of organisers may bring: no browser of theirs sends more."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

MOST_NEW_ROWS = 100  # on one page, at once


class TooManyRows(BadRequest):
    """Its text is for whoever sent them."""

    def __init__(self) -> None:
        message = _(
            "There are too many rows: you can add at most %(most)s at once. Nothing was saved."
        )
        super().__init__(message % {"most": MOST_NEW_ROWS})


def check_rows(new: int) -> None:
    """Before anything is done with them. Raises TooManyRows."""
    if new > MOST_NEW_ROWS:
        raise TooManyRows
