"""What a sheet and a column of it are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(Enum):
    """What is in the cells of a column; for their looks and for what may be typed there."""

    WORDS = auto()
    TEXT = auto()
    SEVERAL = auto()
    NUMBER = auto()
    YES_NO = auto()
    CHOICE = auto()
    DAY = auto()
    CLOCK = auto()
    MOMENT = auto()


@dataclass(frozen=True)
class Column:
    """``name`` is the field; in the sheet of the event it may be one of the ``venue``."""

    name: str
    nl: str
    en: str
    kind: Kind = Kind.WORDS
    help: Promise | str = ""
    example: str = ""
    required: bool = False
    venue: bool = False

    @property
    def headings(self) -> set[str]:
        return {norm(self.nl), norm(self.en), norm(self.name)}


@dataclass(frozen=True)
class Sheet:
    """``part`` is the field of Programme that it holds; the event itself has none."""

    part: str
    nl: str
    en: str
    columns: Sequence[Column]

    @property
    def titles(self) -> set[str]:
        return {norm(self.nl), norm(self.en), norm(self.part)} - {""}


def norm(heading: str) -> str:
    """A heading without what people write in their own way: capitals, spaces, apostrophes."""
    folded = unicodedata.normalize("NFKD", heading).casefold()
    return re.sub(r"[^a-z0-9]+", "", folded)


MARKDOWN = _("Markdown: an empty line between paragraphs, *italic*, - for a list.")
