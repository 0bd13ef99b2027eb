"""People on the attendee list without a sign-up."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event, Speaker
from program.models.constraints import same_event
from registrations.models.person import NO_NAME, Person


class GuestQuerySet(models.QuerySet["Guest"]):
    def invited(self) -> GuestQuerySet:
        """Those who are or were on the list, erased or not, but for those taken off it."""
        return self.filter(removed_at=None)

    def holding(self) -> GuestQuerySet:
        """Those whose place is counted in ``Event.taken`` (rule 1)."""
        return self.filter(holds_place=True)


class Guest(Person):
    """Host, moderator, official, press: takes no seat, and a place only if asked for."""

    class Kind(models.TextChoices):
        HOST = "host", _("host")
        MODERATOR = "moderator", _("moderator")
        OFFICIAL = "official", _("official")
        PRESS = "press", _("press")
        CREW = "crew", _("crew")
        OTHER = "other", _("guest")

    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="guests", verbose_name=_("event")
    )
    kind = models.CharField(_("comes as"), max_length=10, choices=Kind, default=Kind.OTHER)
    speaker = models.ForeignKey(
        Speaker,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="guests",
        verbose_name=_("host"),
    )
    holds_place = models.BooleanField(
        _("takes a place"),
        default=False,
        help_text=_("Counts among the places of the event."),
    )
    created_at = models.DateTimeField(_("added at"))
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    # An organiser took this guest off the list; then the name is erased too.
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)

    objects = GuestQuerySet.as_manager()

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        ordering = ["sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "id"], name="guest_of_event"),
            models.UniqueConstraint(
                fields=["event", "speaker"],
                condition=Q(speaker__isnull=False),
                name="guest_once_a_speaker",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(**NO_NAME), name="guest_erased_is_empty"
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(erased_at__isnull=False),
                name="guest_removed_is_erased",
            ),
            same_event("speaker", name="guest_speaker_of_event"),
        ]
