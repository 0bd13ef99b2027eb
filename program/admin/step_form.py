"""The forms in which organisers set up an event: one for each step, with the rows below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.forms import BoundField
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from program.admin.limits import check_rows
from program.characters import clean_fields
from program.models import Event

Data = Mapping[str, Any] | None
Text = str | Promise
ENGLISH = "_en"


@dataclass(frozen=True)
class Group:
    """Fields under one heading; ``folded`` until somebody opens it or something in it is wrong."""

    title: Text
    names: Sequence[str]
    about: Text = ""
    folded: bool = False


class ShownGroup(NamedTuple):
    name: str  # that of its first field
    title: Text
    about: Text
    folded: bool
    fields: list[BoundField]


class Wrong(NamedTuple):
    """``field`` is the id of what to mend, ``what`` its name on the page."""

    field: str
    what: str
    sentence: str


class KeepingForm(forms.ModelForm):
    """A field counts as changed if it differs from what the page showed.

    So two people who save one after the other keep each other's work, except in a field that both
    have changed: ``replaced`` names those. English stands beside the Dutch where the event has it.
    """

    use_required_attribute = False

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        clean_fields(self.fields)
        if not event.bilingual:
            for name in [name for name in self.fields if name.endswith(ENGLISH)]:
                del self.fields[name]
        for field in self.fields.values():
            field.label = capfirst(field.label or "")
            field.show_hidden_initial = self.instance.pk is not None

    @cached_property
    def replaced(self) -> list[str]:
        """The fields changed both by this form and by somebody else since its page was shown."""
        if not self.is_bound or self.instance.pk is None:
            return []
        return [
            str(self.fields[name].label)
            for name in self.changed_data
            if name in self.fields and self._differs(name)
        ]

    def reading_order(self, name: str) -> int:
        """Where a field stands on the page."""
        return [*self.fields].index(name) if name in self.fields else -1

    def _differs(self, name: str) -> bool:
        """Whether what is stored is neither what the page showed nor what was typed."""
        field, stored = self[name], self.initial.get(name)
        hidden = field.field.hidden_widget()
        shown = hidden.value_from_datadict(self.data, self.files, field.html_initial_name)
        return field.field.has_changed(stored, shown) and field.field.has_changed(
            stored, field.data
        )

    def wrong(self, about: str = "") -> Iterator[Wrong]:
        """All that is wrong, each with the field to mend; ``about`` names the row."""
        for name in sorted(self.errors, key=self.reading_order):
            sentences = self.errors[name]
            field = self[name] if name in self.fields else self.visible_fields()[0]
            label = str(field.label) if name in self.fields else ""
            what = ", ".join(filter(None, (about, label)))
            for sentence in sentences:
                yield Wrong(field.id_for_label, what, str(sentence))


class StepForm(KeepingForm):
    """The columns of an event that one step is about. Needs the lock to be saved."""

    groups: ClassVar[Sequence[Group]] = ()

    def __init__(self, data: Data = None, *, event: Event) -> None:
        super().__init__(data, instance=event, event=event)

    @property
    def shown(self) -> list[ShownGroup]:
        found = []
        for group in self.groups:
            names = [each for name in group.names for each in (name, name + ENGLISH)]
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                folded = group.folded and not any(field.errors for field in fields)
                found.append(ShownGroup(fields[0].name, group.title, group.about, folded, fields))
        return found

    def reading_order(self, name: str) -> int:
        shown = [field.name for group in self.shown for field in group.fields]
        return shown.index(name) if name in shown else -1

    def store(self, *, own: QuerySet[Event]) -> None:
        """Store what was changed, and nothing else: never the counters of taken places.

        ``own`` are the events that the person saving may change.
        """
        columns = {field.name for field in Event._meta.concrete_fields}
        self.instance.save(update_fields=columns.intersection(self.changed_data))


class Rows(forms.BaseInlineFormSet):
    """Rows of an event in the organiser's own order; each can be moved up or down, or removed.

    A button called ``move`` saves the page and moves one: its value is the row's prefix and the
    direction. Without a script it works just as well.
    """

    title: Text = ""
    about: Text = ""
    add: Text = gettext_lazy("Another one")
    after = ""  # the first field of the group that they come below; else last
    in_lines = False  # one a row, for rows of a few short fields

    def __iter__(self) -> Iterator[Any]:
        """Those on the page: all but what somebody else has removed."""
        forms: Sequence[Any] = self.forms
        return iter([form for form in forms if not form.gone])

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        stored = index is not None and index < self.initial_form_count()
        form.gone = self.is_bound and stored and form.instance.pk is None

    @property
    def removed(self) -> list[str]:
        """The rows that somebody else removed after this page was shown, and were typed in."""
        forms: Sequence[Any] = self.forms
        return [form.shown_as for form in forms if form.gone and form.typed_in]

    @property
    def kept(self) -> list[Any]:
        """The rows that there will be, in the order that was asked for."""
        rows = [
            form
            for form in self
            if form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]
        prefix, _dash, way = self.data.get("move", "").rpartition("-")
        at = next((at for at, form in enumerate(rows) if form.prefix == prefix), None)
        if at is not None:
            to = min(max(at + (1 if way == "down" else -1), 0), len(rows) - 1)
            rows.insert(to, rows.pop(at))
        return rows

    @property
    def moved(self) -> bool:
        return any(
            form.instance.position != position for position, form in enumerate(self.kept, start=1)
        )

    def has_changed(self) -> bool:
        return super().has_changed() or self.moved

    def store(self) -> None:
        self.save(commit=False)
        for row in self.deleted_objects:
            row.delete()
        for position, form in enumerate(self.kept, start=1):
            form.instance.position = position
            if form.instance.pk:
                form.instance.save(update_fields={"position", *form.columns_changed})
            else:
                form.instance.save()

    def wrong(self) -> Iterator[Wrong]:
        for sentence in self.non_form_errors():
            yield Wrong(f"{self.prefix}-heading", str(self.title), str(sentence))
        for number, form in enumerate(self, start=1):
            yield from form.wrong(f"{self.title}, {number}")


class RowForm(KeepingForm):
    """One of ``Rows``."""

    gone = False  # whether somebody has removed the row since this page was shown

    @cached_property
    def changed_data(self) -> list[str]:
        """Nothing in a row that is gone."""
        changed: list[str] = [] if self.gone else super().changed_data
        return changed

    @property
    def shown_as(self) -> str:
        """What this page showed of it: its first field."""
        return self._shown(next(iter(self.fields)))

    @property
    def typed_in(self) -> bool:
        """Of a row that is gone: whether it was changed on this page."""
        return any(
            name in (self._meta.fields or ())
            and field.has_changed(self._shown(name), self[name].data)
            for name, field in self.fields.items()
        )

    def _shown(self, name: str) -> str:
        return str(self.data.get(self.add_initial_prefix(name), ""))

    @property
    def columns_changed(self) -> set[str]:
        columns = {field.name for field in self.instance._meta.concrete_fields}
        return columns.intersection(self.changed_data)

    def full_clean(self) -> None:
        if self.gone:
            self._errors, self.cleaned_data = forms.utils.ErrorDict(), {}
            return
        super().full_clean()
        if self.is_bound and self.empty_permitted and not self.has_changed():
            self._errors = forms.utils.ErrorDict()


def rows_of(
    event: Event, data: Data, found: QuerySet[Any], form: type[RowForm], rows: type[Rows]
) -> Rows:
    """The stored rows of an event, as a form, and one empty row.

    Raises TooManyRows, or BadRequest if the form says that fewer of them are stored than it has.
    """
    made: Any = forms.inlineformset_factory(Event, found.model, form=form, formset=rows, extra=1)
    formset: Rows = made(data, instance=event, queryset=found, form_kwargs={"event": event})
    if formset.is_bound:
        claimed = formset.management_form.cleaned_data
        total, stored = claimed.get(TOTAL_FORM_COUNT) or 0, claimed.get(INITIAL_FORM_COUNT) or 0
        check_rows(total - len(formset.get_queryset()))
        key = found.model._meta.pk.name
        if stored < sum(
            bool(formset.data.get(f"{formset.prefix}-{n}-{key}")) for n in range(total)
        ):
            # Stored rows would be taken for new ones.
            raise BadRequest("A form with a false count of rows.")
    return formset
