"""The page 'Programme': the timetable of the day, and below it all tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from program.admin.sheet import PartForm, Sheet
from program.admin.tables_sheet import TablesSheet
from program.admin.timetable import TimetableSheet
from program.models import Slot


class ProgrammeSheet(Sheet):
    def fill(self) -> None:
        self.timetable = TimetableSheet(self.event, self.data, keep=self.keep)
        self.tables = TablesSheet(self.event, self.data, keep=self.keep)

    @property
    def forms(self) -> Iterator[PartForm]:
        yield from self.timetable.forms
        yield from self.tables.forms

    @property
    def changes(self) -> Iterator[PartForm]:
        yield from self.timetable.changes
        yield from self.tables.changes

    @property
    def refused(self) -> list[Slot]:
        return self.tables.refused

    @property
    def minutes(self) -> int:
        """By how much the whole programme is shifted."""
        return self.timetable.minutes

    @cached_property
    def errors(self) -> list[tuple[str, str]]:
        if self.data is None or self.keep:
            return []
        wrong = super().errors
        shift: Sequence[object] = self.timetable.shift.errors.get("minutes", [])
        return [*(("id_shift-minutes", str(each)) for each in shift), *wrong]

    def check(self) -> None:
        self.timetable.check()
        self.tables.check()
        lost = self.timetable.no_rounds & self.tables.rounds_held
        for line in self.timetable.lines:
            if (round_ := line.instance.round) and round_.pk in lost:
                message = _("Round %(number)s has tables: empty its column first.")
                line.say("is_round", message % {"number": round_.number})

    def has_changed(self) -> bool:
        return self.timetable.has_changed() or self.tables.has_changed()

    @property
    def notes(self) -> Iterator[str]:
        yield from self.timetable.notes
        yield from self.tables.notes

    def store(self) -> None:
        self.tables.store()
        self.timetable.store()
