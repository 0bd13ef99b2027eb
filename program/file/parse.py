"""Makes entries of what a file says, whatever kind of file it is.

Values are read alike everywhere: those who fill in a spreadsheet do not choose how Excel stores
"14" (a number), "15:00" (a fraction of a day) or what looks like a date.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from program.characters import clean_paragraphs
from program.file.dates import read_day
from program.file.model import Entry, FieldDefinition, FieldKind, FilePlace, Mistake, PartDefinition

_MOMENT = re.compile(r"(.*?)[ T,]+(?:om )?(\d{1,2}[:.]\d{2}(?::\d{2})?)(?: uur)?")
_CLOCK = re.compile(r"(\d{1,2})[:.u](\d{2})(?::(\d{2}))?(?: ?uur)?")
# More than anybody writes, and than the expressions above read in no time.
_LONGEST, _TOO_MUCH = 100, 10**15
_TEXTS = (FieldKind.WORDS, FieldKind.TEXT, FieldKind.SEVERAL)
_YES, _NO = ("ja", "yes", "true", "waar", "1", "x"), ("nee", "no", "false", "onwaar", "0")


class WrongValue(Exception):
    """A value does not fit its field; ``str()`` of it says what it should be."""


@dataclass(frozen=True)
class BrokenCell:
    """Stands for a value that a file should have had; ``why`` is a sentence."""

    why: str


@dataclass
class RawEntry:
    """What a file says about one entry, before any of it is interpreted.

    ``values`` are the fields in the file, by name, and ``places`` where they stand. A missing one
    is reported at ``missed_at``, under that attribute of its definition that ``called_by`` names.
    Of a part in ``known`` the file says nothing about other keys. ``unread`` are the fields that
    were reported already.
    """

    place: FilePlace
    missed_at: FilePlace
    called_by: str = "name"
    values: dict[str, object] = field(default_factory=dict)
    places: dict[str, FilePlace] = field(default_factory=dict)
    parts: dict[str, list[RawEntry]] = field(default_factory=dict)
    known: dict[str, Collection[object]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)


E = TypeVar("E", bound=Entry)


def entry_of(kind: type[E], raw: RawEntry, mistakes: list[Mistake], stored: E | None = None) -> E:
    """The entry that ``raw`` describes; ``stored`` fills in what it does not mention."""
    fields: dict[str, Any] = {}
    unread = set(raw.unread)
    for name, definition in kind.definitions.items():
        if name not in raw.values and stored is not None:
            fields[name] = getattr(stored, name)
            continue
        fields[name] = definition.default
        try:
            if name in raw.values:
                fields[name] = _value(raw.values[name], definition)
            elif definition.required and name not in unread:
                unread.add(name)
                message = _("‘%(name)s’ is missing here.")
                named = {"name": getattr(definition, raw.called_by)}
                mistakes.append(Mistake(raw.missed_at, message % named))
        except WrongValue as error:
            unread.add(name)
            mistakes.append(Mistake(raw.places.get(name, raw.place), str(error)))
    for name, part in kind.parts.items():
        fields[name] = _part(part, raw, mistakes, getattr(stored, name, None), stored is None)
    return kind(place=raw.place, places=raw.places, unread=unread, **fields)


def _part(
    part: PartDefinition, raw: RawEntry, mistakes: list[Mistake], stored: Any, new: bool
) -> Any:
    if part.name not in raw.parts:
        if new:
            return part.default
        return as_stored(stored) if part.single else stored and [as_stored(each) for each in stored]
    if part.single:
        inner = raw.parts[part.name][0]
        entry = entry_of(part.entry, inner, mistakes, stored)
        # It may be another venue than the one stored, whose details are not those of this one.
        optional = {n: each for n, each in part.entry.definitions.items() if not each.required}
        left_out = {n: each.default for n, each in optional.items() if n not in inner.values}
        return replace(entry, **left_out)
    by_key = {each.key: each for each in stored or ()}
    entries = []
    for inner in raw.parts[part.name]:
        # Read twice: its key tells which stored entry fills in what it does not mention.
        key = entry_of(part.entry, inner, []).key
        entries.append(entry_of(part.entry, inner, mistakes, by_key.get(key)))
    if part.name in raw.known:
        others = [each for key, each in by_key.items() if key not in raw.known[part.name]]
        entries += map(as_stored, others)
    return entries


def as_stored(entry: E) -> E:
    """An entry that the file does not mention: its mistakes are not in the file either."""
    here: dict[str, Any] = {"place": FilePlace(words=_("What is stored")), "places": {}}
    for name in entry.parts:
        here[name] = [as_stored(each) for each in getattr(entry, name)]
    return replace(entry, **here)


def meant_by(
    unknown: str, names: Mapping[str, str], likeness: float, mistakes: list[Mistake], at: FilePlace
) -> str:
    """Which of ``names`` an unknown one most likely means, reported as a mistake; "" if none.

    ``names`` maps each as it may be written to our name for it.
    """
    normal = {norm(written): written for written in names}
    close = get_close_matches(norm(unknown), normal, n=1, cutoff=likeness)
    if not close:
        return ""
    message = _("‘%(name)s’ is not known here. Do you mean ‘%(close)s’?")
    meant = normal[close[0]]
    mistakes.append(Mistake(at, message % {"name": unknown.strip(), "close": meant}))
    return names[meant]


def norm(word: str) -> str:
    """A word without what people write differently: capitals, spaces, apostrophes."""
    folded = unicodedata.normalize("NFKD", word).casefold()
    return re.sub(r"[^a-z0-9]+", "", folded)


def newlines(text: str) -> str:
    """A text with the line endings of a file; a browser sends others."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


# Values


def blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _value(value: object, definition: FieldDefinition) -> object:
    """Raises WrongValue."""
    if isinstance(value, BrokenCell):
        raise WrongValue(value.why)
    if blank(value):
        if definition.required:
            raise WrongValue(_("This is empty: fill it in."))
        return definition.empty
    long = isinstance(value, str) and len(value) > _LONGEST and definition.kind not in _TEXTS
    if long or (isinstance(value, int) and abs(value) >= _TOO_MUCH):
        raise WrongValue(_("This is too long."))
    if definition.kind is FieldKind.CHOICE:
        return _choice(value, definition)
    return _READERS[definition.kind](value)


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise WrongValue(
            _("This must be a text. In a spreadsheet, give the cell the format Text first.")
        )
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    try:
        return clean_paragraphs(newlines(text))
    except ValidationError as error:
        raise WrongValue(error.messages[0]) from error


def _words(value: object) -> str:
    text = _text(value)
    if "\n" in text:
        raise WrongValue(_("This must fit on one line."))
    return text


def _several(value: object) -> tuple[str, ...]:
    """A list, or in one cell: each text on its own line, or with ; between them."""
    if isinstance(value, list):
        return tuple(map(_text, value))
    try:
        lines = csv.reader(_text(value).split("\n"), delimiter=";", skipinitialspace=True)
        return tuple(text for line in lines for each in line if (text := each.strip()))
    except csv.Error as error:
        raise WrongValue(_("This is too long.")) from error


def joined(texts: Sequence[str]) -> str:
    """The inverse of ``_several``: one cell that is read as these texts."""
    return "; ".join(
        '"' + text.replace('"', '""') + '"' if re.search(r'^"|;', text) else text for text in texts
    )


def _number(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,15}(?:[.,]0+)?\s*", value):
        value = float(value.replace(",", "."))
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value % 1 == 0:
        return int(value)
    raise WrongValue(_("This must be a whole number, such as 14."))


def _yes_no(value: object) -> bool:
    word = norm(str(value)) if isinstance(value, (str, int, float)) else ""
    if word not in _YES + _NO:
        raise WrongValue(_("Fill in ‘ja’ or ‘nee’."))
    return word in _YES


def _choice(value: object, definition: FieldDefinition) -> str:
    """Our name for what is chosen, whichever language it is in; else what is written."""
    written = _words(value)
    for choice, names in definition.choices.items():
        if norm(written) in map(norm, (choice, *names)):
            return choice
    return written


def _day(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    day = read_day(value) if isinstance(value, str) else value
    if not isinstance(day, date):
        raise WrongValue(_("This must be a date, such as 31-10-2016."))
    return day


def _clock(value: object) -> time:
    clock = _as_clock(value)
    if clock is None:
        raise WrongValue(_("This must be a time, such as 15:00."))
    return clock


def _as_clock(value: object) -> time | None:
    if isinstance(value, datetime):
        # In 1900 it is a number that Excel made a day of.
        return value.time() if value.year != 1900 else None
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    if isinstance(value, str):
        match = _CLOCK.fullmatch(value.strip())
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


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        match = _MOMENT.fullmatch(value.strip())
        day = read_day(match[1] if match else value)
        clock = _as_clock(match[2]) if match else time.min
        value = datetime.combine(day, clock) if day and clock is not None else value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time.min)
    raise WrongValue(_("This must be a date with a time, such as 30-10-2016 18:00."))


_READERS: Mapping[FieldKind, Callable[[object], object]] = {
    FieldKind.WORDS: _words,
    FieldKind.TEXT: _text,
    FieldKind.SEVERAL: _several,
    FieldKind.NUMBER: _number,
    FieldKind.YES_NO: _yes_no,
    FieldKind.DAY: _day,
    FieldKind.CLOCK: _clock,
    FieldKind.MOMENT: _moment,
}
