"""What is known of somebody on the attendee list, signed up or not."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registrations.names.person_names import norm


class KeyField(models.CharField):
    """Text ordered by its bytes, as ``names.sort_key`` expects.

    SQLite does so by itself. PostgreSQL follows the language that its database was made
    in, and most of those ignore spaces: Berg-Smit would come after Bergman.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


# The values of somebody who was erased.
NO_NAME = {
    "first_name": "",
    "last_name": "",
    "sort_name": "",
    "sort_key": "",
    "search_name": "",
    "organisation": "",
}


def called(text: str) -> Q:
    """People with every word of ``text`` in their name or organisation, whatever its accents."""
    return Q(*(Q(search_name__contains=word) for word in norm(text).split()))


class Person(models.Model):
    """A name as it was typed, as lists sort it, and as searches compare it."""

    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    sort_name = models.CharField(_("sorted as"), max_length=220, blank=True)
    sort_key = KeyField(max_length=220, blank=True, editable=False)
    search_name = models.CharField(max_length=600, blank=True, editable=False)
    organisation = models.CharField(_("organisation"), max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name or str(_("erased"))

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()
