"""Erasing somebody who asks an organiser to, and has no link to do it by (rule 12)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from program.models import Event
from registrations import erasure
from registrations.models import Registration
from registrations.organising.refusals import HasLink


def has_link(registration: Registration) -> bool:
    """Whether a sign-up of this address goes on: its link erases all of them.

    It may be another sign-up than this one, and would be cancelled with it.
    """
    same = Registration.objects.filter(event=registration.event_id).of_address(registration.email)
    return same.cancellable().exists()


@transaction.atomic
def erase_by_organiser(registration: Registration, *, who: str, at: datetime) -> None:
    """As ``erasure.erase``; ``who`` vouches for who asked. Raises HasLink."""
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    if has_link(fresh):
        raise HasLink
    erasure.erase(fresh, who=who, at=at)
