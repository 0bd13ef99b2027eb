"""What pages show of the people who come and of those who wait."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import nh3
from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event, Slot
from program.public.states import SignupState
from program.templatetags.program_tags import room_at
from registrations.drawing.lot import seed_hash
from registrations.forms.tables import ProgrammeForm
from registrations.queries.coming import first_listed
from registrations.queries.waiting import Queues, why

register = template.Library()
register.filter("reason", why)

MOST_NAMES = 8
MOST_DOTS = 10
# The others in the queue: an open dot.
NOT_ME = SafeString(' fill="none" stroke="currentColor" stroke-width="2"')


@register.inclusion_tag("registrations/_who_comes.html")
def who_comes(event: Event) -> dict[str, object]:
    """The first few of those who chose to be seen, and how many come in all."""
    listed, confirmed = first_listed(event, MOST_NAMES + 1)
    return {
        "event": event,
        "people": listed[:MOST_NAMES],
        "more": len(listed) > MOST_NAMES,
        "confirmed": confirmed,
    }


@register.simple_tag(takes_context=True)
def queues_of(context: Context, event: Event) -> Queues:
    """How many wait now for the event and for each of its tables: one query a page."""
    kept, key = context.render_context, f"queues of {event.pk}"
    if key not in kept:
        # A variable of one block is not seen in the next.
        kept[key] = Queues(event, at=timezone.now())
    found: Queues = kept[key]
    return found


@register.simple_tag
def programme(event: Event, slots: Iterable[Slot], queues: Queues, state: str) -> ProgrammeForm:
    """The tables of an event to choose from, or only to read."""
    return ProgrammeForm(event, slots, queues, state=SignupState(state))


@register.filter
def room(slot: Slot, queues: Queues) -> str:
    """'4 seats left', 'Full. 3 people are waiting.' or 'not going ahead'.

    At a full event nobody can have the seats that are left, until somebody leaves.
    """
    people = queues.tables.get(slot.pk, 0)
    if slot.dropped:
        return room_at(slot)
    if not slot.full:
        return _("Room for now") if queues.offered else room_at(slot)
    if not queues.open:
        return _("Full.")
    if people:
        return ngettext(
            "Full. %(people)s person is waiting.", "Full. %(people)s people are waiting.", people
        ) % {"people": people}
    return _("Full. No one is waiting yet.")


@register.filter
def check_number(event: Event) -> str:
    """What is shown of the seed before the draw: it shows afterwards that it is still the same."""
    return seed_hash(event.draw_seed)


@register.filter
@lru_cache(maxsize=2048)
def unlinked(html: SafeString) -> SafeString:
    """An organiser's text without its links: on a personal page none leads to another site."""
    kept = nh3.ALLOWED_TAGS - {"a"}
    attributes = {"*": {"lang"}, "ol": {"start"}}
    return mark_safe(nh3.clean(html, tags=kept, attributes=attributes))  # noqa: S308 - as it says


@register.simple_tag
def queue_dots(place: int, of: int) -> SafeString:
    """A queue as a row of dots, one's own filled; nothing if it is too long to take in."""
    if of > MOST_DOTS:
        return SafeString("")
    dots = format_html_join(
        "",
        '<circle cx="{}" cy="8" r="6"{}/>',
        ((20 * number - 12, "" if number == place else NOT_ME) for number in range(1, of + 1)),
    )
    return format_html(
        '<svg class="queue" width="{}" height="16" aria-hidden="true">{}</svg>', 20 * of - 4, dots
    )
