"""One message to many people."""

from __future__ import annotations

import json
from hashlib import sha256

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event


class Mailing(models.Model):
    """What an organiser writes to a choice of people; stored mails point back to it."""

    class Kind(models.TextChoices):
        OWN = "own", _("own message")
        WEEK = "week", _("reminder a week before")
        DAY = "day", _("reminder a day before")
        THANKS = "thanks", _("thank you afterwards")

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="mailings", verbose_name=_("event")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OWN)
    subject = models.CharField(_("subject"), max_length=200)
    subject_en = models.CharField(_("subject (English)"), max_length=200, blank=True)
    text = models.TextField(_("text"))
    text_en = models.TextField(_("text (English)"), blank=True)
    # Whom it is for: statuses, roles, rounds, tables, questions, or hand-picked keys.
    audience = models.JSONField(_("for"), default=dict, blank=True)
    who = models.CharField(_("by"), max_length=150)
    created_at = models.DateTimeField(_("written at"))
    send_at = models.DateTimeField(_("to be sent at"), null=True, blank=True)
    queued_at = models.DateTimeField(_("sent off at"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people"), default=0)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "kind"], condition=~Q(kind="own"), name="mailing_once_a_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["send_at"], condition=Q(queued_at__isnull=True), name="mailing_due"
            ),
        ]

    def __str__(self) -> str:
        # Once the event is erased only its kind is left, and its numbers.
        return self.subject or str(self.get_kind_display())

    @property
    def digest(self) -> str:
        """A hash of what it says to whom, to see whether somebody changed it in the meantime."""
        words = [self.subject, self.subject_en, self.text, self.text_en]
        told = json.dumps([*words, self.audience, str(self.send_at)], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:16]
