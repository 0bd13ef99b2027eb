"""All tables of an event as a sheet: a row a session, with its hosts and its rounds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.names import KnownHosts, KnownThemes
from program.admin.sheet import Data, OneLine, PartForm, Sheet, SheetRowForm, store
from program.file.refusals import in_use, too_few_seats
from program.file.rules import CODE_ONCE, reserved_refused
from program.file.warnings import TableAt, tables_together, together
from program.models import Hosting, Round, Slot, Speaker, TableSession, Theme
from program.public.programme import natural

EMPTY_ROWS, FIRST_ROWS = 2, 6


class SessionRowForm(SheetRowForm):
    present = "title"
    emptied = ("code", "title")
    instance: TableSession

    code = forms.SlugField(label=gettext_lazy("code"), max_length=10, required=False)
    theme = forms.CharField(
        label=gettext_lazy("theme"),
        widget=forms.TextInput({"list": "themes", "autocomplete": "off"}),
    )
    hosts = forms.CharField(
        label=gettext_lazy("hosts"),
        required=False,
        widget=forms.Textarea({"rows": 2, "data-suggest": "hosts", "autocomplete": "off"}),
    )

    class Meta:
        model = TableSession
        fields = ["code", "title"]
        widgets = {"title": OneLine()}

    def __init__(self, data: Data, prefix: str, instance: TableSession, hosts: KnownHosts) -> None:
        super().__init__(data, prefix, instance)
        self.speakers: list[Speaker] = []  # the hosts that were typed
        if instance.pk is not None:
            self.initial["theme"] = str(instance.theme)
            self.initial["hosts"] = hosts.words(instance.hostings.all())
        else:
            # As the row above it.
            self.fields["theme"].required = False

    def clean_theme(self) -> str:
        return " ".join(self.cleaned_data["theme"].split())


class CellForm(PartForm):
    """A session in a round; no seats filled in: it is not held there."""

    present = "seats"
    instance: Slot
    seats_each: int | None = None  # of a new table with a place and no seats
    seats = forms.IntegerField(
        label=gettext_lazy("seats"),
        required=False,
        min_value=0,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )

    class Meta:
        model = Slot
        fields = ["seats", "location"]
        widgets = {"location": OneLine()}

    def __init__(self, data: Data, prefix: str, instance: Slot) -> None:
        super().__init__(data, prefix, instance)
        if self.instance.dropped:
            for each in self.fields.values():
                each.disabled = True

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data.get("seats")
        values = super().clean()
        if self.errors:
            return values
        stored = self.instance.pk is not None
        message = ""
        if stored and typed is None and "seats" in self.changed_data:
            values["seats"] = self.instance.seats
            self.going = True
            message = in_use(self.instance) if self.instance.taken else ""
        elif not stored and typed is None:
            values["seats"] = self.seats_each or 0
            message = "" if self.seats_each else _("Fill in how many seats there are.")
        elif "seats" in self.changed_data:
            message = seats_refused(self.instance, values["seats"], self.instance.reserved)
        if message:
            self.add_error("seats", message)
        return values


def seats_refused(slot: Slot, seats: int, reserved: int) -> str:
    """Why a slot, stored or not, cannot have these numbers; empty if it can."""
    refused = reserved_refused(seats, reserved)
    return refused or (too_few_seats(slot, seats, reserved) if slot.pk else "")


@dataclass(frozen=True)
class SlotCell:
    round: Round
    form: CellForm
    beside: str = ""  # the codes of other tables in the same place

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
    def wanted(self) -> bool:
        """Whether it stays or comes: for a new row, somebody may have typed nothing but seats."""
        if self.form.going or (self.form.ticked_off and self.session.pk is None):
            return False
        return self.form.wanted or any(cell.form.has_changed() for cell in self.cells)

    @property
    def tables(self) -> Iterator[CellForm]:
        """The cells in which it will be held."""
        for cell in self.cells:
            if self.wanted and cell.form.wanted and not cell.slot.dropped:
                yield cell.form


class UsualSeatsForm(forms.Form):
    """The seats of a table that is given a place and no seats."""

    each = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=999,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": 4}),
    )


class TablesSheet(Sheet):
    """All sessions, in a fixed number of queries, and empty rows for new ones."""

    def fill(self) -> None:
        self.rounds = list(self.event.rounds.select_related("agenda_item"))
        self.themes = KnownThemes(self.event)
        self.hosts = KnownHosts(self.event)
        sessions = self._sessions()
        slots = [slot for session in sessions for slot in session.slots.all()]
        usual = Counter(slot.seats for slot in slots).most_common(1)
        self.default = UsualSeatsForm(
            self.data, prefix="seats", initial={"each": usual[0][0] if usual else None}
        )
        self._beside = _beside(slots, self.rounds)
        self.stored_rows = [self._row(str(session.pk), session) for session in sessions]
        empty = EMPTY_ROWS if sessions else FIRST_ROWS
        self.new_rows = [
            self._row(f"new-{number}", TableSession(event=self.event))
            for number in self.more("session-new", "title", empty)
        ]
        self.blank = self._row("new-__", TableSession(event=self.event), sent=False)

    def _sessions(self) -> list[TableSession]:
        hostings = Hosting.objects.select_related("speaker")
        sessions = self.event.sessions.order_by().select_related("theme")
        found = sessions.prefetch_related(
            Prefetch("hostings", hostings), Prefetch("slots", Slot.objects.order_by())
        )
        return sorted(found, key=lambda one: (one.theme.number, natural(one.code)))

    def _row(self, key: str, session: TableSession, *, sent: bool = True) -> SessionRow:
        data = self.data if sent else None
        form = SessionRowForm(data, f"session-{key}", session, self.hosts)
        form.name_fields(session.code or _("new"))
        held = {one.round_id: one for one in session.slots.all()} if session.pk else {}
        cells = []
        for round_ in self.rounds:
            slot = held.get(round_.pk) or Slot(event=self.event)
            # For the sentences about it; the rows are known already.
            slot.round, slot.session = round_, session
            cell = CellForm(data, f"cell-{key}-{round_.pk}", slot)
            cell.seats_each = self._seats_each
            cell.name_fields(session.code or _("new"), round_)
            cells.append(SlotCell(round_, cell, self._beside.get(slot.pk, "")))
        return SessionRow(form, cells)

    @property
    def _seats_each(self) -> int | None:
        return self.default.cleaned_data["each"] if self.default.is_valid() else None

    @property
    def rows(self) -> list[SessionRow]:
        return [*self.stored_rows, *self.new_rows]

    @property
    def forms(self) -> Iterator[PartForm]:
        for row in self.rows:
            yield row.form
            yield from (cell.form for cell in row.cells)

    @property
    def refused(self) -> list[Slot]:
        slots = []
        for row in self.rows:
            wrong = "gone" in row.form.errors
            slots += [cell.slot for cell in row.cells if wrong or cell.form.errors]
        return [slot for slot in slots if slot.pk and slot.taken]

    @property
    def rounds_held(self) -> set[int]:
        """The keys of the rounds that have a table, also if that dropped out."""
        cells = [cell for row in self.rows if row.wanted for cell in row.cells]
        return {cell.round.pk for cell in cells if cell.form.wanted}

    @property
    def changes(self) -> Iterator[PartForm]:
        for row in self.rows:
            if row.form.has_changed() or (row.wanted and row.session.pk is None):
                yield row.form
            if row.wanted:
                yield from (cell.form for cell in row.cells if cell.form.has_changed())

    def check(self) -> None:
        for row in self.rows:
            if not row.wanted:
                for cell in row.cells:
                    cell.form.let_pass()
            for slot in (cell.slot for cell in row.cells if cell.slot.pk and cell.slot.taken):
                if row.form.going:
                    row.form.say("gone", in_use(slot))
        rows = [row for row in self.rows if row.wanted]
        self._check_codes([row.form for row in rows])
        theme = next(iter(self.themes.themes), None)
        for row in rows:
            theme = self._find_theme(row, theme)
            self._find_hosts(row.form)

    def _check_codes(self, rows: Sequence[SessionRowForm]) -> None:
        codes = [form.value("code") for form in rows]
        times = Counter(code.lower() for code in codes)
        numbers = [int(found[0]) for code in codes if (found := re.match(r"\d+", code))]
        free = count(max(numbers, default=0) + 1)
        for form in rows:
            code = form.value("code")
            if not form.value("title"):
                form.say("title", _("Fill in a title."))
            if not code:
                form.instance.code = form.cleaned_data["code"] = str(next(free))
            elif "code" in form.changed_data and times[code.lower()] > 1:
                form.say("code", CODE_ONCE.sentence(code))

    def _find_theme(self, row: SessionRow, above: Theme | None) -> Theme | None:
        """The theme of a row; a new row without one takes that of the row above it."""
        form = row.form
        theme = row.session.theme if row.session.pk else above
        text = form.cleaned_data.get("theme", "") if "theme" in form.changed_data else ""
        try:
            if text:
                theme = self.themes.read(text)
        except ValidationError as error:
            form.say("theme", str(error.message))
        if theme is None:
            form.say("theme", _("Fill in a theme."))
        else:
            row.session.theme = theme
        return theme

    def _find_hosts(self, form: SessionRowForm) -> None:
        try:
            if "hosts" in form.changed_data:
                form.speakers = self.hosts.read(form.cleaned_data.get("hosts", ""))
        except ValidationError as error:
            form.say("hosts", str(error.message))

    @property
    def notes(self) -> Iterator[str]:
        for theme in self.themes.new:
            yield _("New theme: %(theme)s") % {"theme": f"{theme.number}. {theme.title}"}
        at = {}
        for row in self.rows:
            for form in row.tables:
                place = form.value("location")
                at[TableAt(form.instance.round.number, row.session.code, place)] = form
        for tables in tables_together(at):
            if any(at[table].has_changed() for table in tables):
                yield together(tables)

    def store(self) -> None:
        self.themes.store()
        self.hosts.store()
        for row in self.rows:
            if row.form.going:
                row.session.delete()
        self._free_codes()
        for row in self.rows:
            if row.wanted:
                self._store_row(row)

    def _free_codes(self) -> None:
        """Two rows may trade what only one of them can have at a time."""
        for row in self.stored_rows:
            if row.wanted and "code" in row.form.changed_data:
                waiting = f"_{row.session.pk}"[:10]
                self.event.sessions.filter(pk=row.session.pk).update(code=waiting)

    def _store_row(self, row: SessionRow) -> None:
        if row.session.pk is None:
            row.session.save(force_insert=True)
        else:
            store(row.form)
        if "hosts" in row.form.changed_data:
            self._store_hosts(row)
        for cell in row.cells:
            cell.slot.session, cell.slot.round = row.session, cell.round
            store(cell.form)

    def _store_hosts(self, row: SessionRow) -> None:
        stored = {one.speaker_id: one for one in row.session.hostings.all()}
        for position, speaker in enumerate(row.form.speakers, start=1):
            hosting = stored.pop(speaker.pk, None) or Hosting(event=self.event)
            hosting.session, hosting.speaker, hosting.position = row.session, speaker, position
            hosting.save()
        for hosting in stored.values():
            hosting.delete()


def _beside(slots: Iterable[Slot], rounds: Iterable[Round]) -> dict[int, str]:
    """By table, the codes of the other tables in its place."""
    numbers = {round_.pk: round_.number for round_ in rounds}
    found = {}
    at = {
        TableAt(numbers[slot.round_id], slot.session.code, slot.location): slot.pk
        for slot in slots
        if not slot.dropped
    }
    for tables in tables_together(at):
        for table in tables:
            others = (other.code for other in tables if other != table)
            found[at[table]] = ", ".join(others)
    return found
