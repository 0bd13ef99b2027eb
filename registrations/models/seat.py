"""Where people sit, and where else they would like to sit."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from program.models import Event, Round, Slot, TableSession
from program.models.constraints import CompositeForeignKey, same_event
from registrations.models.registration import Registration

# More than anybody can rank in a round; times 999 rounds it fits in the column.
RANKS = 16


def _copies_its_slot(name: str) -> CompositeForeignKey:
    """A row repeats the event, the round and the session of its slot truly."""
    return CompositeForeignKey(
        name=name,
        relation="slot",
        fields=["event", "slot", "round", "session"],
        to_fields=["event", "id", "round", "session"],
    )


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
        DRAWN = "drawn", _("drawn")

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="table_seats"
    )
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="table_seats")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(TableSession, on_delete=models.PROTECT, related_name="+")

    # How they got the seat: the personal page says so (rule 7).
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
            same_event("registration", name="seat_registration_of_event"),
            _copies_its_slot("seat_copies_its_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.slot}"

    @classmethod
    def at(
        cls,
        slot: Slot,
        registration: Registration,
        *,
        how: str,
        got_at: datetime,
        waited_since: datetime | None = None,
    ) -> Seat:
        """A seat at this slot, not stored yet."""
        return cls(
            event_id=slot.event_id,
            registration=registration,
            slot=slot,
            round_id=slot.round_id,
            session_id=slot.session_id,
            how=how,
            got_at=got_at,
            waited_since=waited_since,
        )


class WaitlistEntryQuerySet(models.QuerySet["WaitlistEntry"]):
    def counting(self) -> WaitlistEntryQuerySet:
        """Those that stand in a queue: their owner has a place in the event (rule 7)."""
        return self.filter(since__isnull=False)

    def requests(self) -> WaitlistEntryQuerySet:
        """What a late confirmation or a promotion tries to get, in that order (rules 4 and 8)."""
        going_on = self.filter(since__isnull=True, slot__dropped_at=None)
        return going_on.order_by("-asked", "position", "pk")


class WaitlistEntry(models.Model):
    """A registration would like a slot that it does not have (rule 7).

    It counts ``since`` its owner has a place in the event. Without that it is a request: for the
    table of a round (``asked``), or for one to wait for beside it. Repeats its slot's round and
    session as a seat does.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="waitlist_entries")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, related_name="waitlist_entries"
    )
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="waitlist_entries")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")
    session = models.ForeignKey(TableSession, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(_("waits since"), null=True, blank=True)
    asked = models.BooleanField(default=False, editable=False)
    position = models.PositiveSmallIntegerField(_("order in the form"), default=0)
    # Of somebody's tables in order, the favourite first: one that comes ends those below it, and
    # not those above (rule 16).
    ranked = models.BooleanField(default=False, db_default=False, editable=False)

    objects = WaitlistEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("waiting list entry")
        verbose_name_plural = _("waiting list entries")
        ordering = [F("since").asc(nulls_last=True), "position", "pk"]
        indexes = [
            models.Index(fields=["event", "since", "position"], name="waitlist_by_age"),
            # How many wait for each table: counted for every page of the event.
            models.Index(
                fields=["event", "slot"],
                condition=Q(since__isnull=False),
                name="waitlist_by_table",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["registration", "slot"], name="waitlist_once"),
            models.CheckConstraint(
                condition=Q(asked=False) | Q(since__isnull=True),
                name="waitlist_asked_counts_not_yet",
            ),
            models.CheckConstraint(
                condition=Q(ranked=False) | Q(since__isnull=False),
                name="waitlist_ranked_counts",
            ),
            same_event("registration", name="waitlist_registration_of_event"),
            _copies_its_slot("waitlist_copies_its_slot"),
        ]

    def __str__(self) -> str:
        return f"{self.registration} · {self.slot}"

    @classmethod
    def request(
        cls, slot: Slot | Seat, round_: int, person: int, *, rank: int = 0
    ) -> WaitlistEntry:
        """A table that somebody without a place asks for, not stored yet.

        In the order of the rounds (``round_`` is a number); ``rank`` is its place in somebody's own
        order within the round, from 0.
        """
        return cls.at(slot, person, asked=True, position=round_ * RANKS + rank)

    @classmethod
    def at(
        cls,
        slot: Slot | Seat,
        person: int,
        *,
        since: datetime | None = None,
        asked: bool = False,
        position: int = 0,
        ranked: bool = False,
    ) -> WaitlistEntry:
        """An entry of the registration with the key ``person``, not stored yet.

        ``slot`` may be a seat at it: that repeats its event, round and session.
        """
        return cls(
            event_id=slot.event_id,
            registration_id=person,
            slot_id=slot.slot_id if isinstance(slot, Seat) else slot.pk,
            round_id=slot.round_id,
            session_id=slot.session_id,
            since=since,
            asked=asked,
            position=position,
            ranked=ranked,
        )
