"""The day's timetable in the admin. A line with a number is a round: there is no other way
to make one, so that every round has its time.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin_locking import PartsOfEvent
from program.models import AgendaItem, Event, Round


class AgendaForm(forms.ModelForm):
    """``round`` is its number; once cleaned, the round itself, which may not be stored yet."""

    round = forms.IntegerField(
        label=gettext_lazy("round"),
        required=False,
        min_value=1,
        max_value=99,
        widget=forms.NumberInput(attrs={"class": "vSmall"}),
    )

    class Meta:
        model = AgendaItem
        fields = ["starts", "ends", "title", "title_en"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["round"] = self.instance.round and self.instance.round.number

    def _get_validation_exclusions(self) -> set[str]:
        # Two lines may trade rounds; that each has its own is asked of all lines together.
        return {*super()._get_validation_exclusions(), "round"}

    def clean_round(self) -> Round | None:
        number = self.cleaned_data["round"]
        if not number:
            return None
        known = self.instance.round
        return known if known and known.number == number else Round(number=number)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and ends <= starts:
            self.add_error("ends", _("The end is not after the start."))
        return values


class AgendaFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        numbers = set()
        for form in self.kept():
            wanted: Round | None = form.cleaned_data.get("round")
            if wanted and wanted.number in numbers:
                message = _("Round %(value)s has a line in the timetable already.")
                form.add_error("round", message % {"value": wanted.number})
            numbers |= {wanted.number} if wanted else set()
        if any(self.errors):
            return
        for lost in self.rounds().exclude(number__in=numbers).exclude(sittings=None).distinct():
            message = _("Round %(number)s has tables: give it a line, or remove its tables first.")
            raise ValidationError(message % {"number": lost.number})

    def kept(self) -> list[Any]:
        return [
            form
            for form in self.forms
            if form.has_changed() or form.instance.pk
            if hasattr(form, "cleaned_data") and not self._should_delete_form(form)
        ]

    def rounds(self) -> Any:
        return Round.objects.filter(event_id=self.instance.pk or 0)

    def store_rounds(self, event: Event) -> None:
        """Before the lines: they need their rounds, and none may hold on to another's."""
        rounds = {round_.number: round_ for round_ in event.rounds.all()}
        moved = [form for form in self.kept() if "round" in form.changed_data]
        event.agenda.filter(pk__in=[form.instance.pk for form in moved]).update(round=None)
        for form in moved:
            wanted: Round | None = form.cleaned_data["round"]
            if wanted:
                wanted = rounds.get(wanted.number) or event.rounds.create(number=wanted.number)
            form.instance.round = wanted

    def remove_rounds(self, event: Event) -> None:
        """After the lines: a round without one is no round any more."""
        event.rounds.filter(agenda_item=None, sittings=None).delete()


class AgendaInline(PartsOfEvent):
    about = gettext_lazy("Is a line a round with tables? Give it the number of the round.")
    after = None  # the name of the group of fields that it follows on the page
    model = AgendaItem
    form = AgendaForm
    formset = AgendaFormSet
    related = ["round"]
    fields = ["starts", "ends", "title", "title_en", "round"]

    def get_extra(self, request: Any, obj: Any = None, **kwargs: Any) -> int:
        return 1 if obj else 5
