"""What the admin refuses, with a sentence and the numbers (rules 9 and 10)."""

from __future__ import annotations

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

from program.deadlines import out_of_order
from program.models import Event, SignupQuestion, Sitting, TableSession, Theme
from program.models.event import wall_clock
from program.people import in_use, too_few_places, too_few_seats

# Fields of the form that are no columns, and the columns that they are stored in.
HOURS = ("day", "starts", "ends")


class EventForm(forms.ModelForm):
    """One meeting is one day with two times: nobody types the date twice."""

    day = forms.DateField(label=capfirst(gettext_lazy("day")), widget=AdminDateWidget)
    starts = forms.TimeField(label=capfirst(gettext_lazy("from")), widget=AdminTimeWidget)
    ends = forms.TimeField(label=capfirst(gettext_lazy("until")), widget=AdminTimeWidget)

    user: AbstractUser | None = None  # who fills it in

    class Meta:
        model = Event
        fields = ["capacity"]  # and what the admin adds
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

    def clean_capacity(self) -> int:
        capacity: int = self.cleaned_data["capacity"]
        if message := too_few_places(capacity, self.instance.taken):
            raise ValidationError(message)
        return capacity

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        day, starts, ends = (values.get(name) for name in HOURS)
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end is not after the start."))
        elif day and starts and ends and {*HOURS} & {*self.changed_data}:
            self.instance.starts_at = wall_clock(day, starts)
            self.instance.ends_at = wall_clock(day, ends)
        if day and starts:
            deadlines = ("signup_opens", "signup_closes", "waiting_closes", "changes_close")
            given = {name: values.get(f"{name}_at") for name in deadlines}
            for name, message in out_of_order(wall_clock(day, starts), **given):
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


class ThemeField(forms.ModelChoiceField):
    """Of a session that there is already, only the themes of its own event."""

    event: Event | None = None
    default_error_messages = {
        "invalid_choice": gettext_lazy("This theme belongs to another event.")
    }

    def label_from_instance(self, obj: Theme) -> str:
        return str(obj) if self.event else f"{obj} ({obj.event})"


class SessionForm(forms.ModelForm):
    theme = ThemeField(Theme.objects.select_related("event"), label=gettext_lazy("Theme"))

    class Meta:
        model = TableSession
        fields = ["event", "theme", "code", "title", "title_en", "text", "text_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes = self.fields.get("theme")
        if self.instance.pk and isinstance(themes, ThemeField):
            themes.event = self.instance.event
            themes.queryset = themes.event.themes.all()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        theme = values.get("theme")
        # The event can be chosen for a new session only.
        event_id = values["event"].pk if values.get("event") else self.instance.event_id
        if theme and event_id and theme.event_id != event_id:
            self.add_error("theme", _("This theme belongs to another event."))
        return values


class SittingForm(forms.ModelForm):
    class Meta:
        model = Sitting
        fields = ["round", "seats", "reserved", "location", "location_en"]

    def clean_round(self) -> Any:
        if self.instance.taken and "round" in self.changed_data:
            raise ValidationError(in_use(self.instance))
        return self.cleaned_data["round"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        seats, reserved = values.get("seats"), values.get("reserved")
        if seats is None or reserved is None:
            return values
        if message := seats_wanted(self.instance, seats, reserved):
            self.add_error("seats", message)
        return values


def seats_wanted(sitting: Sitting, seats: int, reserved: int) -> str:
    """Why a sitting, stored or not, can't have these numbers; empty if it can."""
    if reserved > seats:
        message = _("%(reserved)s seats are reserved, but there are %(seats)s.")
        return message % {"reserved": reserved, "seats": seats}
    return too_few_seats(sitting, seats, reserved) if sitting.pk else ""


class InOrderForm(forms.ModelForm):
    """A row without a number stands where it is on the page: a new one last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        if not self.instance.pk:
            self.initial["position"] = None

    def clean_position(self) -> int:
        position: int | None = self.cleaned_data["position"]
        index = (self.prefix or "").rpartition("-")[2]
        return position if position is not None else int(index or 0) + 1


class SignupQuestionForm(InOrderForm):
    """A question with answers stays as it was asked: it can only be retired."""

    retired = forms.BooleanField(
        label=gettext_lazy("not asked any more"),
        required=False,
        help_text=gettext_lazy("The answers that were given stay."),
    )

    class Meta:
        model = SignupQuestion
        fields = ["position", "kind", "question", "question_en"]  # and what the admin adds

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].widget.attrs["rows"] = 4
        self.initial["retired"] = self.instance.retired_at is not None

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        return [*changed, *(["retired_at"] if "retired" in changed else [])]

    @property
    def answered(self) -> int:
        """How many people answered: whoever knows that adds it to the rows."""
        return getattr(self.instance, "answered", 0)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("kind") in SignupQuestion.WITH_OPTIONS and not values.get("options"):
            self.add_error("options", _("Write down the answers to choose from."))
        if "retired" in self.changed_data:
            self.instance.retired_at = timezone.now() if values.get("retired") else None
        if self.answered and values.get("DELETE"):
            # What stays is not deleted: the admin would list every single answer.
            values["DELETE"] = False
            raise ValidationError(self.refusal(_("it cannot be deleted")))
        if self.answered and "kind" in self.changed_data:
            self.add_error("kind", self.refusal(_("its kind stays as it is")))
        return values

    def refusal(self, so: str) -> str:
        message = ngettext(
            "%(count)s person answered this question, so %(so)s. "
            "Tick “not asked any more” instead, and add another question if you need one.",
            "%(count)s people answered this question, so %(so)s. "
            "Tick “not asked any more” instead, and add another question if you need one.",
            self.answered,
        )
        return message % {"count": self.answered, "so": so}


def going(form: forms.BaseForm) -> bool:
    """Whether somebody ticked that this row of an inline is to be deleted."""
    return bool(getattr(form, "cleaned_data", {}).get("DELETE"))
