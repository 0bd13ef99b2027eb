"""Who wants a mail now and then about what happened to an event."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models import Event


class Digest(models.Model):
    """One organiser's choice for one event; without a row there is no such mail."""

    class Often(models.TextChoices):
        DAILY = "daily", _("every day")
        WEEKLY = "weekly", _("every week")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="digests")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digests"
    )
    often = models.CharField(max_length=10, choices=Often)
    language = models.CharField(max_length=2, default=settings.LANGUAGE_CODE)
    # The last mail, sent or skipped for want of news, covered everything up to this moment.
    told_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "user"], name="digest_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event}, {self.get_often_display()}"
