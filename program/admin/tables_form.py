"""All tables of an event in one form: themes, their sessions, and what is held in which round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db.models import Prefetch
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from program.admin.tables_rows import (
    CellForm,
    Data,
    NewSessionForm,
    RowForm,
    SessionRowForm,
    ThemeForm,
    code_of,
    number_of,
    say,
)
from program.grid import natural
from program.models import Event, Hosting, Round, Sitting, TableSession


@dataclass(frozen=True)
class Cell:
    round: Round
    form: CellForm

    @property
    def sitting(self) -> Sitting:
        sitting: Sitting = self.form.instance
        return sitting


@dataclass(frozen=True)
class SessionRow:
    form: SessionRowForm
    cells: list[Cell]

    @property
    def session(self) -> TableSession:
        session: TableSession = self.form.instance
        return session


@dataclass(frozen=True)
class ThemeRow:
    form: ThemeForm
    sessions: list[SessionRow] = field(default_factory=list)


class TablesForm:
    """The themes with their sessions as they are, and empty rows for new ones.

    Needs a fixed number of queries. For saving, the lock on the event.
    """

    def __init__(
        self,
        event: Event,
        data: Data = None,
        *,
        empty_rows: int = 3,
    ) -> None:
        self.event = event
        self.data = data
        self.empty_rows = empty_rows
        self.rounds = list(event.rounds.select_related("agenda_item"))
        self.themes = [
            ThemeRow(ThemeForm(data, f"theme-{theme.pk}", theme)) for theme in event.themes.all()
        ]
        rows = {row.form.instance.pk: row for row in self.themes}
        for session in self._sessions():
            row = SessionRow(
                SessionRowForm(data, f"session-{session.pk}", session),
                self._cells(f"cell-{session.pk}", session),
            )
            rows[session.theme_id].sessions.append(row)
        self.new_themes = [
            ThemeRow(ThemeForm(data, f"new-theme-{index}")) for index in range(empty_rows)
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
        self._name_fields()

    def _sessions(self) -> list[TableSession]:
        hostings = Hosting.objects.select_related("speaker")
        sessions = self.event.sessions.order_by().prefetch_related(
            Prefetch("hostings", hostings), Prefetch("sittings", Sitting.objects.order_by())
        )
        return sorted(sessions, key=lambda session: natural(session.code))

    def _cells(self, prefix: str, session: TableSession) -> list[Cell]:
        held = {one.round_id: one for one in session.sittings.all()} if session.pk else {}
        cells = []
        for round_ in self.rounds:
            sitting = held.get(round_.pk) or Sitting(event=self.event)
            # For the sentences about it; the rows are known already.
            sitting.round, sitting.session = round_, session
            name = f"{prefix}-{round_.number}"
            form = CellForm(self.data, name, sitting)
            form.name_fields(session.code or _("new"), round_)
            cells.append(Cell(round_, form))
        return cells

    def _name_fields(self) -> None:
        for theme in self.themes:
            theme.form.name_fields(theme.form.instance)
        for row in self.rows:
            row.form.name_fields(row.session.code or _("new"))
        for theme in self.new_themes:
            theme.form.name_fields(_("new"))

    @property
    def rows(self) -> list[SessionRow]:
        return [*(row for theme in self.themes for row in theme.sessions), *self.new_sessions]

    @property
    def all_themes(self) -> list[ThemeRow]:
        return [*self.themes, *self.new_themes]

    @property
    def forms(self) -> Iterator[RowForm]:
        yield from (row.form for row in self.all_themes)
        for row in self.rows:
            yield row.form
            yield from (cell.form for cell in row.cells)

    @property
    def refused(self) -> list[Sitting]:
        """The stored sittings with people that can't be what was typed."""
        cells = [cell for row in self.rows for cell in row.cells if cell.form.errors]
        return [cell.sitting for cell in cells if cell.sitting.pk and cell.sitting.taken]

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
        times = Counter(number_of(form) for form in forms)
        for form in forms:
            if "number" in form.changed_data and times[number_of(form)] > 1:
                message = _("There is a theme %(value)s already.") % {"value": number_of(form)}
                say(form, "number", message)

    def _clean_sessions(self) -> None:
        rows = [row for row in self.rows if row.form.wanted or self._begun(row)]
        times = Counter(code_of(row.form).lower() for row in rows)
        numbers = {number_of(row.form) for row in self.all_themes if row.form.wanted}
        for row in rows:
            form, code = row.form, code_of(row.form)
            if not form.wanted:
                say(form, "code", _("Fill in a code and a title."))
            elif "code" in form.changed_data and times[code.lower()] > 1:
                message = _("There is a table session with code %(value)s already.")
                say(form, "code", message % {"value": code})
            if isinstance(form, NewSessionForm):
                number = form.cleaned_data.get("number") if form.wanted else None
                if number and number not in numbers:
                    message = _("There is no theme %(number)s.") % {"number": number}
                    say(form, "number", message)

    def _begun(self, row: SessionRow) -> bool:
        """Seats without a table session: somebody forgot half of a new row."""
        return any(cell.form.has_changed() for cell in row.cells)
