"""Days as people write them, in Dutch and in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

WEEKDAYS = (
    ("maandag", "monday"),
    ("dinsdag", "tuesday"),
    ("woensdag", "wednesday"),
    ("donderdag", "thursday"),
    ("vrijdag", "friday"),
    ("zaterdag", "saturday"),
    ("zondag", "sunday"),
)
MONTHS = (
    ("januari", "january"),
    ("februari", "february"),
    ("maart", "march"),
    ("april",),
    ("mei", "may"),
    ("juni", "june"),
    ("juli", "july"),
    ("augustus", "august"),
    ("september",),
    ("oktober", "october"),
    ("november",),
    ("december",),
)


def _numbers(names: tuple[tuple[str, ...], ...], first: int) -> dict[str, int]:
    return {word: number for number, words in enumerate(names, first) for word in words}


_WEEKDAY = _numbers(WEEKDAYS, 0)
_MONTH = _numbers(MONTHS, 1)
_SPOKEN = re.compile(
    rf"\b(?:({'|'.join(_WEEKDAY)}),?\s+)?(\d{{1,2}})\s+({'|'.join(_MONTH)})\b(?:\s+(\d{{4}})\b)?",
    re.IGNORECASE,
)
_WRITTEN = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")


def read_day(text: str) -> date | None:
    """A day such as 7-12-2026, 2026-12-07 or maandag 7 december 2026; None if it is none."""
    text = text.strip()
    try:
        if match := _WRITTEN.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1]))
        if (match := _SPOKEN.fullmatch(text)) and match[4]:
            return date(int(match[4]), _MONTH[match[3].lower()], int(match[2]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def far_away(day: date) -> bool:
    """Whether no event can be on this day: a typing error, and too far to reckon with."""
    return not 2000 <= day.year < 2200


def wrong_weekdays(text: str, near: date) -> Iterator[tuple[str, date | None]]:
    """Days in a text whose weekday does not fit: the words, and that day if there is one.

    Without a year the one nearest to ``near`` is meant.
    """
    for match in _SPOKEN.finditer(text):
        weekday, day, month, year = match.groups()
        if weekday is None:
            continue
        years = [int(year)] if year else [near.year + by for by in (-1, 0, 1)]
        days = [found for each in years if (found := _day(each, _MONTH[month.lower()], int(day)))]
        meant = min(days, key=lambda found: abs(found - near), default=None)
        if meant is None or meant.weekday() != _WEEKDAY[weekday.lower()]:
            yield match[0], meant


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
