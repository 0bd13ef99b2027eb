"""One table of a TOML file: hands out its values by kind and notes what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from django.utils.translation import gettext as _

from program.entries import Where, tidy, unprintable
from program.programme import Problem
from program.toml.lines import Path


class Table:
    """A table at ``path``. What is missing or of the wrong kind becomes a problem, once."""

    def __init__(
        self,
        values: Mapping[str, object],
        path: Path,
        lines: Mapping[Path, int],
        problems: list[Problem],
    ) -> None:
        self.values = values
        self.path = path
        self.all_lines = lines
        self.problems = problems
        self.line = lines.get(path, 1)
        self.lines = {name: lines.get((*path, name), self.line) for name in values}
        self.unread: set[str] = set()
        self.asked: set[str] = set()

    def place(self) -> Where:
        """Call it last: it also names the keys that nobody asked for."""
        for name in self.values:
            if name not in self.asked:
                self.tell(name, _unknown(name, self.asked))
        return {"line": self.line, "lines": self.lines, "unread": self.unread}

    def tell(self, name: str, message: str) -> None:
        self.unread.add(name)
        self.problems.append(Problem(self.lines.get(name, self.line), message))

    def get(self, name: str, required: bool) -> object:
        """The raw value; None when it is not there."""
        self.asked.add(name)
        if name not in self.values and required:
            self.tell(name, _("‘%(name)s’ is missing here.") % {"name": name})
        return self.values.get(name)

    def words(self, name: str, *, required: bool = False) -> str:
        """A text on one line."""
        text = self.text(name, required=required)
        if "\n" in text:
            self.tell(name, _("‘%(name)s’ must fit on one line.") % {"name": name})
            return ""
        return text

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.get(name, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            message = _("‘%(name)s’ must be a text, between quotation marks.")
            self.tell(name, message % {"name": name})
            return ""
        text = tidy(value)
        if unprintable(text):
            message = _("‘%(name)s’ holds a character that cannot be shown.")
            self.tell(name, message % {"name": name})
            return ""
        if required and not text:
            self.tell(name, _("‘%(name)s’ is empty.") % {"name": name})
        return text

    def maybe_words(self, name: str) -> str | None:
        self.asked.add(name)
        return self.words(name) if name in self.values else None

    def maybe_text(self, name: str) -> str | None:
        self.asked.add(name)
        return self.text(name) if name in self.values else None

    def texts(self, name: str) -> list[str]:
        value = self.get(name, False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            message = _('‘%(name)s’ must be a list of texts, such as ["one", "two"].')
            self.tell(name, message % {"name": name})
            return []
        return [tidy(item) for item in value]

    def number(self, name: str, *, default: int | None = None) -> int:
        """A whole number; without ``default`` it must be there."""
        value = self.get(name, default is None)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if value is not None:
            message = _("‘%(name)s’ must be a whole number, without quotation marks.")
            self.tell(name, message % {"name": name})
        return default or 0

    def maybe_number(self, name: str) -> int | None:
        self.asked.add(name)
        return self.number(name) if name in self.values else None

    def choice(self, name: str) -> bool | None:
        value = self.get(name, False)
        if value is None or isinstance(value, bool):
            return value
        self.tell(name, _("‘%(name)s’ must be true or false.") % {"name": name})
        return None

    def day(self, name: str) -> date:
        value = self.get(name, True)
        if isinstance(value, str):
            value = _read(date.fromisoformat, value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if name not in self.unread:
            self.tell(name, _("‘%(name)s’ must be a date, such as 2026-12-07.") % {"name": name})
        return date.max

    def clock(self, name: str, *, otherwise: time) -> time:
        """A time of the day: "14:00", "14.00" or TOML's own 14:00:00."""
        value = self.get(name, True)
        if isinstance(value, str):
            value = _read(time.fromisoformat, value.strip().replace(".", ":").zfill(5))
        if isinstance(value, time) and value.tzinfo is None:
            return value
        if name not in self.unread:
            self.tell(name, _('‘%(name)s’ must be a time, such as "14:00".') % {"name": name})
        return otherwise

    def moment(self, name: str) -> datetime | None:
        """A date with a time on the clock of the event's town."""
        value = self.get(name, False)
        if isinstance(value, str):
            value = _read(datetime.fromisoformat, value)
        if isinstance(value, datetime) and value.tzinfo is None:
            return value
        if name in self.values:
            message = _("‘%(name)s’ must be a date with a time, such as 2026-12-06 18:00:00.")
            self.tell(name, message % {"name": name})
        return None

    def table(self, name: str) -> Table:
        value = self.get(name, True)
        if name in self.values and not isinstance(value, dict):
            message = _("‘%(name)s’ must be written as [%(name)s], with its lines below it.")
            self.tell(name, message % {"name": name})
        if isinstance(value, dict):
            return self.inner(value, name)
        # Its own problems would only repeat that it is not there.
        return Table({}, (*self.path, name), self.all_lines, [])

    def tables(self, name: str) -> list[Table]:
        value = self.get(name, False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            message = _("‘%(name)s’ must be written as [[%(name)s]], with its lines below it.")
            self.tell(name, message % {"name": name})
            return []
        return [self.inner(item, name, place) for place, item in enumerate(value)]

    def maybe_tables(self, name: str) -> list[Table] | None:
        self.asked.add(name)
        return self.tables(name) if name in self.values else None

    def inner(self, values: dict[str, Any], *steps: str | int) -> Table:
        return Table(values, (*self.path, *steps), self.all_lines, self.problems)


def _read(parse: Callable[[str], object], value: str) -> object:
    try:
        return parse(value)
    except ValueError:
        return None


def _unknown(name: str, known: set[str]) -> str:
    close = get_close_matches(name, known, n=1, cutoff=0.8)
    if close:
        message = _("‘%(name)s’ is not known here. Do you mean ‘%(close)s’?")
        return message % {"name": name, "close": close[0]}
    return _("‘%(name)s’ is not known here.") % {"name": name}
