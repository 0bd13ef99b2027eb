"""Texts in two languages: Dutch in ``title``, English in ``title_en``."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import get_language


class Dutch(str):
    """Dutch words on a page that is not: the filter ``lang`` tells the browser so.

    Joined, formatted or cut in Python, they become an ordinary string again.
    """

    __slots__ = ()


def in_dutch(text: str) -> str:
    """A Dutch text, marked as one where it is not the language of the page."""
    return Dutch(text) if _in_english() else text


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


class Local:
    """``title_en`` on an English page if it is not empty; else ``title``, marked as Dutch."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __get__(self, instance: Model, owner: type[Model] | None = None) -> str:
        if not _in_english():
            return str(getattr(instance, self.field))
        return str(getattr(instance, f"{self.field}_en")) or Dutch(getattr(instance, self.field))
