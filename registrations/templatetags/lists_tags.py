"""How large words can be on badges and signs: nothing measures them there."""

from __future__ import annotations

from django import template

from registrations.reports.prints import Attendee

register = template.Library()


@register.filter
def name_size(attendee: Attendee) -> str:
    """A class for the name on a badge: by its longest word, and by all of it."""
    first, last = attendee.person.first_name, attendee.person.last_name
    longest = max((len(word) for word in f"{first} {last}".replace("-", "- ").split()), default=0)
    return _size(max(longest * 2, len(first) * 1.5, len(last)), {"": 24, "long": 36, "longer": 60})


@register.filter
def title_size(title: str) -> str:
    return _size(len(title), {"": 40, "long": 80, "longer": 120})


@register.filter
def code_size(code: str) -> str:
    return _size(len(code), {"": 2, "long": 4, "longer": 6})


def _size(length: float, sizes: dict[str, int]) -> str:
    return next((name for name, most in sizes.items() if length <= most), "longest")
