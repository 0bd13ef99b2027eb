"""The form of an event: one day with two times, and what each of its fields does."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.file.model import DEADLINES
from program.file.refusals import too_few_places
from program.file.rules import deadlines_refused, far_away_refused, hours_refused
from program.models import Event
from program.models.event import wall_clock

# Fields of the form that are no columns, and the columns that they are stored in.
HOURS = ("day", "starts", "ends")


class PublishedInput(forms.CheckboxInput):
    """Ticked, or chosen by the button that publishes a draft at once."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool:
        return "_publish" in data or bool(super().value_from_datadict(data, files, name))


class EventForm(forms.ModelForm):
    """One meeting is one day with two times: nobody types the date twice."""

    day = forms.DateField(label=capfirst(gettext_lazy("day")), widget=AdminDateWidget)
    starts = forms.TimeField(label=capfirst(gettext_lazy("from")), widget=AdminTimeWidget)
    ends = forms.TimeField(label=capfirst(gettext_lazy("until")), widget=AdminTimeWidget)

    user: AbstractUser | None = None  # who fills it in

    class Meta:
        model = Event
        fields = ["capacity"]  # and what the admin adds
        widgets = {"published": PublishedInput}
        help_texts = {
            "lead": gettext_lazy("A sentence or two below the title."),
            "text": gettext_lazy("What the meeting is about."),
            "text_en": "",
            "slug": gettext_lazy(
                "The last part of the page's address. Empty: made of the title. "
                "Links that people have stop working when you change it."
            ),
            "published": gettext_lazy("Off: nobody sees the event, and nobody can sign up."),
            "organiser_email": gettext_lazy(
                "Stands on the page. Answers to mails from the site come here."
            ),
            "organisers": gettext_lazy("They see and change everything of this event."),
            "door_staff": gettext_lazy("They see the door page, and nothing else."),
            "notice": gettext_lazy(
                "Stands at sign-up and in the mail. For example: photos are taken."
            ),
            "notice_en": "",
            "needs_question": gettext_lazy(
                "For example: do you have a diet, or do you use a wheelchair? Only organisers "
                "see the answers, which are erased within a week of the event. Empty: not asked."
            ),
            "signup_opens_at": gettext_lazy("Empty: as soon as the event is published."),
            "signup_closes_at": gettext_lazy("Empty: at the start."),
            "waiting_closes_at": gettext_lazy(
                "From then on nobody moves up by itself. Empty: at 18:00 on the day before."
            ),
            "changes_close_at": gettext_lazy(
                "Until then people choose other tables themselves. Empty: at the start."
            ),
            "hold_minutes": gettext_lazy(
                "So long a place is held for who has not pressed the button in the mail yet."
            ),
            "retention_days": gettext_lazy(
                "So long after the event names and addresses are erased by themselves."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            starts = timezone.localtime(self.instance.starts_at)
            ends = timezone.localtime(self.instance.ends_at)
            self.initial.update(day=starts.date(), starts=starts.time(), ends=ends.time())
        if "slug" in self.fields:
            self.fields["slug"].required = False
        if "capacity" in self.fields and self.instance.pk:
            taken = ngettext("%(taken)s is taken.", "%(taken)s are taken.", self.instance.taken)
            self.fields["capacity"].help_text = taken % {"taken": self.instance.taken}

    @cached_property
    def changed_data(self) -> list[str]:
        """With the columns in which the day and the times are stored."""
        changed: list[str] = super().changed_data
        moved = not {*HOURS}.isdisjoint(changed)
        return [*changed, *(["starts_at", "ends_at"] if moved else [])]

    def clean_organisers(self) -> Any:
        """Nobody locks themselves out, and somebody is left."""
        organisers = self.cleaned_data["organisers"]
        if not self.instance.pk:
            return organisers
        if not organisers:
            raise ValidationError(_("Choose at least one organiser."))
        me = self.user
        was_there = me in self.initial.get("organisers", [])
        if me and was_there and me not in organisers and not me.is_superuser:
            raise ValidationError(_("Somebody else has to take you off: you could not come back."))
        return organisers

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        return slug or self.instance.slug or free_slug(self.cleaned_data.get("title", ""))

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if refused := far_away_refused(day):
            raise ValidationError(refused)
        return day

    def clean_capacity(self) -> int:
        capacity: int = self.cleaned_data["capacity"]
        if message := too_few_places(capacity, self.instance.taken):
            raise ValidationError(message)
        return capacity

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        day, starts, ends = (values.get(name) for name in HOURS)
        if starts and ends and (refused := hours_refused(starts, ends)):
            self.add_error("ends", refused)
        elif day and starts and ends and {*HOURS} & {*self.changed_data}:
            self.instance.starts_at = wall_clock(day, starts)
            self.instance.ends_at = wall_clock(day, ends)
        if day and starts:
            given = {name: values.get(f"{name}_at") for name in DEADLINES}
            for name, message in deadlines_refused(wall_clock(day, starts), **given):
                self.add_error(f"{name}_at", message)
        return values


def free_slug(title: str) -> str:
    """An address made of the title that no other event has."""
    longest = Event._meta.get_field("slug").max_length or 50
    slug = first = slugify(title)[: longest - 4].strip("-") or "event"
    number = 1
    while Event.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{first}-{number}"
    return slug
