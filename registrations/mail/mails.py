"""Mail to one person is noted in the transaction of what it tells: ``wording`` has its words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from program.models import Event
from registrations.mail import envelope
from registrations.models import Registration, StoredMail
from registrations.models.mail import OVERTAKEN

Kind = StoredMail.Kind


def store(registration: Registration, kind: Kind, *, at: datetime, **about: Any) -> None:
    """Note one mail to a person; none if they have no address.

    ``about`` is what its words need and no row knows when they are written. If the day is in
    calendars already and the mail changes it there, their row has the event's new version.
    """
    if registration.email:
        to_person(registration, kind, at=at, about=about).save()


def store_all(letters: Iterable[tuple[Registration, Kind]], *, at: datetime) -> None:
    """As ``store``, for many at once."""
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
