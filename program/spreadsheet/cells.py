"""One row of a spreadsheet: hands out its cells by kind, and notes what is wrong with them.

Whoever fills in a spreadsheet does not choose how a value is stored: Excel makes a number of
"14", a fraction of a day of "15:00" and a date of what looks like one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext as _

from program.dates import read_day
from program.entries import Where, tidy, unprintable
from program.programme import Problem
from program.spreadsheet.columns import norm
from program.spreadsheet.layout import KINDS, NO, YES

_MOMENT = re.compile(r"(.*?)[ T,]+(?:om )?(\d{1,2}[:.]\d{2}(?::\d{2})?)(?: uur)?")
_CLOCK = re.compile(r"(\d{1,2})[:.u](\d{2})(?::(\d{2}))?(?: ?uur)?")


@dataclass(frozen=True)
class Broken:
    """What stands for a value that a cell should have had; ``why`` is a sentence."""

    why: str


# What a cell can hold, and what reading one may give.
Content = str | int | float | date | time | timedelta | None
Value = Content | Broken


@dataclass
class Row:
    """``values`` has the cells of the columns that there are, by field.

    What has no column is neither missing nor empty: it is in ``absent``, for the reader.
    """

    values: dict[str, Value]
    line: int
    lines: dict[str, int]
    names: Mapping[str, str]
    problems: list[Problem]
    inner: dict[str, Sequence[Row]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def place(self) -> Where:
        return {
            "line": self.line,
            "lines": self.lines,
            "unread": self.unread | self.absent,
            "names": self.names,
        }

    def tell(self, name: str, message: str) -> None:
        if name not in self.unread:
            self.unread.add(name)
            self.problems.append(Problem(self.lines.get(name, self.line), message))

    def get(self, name: str, required: bool) -> Value:
        """The value; None if the cell is empty or could not be read."""
        if name not in self.values:
            self.absent.add(name)
            return None
        value = self.values[name]
        if isinstance(value, str):
            value = value.strip() or None
        if isinstance(value, Broken):
            self.tell(name, value.why)
            return None
        if value is None and required:
            self.tell(name, _("This cell is empty."))
        return value

    def words(self, name: str, *, required: bool = False) -> str:
        text = self.text(name, required=required)
        if "\n" in text:
            self.tell(name, _("This must fit on one line."))
            return ""
        return text

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.get(name, required)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            self.tell(
                name, _("This must be a text. Give the cell the format Text and type it again.")
            )
            return ""
        text = tidy(f"{value:.15g}" if isinstance(value, float) else str(value))
        if unprintable(text):
            self.tell(name, _("This holds a character that cannot be shown."))
            return ""
        return text

    def maybe_words(self, name: str) -> str | None:
        words = self.words(name)
        return None if name in self.absent else words

    def maybe_text(self, name: str) -> str | None:
        text = self.text(name)
        return None if name in self.absent else text

    def texts(self, name: str) -> list[str]:
        """Several texts in one cell: each on its own line, or with ; between them."""
        lines = self.text(name).split("\n")
        try:
            rows = list(csv.reader(lines, delimiter=";", skipinitialspace=True))
        except csv.Error:
            self.tell(name, _("This is too long."))
            return []
        return [text for row in rows for part in row if (text := part.strip())]

    def number(self, name: str, *, default: int | None = None) -> int:
        number = self._whole(self.get(name, default is None), name)
        return (default or 0) if number is None else number

    def maybe_number(self, name: str) -> int | None:
        return self._whole(self.get(name, False), name)

    def _whole(self, value: Value, name: str) -> int | None:
        if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,15}(?:[.,]0+)?", value):
            value = float(value.replace(",", "."))
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value % 1 == 0:
            return int(value)
        if value is not None:
            self.tell(name, _("This must be a whole number, such as 14."))
        return None

    def choice(self, name: str) -> bool | None:
        value = self.get(name, False)
        if value is None or isinstance(value, bool):
            return value
        word = norm(str(value))
        if word not in YES + NO:
            self.tell(name, _("Fill in ‘ja’ or ‘nee’."))
            return None
        return word in YES

    def day(self, name: str) -> date:
        value = self.get(name, True)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, str):
            value = read_day(value)
            if value is None:
                self.tell(name, _("This must be a date, such as 31-10-2016."))
        if isinstance(value, date):
            return value
        if value is not None:
            self.tell(name, _("This must be a date, such as 31-10-2016."))
        return date.max

    def clock(self, name: str, *, otherwise: time) -> time:
        value = self.get(name, True)
        found = _clock(value)
        if found is None and value is not None:
            self.tell(name, _("This must be a time, such as 15:00."))
        return otherwise if found is None else found

    def moment(self, name: str) -> datetime | None:
        value = self.get(name, False)
        if isinstance(value, str):
            value = _moment(value) or value
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        if isinstance(value, date):
            return datetime.combine(value, time.min)
        if value is not None:
            self.tell(name, _("This must be a date with a time, such as 30-10-2016 18:00."))
        return None

    def table(self, name: str) -> Row:
        (inner,) = self.inner[name]
        return inner

    def tables(self, name: str) -> Sequence[Row]:
        return self.inner.get(name, [])

    def maybe_tables(self, name: str) -> Sequence[Row] | None:
        return self.inner.get(name)


def kind_of_answer(written: str) -> str:
    """Our name for the kind of a question, whichever language it is in."""
    for kind, words in KINDS.items():
        if norm(written) in {norm(kind), *map(norm, words)}:
            return kind
    return written


def joined(texts: Sequence[str]) -> str:
    """The other way round: what ``texts`` reads as these texts."""
    return "; ".join(
        '"' + text.replace('"', '""') + '"' if re.search(r'^"|;', text) else text for text in texts
    )


def _clock(value: Value) -> time | None:
    if isinstance(value, datetime):
        # In 1900 it is a number that Excel made a day of.
        return value.time() if value.year != 1900 else None
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        match = _CLOCK.fullmatch(value)
        return _time(*(int(part or 0) for part in match.groups())) if match else None
    if isinstance(value, timedelta):
        value = value / timedelta(days=1) if value < timedelta(days=1) else None
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 24:
        return None
    if value < 1:  # a part of the day, as Excel stores a time
        minutes, seconds = divmod(round(value * 24 * 60 * 60), 60)
        return _time(*divmod(minutes, 60), seconds)
    return _time(*divmod(round(value * 100), 100))  # 15.3 was typed as 15.30


def _time(hours: int, minutes: int, seconds: int = 0) -> time | None:
    try:
        return time(hours, minutes, seconds)
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    day = read_day(match[1] if match else text)
    clock = _clock(match[2]) if match else time.min
    return datetime.combine(day, clock) if day and clock is not None else None
