"""Texts in two languages: Dutch in ``title``, English beside it in ``title_en``."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import get_language


class Local:
    """Reads ``title`` or ``title_en``, whichever suits the active language.

    An empty English text falls back to the Dutch one.
    """

    def __init__(self, field: str) -> None:
        self.field = field

    def __get__(self, instance: Model, owner: type[Model] | None = None) -> str:
        english = str(getattr(instance, f"{self.field}_en"))
        if english and (get_language() or "").startswith("en"):
            return english
        return str(getattr(instance, self.field))
