"""Where an event is in its life."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Phase(TextChoices):
    """In the order in which an event goes through them; ``Event.phase`` tells which it is in."""

    IN_THE_MAKING = "in_the_making", _("in the making")
    OPEN = "open", _("open")
    TODAY = "today", _("today")
    OVER = "over", _("over")
    # The time for which names are kept is over. What it was and its figures stay.
    ARCHIVED = "archived", _("in the archive")
