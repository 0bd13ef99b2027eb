"""A draft, a mistaken copy or upload: thrown away whole, so that nothing of it is left."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from program.models import Event
from registrations.errors import EventStays
from registrations.organising import house_style

logger = logging.getLogger(__name__)


def why_it_stays(event: Event) -> str:
    """Why this event cannot be thrown away; empty if it can. At most three queries."""
    if event.registrations.exists():
        return _(
            "People have signed up for this event, so it stays, with its figures and its "
            "history. Isn’t it going ahead? Then call it off."
        )
    if event.published and (event.guests.exists() or event.mails.exists()):
        return _(
            "This event is published, and guests or mail belong to it. First take it off the site."
        )
    return ""


@transaction.atomic
def throw_away(event: Event, *, who: str, at: datetime) -> None:
    """With all that belongs to it: programme, guests, door passes, history.

    Its venue goes too if no other event is held there. Raises EventStays.
    """
    event = Event.objects.locked(event.pk)
    if reason := why_it_stays(event):
        raise EventStays(reason)
    venue, style = event.venue, event.house_style
    event.mails.all().delete()
    event.guests.all().delete()
    # Rounds and themes may not go before what is held in them.
    event.slots.all().delete()
    event.sessions.all().delete()
    event.delete()
    house_style.throw_away(style)
    if not venue.events.exists():
        venue.delete()
    logger.info("event thrown away by %s at %s", who, at.isoformat())
