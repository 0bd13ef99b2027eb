"""For what organisers look at and never type into."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class ReadOnly(admin.ModelAdmin):
    """To be looked at: nothing can be added, changed or deleted by hand."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """What the filters of the list ask. Any other column could be guessed letter by letter:
        the words of a mail, and so the link in it.
        """
        if "\0" in value:
            return False  # PostgreSQL takes none, and no filter of ours has one
        name = lookup.partition("__")[0]
        return name in map(_asked, self.list_filter) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _asked(narrowing: Any) -> str:
    """The field, or the parameter, of something in ``list_filter``."""
    if isinstance(narrowing, tuple):
        narrowing = narrowing[0]
    return narrowing if isinstance(narrowing, str) else narrowing.parameter_name
