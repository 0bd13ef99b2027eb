"""The day's timetable as a sheet. A line that is ticked is a round: there is no other way to
make one, so that every round has its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.admin.sheet import OUT_OF_THE_WAY, OneLine, Sheet, SheetRowForm
from program.file.model import DEADLINES
from program.file.rules import deadlines_refused, hours_refused, lines_refused
from program.file.warnings import lines_at_once
from program.models import AgendaItem, Event
from program.models.event import wall_clock

EMPTY_LINES, FIRST_LINES = 1, 6


class KnownLine(NamedTuple):
    """A line as the rules look at it; ``form`` if somebody typed it."""

    starts: time
    ends: time
    title: str
    round: int | None
    form: LineForm | None = None


def hours_of(event: Event) -> tuple[time, time]:
    starts, ends = (timezone.localtime(moment) for moment in (event.starts_at, event.ends_at))
    return starts.time(), ends.time() if ends.date() == starts.date() else time.max


def hours_in_the_way(event: Event, starts: time, ends: time) -> list[tuple[str, str]]:
    """Why an event can't have these hours, with the timetable that it has.

    'starts' or 'ends', and a sentence. For every form that changes the hours of an event.
    """
    lines = [
        KnownLine(line.starts, line.ends, line.title, line.round.number if line.round else None)
        for line in event.agenda.select_related("round")
    ]
    advice = _("Change the timetable first, or shift all of it on the Programme page.")
    return [
        (name, f"{refused} {advice}")
        for line, name, refused in lines_refused(starts, ends, lines)
        if not starts <= line.starts <= line.ends <= ends
    ]


def by_clock(form: LineForm) -> tuple[time, time]:
    return form.line[:2]


class LineForm(SheetRowForm):
    present = "title"
    emptied = ("starts", "ends", "title")
    instance: AgendaItem
    number: int | None = None  # of the round that it will be

    is_round = forms.BooleanField(label=gettext_lazy("round with tables"), required=False)

    class Meta:
        model = AgendaItem
        fields = ["starts", "ends", "title", "title_en"]
        labels = {"title": gettext_lazy("what"), "title_en": gettext_lazy("what (English)")}
        widgets = {
            "starts": forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            "ends": forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            "title": OneLine(),
            "title_en": OneLine(),
        }

    def __init__(self, data: Any, prefix: str, instance: AgendaItem | None = None) -> None:
        super().__init__(data, prefix, instance)
        stored = self.instance.pk is not None
        self.initial["is_round"] = self.instance.round_id is not None
        self.number = self.instance.round.number if self.instance.round else None
        for name in ("starts", "ends"):
            if stored:
                self.initial[name] = f"{getattr(self.instance, name):%H:%M}"
        # Where it starts follows from the line above it.
        self.fields["starts"].required = stored

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "is_round" not in self.changed_data:
            values["is_round"] = self.instance.round_id is not None
        starts, ends = values.get("starts"), values.get("ends")
        if starts and ends and (refused := hours_refused(starts, ends)):
            self.add_error("ends", refused)
        return values

    @property
    def has_round(self) -> bool:
        stored = self.instance.round_id is not None
        return bool(getattr(self, "cleaned_data", {}).get("is_round", stored))

    @property
    def line(self) -> KnownLine:
        """As it will be."""
        starts, ends, title = (self.value(name) for name in ("starts", "ends", "title"))
        return KnownLine(starts, ends, title, self.number, self)


class ShiftForm(forms.Form):
    """Everything so many minutes later, or earlier."""

    minutes = forms.IntegerField(
        label=gettext_lazy("minutes"),
        required=False,
        min_value=-720,
        max_value=720,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": 4}),
    )


class TimetableSheet(Sheet):
    def fill(self) -> None:
        event, data = self.event, self.data
        stored = list(event.agenda.select_related("round").order_by("starts", "ends", "pk"))
        self.lines = [LineForm(data, f"line-{line.pk}", line) for line in stored]
        empty = EMPTY_LINES if stored else FIRST_LINES
        self.new_lines = [
            LineForm(data, f"new-line-{number}") for number in self.more("new-line", "title", empty)
        ]
        self.blank = LineForm(None, "new-line-__")
        self.shift = ShiftForm(data, prefix="shift")
        self.rounds = list(event.rounds.all())
        for form in (*self.all_lines, self.blank):
            form.keep_dutch(event)
            form.name_fields(form.instance.title or _("new line"))

    @property
    def all_lines(self) -> list[LineForm]:
        return [*self.lines, *self.new_lines]

    @property
    def forms(self) -> Iterable[LineForm]:
        return self.all_lines

    @property
    def minutes(self) -> int:
        if self.keep or not self.shift.is_valid():
            return 0
        return self.shift.cleaned_data["minutes"] or 0

    @property
    def kept(self) -> list[LineForm]:
        return [form for form in self.all_lines if form.wanted]

    @property
    def no_rounds(self) -> set[int]:
        """The keys of the stored rounds that lose their line."""
        return {
            form.instance.round_id
            for form in self.lines
            if form.instance.round_id and (form.going or not form.has_round)
        }

    def has_changed(self) -> bool:
        return bool(self.minutes) or super().has_changed()

    def check(self) -> None:
        if not self.has_changed():
            return
        self._follow_on()
        if any(form.errors for form in self.kept):
            return
        self._number()
        for line, name, refused in lines_refused(*hours_of(self.event), self._lines()):
            if line.form:
                line.form.say(name, refused)
        if refused := self._shift_refused():
            self.shift.add_error("minutes", refused)

    def _follow_on(self) -> None:
        """A new line without a start begins where the one above it ends."""
        before, _end = hours_of(self.event)
        for form in self.kept:
            if form.errors:
                continue
            if form.value("starts") is None:
                form.instance.starts = form.cleaned_data["starts"] = before
                if refused := hours_refused(before, form.value("ends")):
                    form.say("ends", refused)
            before = form.value("ends")

    def _lines(self) -> list[KnownLine]:
        return [form.line for form in self.kept]

    def _number(self) -> None:
        """Rounds are numbered by the clock; once people have a place, a new one comes last."""
        for form in self.kept:
            if not form.has_round:
                form.number = None
        rounds = sorted((form for form in self.kept if form.has_round), key=by_clock)
        new = [form for form in rounds if form.number is None]
        last = max((round_.number for round_ in self.rounds), default=0)
        with_line = {form.instance.round_id for form in self.lines if form.instance.round_id}
        if not self.event.taken and with_line == {round_.pk for round_ in self.rounds}:
            new, last = rounds, 0
        for number, form in enumerate(new, start=last + 1):
            form.number = number

    def _shift_refused(self) -> str:
        if not (self.minutes and self.shift.is_valid()):
            return ""
        starts, ends = self._hours()
        if {starts.date(), ends.date()} != {self.event.day}:
            return _("Then the programme would no longer fit in one day.")
        given = {name: getattr(self.event, f"{name}_at") for name in DEADLINES}
        return " ".join(refused for _name, refused in deadlines_refused(starts, given))

    def _hours(self) -> list[datetime]:
        """When the event starts and ends, by the clock, once everything was shifted."""
        both = (self.event.starts_at, self.event.ends_at)
        return [
            wall_clock(there.date(), there.time())
            for moment in both
            for there in [timezone.localtime(moment).replace(tzinfo=None) + self.later]
        ]

    @property
    def later(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    @property
    def notes(self) -> Iterator[str]:
        if super().has_changed():
            for _line, sentence in lines_at_once(self._lines()):
                yield sentence

    def store(self) -> None:
        if not self.has_changed():
            return
        for form in self.lines:
            if form.going:
                form.instance.delete()
            elif form.instance.round_id and not form.has_round:
                form.instance.round = None
                form.instance.save(update_fields=["round"])
        # A round without a line is no longer a round.
        self.event.rounds.filter(agenda_item=None, slots=None).delete()
        self._renumber()
        for form in self.kept:
            self._store_line(form)
        if self.minutes:
            self.event.starts_at, self.event.ends_at = self._hours()
            self.event.save(update_fields=["starts_at", "ends_at"])

    def _renumber(self) -> None:
        """Two rounds may trade numbers, which only one of them can have at a time."""
        moved = [
            form for form in self.kept if (row := form.instance.round) and row.number != form.number
        ]
        for place, form in enumerate(moved, start=OUT_OF_THE_WAY):
            self._set_number(form, place)
        for form in moved:
            self._set_number(form, form.number)

    def _set_number(self, form: LineForm, number: int | None) -> None:
        if (row := form.instance.round) and number:
            row.number = number
            row.save(update_fields=["number"])

    def _store_line(self, form: LineForm) -> None:
        row = form.instance
        if row.pk is not None and not (form.has_changed() or self.minutes):
            return
        if form.has_round and row.round is None:
            row.round = self.event.rounds.create(number=form.number or 0)
        for name in ("starts", "ends"):
            moved = datetime.combine(self.event.day, form.value(name)) + self.later
            setattr(row, name, moved.time())
        if row.pk is None:
            row.event = self.event
            row.save(force_insert=True)
        else:
            row.save(update_fields=["starts", "ends", "title", "title_en", "round"])
