"""Mail that is stored in the transaction of what it tells, and sent by a worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from program.models import Event
from registrations.models.host import Host
from registrations.models.invitation import Invitation
from registrations.models.mailing import Mailing
from registrations.models.registration import Registration

# Why a mail is no longer sent; in the column where failed ones have an error.
STOPPED, UNSUBSCRIBED, LEFT, OVERTAKEN = "stopped", "unsubscribed", "left", "overtaken"
TOO_MANY = "too many"
# How the error begins of one that a server may have taken: it did not say.
UNANSWERED = "no answer"
NOT_WANTED = (STOPPED, UNSUBSCRIBED, LEFT, OVERTAKEN, TOO_MANY)


class StoredMailQuerySet(models.QuerySet["StoredMail"]):
    def waiting(self) -> StoredMailQuerySet:
        """Neither sent nor given up."""
        return self.filter(sent_at=None, failed_at=None)

    def idle(self, at: datetime) -> StoredMailQuerySet:
        """Not sent yet, and in no worker's hands."""
        return self.waiting().filter(Q(leased_until=None) | Q(leased_until__lte=at))

    def to_many(self) -> StoredMailQuerySet:
        """Messages of an organiser, which people can do without."""
        return self.filter(mailing__isnull=False)

    def failed(self) -> StoredMailQuerySet:
        """Given up because it could not be delivered, and not because nobody wants it."""
        return self.filter(failed_at__isnull=False).exclude(error__in=NOT_WANTED)

    def late(self, at: datetime) -> StoredMailQuerySet:
        """Should have gone an hour ago: a worker or a mail server stands still."""
        return self.waiting().filter(send_after__lte=at - timedelta(hours=1))

    def give_up(self, why: str, *, at: datetime) -> int:
        """Drop those that are idle, for one of the reasons in NOT_WANTED; returns how many."""
        return self.idle(at).update(lease="", leased_until=None, failed_at=at, error=why, about={})

    def asked(self) -> StoredMailQuerySet:
        """What strangers asked for, still to be looked up: no mail yet (rule 5)."""
        return self.filter(asked=True)

    def due(self, at: datetime) -> StoredMailQuerySet:
        """To be sent now: its time has come and no worker has a lease on it."""
        return self.idle(at).filter(asked=False, send_after__lte=at)


class StoredMail(models.Model):
    """One message to one person: what it is about. Its words are written when it leaves.

    ``about`` is what its words need and no other row knows, such as the name before a correction;
    it is empty once the mail is sent or given up.
    """

    class Kind(models.TextChoices):
        """A value, a subject, for some another subject, and a label.

        The other subject is for those on the event's waiting list, unless ``wording`` says when.
        """

        subject: str | Promise
        other_subject: str | Promise

        def __new__(cls, value: str, subject: str | Promise = "", *other: str | Promise) -> Self:
            kind = str.__new__(cls, value)
            kind._value_ = value
            kind.subject = subject
            kind.other_subject = other[0] if other else subject
            return kind

        CONFIRM = (
            "confirm",
            _("Confirm your sign-up for %(event)s"),
            _("Please confirm: waiting list for %(event)s"),
            _("confirm your sign-up"),
        )
        REGISTERED = "registered", _("You are signed up for %(event)s"), _("you are registered")
        ALREADY = (
            "already",
            _("You are already signed up for %(event)s"),
            _("You are already on the waiting list for %(event)s"),
            _("you are registered already"),
        )
        LINK = "link", _("Your link for %(event)s"), _("your link")
        TABLES = "tables", _("Your tables have changed: %(event)s"), _("your tables changed")
        WAITING = (
            "waiting",
            _("You are on the waiting list for %(event)s"),
            _("you are on the waiting list"),
        )
        RANKED = (
            "ranked",
            _("Your choices are in: %(event)s"),
            _("You come after the draw: %(event)s"),
            _("your choices are in"),
        )
        DRAWN = (
            "drawn",
            _("The draw: your day at %(event)s"),
            _("The draw: you are on the waiting list for %(event)s"),
            _("what the draw gave you"),
        )
        PROMOTED = (
            "promoted",
            _("You have a place: %(event)s"),
            _("there is a place for you"),
        )
        MOVED = "moved", _("You have a different table: %(event)s"), _("you have another table")
        WAITING_OVER = (
            "waiting_over",
            _("The waiting list has closed: %(event)s"),
            _("the waiting list is over"),
        )
        CANCELLED = (
            "cancelled",
            _("You have cancelled: %(event)s"),
            _("Your sign-up has been cancelled: %(event)s"),
            _("you are cancelled"),
        )
        HOLDS = "holds", _("Many unconfirmed sign-ups: %(event)s"), _("many unconfirmed places")
        ADDED = (
            "added",
            _("You are signed up for %(event)s"),
            _("You are on the waiting list for %(event)s"),
            _("an organiser signed you up"),
        )
        CORRECTED = (
            "corrected",
            _("Your name has been corrected: %(event)s"),
            _("your name was corrected"),
        )
        DROPPED = "dropped", _("A session is not going ahead: %(event)s"), _("your table drops out")
        CALLED_OFF = "called_off", _("Called off: %(event)s"), _("the event is called off")
        RESCHEDULED = (
            "rescheduled",
            _("New time or place: %(event)s"),
            _("Going ahead after all: %(event)s"),
            _("news of time, place or going on"),
        )
        HOST = "host", _("Your page as a host: %(event)s"), _("your page as a host")
        HOST_NEWS = (
            "host_news",
            _("Your table as a host: %(event)s"),
            _("Called off: %(event)s"),
            _("news for hosts"),
        )
        MAILING = "mailing", _("message of the organiser")
        ACCOUNT = "account", _("staff account")
        DIGEST = "digest", _("What happened: %(event)s"), _("what happened lately")

    # What goes along for the calendar of those with a place, as a method of RFC 5546.
    CALENDAR = dict.fromkeys(
        [
            *(Kind.REGISTERED, Kind.TABLES, Kind.PROMOTED, Kind.MOVED),
            *(Kind.ADDED, Kind.DROPPED, Kind.RESCHEDULED, Kind.DRAWN),
        ],
        "REQUEST",
    ) | dict.fromkeys([Kind.CANCELLED, Kind.CALLED_OFF], "CANCEL")

    # Mail about a staff account belongs to no event.
    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    mailing = models.ForeignKey(
        Mailing, on_delete=models.PROTECT, null=True, blank=True, related_name="mails"
    )
    registration = models.ForeignKey(
        Registration,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="mails",
    )
    # Who it is for, if they did not sign up; it goes when they go.
    host = models.ForeignKey(
        Host, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, null=True, blank=True, related_name="mails"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    to = models.CharField(_("to"), max_length=254, blank=True)
    language = models.CharField(max_length=2, default="nl")
    about = models.JSONField(default=dict, blank=True)
    # Somebody typed this address. Whether a mail follows, and which, the worker finds out.
    asked = models.BooleanField(default=False)
    # Whose limits it counts for, if a stranger could make us send it: keyed hashes of the mailbox
    # and the domain (names/addresses.py). Else both are empty.
    mailbox = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    domain = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    message_id = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(_("stored at"))
    send_after = models.DateTimeField(_("to be sent after"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    failed_at = models.DateTimeField(_("given up at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True)

    objects = StoredMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("sent mail")
        verbose_name_plural = _("sent mails")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["send_after"],
                condition=Q(sent_at=None, failed_at=None),
                name="mail_due",
            ),
            models.Index(Upper("to"), "send_after", name="mail_by_address"),
            models.Index(fields=["id"], condition=Q(asked=True), name="mail_asked"),
            models.Index(
                fields=["mailbox", "sent_at"], condition=~Q(mailbox=""), name="mail_by_mailbox"
            ),
            models.Index(
                fields=["domain", "sent_at"], condition=~Q(domain=""), name="mail_by_domain"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None, failed_at=None) | Q(about={}, asked=False),
                name="mail_done_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(kind="account") | Q(event__isnull=False), name="mail_has_an_event"
            ),
            models.CheckConstraint(
                condition=Q(mailbox="", domain="") | (~Q(mailbox="") & ~Q(domain="")),
                name="mail_counts_for_both",
            ),
        ]

    def __str__(self) -> str:
        at = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{self.get_kind_display()} · {at}"
