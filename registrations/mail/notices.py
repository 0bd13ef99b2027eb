"""Mail that tells many people at once what became of their day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from program.models import Event
from registrations.mail import mails
from registrations.models import Registration, RegistrationQuerySet, StoredMail
from registrations.queries.snapshots import SlotWords

Kind = StoredMail.Kind


def whom_to_tell(event: Event) -> list[Registration]:
    """Everybody who comes, waits or has yet to confirm: one sign-up an address, if it has one."""
    people: dict[str, Registration] = {}
    for one in event.registrations.filter(status__in=Registration.ACTIVE).exclude(email=""):
        # The one that counts stands for the address: a stranger may have typed others (rule 5).
        if one.email.lower() not in people or one.counts:
            people[one.email.lower()] = one
    return sorted(people.values(), key=lambda one: one.pk)


def without_address(event: Event) -> RegistrationQuerySet:
    """Those who come or wait and can only be phoned: no mail reaches them."""
    return event.registrations.counting().filter(email="").order_by("sort_key", "pk")


def store_for_all(
    event: Event, people: Iterable[Registration], kind: Kind, *, at: datetime
) -> None:
    """A mail to each of these people that have an address."""
    StoredMail.objects.bulk_create(mails.to_person(one, kind, at=at) for one in people if one.email)


def store_dropped(
    registration: Registration,
    lost: Iterable[SlotWords],
    waited: Iterable[SlotWords],
    *,
    at: datetime,
) -> None:
    """One mail about all tables that drop out: ``lost`` are seats, ``waited`` were waited for.

    The caller has stamped the event's new version on those who lost a seat.
    """
    tables = {
        name: [asdict(table) for table in each]
        for name, each in (("lost", lost), ("waited", waited))
    }
    mails.store(registration, Kind.DROPPED, at=at, **tables)
