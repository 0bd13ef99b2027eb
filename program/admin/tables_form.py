"""All tables of an event in one form: themes, their sessions, and the rounds they are held in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.forms import seats_wanted
from program.admin.locking import columns
from program.file.refusals import in_use
from program.file.rules import CODE_ONCE, THEME_ONCE, no_theme
from program.models import Event, Hosting, Round, Slot, TableSession, Theme
from program.public.programme import natural

Data = Mapping[str, Any] | None


class RowForm(forms.ModelForm):
    """Part of a large form; a row that was not sent stays as it is.

    Changed is what differs from what this page showed, so that two people who save one after
    the other keep each other's work.
    """

    use_required_attribute = False
    present = ""  # the field that says that a browser sent this row

    def __init__(self, data: Data, prefix: str, instance: Any = None) -> None:
        new = instance is None or instance.pk is None
        sent = data is not None and f"{prefix}-{self.present}" in data
        if sent and new and f"initial-{prefix}-{self.present}" in (data or ()):
            # It was there when this page was shown, and somebody has removed it since.
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
        """For those who cannot see the row and the column that a field is in."""
        for each in self.fields.values():
            words = [str(each.label).capitalize(), *map(str, about)]
            named = ", ".join(word for word in words if word)
            each.widget.attrs["aria-label"] = named
            # Above the page these sentences stand together, far from their fields.
            each.error_messages["required"] = _("Fill in: %(field)s.") % {"field": named}

    def value(self, name: str) -> Any:
        """Of a column: what was typed, or else what is stored."""
        return getattr(self, "cleaned_data", {}).get(name, getattr(self.instance, name))

    @property
    def wanted(self) -> bool:
        """Whether there is such a row, or will be one."""
        return self.instance.pk is not None or self.has_changed()


class ThemeForm(RowForm):
    present = "title"

    class Meta:
        model = Theme
        fields = ["number", "title"]


class SessionRowForm(RowForm):
    present = "code"
    instance: TableSession

    class Meta:
        model = TableSession
        fields = ["code", "title"]


class NewSessionForm(SessionRowForm):
    number = forms.IntegerField(
        label=gettext_lazy("theme"), validators=Theme._meta.get_field("number").validators
    )


class CellForm(RowForm):
    """A session in a round; no seats filled in: it is not held there."""

    present = "seats"
    removed = False
    instance: Slot
    seats = forms.IntegerField(label=gettext_lazy("seats"), required=False, min_value=0)
    reserved = forms.IntegerField(label=gettext_lazy("seats reserved"), required=False, min_value=0)

    class Meta:
        model = Slot
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


def say(form: RowForm, name: str, message: str) -> None:
    """An error found by comparing rows, unless the field has an error of its own already."""
    if name not in form.errors:
        form.add_error(name, message)


@dataclass(frozen=True)
class SlotCell:
    round: Round
    form: CellForm

    @property
    def slot(self) -> Slot:
        return self.form.instance


@dataclass(frozen=True)
class SessionRow:
    form: SessionRowForm
    cells: list[SlotCell]

    @property
    def session(self) -> TableSession:
        return self.form.instance

    @property
    def begun(self) -> bool:
        """Whether seats were typed: of a new row somebody may have forgotten the other half."""
        return any(cell.form.has_changed() for cell in self.cells)


@dataclass(frozen=True)
class ThemeRows:
    form: ThemeForm
    sessions: list[SessionRow] = field(default_factory=list)


class TablesSheet:
    """All themes and sessions, in a fixed number of queries, and empty rows for new ones."""

    def __init__(self, event: Event, data: Data = None, *, empty_rows: int = 3) -> None:
        self.event = event
        self.data = data
        self.empty_rows = empty_rows
        self.rounds = list(event.rounds.select_related("agenda_item"))
        self.themes = [
            ThemeRows(ThemeForm(data, f"theme-{theme.pk}", theme)) for theme in event.themes.all()
        ]
        rows = {row.form.instance.pk: row for row in self.themes}
        for session in self._sessions():
            row = SessionRow(
                SessionRowForm(data, f"session-{session.pk}", session),
                self._cells(f"cell-{session.pk}", session),
            )
            rows[session.theme_id].sessions.append(row)
        self.new_themes = [
            ThemeRows(ThemeForm(data, f"new-theme-{index}")) for index in range(empty_rows)
        ]
        last = max((theme.form.instance.number for theme in self.themes), default=0)
        for number, theme in enumerate(self.new_themes, start=last + 1):
            theme.form.initial["number"] = number
        self.new_sessions = [
            SessionRow(
                NewSessionForm(data, f"new-session-{index}"),
                self._cells(f"new-cell-{index}", TableSession(event=event)),
            )
            for index in range(empty_rows)
        ]
        for theme in self.all_themes:
            theme.form.name_fields(theme.form.instance if theme.form.instance.pk else _("new"))
        for row in self.rows:
            row.form.name_fields(row.session.code or _("new"))

    def _sessions(self) -> list[TableSession]:
        hostings = Hosting.objects.select_related("speaker")
        sessions = self.event.sessions.order_by().prefetch_related(
            Prefetch("hostings", hostings), Prefetch("slots", Slot.objects.order_by())
        )
        return sorted(sessions, key=lambda session: natural(session.code))

    def _cells(self, prefix: str, session: TableSession) -> list[SlotCell]:
        held = {one.round_id: one for one in session.slots.all()} if session.pk else {}
        cells = []
        for round_ in self.rounds:
            slot = held.get(round_.pk) or Slot(event=self.event)
            # For the sentences about it; the rows are known already.
            slot.round, slot.session = round_, session
            name = f"{prefix}-{round_.number}"
            form = CellForm(self.data, name, slot)
            form.name_fields(session.code or _("new"), round_)
            cells.append(SlotCell(round_, form))
        return cells

    @property
    def rows(self) -> list[SessionRow]:
        return [*(row for theme in self.themes for row in theme.sessions), *self.new_sessions]

    @property
    def all_themes(self) -> list[ThemeRows]:
        return [*self.themes, *self.new_themes]

    @property
    def forms(self) -> Iterator[RowForm]:
        yield from (row.form for row in self.all_themes)
        for row in self.rows:
            yield row.form
            yield from (cell.form for cell in row.cells)

    @property
    def refused(self) -> list[Slot]:
        """The stored slots with people that can't be what was typed."""
        cells = [cell for row in self.rows for cell in row.cells if cell.form.errors]
        return [cell.slot for cell in cells if cell.slot.pk and cell.slot.taken]

    @cached_property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong: the id of the field, and a sentence."""
        if self.data is None:
            return []
        for form in self.forms:
            form.full_clean()
        self._clean_themes()
        self._clean_sessions()
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
        return any(form.has_changed() for form in self.forms)

    def _clean_themes(self) -> None:
        forms = [row.form for row in self.all_themes if row.form.wanted]
        times = Counter(form.value("number") for form in forms)
        for form in forms:
            if "number" in form.changed_data and times[form.value("number")] > 1:
                say(form, "number", THEME_ONCE.sentence(form.value("number")))

    def _clean_sessions(self) -> None:
        rows = [row for row in self.rows if row.form.wanted or row.begun]
        times = Counter(row.form.value("code").lower() for row in rows)
        numbers = {row.form.value("number") for row in self.all_themes if row.form.wanted}
        for row in rows:
            form, code = row.form, row.form.value("code")
            if not form.wanted:
                say(form, "code", _("Fill in a code and a title."))
            elif "code" in form.changed_data and times[code.lower()] > 1:
                say(form, "code", CODE_ONCE.sentence(code))
            if isinstance(form, NewSessionForm):
                number = form.cleaned_data.get("number") if form.wanted else None
                if number and number not in numbers:
                    say(form, "number", no_theme(number))


# Above any number that a form accepts: where a theme waits while two trade numbers.
OUT_OF_THE_WAY = 10_000


def save_tables(form: TablesSheet) -> None:
    """Needs a form without errors, and the lock on the event, which gets its next version."""
    if not form.has_changed():
        return
    _free_numbers_and_codes(form)
    themes = {}
    for theme in form.all_themes:
        _store(theme.form, event=form.event)
        if theme.form.instance.pk:
            themes[theme.form.value("number")] = theme.form.instance
    for row in form.rows:
        if isinstance(row.form, NewSessionForm) and row.form.has_changed():
            row.session.theme = themes[row.form.cleaned_data["number"]]
        _store(row.form, event=form.event)
        for cell in row.cells:
            if cell.form.removed:
                cell.slot.delete()
            else:
                _store(cell.form, event=form.event, session=row.session, round=cell.round)
    form.event.bump_programme()


def _free_numbers_and_codes(form: TablesSheet) -> None:
    """Two rows may trade what only one of them can have at a time."""
    for place, theme in enumerate(form.themes, start=OUT_OF_THE_WAY):
        if "number" in theme.form.changed_data:
            form.event.themes.filter(pk=theme.form.instance.pk).update(number=place)
    for row in form.rows:
        if row.session.pk and "code" in row.form.changed_data:
            form.event.sessions.filter(pk=row.session.pk).update(code=f"_{row.session.pk}"[:10])


def _store(form: RowForm, **belongs_to: Any) -> None:
    if not form.has_changed():
        return
    row = form.instance
    if row.pk:
        row.save(update_fields=columns(row, form.changed_data))
        return
    for name, value in belongs_to.items():
        setattr(row, name, value)
    row.save(force_insert=True)
