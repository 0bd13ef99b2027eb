"""What the admin refuses, with a sentence and the numbers (rules 9 and 10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.file.refusals import in_use, too_few_seats
from program.file.rules import CODE_ONCE, SPEAKER_ONCE, THEME_ONCE, reserved_refused
from program.models import Event, Slot, TableSession, Theme
from program.organisers import dated, events_of


class ThemeField(forms.ModelChoiceField):
    """Themes of one event, or with their events' names."""

    event: Event | None = None
    default_error_messages = {
        "invalid_choice": gettext_lazy("This theme belongs to another event.")
    }

    def label_from_instance(self, obj: Theme) -> str:
        return str(obj) if self.event else f"{obj} ({dated(obj.event)})"


def another(form: forms.ModelForm, **same: object) -> bool:
    """Whether another row of the same event says the same.

    Django leaves this out where the event is fixed, and no field of the form.
    """
    row: Any = form.instance
    chosen = form.cleaned_data.get("event")  # of a new row only
    rows = type(row)._default_manager.filter(event=chosen.pk if chosen else row.event_id, **same)
    return bool(rows.exclude(pk=row.pk).exists())


class ThemePageForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        number = values.get("number")
        if number is not None and another(self, number=number):
            self.add_error("number", THEME_ONCE.sentence(number))
        return values


class SpeakerForm(forms.ModelForm):
    """On a page of their own or as a row of the list, which does not ask the name."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        same = {
            name: values.get(name, getattr(self.instance, name))
            for name in ("name", "organisation")
        }
        renamed = not same.keys().isdisjoint(self.changed_data)
        if renamed and same["name"] and another(self, **same):
            self.add_error("organisation", SPEAKER_ONCE.sentence(same["name"]))
        return values


class SessionForm(forms.ModelForm):
    theme = ThemeField(Theme.objects.none(), label=gettext_lazy("Theme"))

    user: AbstractUser  # who fills it in

    class Meta:
        model = TableSession
        fields = ["event", "theme", "code", "title", "title_en", "text", "text_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        themes = self.fields.get("theme")
        if not isinstance(themes, ThemeField):
            return
        if self.instance.pk:
            themes.event = self.instance.event
            themes.queryset = themes.event.themes.all()
        else:
            own = events_of(self.user)
            themes.queryset = Theme.objects.filter(event__in=own).select_related("event")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        theme = values.get("theme")
        # The event can be chosen for a new session only.
        event_id = values["event"].pk if values.get("event") else self.instance.event_id
        if theme and event_id and theme.event_id != event_id:
            self.add_error("theme", _("This theme belongs to another event."))
        code = values.get("code")
        if code and another(self, code__iexact=code):
            self.add_error("code", CODE_ONCE.sentence(code))
        return values


class SlotForm(forms.ModelForm):
    class Meta:
        model = Slot
        fields = ["round", "seats", "reserved", "location", "location_en"]

    def clean_round(self) -> Any:
        if self.instance.taken and "round" in self.changed_data:
            raise ValidationError(in_use(self.instance))
        return self.cleaned_data["round"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if going(self) and self.instance.taken:
            # What stays is not deleted: the admin would list every single seat.
            values["DELETE"] = False
            raise ValidationError(in_use(self.instance))
        seats, reserved = values.get("seats"), values.get("reserved")
        if seats is None or reserved is None:
            return values
        if message := seats_wanted(self.instance, seats, reserved):
            self.add_error("seats", message)
        return values


def seats_wanted(slot: Slot, seats: int, reserved: int) -> str:
    """Why a slot, stored or not, can't have these numbers; empty if it can."""
    refused = reserved_refused(seats, reserved)
    return refused or (too_few_seats(slot, seats, reserved) if slot.pk else "")


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


def going(form: forms.BaseForm) -> bool:
    """Whether somebody ticked that this row of an inline is to be deleted."""
    return bool(getattr(form, "cleaned_data", {}).get("DELETE"))
