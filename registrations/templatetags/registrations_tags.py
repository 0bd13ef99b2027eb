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
from program.templatetags.program_tags import lang, room_at
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


@register.filter
def room(slot: Slot, queues: Queues) -> str:
    """'4 places left', 'full, 3 wait', 'full, waiting list' or 'does not take place'."""
    people = queues.tables.get(slot.pk, 0)
    if slot.dropped or not (slot.full and queues.open):
        return room_at(slot)
    if people:
        return ngettext("full, %(people)s waits", "full, %(people)s wait", people) % {
            "people": people
        }
    return _("full, waiting list")


@register.simple_tag
def discs(slots: Iterable[Slot], queues: Queues, lively: bool) -> SafeString:
    """Tables as discs that lead to them; those who do not see them hear title and room of each."""
    # No template: there may be sixty of them, and their words change with each sign-up.
    return format_html(
        '<ul class="discs">{}</ul>',
        format_html_join(
            "",
            '<li><a{0} href="#tafel-{1}"><span aria-hidden="true">{1}</span>'
            '<span class="hidden">{1}: {2}{3}</span></a></li>',
            (
                (
                    SafeString(' class="full"') if lively and slot.full else "",
                    slot.session.code,
                    lang(slot.session.local_title),
                    f", {room(slot, queues)}" if lively else "",
                )
                for slot in slots
            ),
        ),
    )


@register.filter
def room_key(slot: Slot, queues: Queues) -> str:
    """All that ``room`` and the ring of a slot depend on, and which slot it is."""
    return f"{slot.pk} {slot.numbers} {queues.open} {queues.tables.get(slot.pk, 0)}"


@register.filter
def room_keys(slots: Iterable[Slot], queues: Queues) -> str:
    return " ".join(room_key(slot, queues) for slot in slots)


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
