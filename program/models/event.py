"""The event itself: what, where, when, how many."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from program.bilingual import Local
from program.slugs import LANGUAGE_BEGINNINGS, RESERVED_SLUGS, not_reserved


class Venue(models.Model):
    """A place to meet, with its address as the post knows it."""

    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street and number"), max_length=200)
    postcode = models.CharField(_("postcode"), max_length=12)
    city = models.CharField(_("city"), max_length=100)
    getting_there = models.TextField(_("getting there"), blank=True)
    getting_there_en = models.TextField(_("getting there (English)"), blank=True)

    local_getting_there = Local("getting_there")

    class Meta:
        verbose_name = _("venue")
        verbose_name_plural = _("venues")
        constraints = [
            models.UniqueConstraint(fields=["name", "street", "city"], name="venue_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"

    @property
    def address(self) -> str:
        """One line, in the order of a Dutch envelope."""
        return f"{self.street}, {self.postcode} {self.city}"


class EventQuerySet(models.QuerySet["Event"]):
    def published(self) -> EventQuerySet:
        return self.filter(published=True)

    def coming(self, at: datetime) -> EventQuerySet:
        """Not over yet, the first one first."""
        return self.filter(ends_at__gt=at).order_by("starts_at")

    def past(self, at: datetime) -> EventQuerySet:
        """Over, the latest one first."""
        return self.filter(ends_at__lte=at).order_by("-starts_at")

    def locked(self, pk: int) -> Event:
        """Take the event's lock, until the transaction ends; every writer does so first.

        On SQLite the immediate transaction is the lock.
        """
        return self.select_for_update().get(pk=pk)


class Event(models.Model):
    """One meeting on one day. Empty deadlines follow the start (rule 9 in docs/rules.md)."""

    slug = models.SlugField(_("address"), unique=True, validators=[not_reserved])
    published = models.BooleanField(_("published"), default=False)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    lead = models.CharField(_("summary"), max_length=400, blank=True)
    lead_en = models.CharField(_("summary (English)"), max_length=400, blank=True)
    text = models.TextField(_("text"), blank=True, help_text=_("Markdown."))
    text_en = models.TextField(_("text (English)"), blank=True, help_text=_("Markdown."))
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

    capacity = models.PositiveIntegerField(_("places"))
    taken = models.PositiveIntegerField(_("places taken"), default=0, editable=False)
    version = models.PositiveBigIntegerField(default=0, editable=False)

    signup_opens_at = models.DateTimeField(_("sign-up opens at"), null=True, blank=True)
    signup_closes_at = models.DateTimeField(_("sign-up closes at"), null=True, blank=True)
    waiting_closes_at = models.DateTimeField(_("waiting lists close at"), null=True, blank=True)
    changes_close_at = models.DateTimeField(_("changes close at"), null=True, blank=True)
    hold_minutes = models.PositiveSmallIntegerField(
        _("minutes to confirm"),
        default=60,
        validators=[MinValueValidator(1, _("Give people at least one minute, better sixty."))],
    )
    retention_days = models.PositiveSmallIntegerField(_("days until erasure"), default=30)

    local_title = Local("title")
    local_lead = Local("lead")
    local_text = Local("text")
    local_video_title = Local("video_title")

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_at"]
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
                condition=Q(taken__gte=0, taken__lte=F("capacity")),
                name="event_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=1), name="event_hold_lasts_a_while"
            ),
            models.CheckConstraint(
                condition=Q(signup_opens_at__isnull=True)
                | Q(signup_opens_at__lte=Coalesce("signup_closes_at", "starts_at")),
                name="event_signup_opens_before_it_closes",
            ),
            models.CheckConstraint(
                condition=Q(signup_closes_at__isnull=True)
                | Q(signup_closes_at__lte=F("starts_at")),
                name="event_signup_closes_before_start",
            ),
            models.CheckConstraint(
                condition=Q(changes_close_at__isnull=True)
                | Q(changes_close_at__lte=F("starts_at")),
                name="event_changes_close_before_start",
            ),
            models.CheckConstraint(
                condition=Q(waiting_closes_at__isnull=True)
                | Q(waiting_closes_at__lte=Coalesce("changes_close_at", "starts_at")),
                name="event_waiting_closes_before_changes",
            ),
        ]

    def __str__(self) -> str:
        return self.local_title

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
        """Until when tables can be changed: by default until the start (rule 9)."""
        return self.changes_close_at or self.starts_at

    @property
    def waiting_closes(self) -> datetime:
        """When nobody is moved any more: by default 18:00 on the day before (rule 9)."""
        if self.waiting_closes_at:
            return self.waiting_closes_at
        eve = timezone.localdate(self.starts_at) - timedelta(days=1)
        return min(wall_clock(eve, time(18)), self.changes_close)

    @property
    def day(self) -> date:
        return timezone.localdate(self.starts_at)

    def signup_open(self, at: datetime) -> bool:
        return (self.signup_opens_at or at) <= at < self.signup_closes

    def over(self, at: datetime) -> bool:
        return self.ends_at <= at

    def started(self, at: datetime) -> bool:
        return self.starts_at <= at

    def bump(self) -> None:
        """Add one to the version that caches and door lists hang on. Needs the lock."""
        type(self).objects.filter(pk=self.pk).update(version=F("version") + 1)
        self.refresh_from_db(fields=["version"])


def wall_clock(day: date, clock: time) -> datetime:
    """The moment at which a clock in the event's time zone shows ``clock`` on ``day``."""
    return timezone.make_aware(datetime.combine(day, clock), timezone.get_default_timezone())


class Question(models.Model):
    """A frequently asked question with its answer."""

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="questions", verbose_name=_("event")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    question = models.CharField(_("question"), max_length=300)
    question_en = models.CharField(_("question (English)"), max_length=300, blank=True)
    answer = models.TextField(_("answer"), help_text=_("Markdown."))
    answer_en = models.TextField(_("answer (English)"), blank=True, help_text=_("Markdown."))

    local_question = Local("question")
    local_answer = Local("answer")

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["event", "question"], name="question_once"),
        ]

    def __str__(self) -> str:
        return self.local_question
