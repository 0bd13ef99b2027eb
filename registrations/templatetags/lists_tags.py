"""How large words can be on badges and signs: nothing measures them there."""

from __future__ import annotations

from math import inf
from textwrap import wrap

from django import template

from registrations.reports.prints import Printed, TableSheet

register = template.Library()

# In points. A badge has 80 mm for a line and 21 mm for the name; a bold letter is two thirds of its
# size wide, and the surname is written smaller.
NAME_SIZES = (30, 24, 20, 16)
SMALLEST = 11
LETTERS, HEIGHT, SURNAME = 333, 58, 0.62
# How many high lines fit on the sheet of a table, and how many letters on a line of each column.
# Text that goes on below makes a line half as high again.
MOST_HIGH, ACROSS = 18, 32


@register.filter
def name_size(attendee: Printed) -> int:
    """The largest size, in points, in which the name fits on a badge without breaking a word."""
    first, last = attendee.person.first_name, attendee.person.last_name
    for size in NAME_SIZES:
        above = _lines(first, LETTERS / size)
        below = _lines(last, LETTERS / size / SURNAME)
        if (above + below * SURNAME) * size <= HEIGHT:
            return size
    return SMALLEST


def _lines(name: str, room: float) -> float:
    """How many lines of ``room`` letters a name takes; endless if one of its words does not fit."""
    lines = wrap(name, int(room), break_long_words=False)
    return len(lines) if all(len(line) <= room for line in lines) else inf


@register.filter
def crowded(sheet: TableSheet) -> bool:
    """Whether the lines of a table have to be low to stand on one page."""
    written = (max(map(_rows, (one.sort_name, one.organisation))) for one in sheet.people)
    return sheet.lines + sum(rows - 1 for rows in written) / 2 > MOST_HIGH


def _rows(text: str) -> int:
    return len(wrap(text, ACROSS)) or 1


@register.filter
def title_size(title: str) -> str:
    return _size(len(title), {"": 40, "long": 80, "longer": 120})


@register.filter
def code_size(code: str) -> str:
    wide = sum(letter in "mwMW" for letter in code)
    return _size(len(code) + wide / 2, {"": 2, "long": 4, "longer": 6})


def _size(length: float, sizes: dict[str, int]) -> str:
    return next((name for name, most in sizes.items() if length <= most), "longest")
