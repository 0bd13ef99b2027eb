"""'Mail me my link again', answered so that nobody learns who is registered (rule 5).

The page only notes down what was asked: one row, the same for every address. The worker looks
later whether there is a link to send, out of sight of the person who asked.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from program.models import Event
from registrations.mail import envelope, mails
from registrations.models import Registration, StoredMail


@transaction.atomic
def ask_link(event: Event, email: str, *, language: str, at: datetime) -> None:
    """Note down that somebody asked for the link that belongs to ``email``."""
    envelope.new(StoredMail.Kind.LINK, email, at=at, event=event, language=language).save()


def answer_asked(at: datetime) -> int:
    """Store the mails that were asked for, as far as there is a link; returns how many."""
    answered = 0
    asked = StoredMail.objects.asked()
    for event in Event.objects.filter(pk__in=asked.values("event")):
        with transaction.atomic():
            event = Event.objects.locked(event.pk)
            for question in event.mails.asked():
                question.delete()
                registration = _of(event, question.to)
                if registration is None:
                    continue
                registration.event = event
                # Once an event is called off or has begun there is nothing to confirm, but there is
                # still data to see.
                nothing_to_confirm = event.called_off or event.started(at)
                if registration.counts or nothing_to_confirm:
                    mails.store(registration, mails.Kind.LINK, at=at)
                else:
                    mails.store(registration, mails.Kind.CONFIRM, at=at)
                answered += 1
    return answered


def _of(event: Event, email: str) -> Registration | None:
    """The registration that stands for a person; else their newest one yet to be confirmed."""
    people = event.registrations.of_address(email)
    unconfirmed = people.filter(
        status__in=[Registration.Status.PENDING, Registration.Status.EXPIRED]
    )
    return people.counting().first() or unconfirmed.order_by("-pk").first()
