"""A person's sign-up and the seats that go with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from program.models import Event, Role
from program.models.constraints import same_event
from registrations.models.person import NO_NAME, Person

# After so many wrong codes only the link in the mail confirms (rule 4).
CODE_TRIES = 5
# To so many other addresses can the mail of one hold be sent (rule 4).
REDIRECTS = 3
# A hold lasts so long, and no longer, while many places are held (rule 4).
SHORT_HOLD = timedelta(minutes=15)
PHONE_LENGTH = 40


@dataclass(frozen=True)
class StatusMeaning:
    """What a status comes to, for rules, pages and door. No status can be without one."""

    # Stands for its person, of whom there is one (rule 3).
    counts: bool
    # Has something to give back: a place, a hold, or a turn on the waiting list.
    active: bool
    # How organisers read of it, with the moments that ``admin.words.status`` knows.
    told: str | Promise
    # Can be chosen for a message to many; an address that was never proven in time cannot.
    may_be_written_to: bool
    # What staff read at the door; empty for people who are simply on the list.
    at_the_door: str | Promise = ""
    # Whether their row at the door has their tables.
    tables_at_the_door: bool = False
    # Let in only by staff who have read that.
    knowingly: bool = False


def over_a_quarter(unconfirmed: int, capacity: int) -> bool:
    """Whether these are too many for an event of so many places (rule 4)."""
    return unconfirmed * 4 > capacity


class RegistrationQuerySet(models.QuerySet["Registration"]):
    def pending(self) -> RegistrationQuerySet:
        return self.filter(status=Registration.Status.PENDING)

    def confirmed(self) -> RegistrationQuerySet:
        return self.filter(status=Registration.Status.CONFIRMED)

    def counting(self) -> RegistrationQuerySet:
        """The one registration that stands for a person: confirmed or waiting (rule 3)."""
        return self.filter(status__in=Registration.COUNTING)

    def cancellable(self) -> RegistrationQuerySet:
        """With something to give back: a place, a hold, or a turn on the waiting list."""
        return self.filter(status__in=Registration.ACTIVE)

    def holding(self) -> RegistrationQuerySet:
        """Those whose place is counted in ``Event.taken``: held or confirmed (rule 1)."""
        return self.filter(holds_place=True)

    def held_by_visitors(self) -> RegistrationQuerySet:
        """Held and unconfirmed: what rule 4 keeps below a quarter. Not what organisers invited."""
        return self.pending().holding().exclude(origin=Registration.Origin.FILE)

    def waiting(self) -> RegistrationQuerySet:
        """On the event's waiting list, or in a draw to come.

        Those of the draw first, by lot (rule 16); then by time of confirming (rule 8).
        """
        waiting = self.filter(status=Registration.Status.WAITING)
        return waiting.order_by(F("lot").asc(nulls_last=True), "confirmed_at", "pk")

    def hold_expired(self, at: datetime) -> RegistrationQuerySet:
        """Signed up, not confirmed in time; the place is still to be freed."""
        return self.pending().filter(hold_expires_at__lte=at)

    def of_address(self, email: str) -> RegistrationQuerySet:
        """Case makes no difference (rule 3); the comparison is the one of the index.

        No address matches nobody: people without one are not one person.
        """
        if not email:
            return self.none()
        return self.alias(email_lower=Lower("email")).filter(email_lower=email.lower())

    def listed(self) -> RegistrationQuerySet:
        """On 'Wie komen er?': confirmed, and only those who asked for it (rule 12)."""
        return self.confirmed().filter(listed=True).order_by("sort_key", "pk")


class Registration(Person):
    """One person's personal sign-up for one event (rule 3 in docs/rules.md)."""

    class Status(models.TextChoices):
        """In order: of several sign-ups of one person the first of these is looked at first."""

        meaning: StatusMeaning

        def __new__(cls, value: str, meaning: StatusMeaning | None = None) -> Self:
            if meaning is None:
                raise TypeError(f"The status {value} has to say what it means.")
            status = str.__new__(cls, value)
            status._value_ = value
            status.meaning = meaning
            return status

        def label_at(self, event: Event) -> str:
            """In a word or two: before a draw nobody stands on a waiting list."""
            if self.value == "waiting" and event.draw_to_come:
                return str(_("takes part in the draw"))
            return str(self.label)

        CONFIRMED = (
            "confirmed",
            StatusMeaning(
                counts=True,
                active=True,
                told=_("Registered since %(since)s."),
                may_be_written_to=True,
                tables_at_the_door=True,
            ),
            _("registered"),
        )
        WAITING = (
            "waiting",
            StatusMeaning(
                counts=True,
                active=True,
                told=_("On the waiting list since %(since)s: number %(place)s of %(of)s."),
                may_be_written_to=True,
                at_the_door=_("on the waiting list"),
                knowingly=True,
            ),
            _("on the waiting list"),
        )
        PENDING = (
            "pending",
            StatusMeaning(
                counts=False,
                active=True,
                told=_("Signed up %(signed)s and not confirmed in time."),
                may_be_written_to=True,
                at_the_door=_("not confirmed"),
                tables_at_the_door=True,
            ),
            _("not confirmed yet"),
        )
        CANCELLED = (
            "cancelled",
            StatusMeaning(
                counts=False,
                active=False,
                told=_("Cancelled %(ended)s."),
                may_be_written_to=True,
                at_the_door=_("cancelled"),
                knowingly=True,
            ),
            _("cancelled"),
        )
        EXPIRED = (
            "expired",
            StatusMeaning(
                counts=False,
                active=False,
                told=_("Signed up %(signed)s and not confirmed in time."),
                may_be_written_to=False,
                at_the_door=_("not confirmed"),
            ),
            _("expired"),
        )

    COUNTING = tuple(status for status in Status if status.meaning.counts)
    ACTIVE = tuple(status for status in Status if status.meaning.active)

    class Origin(models.TextChoices):
        SITE = "site", _("through the site")
        HAND = "hand", _("added by an organiser")
        DOOR = "door", _("at the door")
        FILE = "file", _("from a list that an organiser brought in")

    event = models.ForeignKey(
        Event,
        on_delete=models.PROTECT,
        related_name="registrations",
        verbose_name=_("event"),
    )
    # Names the row in addresses that must open nothing, such as the one to stop mail.
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The same for a form that is sent twice. It is reckoned from what was typed, so it is erased.
    form_digest = models.UUIDField(null=True, db_index=True, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    email = models.CharField(_("e-mail address"), max_length=254, blank=True)
    # Empty where it is not asked, or not told.
    role = models.ForeignKey(
        Role,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="registrations",
        verbose_name=_("role"),
    )
    # What organisers keep beside it: for them alone, and for the person whom it is about.
    phone = models.CharField(
        _("phone number"), max_length=PHONE_LENGTH, blank=True, default="", db_default=""
    )
    note = models.TextField(_("note"), blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=2, default="nl")
    listed = models.BooleanField(_("on the list ‘Who is coming?’"), default=False)
    # What the personal link is made of; once the person is erased it is gone, and the link too.
    secret = models.CharField(max_length=43, blank=True, editable=False)
    origin = models.CharField(
        _("how they signed up"), max_length=4, choices=Origin, default=Origin.SITE
    )
    # As it was when confirmed, once it was corrected; the door sees that it was (rule 3).
    name_confirmed = models.CharField(_("confirmed as"), max_length=201, blank=True)
    name_corrected_at = models.DateTimeField(_("name corrected at"), null=True, blank=True)
    # A sign-up for the waiting list holds none (rule 8).
    holds_place = models.BooleanField(default=False, editable=False)
    # On purpose, when every place was taken, at the door or before: outside the counters.
    extra = models.BooleanField(_("extra"), default=False, editable=False)
    created_at = models.DateTimeField(_("signed up at"))
    hold_expires_at = models.DateTimeField(_("held until"), null=True, blank=True)
    # How often a wrong code was typed instead of the link; never more than CODE_TRIES.
    code_tries = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # To how many other addresses its mail was sent; never more than REDIRECTS.
    redirects = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    # What the browser that sent it was told: booking/promises.py says why that is kept.
    promise = models.JSONField(null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)
    # In a draw (rule 16): a random number instead of a name, and the lot, from 1, once it is drawn.
    draw_number = models.PositiveIntegerField(null=True, blank=True, editable=False)
    lot = models.PositiveIntegerField(_("lot"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("cancelled or expired at"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)
    email_refused_at = models.DateTimeField(_("mail refused at"), null=True, blank=True)
    # Wants no mail to many; mail about the own sign-up always comes.
    unsubscribed_at = models.DateTimeField(_("wants no mail to all"), null=True, blank=True)
    version = models.PositiveBigIntegerField(default=0, editable=False)

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-up")
        verbose_name_plural = _("people")
        ordering = ["sort_key", "pk"]
        indexes = [
            # Small, for it is read whole to count those who come.
            models.Index(fields=["event", "status"], name="registration_by_status"),
            # The list of organisers.
            models.Index(fields=["event", "sort_key"], name="registration_in_order"),
            # ‘Who is coming?’. SQLite takes it with the status as a column, not as a condition.
            models.Index(
                fields=["event", "status", "sort_key"],
                condition=Q(listed=True),
                name="registration_listed",
            ),
            models.Index(
                fields=["hold_expires_at"],
                condition=Q(status="pending"),
                name="registration_holds",
            ),
            models.Index("event", Lower("email"), name="registration_by_email"),
            # What changed since a door device last asked.
            models.Index(fields=["event", "version"], name="registration_by_version"),
            # The same form, sent a moment ago.
            models.Index(
                fields=["form_digest"],
                condition=Q(form_digest__isnull=False),
                name="registration_by_form",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                "event",
                Lower("email"),
                condition=Q(status__in=["confirmed", "waiting"]) & ~Q(email=""),
                name="one_per_person",
            ),
            models.UniqueConstraint(
                fields=["secret"], condition=~Q(secret=""), name="registration_secret_once"
            ),
            models.UniqueConstraint(fields=["event", "id"], name="registration_of_event"),
            models.UniqueConstraint(
                fields=["event", "draw_number"], name="registration_draw_number_once"
            ),
            models.UniqueConstraint(fields=["event", "lot"], name="registration_lot_once"),
            models.CheckConstraint(
                condition=Q(lot__isnull=True) | Q(draw_number__isnull=False, lot__gte=1),
                name="registration_lot_of_a_number",
            ),
            models.CheckConstraint(
                condition=~Q(status="pending") | Q(hold_expires_at__isnull=False),
                name="registration_pending_has_an_end",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["confirmed", "waiting"]) | Q(confirmed_at__isnull=False),
                name="registration_counts_once_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(status="pending")
                | Q(status="confirmed", holds_place=True, extra=False)
                | Q(status="confirmed", holds_place=False, extra=True)
                | Q(status__in=["waiting", "cancelled", "expired"], holds_place=False),
                name="registration_place_fits_status",
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(
                    **NO_NAME,
                    name_confirmed="",
                    email="",
                    phone="",
                    note="",
                    listed=False,
                    secret="",
                    form_digest=None,
                    draw_number=None,
                    lot=None,
                ),
                name="registration_erased_is_empty",
            ),
            models.CheckConstraint(
                condition=Q(extra=False) | Q(status__in=["confirmed", "cancelled"]),
                name="registration_extra_comes",
            ),
            same_event("role", name="registration_role_of_event"),
            models.CheckConstraint(
                condition=Q(code_tries__lte=CODE_TRIES), name="registration_few_code_tries"
            ),
            models.CheckConstraint(
                condition=Q(redirects__lte=REDIRECTS), name="registration_few_redirects"
            ),
        ]

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    def hold_over(self, at: datetime) -> bool:
        """Whether the time to confirm has run out, whether or not the place has been freed."""
        return self.is_expired or bool(
            self.is_pending and self.hold_expires_at and self.hold_expires_at <= at
        )

    @property
    def confirms_first(self) -> bool:
        """Whether nothing was held for this sign-up: its owner gets what is free (rule 4)."""
        return bool(self.promise and self.promise["confirm_first"])

    @property
    def code_tries_left(self) -> int:
        return CODE_TRIES - self.code_tries

    @property
    def meaning(self) -> StatusMeaning:
        return self.Status(self.status).meaning

    @property
    def counts(self) -> bool:
        """Whether this is the one that stands for its person (rule 3)."""
        return self.meaning.counts

    @property
    def proven(self) -> bool:
        """Whether the owner of the address has said that it is theirs, or staff answer for it.

        Until then a stranger may have typed it, and the name with it: no mail repeats that.
        """
        return self.confirmed_at is not None or self.origin != self.Origin.SITE

    def superseded(self) -> bool:
        """Whether this person is registered through another sign-up already (rule 5)."""
        others = Registration.objects.filter(event=self.event_id).exclude(pk=self.pk)
        return others.counting().of_address(self.email).exists()

    @property
    def is_waiting(self) -> bool:
        return self.status == self.Status.WAITING

    @property
    def confirmed_for_draw(self) -> bool:
        """Whether they confirmed before choices closed; later, they come after the draw."""
        closes, confirmed = self.event.wishes_close_at, self.confirmed_at
        return closes is not None and confirmed is not None and confirmed < closes

    @property
    def waits_since(self) -> datetime | None:
        """From when on somebody waits for a place: in a draw nobody is earlier (rule 16)."""
        return self.event.drawn_at if self.lot else self.confirmed_at

    @property
    def in_draw(self) -> bool:
        """Whether a draw that is still to come is for this person (rule 16)."""
        return self.is_waiting and self.confirmed_for_draw and self.event.draw_to_come

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED

    @property
    def is_expired(self) -> bool:
        return self.status == self.Status.EXPIRED
