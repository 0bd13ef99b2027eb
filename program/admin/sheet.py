"""A page of rows that are saved together: what the sheets of a programme share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.db.models import Model
from django.forms.utils import ErrorDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.limits import check_rows
from program.characters import clean_fields
from program.models import Event, Slot

Data = Mapping[str, Any] | None
MORE = 10  # rows that the button adds
# Above any number that a form accepts: where a row waits while two trade numbers.
OUT_OF_THE_WAY = 10_000


class OneLine(forms.Textarea):
    """A text without line ends in a box that grows with it, so that all of it can be read."""

    def __init__(self, **attrs: str) -> None:
        super().__init__({"rows": 1, "data-line": "", **attrs})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        value = super().value_from_datadict(data, files, name)
        return value if value is None else " ".join(str(value).split())


class PartForm(forms.ModelForm):
    """Part of a large form; a row that was not sent stays as it is.

    A field counts as changed if it differs from what this page showed, so that two people who
    save one after the other keep each other's work.
    """

    use_required_attribute = False
    present = ""  # the field that says that a browser sent this row
    going = False  # whether the row is to be removed

    def __init__(self, data: Data, prefix: str, instance: Any = None) -> None:
        new = instance is None or instance.pk is None
        sent = data is not None and f"{prefix}-{self.present}" in data
        if sent and new and f"initial-{prefix}-{self.present}" in (data or ()):
            # It was there when this page was shown, and somebody has removed it since.
            sent = False
        super().__init__(data if sent else None, instance=instance, prefix=prefix)
        clean_fields(self.fields)
        self.empty_permitted = new
        for each in self.fields.values():
            each.show_hidden_initial = not new

    @cached_property
    def changed_data(self) -> list[str]:
        """Nothing in a row that was not sent."""
        changed: list[str] = super().changed_data if self.is_bound else []
        return changed

    def clean(self) -> dict[str, Any]:
        """Fields left alone here keep what somebody else may have saved in them since."""
        values = super().clean() or {}
        if self.instance.pk is not None:
            stored = columns(self.instance, values) - {*self.changed_data}
            values |= {name: getattr(self.instance, name) for name in stored}
        return values

    def name_fields(self, *about: object) -> None:
        """For those who cannot see the row and the column that a field is in."""
        for each in self.fields.values():
            label = str(each.label)
            named = ", ".join(filter(None, [label[:1].upper() + label[1:], *map(str, about)]))
            each.widget.attrs["aria-label"] = named
            # These sentences are listed at the top of the page, far from their fields.
            each.error_messages["required"] = _("Fill in: %(field)s.") % {"field": named}

    def keep_dutch(self, event: Event) -> None:
        """English stands beside the Dutch only where the event has it."""
        if not event.bilingual:
            for name in [name for name in self.fields if name.endswith("_en")]:
                del self.fields[name]

    def value(self, name: str) -> Any:
        """Of a column: what was typed, or else what is stored."""
        return getattr(self, "cleaned_data", {}).get(name, getattr(self.instance, name))

    def say(self, name: str, message: str) -> None:
        """An error found by comparing rows, unless the field has an error of its own already."""
        if name not in self.errors:
            self.add_error(name, message)

    def let_pass(self) -> None:
        """Accept whatever it says: the row goes, or is only shown again."""
        self._errors = ErrorDict()

    @property
    def wanted(self) -> bool:
        """Whether there will be such a row."""
        return not self.going and (self.instance.pk is not None or self.has_changed())


class SheetRowForm(PartForm):
    """A row that goes if its box is ticked, or if the fields in ``emptied`` are all empty."""

    emptied: ClassVar[Sequence[str]] = ()
    instance: Any

    gone = forms.BooleanField(label=gettext_lazy("remove"), required=False)

    def __init__(self, data: Data, prefix: str, instance: Any = None) -> None:
        super().__init__(data, prefix, instance)
        self.fields["gone"].show_hidden_initial = False
        # A new row whose box is ticked was never there.
        self.ticked_off = self.is_bound and bool(self["gone"].data)
        if self.is_bound and self.instance.pk is not None:
            said = [str(self[name].data or "").strip() for name in self.emptied]
            self.going = self.ticked_off or not any(said)

    @cached_property
    def changed_data(self) -> list[str]:
        never = self.ticked_off and self.instance.pk is None
        return [] if never else [name for name in super().changed_data if name != "gone"]

    def has_changed(self) -> bool:
        return self.going or super().has_changed()

    def full_clean(self) -> None:
        super().full_clean()
        if self.going:
            self.let_pass()


class Sheet:
    """Rows of one event: all of them are saved or, with any error, none.

    With ``keep`` nothing is checked: the page is shown again with all that was typed on it.
    """

    def __init__(self, event: Event, data: Data = None, *, keep: bool = False) -> None:
        self.event = event
        self.data = data
        self.keep = keep
        self.fill()
        if keep:
            for form in self.forms:
                form.let_pass()

    @property
    def typed(self) -> bool:
        """Whether the page holds what is not saved yet."""
        return self.data is not None

    @property
    def bilingual(self) -> bool:
        """Whether there are English words to fill in."""
        return self.event.bilingual

    def fill(self) -> None:
        """Make the rows."""
        raise NotImplementedError

    @property
    def forms(self) -> Iterable[PartForm]:
        """All of them, in the order of the page."""
        raise NotImplementedError

    def check(self) -> None:
        """Compare rows with each other, once each has been read by itself."""

    def store(self) -> None:
        """Write what was changed. Needs a sheet without errors, and the lock on the event."""
        raise NotImplementedError

    @property
    def changes(self) -> Iterable[PartForm]:
        """What history tells: the rows that come, change or go."""
        return [form for form in self.forms if form.has_changed()]

    @property
    def notes(self) -> Iterable[str]:
        """What to ask before it is saved."""
        return ()

    @property
    def refused(self) -> list[Slot]:
        """The stored tables with people that what was typed cannot be saved for."""
        return []

    def more(self, name: str, present: str, empty: int) -> list[int]:
        """The numbers of the new rows called ``name``: those that were sent, or so many empty.

        A button called ``_more`` with that name asks for some more. Raises TooManyRows.
        """
        if self.data is None:
            return list(range(empty))
        pattern = re.compile(rf"{name}-(\d{{1,6}})-{present}")
        found = {int(match[1]) for each in self.data if (match := pattern.fullmatch(each))}
        check_rows(len(found))
        numbers = sorted(found)
        if self.keep and self.data.get("_more") == name:
            start = numbers[-1] + 1 if numbers else 0
            numbers += range(start, start + MORE)
        return numbers

    @cached_property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong: the id of the field, and a sentence."""
        if self.data is None or self.keep:
            return []
        for form in self.forms:
            form.full_clean()
        self.check()
        return [
            (f"id_{form.prefix}-{name}", str(message))
            for form in self.forms
            for name, messages in form.errors.items()
            for message in messages
        ]

    @property
    def is_valid(self) -> bool:
        return self.data is not None and not self.errors

    def has_changed(self) -> bool:
        return any(True for _form in self.changes)


def columns(row: Model, names: Iterable[str]) -> set[str]:
    """Those of ``names``, a form's fields, that are columns of the row."""
    return {field.name for field in row._meta.concrete_fields}.intersection(names)


def store(form: PartForm, **belongs_to: Any) -> None:
    """Store a new row, or the columns of a stored one that were changed; or remove it."""
    row = form.instance
    if form.going:
        row.delete()
    elif row.pk is not None:
        if changed := columns(row, form.changed_data):
            row.save(update_fields=changed)
    elif form.has_changed():
        for name, value in belongs_to.items():
            setattr(row, name, value)
        row.save(force_insert=True)
