"""How large words can be on badges and signs: nothing measures them there."""

from __future__ import annotations

from math import inf
from textwrap import wrap

from django import template

from registrations.reports.prints import Attendee

register = template.Library()


# In points. Of a badge 80 mm are there for a line and 21 mm for the name; a bold letter is two
# thirds of its size wide, and the surname is written smaller.
NAME_SIZES = (30, 24, 20, 16)
SMALLEST = 11
LETTERS, HEIGHT, SURNAME = 333, 58, 0.62


@register.filter
def name_size(attendee: Attendee) -> int:
    """The largest size, in points, in which the name fits on a badge without breaking a word."""
    first, last = attendee.person.first_name, attendee.person.last_name
    for size in NAME_SIZES:
        above = _lines(first, LETTERS / size)
        below = _lines(last, LETTERS / size / SURNAME)
        if (above + below * SURNAME) * size <= HEIGHT:
            return size
    return SMALLEST


def _lines(name: str, room: float) -> float:
    """How many lines of so many letters a name takes; endless if a word of it does not fit."""
    lines = wrap(name, int(room), break_long_words=False)
    return len(lines) if all(len(line) <= room for line in lines) else inf


@register.filter
def title_size(title: str) -> str:
    return _size(len(title), {"": 40, "long": 80, "longer": 120})


@register.filter
def code_size(code: str) -> str:
    return _size(len(code), {"": 2, "long": 4, "longer": 6})


def _size(length: float, sizes: dict[str, int]) -> str:
    return next((name for name, most in sizes.items() if length <= most), "longest")
