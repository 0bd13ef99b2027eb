"""Where events are held."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models.bilingual import Local


class Venue(models.Model):
    """A place to meet, with its postal address."""

    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street and number"), max_length=200)
    postcode = models.CharField(_("postcode"), max_length=12)
    city = models.CharField(_("city"), max_length=100)
    getting_there = models.TextField(_("getting there"), blank=True)
    getting_there_en = models.TextField(_("getting there (English)"), blank=True)

    local_getting_there = Local("getting_there")

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"

    @property
    def address(self) -> str:
        """One line, in the order of a Dutch envelope."""
        return f"{self.street}, {self.postcode} {self.city}"
