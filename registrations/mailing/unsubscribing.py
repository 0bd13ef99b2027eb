"""Mail to many is only for those who want it; mail about one's own sign-up always comes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from program.models import Event
from registrations.booking import locking
from registrations.models import Change, Registration, RegistrationQuerySet, StoredMail
from registrations.models.mail import UNSUBSCRIBED


def wants_mail(registration: Registration) -> bool:
    """Whether messages to many go to this address, for this event."""
    return not _same(registration.event, registration).exclude(unsubscribed_at=None).exists()


@transaction.atomic
def set_wants_mail(registration: Registration, wants: bool, *, at: datetime) -> None:
    """Stop messages to many, or resume them, for all sign-ups of the address.

    Mails that are stored already are not sent either. The same choice again changes nothing.
    """
    event, fresh = locking.locked(registration)
    if fresh.erased_at or wants_mail(fresh) == wants:
        return
    same = _same(event, fresh)
    locking.save(fresh)
    same.update(unsubscribed_at=None if wants else at, version=event.version)
    if not wants:
        mails = StoredMail.objects.filter(registration__in=same).to_many()
        mails.give_up(UNSUBSCRIBED, at=at)
    locking.record(fresh, Change.What.UNSUBSCRIBED, at=at, new={"wants": wants})


def _same(event: Event, registration: Registration) -> RegistrationQuerySet:
    """The sign-ups of one address that stand for one person."""
    if not registration.email:
        return event.registrations.filter(pk=registration.pk)
    return event.registrations.of_address(registration.email).filter(erased_at=None)
