"""The day's timetable in the admin. A line with a number is a round: there is no other way
to make one, so that every round has its time.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.forms import going
from program.admin.locking import PartsOfEvent
from program.file.rules import ROUND_ONCE, hours_refused
from program.models import AgendaItem, Event, Round


class AgendaForm(forms.ModelForm):
    number = forms.IntegerField(
        label=capfirst(gettext_lazy("round")),
        required=False,
        validators=Round._meta.get_field("number").validators,
        widget=forms.NumberInput(attrs={"class": "vSmall"}),
    )

    class Meta:
        model = AgendaItem
        fields = ["starts", "ends", "title", "title_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["number"] = self.instance.round and self.instance.round.number

    @cached_property
    def changed_data(self) -> list[str]:
        changed: list[str] = super().changed_data
        return [*changed, *(["round"] if "number" in changed else [])]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and (refused := hours_refused(starts, ends)):
            self.add_error("ends", refused)
        return values


class AgendaFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        numbers = set()
        for form in self.kept():
            number = form.cleaned_data.get("number")
            if number and number in numbers:
                form.add_error("number", ROUND_ONCE.sentence(number))
            numbers.add(number)
        if any(self.errors):
            return
        used = self.rounds().exclude(slots=None).distinct()
        for lost in used.exclude(number__in=numbers - {None}):
            message = _("Round %(number)s has tables: give it a line, or remove its tables first.")
            raise ValidationError(message % {"number": lost.number})

    def kept(self) -> list[Any]:
        """The lines that there will be, as far as they could be read."""
        return [
            form
            for form in self.forms
            if hasattr(form, "cleaned_data") and not going(form)
            if form.instance.pk or form.has_changed()
        ]

    def rounds(self) -> QuerySet[Round]:
        return Round.objects.filter(event=self.instance.pk or 0)

    def store_rounds(self, event: Event) -> None:
        """Before the lines: they need their rounds, and none may hold on to another's."""
        rounds = {round_.number: round_ for round_ in event.rounds.all()}
        moved = [form for form in self.kept() if "number" in form.changed_data]
        event.agenda.filter(pk__in=[form.instance.pk for form in moved]).update(round=None)
        for form in moved:
            number = form.cleaned_data["number"]
            if number and number not in rounds:
                rounds[number] = event.rounds.create(number=number)
            form.instance.round = rounds[number] if number else None

    def remove_rounds(self, event: Event) -> None:
        """After the lines: a round without one is no round any more."""
        gone, _rows = event.rounds.filter(agenda_item=None, slots=None).delete()
        if gone:
            event.bump_programme()


class AgendaInline(PartsOfEvent):
    about = gettext_lazy("Is a line a round with tables? Give it the number of the round.")
    after = None  # the name of the group of fields that it follows on the page
    model = AgendaItem
    form = AgendaForm
    formset = AgendaFormSet
    related = ["round"]
    fields = ["starts", "ends", "title", "title_en", "number"]

    def get_extra(self, request: HttpRequest, obj: Event | None = None, **kwargs: Any) -> int:
        return 1 if obj else 5
