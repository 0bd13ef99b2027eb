"""What the admin refuses, with a sentence and the numbers (rules 9 and 10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.deadlines import out_of_order
from program.models import AgendaItem, Event, Sitting, TableSession, Theme
from program.people import in_use, too_few_places, too_few_seats


class EventForm(forms.ModelForm):
    class Meta:
        model = Event
        fields = ["starts_at", "ends_at", "capacity"]  # and what the admin adds

    def clean_capacity(self) -> int:
        capacity: int = self.cleaned_data["capacity"]
        if message := too_few_places(capacity, self.instance.taken):
            raise ValidationError(message)
        return capacity

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts, ends = values.get("starts_at"), values.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("The end is not after the start."))
        if starts:
            deadlines = ("signup_opens", "signup_closes", "waiting_closes", "changes_close")
            given = {name: values.get(f"{name}_at") for name in deadlines}
            for name, message in out_of_order(starts, **given):
                self.add_error(f"{name}_at", message)
        return values


class AgendaForm(forms.ModelForm):
    class Meta:
        model = AgendaItem
        fields = ["starts", "ends", "title", "title_en", "round"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end is not after the start."))
        return values


class ThemeField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Theme) -> str:
        return f"{obj} ({obj.event})"


class SessionForm(forms.ModelForm):
    theme = ThemeField(Theme.objects.select_related("event"), label=gettext_lazy("Theme"))

    class Meta:
        model = TableSession
        fields = ["event", "theme", "code", "title", "title_en", "text", "text_en"]

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
        fields = ["round", "seats", "location", "location_en"]

    def clean_round(self) -> Any:
        if self.instance.taken and "round" in self.changed_data:
            raise ValidationError(in_use(self.instance))
        return self.cleaned_data["round"]

    def clean_seats(self) -> int:
        seats: int = self.cleaned_data["seats"]
        if self.instance.pk and (message := too_few_seats(self.instance, seats)):
            raise ValidationError(message)
        return seats
