"""Invitations to work for one event with an account."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from program.models import Event


class ColleagueRole(models.TextChoices):
    """What a colleague may do; ``members`` is the field of the event that they get in."""

    ORGANISER = "organiser", _("organiser")
    DOOR = "door", _("door")
    READER = "reader", _("reads along")

    @property
    def members(self) -> str:
        return {"organiser": "organisers", "door": "door_staff", "reader": "readers"}[self]


class Invitation(models.Model):
    """Somebody may become a colleague of an event. Accepting or withdrawing it deletes the row."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="invitations")
    email = models.CharField(_("e-mail address"), max_length=254)
    role = models.CharField(_("role"), max_length=10, choices=ColleagueRole)
    # What its link is made of; another one each time that it is mailed.
    secret = models.CharField(max_length=43, unique=True, editable=False)
    invited_by = models.CharField(_("invited by"), max_length=150)
    created_at = models.DateTimeField(_("invited at"))
    expires_at = models.DateTimeField(_("works until"))

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint("event", Lower("email"), name="invitation_once_an_address"),
            models.CheckConstraint(
                condition=~Q(email="") & ~Q(secret=""), name="invitation_has_an_address"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.created_at:%Y-%m-%d %H:%M}"

    def expired(self, at: datetime) -> bool:
        return self.expires_at <= at
