"""What happened, to whom, when, by whom and why."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models import Event
from registrations.models.registration import Registration


class Change(models.Model):
    """One line of an event's history, written in the transaction of what it tells."""

    class What(models.TextChoices):
        SIGNED_UP = "signed_up", _("signed up")
        CONFIRMED = "confirmed", _("confirmed")
        TABLES = "tables", _("tables changed")
        WISHES = "wishes", _("waits for other tables")
        MOVED = "moved", _("moved to another table")
        WAITING = "waiting", _("joined the waiting list")
        PROMOTED = "promoted", _("got a place from the waiting list")
        WAITING_OVER = "waiting_over", _("waiting lists closed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")
        LISTED = "listed", _("seen or not on 'Who is coming?'")
        ERASED = "erased", _("erased")
        REFUSED = "refused", _("mail refused")
        PROGRAMME = "programme", _("programme loaded")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="changes")
    registration = models.ForeignKey(
        Registration,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="changes",
    )
    what = models.CharField(_("what"), max_length=20, choices=What)
    old = models.JSONField(_("before"), default=dict, blank=True)
    new = models.JSONField(_("after"), default=dict, blank=True)
    who = models.CharField(_("by"), max_length=150)
    why = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))
    version = models.PositiveBigIntegerField(_("version of the event"))

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["pk"]
        indexes = [models.Index(fields=["event", "version"], name="change_by_version")]

    def __str__(self) -> str:
        return f"{self.get_what_display()} · {self.at:%Y-%m-%d %H:%M}"
