"""Themes, table sessions, their hosts, and the rounds in which they sit."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from program.models.bilingual import Local
from program.models.constraints import FROM_ONE, SMALL, same_event
from program.models.event import event_key
from program.models.timetable import Round


class Theme(models.Model):
    """A subject that groups table sessions."""

    event = event_key("themes")
    number = models.PositiveSmallIntegerField(_("number"), validators=FROM_ONE)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)

    local_title = Local("title")
    local_text = Local("text")

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="theme_number_once"),
            models.UniqueConstraint(fields=["event", "id"], name="theme_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.local_title}"


class Speaker(models.Model):
    """Somebody who hosts a table session."""

    event = event_key("speakers")
    name = models.CharField(_("name"), max_length=200)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    organisation_en = models.CharField(_("organisation (English)"), max_length=200, blank=True)
    function = models.CharField(_("function"), max_length=200, blank=True)
    function_en = models.CharField(_("function (English)"), max_length=200, blank=True)

    local_organisation = Local("organisation")
    local_function = Local("function")

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["event", "id"], name="speaker_of_event"),
            models.UniqueConstraint(fields=["event", "name", "organisation"], name="speaker_once"),
        ]

    def __str__(self) -> str:
        return self.name


class TableSession(models.Model):
    """A conversation at a table, held in one or more rounds."""

    event = event_key("sessions")
    theme = models.ForeignKey(
        Theme, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("theme")
    )
    code = models.SlugField(_("code"), max_length=10)
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)
    text_en = models.TextField(_("text (English)"), blank=True)
    speakers = models.ManyToManyField(
        Speaker, through="Hosting", related_name="sessions", verbose_name=_("hosts")
    )

    local_title = Local("title")
    local_text = Local("text")

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["theme__number", "code"]
        constraints = [
            models.UniqueConstraint(fields=["event", "code"], name="session_code_once"),
            models.UniqueConstraint(fields=["event", "id"], name="session_of_event"),
            same_event("theme", name="session_theme_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.local_title}"

    def get_absolute_url(self) -> str:
        return reverse("program:session", args=[self.event.slug, self.code])


class Hosting(models.Model):
    """A speaker at a table session, in the order in which they are named."""

    event = event_key("+")
    session = models.ForeignKey(
        TableSession,
        on_delete=models.CASCADE,
        related_name="hostings",
        verbose_name=_("session"),
    )
    speaker = models.ForeignKey(
        Speaker, on_delete=models.CASCADE, related_name="hostings", verbose_name=_("host")
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0, validators=SMALL)

    class Meta:
        verbose_name = _("host")
        verbose_name_plural = _("hosts")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["session", "speaker"], name="hosting_once"),
            same_event("session", name="hosting_session_of_event"),
            same_event("speaker", name="hosting_speaker_of_event"),
        ]

    def __str__(self) -> str:
        return str(self.speaker)


class SlotQuerySet(models.QuerySet["Slot"]):
    def going_on(self) -> SlotQuerySet:
        """Those that have not dropped out."""
        return self.filter(dropped_at=None)


class Slot(models.Model):
    """One table session held in one round, at a place with a number of seats."""

    event = event_key("slots")
    session = models.ForeignKey(
        TableSession,
        on_delete=models.CASCADE,
        related_name="slots",
        verbose_name=_("session"),
    )
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, related_name="slots", verbose_name=_("round")
    )
    seats = models.PositiveSmallIntegerField(_("seats"), validators=SMALL)
    # Kept out of sign-up; an organiser gives them away by hand.
    reserved = models.PositiveSmallIntegerField(_("seats reserved"), default=0, validators=SMALL)
    taken = models.PositiveSmallIntegerField(_("seats taken"), default=0, editable=False)
    dropped_at = models.DateTimeField(_("dropped out at"), null=True, blank=True, editable=False)
    location = models.CharField(_("place"), max_length=100, blank=True)
    location_en = models.CharField(_("place (English)"), max_length=100, blank=True)

    local_location = Local("location")

    objects = SlotQuerySet.as_manager()

    class Meta:
        verbose_name = _("table")
        verbose_name_plural = _("tables")
        ordering = ["round__number", "session__theme__number", "session__code"]
        constraints = [
            models.UniqueConstraint(fields=["session", "round"], name="slot_once"),
            models.UniqueConstraint(
                fields=["event", "id", "round", "session"], name="slot_of_event"
            ),
            models.CheckConstraint(
                condition=Q(taken__gte=0, taken__lte=F("seats") - F("reserved")),
                name="slot_not_oversold",
            ),
            models.CheckConstraint(
                condition=Q(dropped_at=None) | Q(taken=0), name="slot_dropped_is_empty"
            ),
            same_event("session", name="slot_session_of_event"),
            same_event("round", name="slot_round_of_event"),
        ]

    def __str__(self) -> str:
        return f"{self.session.code} · {self.round}"

    @property
    def seats_left(self) -> int:
        """What sign-up can still give: not the reserved seats, nor those of a dropped table."""
        return 0 if self.dropped else self.seats - self.reserved - self.taken

    @property
    def full(self) -> bool:
        return self.seats_left <= 0

    @property
    def numbers(self) -> tuple[int, int, int, bool]:
        """All that a page shows of a slot and that changes while people sign up."""
        return self.seats, self.reserved, self.taken, self.dropped

    @property
    def dropped(self) -> bool:
        """Whether this table does not take place after all."""
        return self.dropped_at is not None
