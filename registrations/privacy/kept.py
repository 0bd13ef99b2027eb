"""How the register describes one kind of data."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AFTER_THE_EVENT = _("Until some weeks after the event; the form tells the date.")
ORGANISERS = _("The organisers of the event.")
ORGANISERS_AND_DOOR = _("The organisers of the event and the people at the door.")
NOBODY = _("Nobody; the site uses it by itself.")


@dataclass(frozen=True)
class Kept:
    """One kind of data; ``fields`` are columns, as 'model.field'."""

    what: str | Promise
    purpose: str | Promise
    seen_by: str | Promise
    kept: str | Promise
    fields: tuple[str, ...]
