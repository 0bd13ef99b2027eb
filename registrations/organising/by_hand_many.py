"""What organisers do for many people at once; each event is locked once, and settled at the end."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from program.models import Event
from registrations import writing
from registrations.actions import give_back
from registrations.models import Registration
from registrations.organising import by_hand

# People at a time: each gets a mail that is written while the organiser waits.
MOST = 300


def cancel_many(chosen: QuerySet[Registration], *, who: str, why: str, mail: bool, at: datetime) -> int:
    """Cancel those who hold or wait for a place at an event that is still to come; how many.

    Nobody among them is moved up by the place of another: all are cancelled before anybody moves.
    """
    cancelled = 0
    for event_key in _events_of(chosen):
        with transaction.atomic():
            event = Event.objects.locked(event_key)
            if event.called_off or event.started(at):
                continue
            people = list(event.registrations.cancellable().filter(pk__in=chosen.values("pk")))
            for registration in people:
                registration.event = event
                give_back(registration, who=who, why=why, mail=mail, at=at)
            writing.settle(event, at=at)
            cancelled += len(people)
    return cancelled


def resend_many(chosen: QuerySet[Registration], *, who: str, at: datetime) -> tuple[int, int]:
    """Mail their link to those who have one of use, and an address.

    Returns how many, and to how many more it is on its way already.
    """
    sent = already = 0
    for event_key in _events_of(chosen):
        with transaction.atomic():
            event = Event.objects.locked(event_key)
            for registration in event.registrations.filter(pk__in=chosen.values("pk")):
                registration.event = event
                if not by_hand.may_mail(registration, at):
                    continue
                if by_hand.under_way(registration, at):
                    already += 1
                    continue
                by_hand.mail_link(registration, who=who, at=at)
                sent += 1
    return sent, already


def _events_of(chosen: QuerySet[Registration]) -> list[int]:
    keys = chosen.order_by("event_id").values_list("event_id", flat=True)
    return list(keys.distinct())
