"""The day's timetable and the rounds in it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from program.models.bilingual import Local
from program.models.constraints import CompositeForeignKey
from program.models.event import Event, wall_clock
from program.models.limits import FROM_ONE


class Round(models.Model):
    """A time slot in which table sessions run side by side; its timetable line gives the time."""

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="rounds", verbose_name=_("event")
    )
    number = models.PositiveSmallIntegerField(_("number"), validators=FROM_ONE)

    class Meta:
        verbose_name = _("round")
        verbose_name_plural = _("rounds")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="round_number_once"),
            models.UniqueConstraint(fields=["event", "id"], name="round_of_event"),
            models.CheckConstraint(condition=Q(number__gte=1), name="round_number_from_one"),
        ]

    def __str__(self) -> str:
        return str(_("Round %(number)s") % {"number": self.number})


class AgendaItem(models.Model):
    """A line of the day's timetable, in wall-clock times of the event's day; may be a round."""

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="agenda", verbose_name=_("event")
    )
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    title = models.CharField(_("title"), max_length=200)
    title_en = models.CharField(_("title (English)"), max_length=200, blank=True)
    round = models.OneToOneField(
        Round,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="agenda_item",
        verbose_name=_("round"),
    )

    local_title = Local("title")

    class Meta:
        verbose_name = _("timetable line")
        verbose_name_plural = _("timetable lines")
        ordering = ["starts", "ends"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")), name="agenda_ends_after_start"
            ),
            CompositeForeignKey(
                name="agenda_round_of_event",
                relation="round",
                fields=["event", "round"],
                to_fields=["event", "id"],
            ),
        ]

    def __str__(self) -> str:
        return f"{time_format(self.starts)} {self.local_title}"

    @property
    def starts_at(self) -> datetime:
        return wall_clock(self.event.day, self.starts)

    @property
    def ends_at(self) -> datetime:
        return wall_clock(self.event.day, self.ends)
