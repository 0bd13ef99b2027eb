"""What the pages of the programme show of the people who come."""

from __future__ import annotations

from django import template

from program.models import Event
from registrations.models import Registration

register = template.Library()

MOST_NAMES = 8


@register.inclusion_tag("registrations/_who_comes.html")
def who_comes(event: Event) -> dict[str, object]:
    """The first few of those who chose to be seen, and how many there are in all."""
    coming = Registration.objects.filter(event=event)
    listed = list(coming.listed()[: MOST_NAMES + 1])
    return {
        "event": event,
        "people": listed[:MOST_NAMES],
        "more": len(listed) > MOST_NAMES,
        "confirmed": coming.confirmed().count(),
    }
