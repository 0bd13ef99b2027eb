"""A draw: who would rather sit at no table, and what came out for everybody (rule 16).

The tables that people rank are entries of theirs that do not count yet: ``WaitlistEntry``.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models import Event, Round
from program.models.constraints import same_event
from registrations.models.registration import Registration


class Abstention(models.Model):
    """In this round somebody would rather sit at no table than at one that they did not rank."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="abstentions")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="abstentions"
    )
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("rather no table")
        verbose_name_plural = _("rather no table")
        constraints = [
            models.UniqueConstraint(fields=["registration", "round"], name="abstention_once"),
            same_event("registration", name="abstention_registration_of_event"),
            same_event("round", name="abstention_round_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.round}"


class Draw(models.Model):
    """What came out of the draw of an event.

    ``file`` is what everybody can see and check, by number and without names; ``slots`` are the
    keys of the slots that its tables 1, 2 … stand for.
    """

    event = models.OneToOneField(Event, on_delete=models.CASCADE, related_name="draw")
    file = models.JSONField()
    slots = models.JSONField()

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")

    def __str__(self) -> str:
        return str(self.event)
