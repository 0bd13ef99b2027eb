"""What is known of somebody on the attendee list, signed up or not."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registrations.ordered import KeyField

# The values of whoever was erased.
NO_NAME = {
    "first_name": "",
    "last_name": "",
    "sort_name": "",
    "sort_key": "",
    "search_name": "",
    "organisation": "",
}


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
