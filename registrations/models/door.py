"""What happened at the door, and on which device."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from program.models import Event
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
        ]

    def __str__(self) -> str:
        return self.label


class DoorOp(models.Model):
    """One tap at the door. Never changed: presence follows from all of them.

    ``id`` is made on the device, once per tap, so that sending it again does nothing.
    """

    class Kind(models.TextChoices):
        IN = "in", _("came in")
        UNDO = "undo", _("taken back")
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


class DoorUndo(models.Model):
    """One check-in that an undo takes back. It may arrive before that check-in does."""

    op = models.ForeignKey(DoorOp, on_delete=models.CASCADE, related_name="undoes")
    ref = models.UUIDField(db_index=True)

    class Meta:
        verbose_name = _("check-in taken back")
        verbose_name_plural = _("check-ins taken back")
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
