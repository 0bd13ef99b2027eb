"""Where people sit, and where else they would like to sit."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models import Event, Round, Slot, TableSession
from program.models.constraints import CompositeForeignKey
from registrations.models.registration import Registration


class Seat(models.Model):
    """A registration's place at a slot: one per round, a session once (rule 6).

    Repeats the event, the round and the session of its slot, so that the database can
    hold rule 6 by itself; composite foreign keys keep the copies true.
    """

    class How(models.TextChoices):
        CHOSEN = "chosen", _("chosen")
        MOVED_UP = "moved_up", _("moved up from the waiting list")
        SWAPPED = "swapped", _("swapped")
        PROMOTED = "promoted", _("with a place from the event's waiting list")
        GIVEN = "given", _("given by an organiser")

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="table_seats"
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="table_seats")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(TableSession, on_delete=models.PROTECT, related_name="+")

    # How the seat was got: the personal page tells (rule 7).
    how = models.CharField(_("how"), max_length=10, choices=How, default=How.CHOSEN)
    got_at = models.DateTimeField(_("got at"))
    waited_since = models.DateTimeField(_("waited since"), null=True, blank=True)

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ["round__number"]
        constraints = [
            models.UniqueConstraint(fields=["registration", "round"], name="seat_once_a_round"),
            models.UniqueConstraint(fields=["registration", "session"], name="seat_once_a_session"),
            CompositeForeignKey(
                name="seat_registration_of_event",
                relation="registration",
                fields=["event", "registration"],
                to_fields=["event", "id"],
            ),
            CompositeForeignKey(
                name="seat_copies_its_slot",
                relation="slot",
                fields=["event", "slot", "round", "session"],
                to_fields=["event", "id", "round", "session"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.slot}"


class WaitlistEntry(models.Model):
    """A registration with a place in the event waits for a slot (rule 7).

    Repeats its slot's round and session as a seat does.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="waitlist_entries")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="waitlist_entries"
    )
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="waitlist_entries")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(TableSession, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(_("waits since"))
    position = models.PositiveSmallIntegerField(_("order in the form"), default=0)

    class Meta:
        verbose_name = _("waiting list entry")
        verbose_name_plural = _("waiting list entries")
        ordering = ["since", "position", "pk"]
        indexes = [models.Index(fields=["event", "since", "position"], name="waitlist_by_age")]
        constraints = [
            models.UniqueConstraint(fields=["registration", "slot"], name="waitlist_once"),
            CompositeForeignKey(
                name="waitlist_registration_of_event",
                relation="registration",
                fields=["event", "registration"],
                to_fields=["event", "id"],
            ),
            CompositeForeignKey(
                name="waitlist_copies_its_slot",
                relation="slot",
                fields=["event", "slot", "round", "session"],
                to_fields=["event", "id", "round", "session"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.slot}"
