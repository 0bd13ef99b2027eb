"""What happened at the door, and on which device."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event, Slot
from program.models.constraints import same_event
from registrations.models.guest import Guest
from registrations.models.registration import Registration


class DoorPassQuerySet(models.QuerySet["DoorPass"]):
    def working(self) -> DoorPassQuerySet:
        """Those that nobody withdrew; the event says whether it is over."""
        return self.filter(withdrawn_at=None)


class DoorPass(models.Model):
    """One device at the door of one event: by an organiser's link, or by somebody's account."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="door_passes")
    label = models.CharField(
        _("name"), max_length=60, help_text=_("Where it will be used, such as: Entrance A.")
    )
    # Whose phone it is, if staff use an account instead of a link. It works as long as that
    # account may work this door, so no longer once the account is gone.
    for_account = models.BooleanField(default=False, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    # What its link and its device's cookie are made of; gone once it is withdrawn.
    secret = models.CharField(max_length=43, blank=True, editable=False)
    made_by = models.CharField(_("made by"), max_length=150)
    made_at = models.DateTimeField(_("made at"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    # It is meant for one, but anybody with the link can open it.
    phones = models.PositiveIntegerField(_("opened on phones"), default=0)
    last_seen_at = models.DateTimeField(_("last seen at"), null=True, blank=True)
    queued = models.PositiveIntegerField(_("not sent yet"), default=0)
    # The phone that said so, as its cookie names it: only that one can lower the number.
    queued_on = models.CharField(max_length=11, blank=True, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    # When an organiser took back all that was tapped on it: none of it counts any more.
    taken_back_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    # Which of its phones is asking, where that is known. Not stored.
    phone = ""

    objects = DoorPassQuerySet.as_manager()

    class Meta:
        verbose_name = _("door pass")
        verbose_name_plural = _("door passes")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["secret"], condition=~Q(secret=""), name="door_pass_secret_once"
            ),
            models.UniqueConstraint(fields=["event", "id"], name="door_pass_of_event"),
            # Only this name tells, in rows and history, at which device somebody was let in.
            models.UniqueConstraint(fields=["event", "label"], name="door_pass_named_once"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, secret__gt="")
                | Q(withdrawn_at__isnull=False, secret=""),
                name="door_pass_withdrawn_opens_nothing",
            ),
            models.CheckConstraint(
                condition=Q(user=None) | Q(for_account=True), name="door_pass_account_is_told"
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at=None) | Q(withdrawn_at__isnull=False),
                name="door_pass_taken_back_is_withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.label


class DoorOp(models.Model):
    """One tap at the door. Never changed: presence follows from all of them.

    ``id`` is made on the device, once per tap, so that sending it again does nothing.
    """

    class Kind(models.TextChoices):
        IN = "in", _("came in")
        UNDO = "undo", _("undone")
        WALK_IN = "walkin", _("came in without a sign-up")
        TABLE = "table", _("took a table")

    class Outcome(models.TextChoices):
        OK = "ok", _("done")
        ALREADY = "already", _("was in already")
        CANCELLED_BUT_PRESENT = "cancelled_but_present", _("in, but without a place")
        EXTRA = "extra", _("in as an extra")
        FULL = "full", _("the table is full")
        UNKNOWN_PERSON = "unknown_person", _("nobody is known by this")
        LATE = "late", _("came after the list was closed")
        INVALID = "invalid", _("cannot be read")
        # No tap is stored with one of these: nothing came of it, or not yet.
        HELD = "held", _("waits for the organiser")
        EARLY = "early", _("came before the day")
        REFUSED = "refused", _("came from a device that was shut out")
        TOO_MANY = "too_many", _("more than may wait for the organiser")

    id = models.UUIDField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="door_ops")
    # Kept with its event; a pass is withdrawn, never deleted.
    door_pass = models.ForeignKey(DoorPass, on_delete=models.RESTRICT, related_name="ops")
    seq = models.PositiveBigIntegerField(_("count on the device"))
    kind = models.CharField(_("what"), max_length=6, choices=Kind)
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, null=True, blank=True, related_name="door_ops"
    )
    guest = models.ForeignKey(
        Guest, on_delete=models.CASCADE, null=True, blank=True, related_name="door_ops"
    )
    # The walk-in that it names, if that tap has not arrived yet: they are joined later.
    walk_in = models.UUIDField(null=True, blank=True, db_index=True, editable=False)
    # By the clock of the device: shown, never ordered by.
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received at"))
    outcome = models.CharField(_("outcome"), max_length=21, choices=Outcome)
    # What it gave: a place, to somebody who was this before (pending: on the place that was held
    # for them), and a seat at this table.
    was = models.CharField(
        _("status before"),
        max_length=10,
        choices=Registration.Status,
        blank=True,
        default="",
        db_default="",
    )
    slot = models.ForeignKey(
        Slot,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("table"),
    )
    version = models.PositiveBigIntegerField(_("version of the event"))

    class Meta:
        verbose_name = _("tap at the door")
        verbose_name_plural = _("taps at the door")
        ordering = ["received_at", "seq"]
        indexes = [models.Index(fields=["door_pass", "seq"], name="door_op_by_device")]
        constraints = [
            models.CheckConstraint(
                condition=Q(registration=None) | Q(guest=None), name="door_op_of_one_person"
            ),
            same_event("door_pass", name="door_op_pass_of_event"),
            same_event("registration", name="door_op_registration_of_event"),
            same_event("guest", name="door_op_guest_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.received_at:%Y-%m-%d %H:%M}"


class HeldTapQuerySet(models.QuerySet["HeldTap"]):
    def waiting(self) -> HeldTapQuerySet:
        """Those that nobody judged yet. What an organiser accepts becomes a tap like any other."""
        return self.filter(refused_at=None)


class HeldTap(models.Model):
    """A tap that a device may not carry out by itself: nothing comes of it until it is judged.

    Once refused it stays, without a name, so that it is not judged again when it comes again.
    """

    class Why(models.TextChoices):
        WITHDRAWN = "withdrawn", _("sent after the device was shut out")
        EARLY = "early", _("tapped before the day")
        MANY = "many", _("more people without a sign-up than one device may let in")

    id = models.UUIDField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="held_taps")
    door_pass = models.ForeignKey(DoorPass, on_delete=models.RESTRICT, related_name="held_taps")
    why = models.CharField(_("why"), max_length=9, choices=Why)
    # Whom it is about: somebody on the list, or the walk-in of another tap that waits.
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, null=True, blank=True, related_name="held_taps"
    )
    guest = models.ForeignKey(
        Guest, on_delete=models.CASCADE, null=True, blank=True, related_name="held_taps"
    )
    walk_in = models.UUIDField(null=True, blank=True, editable=False)
    # As the device told it.
    seq = models.PositiveBigIntegerField(_("count on the device"))
    kind = models.CharField(_("what"), max_length=6, choices=DoorOp.Kind)
    at = models.DateTimeField(_("at"))
    refs = models.JSONField(default=list, blank=True)
    anyway = models.BooleanField(default=False)
    table = models.BigIntegerField(default=0)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    organisation = models.CharField(_("organisation"), max_length=100, blank=True)
    received_at = models.DateTimeField(_("received at"))
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True)

    objects = HeldTapQuerySet.as_manager()

    class Meta:
        verbose_name = _("tap that waits for the organiser")
        verbose_name_plural = _("taps that wait for the organiser")
        ordering = ["received_at", "seq", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(refused_at=None) | Q(first_name="", last_name="", organisation=""),
                name="held_tap_refused_names_nobody",
            ),
            # A walk-in is nobody yet; all else is about exactly one.
            models.CheckConstraint(
                condition=Q(kind=DoorOp.Kind.WALK_IN, registration=None, guest=None, walk_in=None)
                | ~Q(kind=DoorOp.Kind.WALK_IN)
                & (
                    Q(registration__isnull=False, guest=None, walk_in=None)
                    | Q(registration=None, guest__isnull=False, walk_in=None)
                    | Q(registration=None, guest=None, walk_in__isnull=False)
                ),
                name="held_tap_of_one_person",
            ),
            same_event("door_pass", name="held_tap_pass_of_event"),
            same_event("registration", name="held_tap_registration_of_event"),
            same_event("guest", name="held_tap_guest_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.received_at:%Y-%m-%d %H:%M}"

    @property
    def name(self) -> str:
        """Of the walk-in, or of whom it is about; empty if that is another walk-in."""
        person = self.registration or self.guest
        return person.name if person else f"{self.first_name} {self.last_name}".strip()


class DoorUndo(models.Model):
    """One check-in that an undo takes back. It may arrive before that check-in does."""

    op = models.ForeignKey(DoorOp, on_delete=models.CASCADE, related_name="undoes")
    ref = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("check-in undone")
        verbose_name_plural = _("check-ins undone")
        constraints = [
            models.UniqueConstraint(fields=["op", "ref"], name="door_undo_once"),
        ]

    def __str__(self) -> str:
        return str(self.ref)


class Presence(models.Model):
    """Whether somebody is in; can be made again from the taps at any time."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="presences")
    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, null=True, blank=True, related_name="presence"
    )
    guest = models.OneToOneField(
        Guest, on_delete=models.CASCADE, null=True, blank=True, related_name="presence"
    )
    present = models.BooleanField(_("is in"))
    at = models.DateTimeField(_("since"), null=True, blank=True)
    door_pass = models.ForeignKey(
        DoorPass, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")
        indexes = [models.Index(fields=["event", "present"], name="presence_count")]
        constraints = [
            models.CheckConstraint(
                condition=Q(registration=None, guest__isnull=False)
                | Q(registration__isnull=False, guest=None),
                name="presence_of_one_person",
            ),
            same_event("registration", name="presence_registration_of_event"),
            same_event("guest", name="presence_guest_of_event"),
        ]

    def __str__(self) -> str:
        return str(self.registration or self.guest)
