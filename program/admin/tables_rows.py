"""The rows and cells of the form of all tables, each with the words of what is wrong in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.forms import seats_wanted
from program.models import Sitting, TableSession, Theme
from program.people import in_use

MOST_SEATS = 32_767
Data = Mapping[str, Any] | None


class RowForm(forms.ModelForm):
    """Part of a large form; a row that is not in what was sent stays as it is.

    Somebody else may have made it in the meantime. What counts as changed is what differs from
    what this page showed, so that two who save one after the other keep each other's work.
    """

    use_required_attribute = False
    present = ""  # the field that says that a browser sent this row

    def __init__(self, data: Data, prefix: str, instance: Any = None) -> None:
        new = instance is None or instance.pk is None
        sent = data is not None and f"{prefix}-{self.present}" in data
        if sent and new and f"initial-{prefix}-{self.present}" in (data or ()):
            # It was there when this page was shown, and somebody removed it since.
            sent = False
        super().__init__(data if sent else None, instance=instance, prefix=prefix)
        self.empty_permitted = new
        for each in self.fields.values():
            each.show_hidden_initial = not new

    @cached_property
    def changed_data(self) -> list[str]:
        """Nothing in a row that was not sent."""
        changed: list[str] = super().changed_data if self.is_bound else []
        return changed

    def name_fields(self, *about: object) -> None:
        """For who cannot see the row and the column that a field is in."""
        for each in self.fields.values():
            words = [str(each.label).capitalize(), *map(str, about)]
            named = ", ".join(word for word in words if word)
            each.widget.attrs["aria-label"] = named
            # Above the page these sentences stand together, far from their fields.
            each.error_messages["required"] = _("Fill in: %(field)s.") % {"field": named}

    @property
    def wanted(self) -> bool:
        """Whether there is such a row, or will be one."""
        return self.instance.pk is not None or self.has_changed()


class ThemeForm(RowForm):
    present = "title"
    number = forms.IntegerField(label=gettext_lazy("number"), min_value=1, max_value=999)

    class Meta:
        model = Theme
        fields = ["number", "title"]


class SessionRowForm(RowForm):
    present = "code"

    class Meta:
        model = TableSession
        fields = ["code", "title"]


class NewSessionForm(SessionRowForm):
    number = forms.IntegerField(label=gettext_lazy("theme"), min_value=1, max_value=999)


class CellForm(RowForm):
    """A session in a round; no seats filled in: it is not held there."""

    present = "seats"
    removed = False
    seats = forms.IntegerField(
        label=gettext_lazy("seats"), required=False, min_value=0, max_value=MOST_SEATS
    )
    reserved = forms.IntegerField(
        label=gettext_lazy("seats reserved"), required=False, min_value=0, max_value=MOST_SEATS
    )

    class Meta:
        model = Sitting
        fields = ["seats", "reserved", "location"]

    def __init__(self, data: Data, prefix: str, instance: Any = None) -> None:
        super().__init__(data, prefix, instance)
        # Zero is what most have, and an empty field is calmer.
        self.initial["reserved"] = self.instance.reserved or None
        if self.instance.dropped:
            for each in self.fields.values():
                each.disabled = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["reserved"] = values.get("reserved") or 0
        if self.errors:
            return values
        seats, stored = values.get("seats"), self.instance.pk is not None
        message = ""
        if seats is None:
            values["seats"] = self.instance.seats or 0
            self.removed = stored and "seats" in self.changed_data
            if self.removed:
                message = in_use(self.instance) if self.instance.taken else ""
            elif not stored:
                message = _("Fill in how many seats there are.")
        elif not {"seats", "reserved"}.isdisjoint(self.changed_data):
            # What this browser left alone, somebody else may have changed.
            numbers = [
                values[name] if name in self.changed_data else getattr(self.instance, name)
                for name in ("seats", "reserved")
            ]
            message = seats_wanted(self.instance, *numbers)
        if message:
            self.add_error("seats", message)
        return values


def number_of(form: RowForm) -> int | None:
    cleaned = getattr(form, "cleaned_data", {})
    number: int | None = cleaned.get("number", form.instance.number)
    return number


def code_of(form: RowForm) -> str:
    cleaned = getattr(form, "cleaned_data", {})
    return str(cleaned.get("code", form.instance.code))


def say(form: RowForm, name: str, message: str) -> None:
    """An error found among all rows; the field may have one of its own, which is enough."""
    if name not in form.errors:
        form.add_error(name, message)
