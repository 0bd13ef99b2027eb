"""What the first page for staff shows: their events, the nearest on top."""

from __future__ import annotations

from django import template
from django.contrib.auth.models import AbstractUser
from django.utils import timezone

from program.models import Event
from program.organisers import events_of
from program.states import standing

register = template.Library()

MOST = 10  # events; the list behind them has a search


@register.simple_tag
def coming_events(user: AbstractUser) -> list[Event]:
    """The next events that somebody organises; for others none."""
    if not user.has_perm("program.view_event"):
        return []
    coming = events_of(user).filter(ends_at__gt=timezone.now()).order_by("starts_at", "pk")
    return list(coming[:MOST])


@register.filter
def state(event: Event) -> str:
    """A draft, published, over …, in a word."""
    return str(standing(event, timezone.now()))
