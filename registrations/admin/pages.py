"""What the pages and lists of the admin share."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone


def by(request: HttpRequest) -> dict[str, Any]:
    """Who acts, and when: what most actions ask for."""
    return {"who": request.user.get_username(), "at": timezone.now()}


MAY_CHANGE = "registrations.change_registration"


def must_change_people(request: HttpRequest) -> None:
    """Raises PermissionDenied for those who may only look."""
    if not request.user.has_perm(MAY_CHANGE):
        raise PermissionDenied


def see_other(name: str, *args: int) -> HttpResponse:
    """To a page of the admin, after a POST."""
    return HttpResponseRedirect(reverse(f"admin:{name}", args=args), status=303)


class ReadOnly(admin.ModelAdmin):
    """To be looked at: nothing can be added, changed or deleted by hand."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the filters of the list ask. Other columns could be guessed letter by letter,
        such as the text of a mail and so the link in it.
        """
        if "\0" in value:
            return False  # PostgreSQL takes none, and no filter of ours has one
        name = lookup.partition("__")[0]
        return name in map(_asked, self.list_filter) and bool(
            super().lookup_allowed(lookup, value, request)
        )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


def _asked(narrowing: Any) -> str:
    """The field, or the parameter, of something in ``list_filter``."""
    if isinstance(narrowing, tuple):
        narrowing = narrowing[0]
    return narrowing if isinstance(narrowing, str) else narrowing.parameter_name
