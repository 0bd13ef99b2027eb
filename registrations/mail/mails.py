"""Mail to one person is noted in the transaction of what it tells: ``wording`` has its words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from program.models import Event
from registrations.mail import envelope
from registrations.models import Registration, StoredMail
from registrations.models.mail import OVERTAKEN

Kind = StoredMail.Kind

# What a stranger can make us send: at most this many in an hour to one address.
BY_STRANGERS = (Kind.CONFIRM, Kind.ALREADY, Kind.LINK)
MOST = 5
HOUR = timedelta(hours=1)


def store(registration: Registration, kind: Kind, *, at: datetime, **about: Any) -> None:
    """Note one mail to a person; none if they have no address.

    ``about`` is what its words need and no row knows when they are written. If the day is in
    calendars already and the mail changes it there, their row has the event's new version.
    """
    if not registration.email:
        return
    mail = to_person(registration, kind, at=at, about=about)
    if kind in BY_STRANGERS:
        mail.send_after = send_after_for(mail.to, at)
    mail.save()


def store_all(letters: Iterable[tuple[Registration, Kind]], *, at: datetime) -> None:
    """As ``store``, for many at once; not for kinds that a stranger can ask for."""
    StoredMail.objects.bulk_create(
        to_person(registration, kind, at=at) for registration, kind in letters if registration.email
    )


def store_holds_warning(event: Event, *, at: datetime) -> None:
    """Tell the organiser that more than a quarter of the places is held, unconfirmed (rule 4)."""
    envelope.new(Kind.HOLDS, event.organiser_email, at=at, event=event).save()


def drop_requests(registration: Registration, *, at: datetime) -> None:
    """What asks to confirm this sign-up and has not gone yet is not wanted any more."""
    requests = StoredMail.objects.filter(registration=registration, kind=Kind.CONFIRM)
    requests.asked().delete()
    requests.give_up(OVERTAKEN, at=at)


def to_person(registration: Registration, kind: Kind, *, at: datetime, **values: Any) -> StoredMail:
    return envelope.new(
        kind,
        registration.email,
        at=at,
        event=registration.event,
        language=registration.language,
        registration=registration,
        **values,
    )


def send_after_for(
    email: str, at: datetime, kinds: tuple[Kind, ...] = BY_STRANGERS, *, before: int | None = None
) -> datetime:
    """From when one more mail that strangers can trigger may go to this address.

    Mostly ``at`` itself; later once the fifth-last one goes out less than an hour before it. What
    was asked for counts if its key is smaller than ``before``: another worker may be at it.
    """
    counts = Q(asked=False) if before is None else Q(asked=False) | Q(pk__lt=before)
    fifth_last = (
        StoredMail.objects.filter(counts, to__iexact=email, kind__in=kinds)
        .filter(send_after__gt=at - HOUR)
        .order_by("-send_after")
        .values_list("send_after", flat=True)[MOST - 1 : MOST]
    )
    return max([at, *(goes + HOUR for goes in fifth_last)])
