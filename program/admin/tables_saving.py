"""Stores what was changed in the form of all tables, and nothing else."""

from __future__ import annotations

from typing import Any

from program.admin.locking import columns
from program.admin.tables_form import SessionRow, TablesForm
from program.admin.tables_rows import NewSessionForm, RowForm, number_of
from program.models import Event, Theme

# Above any number that a form takes: where a theme waits while two trade numbers.
OUT_OF_THE_WAY = 10_000


def save_tables(form: TablesForm) -> None:
    """Needs a form without errors, and the lock on the event, whose version it adds one to."""
    if not form.has_changed():
        return
    _free_numbers_and_codes(form)
    themes = {}
    for theme in form.all_themes:
        _store(theme.form, event=form.event)
        if theme.form.instance.pk:
            themes[number_of(theme.form)] = theme.form.instance
    for row in form.rows:
        _store_row(row, form.event, themes)
    form.event.bump()


def _free_numbers_and_codes(form: TablesForm) -> None:
    """Two rows may trade what only one of them can have at a time."""
    for place, theme in enumerate(form.themes, start=OUT_OF_THE_WAY):
        if "number" in theme.form.changed_data:
            form.event.themes.filter(pk=theme.form.instance.pk).update(number=place)
    for row in form.rows:
        if row.session.pk and "code" in row.form.changed_data:
            form.event.sessions.filter(pk=row.session.pk).update(code=f"_{row.session.pk}"[:10])


def _store_row(row: SessionRow, event: Event, themes: dict[int | None, Theme]) -> None:
    if isinstance(row.form, NewSessionForm) and row.form.has_changed():
        row.session.theme = themes[row.form.cleaned_data["number"]]
    _store(row.form, event=event)
    for cell in row.cells:
        if not cell.form.has_changed():
            continue
        if cell.form.removed:
            cell.sitting.delete()
        else:
            _store(cell.form, event=event, session=row.session, round=cell.round)


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
