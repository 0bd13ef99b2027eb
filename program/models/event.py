"""The event itself: what, where, when, how many."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import date, datetime, time, timedelta
from itertools import chain, count
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import connection, models
from django.db.models import Case, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from program.database import patience
from program.database.held import held_by
from program.models.bilingual import Local
from program.models.constraints import LARGE, SMALL
from program.models.house_style import HouseStyle
from program.models.phases import Phase
from program.models.slugs import LANGUAGE_BEGINNINGS, RESERVED_SLUGS, not_reserved
from program.models.venue import Venue

DAY = timedelta(days=1)
# Nobody is erased so soon after another day or another time of keeping: it may be a slip (rule 12).
GRACE = 7 * DAY
LONGEST_STEM = 45  # of an address, with room for a number behind it
MOST_WISHES = 10  # a round: a longer list is no list any more


def new_seed() -> str:
    """What a draw is drawn from: 32 random bytes."""
    return secrets.token_hex(32)


class EventQuerySet(models.QuerySet["Event"]):
    def published(self) -> EventQuerySet:
        return self.filter(published=True)

    def named(self, slug: str) -> Event:
        """The published event at this address. Raises DoesNotExist."""
        # By hand: every page asks, and for so many columns Django takes longer than the database.
        for event in self.raw("SELECT * FROM program_event WHERE published AND slug = %s", [slug]):
            return event
        raise self.model.DoesNotExist

    def coming(self, at: datetime) -> EventQuerySet:
        """Not over yet, the soonest first."""
        return self.filter(ends_at__gt=at).order_by("starts_at")

    def past(self, at: datetime) -> EventQuerySet:
        """Over, the latest one first."""
        return self.filter(ends_at__lte=at).order_by("-starts_at")

    def nearest_first(self, at: datetime) -> EventQuerySet:
        """What is coming, the soonest first; then what is past, the latest first."""
        coming = Q(ends_at__gt=at)
        return self.order_by(
            Case(When(coming, then=Value(0)), default=Value(1)).asc(),
            Case(When(coming, then=F("starts_at"))).asc(),
            "-starts_at",
        )

    def erasable(self, at: datetime, *, after: timedelta | None = None) -> EventQuerySet:
        """Those whose ``kept_for(after)``, by default ``kept_until``, is over."""
        kept: ExpressionWrapper | Value = Value(after, DurationField())
        if after is None:
            # SQLite multiplies no small integers.
            days = Cast("retention_days", models.IntegerField()) * Value(DAY, DurationField())
            kept = ExpressionWrapper(days, DurationField())
        until = ExpressionWrapper(F("ends_at") + kept, models.DateTimeField())
        return self.dates_stand(at).alias(erased_from=until).filter(erased_from__lte=at)

    def dates_stand(self, at: datetime) -> EventQuerySet:
        """Those whose day and time of keeping changed long enough ago to notice a slip."""
        return self.filter(Q(dates_changed_at=None) | Q(dates_changed_at__lte=at - GRACE))

    def free_slug(self, wanted: str) -> str:
        """``wanted``, or else with the next number that is free: avond-2 after avond."""
        wanted = wanted[:LONGEST_STEM].strip("-")
        stem = re.sub(r"-\d{1,2}$", "", wanted)
        taken = {*self.filter(slug__startswith=stem).values_list("slug", flat=True)}
        numbered = (f"{stem}-{number}" for number in count(2))
        return next(slug for slug in chain([wanted], numbered) if slug not in taken)

    def locked(self, pk: int) -> Event:
        """Take the event's lock until the transaction ends; every writer does so first.

        On SQLite the immediate transaction is the lock. Raises LockBusy, or what the database says
        of a lock that does not come.
        """
        rows = connection.features.has_select_for_update
        line = patience.in_line(f"event {pk}", held_by(connection)) if rows else nullcontext()
        with line:
            event = self.select_for_update().get(pk=pk)
        event.version_before = event.version
        return event


def in_order(moment: str, latest: F | Coalesce, *, name: str) -> models.CheckConstraint:
    """A deadline that is empty follows another one."""
    condition = Q(**{f"{moment}__isnull": True}) | Q(**{f"{moment}__lte": latest})
    return models.CheckConstraint(condition=condition, name=name)


class Event(models.Model):
    """One meeting on one day. Empty deadlines follow the start (rule 9 in docs/rules.md)."""

    slug = models.SlugField(_("address"), unique=True, validators=[not_reserved])
    published = models.BooleanField(_("published"), default=False)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    lead = models.CharField(_("summary"), max_length=400, blank=True)
    lead_en = models.CharField(_("summary (English)"), max_length=400, blank=True)
    text = models.TextField(_("text"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    # Whether organisers are asked the English of everything; visitors can always choose English.
    bilingual = models.BooleanField(
        _("also in English"),
        default=False,
        help_text=_("Everywhere beside the Dutch, there is room for the English."),
    )
    organiser = models.CharField(_("organiser"), max_length=200)
    organiser_email = models.EmailField(_("organiser's e-mail address"))
    venue = models.ForeignKey(
        Venue, on_delete=models.PROTECT, related_name="events", verbose_name=_("venue")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    video_url = models.URLField(_("video link"), blank=True)
    video_title = models.CharField(_("video title"), max_length=200, blank=True)
    video_title_en = models.CharField(_("video title (English)"), max_length=200, blank=True)

    notice = models.TextField(
        _("notice"),
        blank=True,
        help_text=_("At sign-up and in the mail: photos are taken, for instance."),
    )
    notice_en = models.TextField(_("notice (English)"), blank=True)
    # Empty: special needs are not asked (rule 12).
    needs_question = models.CharField(
        _("question about special needs"),
        max_length=300,
        blank=True,
        help_text=_("Only organisers see the answers. Empty: not asked."),
    )
    needs_question_en = models.CharField(
        _("question about special needs (English)"), max_length=300, blank=True
    )

    # Empty: not asked. The answers are the event's ``roles``.
    role_question = models.CharField(
        _("question about roles"),
        max_length=100,
        blank=True,
        default="Je bent",
        db_default="Je bent",
        help_text=_("What people come as, with the answers below it. Empty: not asked."),
    )
    role_question_en = models.CharField(
        _("question about roles (English)"),
        max_length=100,
        blank=True,
        default="You are",
        db_default="You are",
    )

    organisers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="organised_events",
        blank=True,
        verbose_name=_("organisers"),
    )
    door_staff = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="door_events",
        blank=True,
        verbose_name=_("door staff"),
    )
    readers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="read_events",
        blank=True,
        verbose_name=_("people who read along"),
    )

    capacity = models.PositiveIntegerField(_("places"), validators=LARGE)
    taken = models.PositiveIntegerField(_("places taken"), default=0, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)
    # Another one for each programme, so that one in memory is known to be right.
    programme_key = models.UUIDField(default=uuid4, editable=False)
    # Under the lock: the version when it was taken.
    version_before: int | None = None

    signup_opens_at = models.DateTimeField(_("sign-up opens at"), null=True, blank=True)
    signup_closes_at = models.DateTimeField(_("sign-up closes at"), null=True, blank=True)
    waiting_closes_at = models.DateTimeField(_("waiting lists close at"), null=True, blank=True)
    changes_close_at = models.DateTimeField(_("changes close at"), null=True, blank=True)
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes to confirm"),
        default=60,
        validators=[
            MinValueValidator(1, _("Give people at least one minute, better sixty.")),
            *SMALL,
        ],
    )
    # Empty: first come, first served. Else people rank tables until then, and a draw follows
    # (rule 16).
    wishes_close_at = models.DateTimeField(_("ranking closes at"), null=True, blank=True)
    wishes_a_round = models.PositiveSmallIntegerField(
        _("tables to rank in each round"),
        default=5,
        db_default=5,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_WISHES)],
    )
    # Nobody sees it before the draw; its hash is public as soon as people rank.
    draw_seed = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )
    drawn_at = models.DateTimeField(_("drawn at"), null=True, blank=True, editable=False)
    # A sign-up holds nothing then: whoever confirms gets what is free (rule 4).
    confirm_first = models.BooleanField(
        _("a place only after confirming"),
        default=False,
        db_default=False,
        help_text=_(
            "A sign-up holds nothing: those who confirm get a place and the tables that are free. "
            "For when made-up sign-ups keep taking the places."
        ),
    )
    retention_days = models.PositiveSmallIntegerField(
        _("days until erasure"), default=30, validators=SMALL
    )
    extras_allowed = models.BooleanField(
        _("extra people at the door"),
        default=False,
        help_text=_("When all places are taken, the door may still let people in."),
    )
    # None: that of the site.
    house_style = models.OneToOneField(
        HouseStyle,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="event",
        verbose_name=_("house style"),
    )
    # When its times or ``retention_days`` were last changed, once it was there.
    dates_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When it was first announced to start, once it has moved.
    announced_start = models.DateTimeField(null=True, blank=True, editable=False)
    called_off_at = models.DateTimeField(_("called off at"), null=True, blank=True, editable=False)
    called_off_why = models.CharField(
        _("why it is called off"), max_length=400, blank=True, editable=False
    )
    called_off_why_en = models.CharField(
        _("why it is called off (English)"), max_length=400, blank=True, editable=False
    )

    local_title = Local("title")
    local_lead = Local("lead")
    local_text = Local("text")
    local_video_title = Local("video_title")
    local_notice = Local("notice")
    local_needs_question = Local("needs_question")
    local_role_question = Local("role_question")
    local_called_off_why = Local("called_off_why")

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_at"]
        permissions = [("read_event", "Can read along with an event")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(slug__in=RESERVED_SLUGS), name="event_slug_not_reserved"
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(slug__istartswith=beginning),
                    name=f"event_slug_not_{beginning[:2]}",
                )
                for beginning in LANGUAGE_BEGINNINGS
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("capacity")), name="event_not_oversold"
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=1), name="event_hold_lasts_a_while"
            ),
            in_order(
                "signup_opens_at",
                Coalesce("signup_closes_at", "starts_at"),
                name="event_signup_opens_before_it_closes",
            ),
            in_order("signup_closes_at", F("starts_at"), name="event_signup_closes_before_start"),
            in_order("changes_close_at", F("starts_at"), name="event_changes_close_before_start"),
            in_order(
                "waiting_closes_at",
                Coalesce("changes_close_at", "starts_at"),
                name="event_waiting_closes_before_changes",
            ),
            models.CheckConstraint(
                condition=Q(wishes_close_at__isnull=True)
                | Q(
                    wishes_close_at__lt=Coalesce(
                        "waiting_closes_at", "changes_close_at", "starts_at"
                    )
                ),
                name="event_draw_before_waiting_closes",
            ),
            models.CheckConstraint(
                condition=Q(wishes_close_at__isnull=True) | ~Q(draw_seed=""),
                name="event_draw_has_a_seed",
            ),
            models.CheckConstraint(
                condition=Q(wishes_a_round__gte=1, wishes_a_round__lte=MOST_WISHES),
                name="event_some_wishes",
            ),
            models.CheckConstraint(
                condition=Q(drawn_at__isnull=True)
                | Q(wishes_close_at__isnull=False, drawn_at__gte=F("wishes_close_at")),
                name="event_drawn_after_ranking",
            ),
        ]

    def __str__(self) -> str:
        return self.local_title

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """A draw gets its seed with the first sight of it, so before anybody can rank."""
        if self.wishes_close_at and not self.draw_seed:
            self.draw_seed = new_seed()
            update_fields = update_fields and [*update_fields, "draw_seed"]
        super().save(*args, update_fields=update_fields, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("program:event", args=[self.slug])

    @property
    def places_left(self) -> int:
        return self.capacity - self.taken

    @property
    def signup_closes(self) -> datetime:
        """When sign-up closes: by default at the start (rule 9)."""
        return self.signup_closes_at or self.starts_at

    @property
    def changes_close(self) -> datetime:
        """When changing tables ends: by default at the start (rule 9)."""
        return self.changes_close_at or self.starts_at

    @property
    def waiting_closes(self) -> datetime:
        """When nobody is moved any more: by default 18:00 on the day before (rule 9)."""
        if self.waiting_closes_at:
            return self.waiting_closes_at
        return min(evening_before(self.starts_at), self.changes_close)

    @property
    def draw_to_come(self) -> bool:
        """Whether a draw will give out the places and tables (rule 16)."""
        return self.wishes_close_at is not None and self.drawn_at is None

    def ranking_open(self, at: datetime) -> bool:
        """Whether people may rank tables, or rank them differently."""
        open_still = self.wishes_close_at is not None and at < self.wishes_close_at
        return open_still and self.draw_to_come and not self.called_off

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)

    @property
    def called_off(self) -> bool:
        return self.called_off_at is not None

    @property
    def moved_from(self) -> datetime | None:
        """The start that people first heard of, if it is another one now."""
        return None if self.announced_start == self.starts_at else self.announced_start

    def signup_open(self, at: datetime) -> bool:
        if self.called_off:
            return False
        return (self.signup_opens_at or at) <= at < self.signup_closes

    def over(self, at: datetime) -> bool:
        return self.ends_at <= at

    def started(self, at: datetime) -> bool:
        return self.starts_at <= at

    def phase(self, at: datetime) -> Phase:
        if self.over(at):
            return Phase.ARCHIVED if self.kept_until <= at else Phase.OVER
        if not self.published:
            return Phase.IN_THE_MAKING
        return Phase.TODAY if self.starts_at < _end_of_day(at) else Phase.OPEN

    def kept_for(self, time_after: timedelta) -> datetime:
        """When something is erased that is kept for this time after the event (rule 12).

        Never within a week of a change of the day or of the time of keeping.
        """
        until = self.ends_at + time_after
        return max(until, self.dates_changed_at + GRACE) if self.dates_changed_at else until

    @property
    def kept_until(self) -> datetime:
        """When names and addresses are erased (rule 12)."""
        return self.kept_for(self.retention_days * DAY)

    @property
    def erased_on(self) -> date:
        """The day of ``kept_until``."""
        return timezone.localdate(self.kept_until)

    def bump(self, *, places: int = 0) -> None:
        """Give the event the next of the versions that caches and door lists depend on.

        Needs the lock. All that one transaction changes has one version, for nobody sees a part of
        it. After a savepoint that was rolled back ``version`` and ``taken`` have to be read again.

        ``places`` is added to those taken: for ``registrations.booking.places`` alone.
        """
        step = int(self.version_before in (None, self.version))
        if not (step or places):
            return
        # One statement instead of two, under the lock that everybody waits for.
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE program_event SET version = version + %s, taken = taken + %s "
                "WHERE id = %s RETURNING version, taken",
                [step, places, self.pk],
            )
            self.version, self.taken = cursor.fetchone()

    def bump_programme(self) -> None:
        """After any change that organisers make and pages show. Needs the lock.

        To the event's own texts and times, its timetable, themes, tables, hosts, questions or
        venue, and whether it takes place; not to seats and places.
        """
        self.bump()
        self.programme_key = uuid4()
        self.save(update_fields=["programme_key"])


def event_key(related_name: str) -> models.ForeignKey[Event, Event]:
    """What makes a row part of one event."""
    return models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name=related_name, verbose_name=_("event")
    )


def _end_of_day(at: datetime) -> datetime:
    return wall_clock(timezone.localdate(at) + DAY, time())


def evening_before(start: datetime) -> datetime:
    """18:00 on the day before, when waiting lists close unless somebody says otherwise (rule 9).

    As aware or naive as ``start``.
    """
    if timezone.is_naive(start):
        return datetime.combine(start.date() - DAY, time(18))
    return wall_clock(timezone.localdate(start) - DAY, time(18))


def wall_clock(day: date, clock: time) -> datetime:
    """The moment at which a clock in the event's time zone shows ``clock`` on ``day``."""
    return timezone.make_aware(datetime.combine(day, clock), timezone.get_default_timezone())
