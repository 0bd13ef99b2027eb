"""Reads a programme from TOML, the format for keeping one under version control.

A mistake is located by the table it is in and what people call that: 'sessions 1a'.
"""

from __future__ import annotations

import re
import tomllib
from itertools import count

from django.utils.translation import gettext as _

from program.file.model import Entry, FilePlace, Mistake, Programme, UnreadableFile
from program.file.parse import RawEntry, meant_by

# A programme of a hundred tables is a fifth of this.
_MOST_VALUES = 10_000
# tomllib takes the square of the parts of a dotted name: the longest there could be, half an hour.
_MOST_PARTS = 50
_MANY_PARTS = re.compile(
    r"""(?<![^\s=."'{\[,])"""
    r"""(?:(?:"[^"\n]{0,200}"|'[^'\n]{0,200}'|[^\s=."']{1,200}+)[ \t]*\.[ \t]*){50}"""
)
_LONGEST_KEY = 50  # of what a place is called by


def raw_programme(content: bytes, mistakes: list[Mistake]) -> RawEntry | None:
    """What the file says; None if it is not TOML at all. Raises UnreadableFile."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_("Save this file as UTF-8.")) from error
    if _MANY_PARTS.search(text):
        message = _("A name in this file has too many parts: %(most)s is the most.")
        raise UnreadableFile(message % {"most": _MOST_PARTS})
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        mistakes.append(_syntax(error, text))
        return None
    return _Tables(mistakes).raw(Programme, values, "")


def _syntax(error: Exception, text: str) -> Mistake:
    """The line at which reading stopped; what the parser says of it is English only."""
    line = re.search(r"\(at line (\d+)", str(error))
    number = int(line[1]) if line else text.rstrip().count("\n") + 1
    place = FilePlace(words=_("Line %(number)s") % {"number": number})
    return Mistake(
        place,
        _(
            "This is not valid TOML. Look at this line and the one before it: is a quotation mark, "
            "comma, bracket or value missing, or does a name appear twice?"
        ),
    )


class _Tables:
    """Numbers everything in the file in the order in which it is written."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        self.numbers = count(1)

    def place(self, words: str) -> FilePlace:
        number = next(self.numbers)
        if number > _MOST_VALUES:
            raise UnreadableFile(_("This file is too large."))
        return FilePlace((number,), words)

    def raw(self, kind: type[Entry], values: dict[str, object], path: str) -> RawEntry:
        place = self.place(path or _("The file"))
        raw = RawEntry(place, place)
        for name, value in values.items():
            at = raw.places[name] = self.place(f"{path}, {name}" if path else name)
            if name in kind.definitions:
                raw.values[name] = value
            elif name in kind.parts:
                self.add_part(raw, kind, name, value, path)
            else:
                names = {known: known for known in (*kind.definitions, *kind.parts)}
                unseen = {known: known for known in names if known not in values}
                if meant := meant_by(name, unseen, 0.8, self.mistakes, at):
                    raw.unread.add(meant)
                else:
                    message = _("‘%(name)s’ is not known here.") % {"name": name}
                    self.mistakes.append(Mistake(at, message))
        for name, part in kind.parts.items():
            if part.single and name not in (*raw.parts, *raw.unread):
                message = _("‘%(name)s’ is missing here.") % {"name": name}
                self.mistakes.append(Mistake(place, message))
        return raw

    def add_part(
        self, raw: RawEntry, kind: type[Entry], name: str, value: object, path: str
    ) -> None:
        part, words = kind.parts[name], f"{path}, {name}" if path else name
        if part.single:
            tables, written = [value], _("‘%(name)s’ must be written as [%(name)s].")
        else:
            tables = value if isinstance(value, list) else [None]
            written = _("‘%(name)s’ must be written as [[%(name)s]].")
        entries = []
        for number, table in enumerate(tables, start=1):
            if not isinstance(table, dict):
                raw.unread.add(name)
                self.mistakes.append(Mistake(raw.places[name], written % {"name": name}))
                return
            key = table.get(next(iter(part.entry.definitions)))
            if not isinstance(key, str) and key not in range(_MOST_VALUES):
                key = _("number %(number)s") % {"number": number}
            called = words if part.single else f"{words} {str(key)[:_LONGEST_KEY]}"
            entries.append(self.raw(part.entry, table, called))
        raw.parts[name] = entries
