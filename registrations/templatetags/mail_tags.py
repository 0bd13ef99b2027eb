"""What the templates of mails say and need: places in queues, addresses, colours."""

from __future__ import annotations

from django import template
from django.template import Context
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event
from program.public.house_style import style_of
from registrations.mail.envelope import link

register = template.Library()


@register.simple_tag
def session_link(event: Event, code: str) -> str:
    """The whole address of the public page of a table session."""
    return link("program:session", event.slug, code)


@register.filter
def in_queue(place: int) -> str:
    """Where somebody stands, and how many before them; nothing for 0, before they stand there."""
    if place < 2:
        return _("You’re first in the queue.") if place else ""
    sentence = ngettext(
        "You’re number %(place)s. One person is waiting ahead of you.",
        "You’re number %(place)s. %(ahead)s people are waiting ahead of you.",
        place - 1,
    )
    return sentence % {"place": place, "ahead": place - 1}


@register.simple_tag(takes_context=True)
def colour(context: Context, name: str) -> str:
    """A colour of the event's house style as on a light page: mail programs know no style sheet."""
    return style_of(context.get("event") or None).light[name]


@register.simple_tag(takes_context=True)
def sender_name(context: Context) -> str:
    """Whose mail it is: the name on top of the event's pages if it has one of its own."""
    event: Event | None = context.get("event") or None
    own = event is not None and event.house_style_id is not None
    return style_of(event if own else None).name
