"""What an organiser may correct of what people filled in about themselves (rule 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from registrations.booking import locking, signup
from registrations.errors import (
    AddressProven,
    AnotherName,
    DetailsMeanwhile,
    Erased,
    NameNotFixed,
    NothingChanged,
    NotRegistered,
    OtherWords,
    RegisteredAlready,
)
from registrations.mail import mails
from registrations.models import Change, Registration
from registrations.names import person_names, spelling
from registrations.queries import roles
from registrations.queries.tokens import new_secret


@transaction.atomic
def correct_name(
    registration: Registration,
    first_name: str,
    last_name: str,
    *,
    who: str,
    why: str,
    at: datetime,
) -> Registration:
    """Correct a typing error: at most two letters from the name first confirmed (rule 3).

    The person is mailed, and the door sees that the name was corrected. Raises Erased,
    NameNotFixed, NothingChanged, AnotherName.
    """
    _event, registration = locking.locked(registration)
    if registration.erased_at:
        raise Erased
    if not registration.counts:
        raise NameNotFixed
    before = registration.name
    if (first_name, last_name) == (registration.first_name, registration.last_name):
        raise NothingChanged
    confirmed = registration.name_confirmed or before
    letters = spelling.distance(confirmed, f"{first_name} {last_name}".strip())
    if letters > spelling.MOST:
        raise AnotherName(letters, spelling.MOST)
    columns = person_names.columns(first_name, last_name, registration.organisation)
    columns |= _order_kept(registration, first_name, last_name)
    columns |= {"name_confirmed": confirmed}
    for column, value in columns.items():
        setattr(registration, column, value)
    registration.name_corrected_at = at
    locking.save_person(registration, *columns, "name_corrected_at")
    locking.record(
        registration, Change.What.CORRECTED, who=who, why=why, at=at, new={"letters": letters}
    )
    mails.store(registration, mails.Kind.CORRECTED, before=before, at=at)
    return registration


@transaction.atomic
def set_order(
    registration: Registration, sort_name: str, *, who: str, at: datetime
) -> Registration:
    """Sort somebody under another word of their name: Belgian names keep theirs together.

    Raises Erased, NothingChanged, OtherWords.
    """
    _event, registration = locking.locked(registration)
    if registration.erased_at:
        raise Erased
    if sort_name == registration.sort_name:
        raise NothingChanged
    if _words(sort_name) != _words(registration.name):
        raise OtherWords
    registration.sort_name = sort_name
    registration.sort_key = person_names.sort_key(sort_name)
    locking.save_person(registration, "sort_name", "sort_key")
    locking.record(registration, Change.What.CORRECTED, who=who, at=at, new={"order": True})
    return registration


@dataclass(frozen=True)
class PersonDetails:
    """What an organiser may change at any time; ``role`` is a code, empty for none."""

    organisation: str = ""
    role: str = ""
    phone: str = ""
    note: str = ""

    @classmethod
    def of(cls, registration: Registration) -> PersonDetails:
        role = registration.role.code if registration.role else ""
        return cls(registration.organisation, role, registration.phone, registration.note)


@transaction.atomic
def change_details(
    registration: Registration,
    details: PersonDetails,
    *,
    seen: Mapping[str, str] | None = None,
    who: str,
    why: str = "",
    at: datetime,
) -> Registration:
    """Correct an organisation or a role; keep a phone number or a note. No mail goes out.

    A role that is no longer asked can only stay. ``seen`` is what the organiser was shown, as a
    dictionary: a page that is out of date brings nothing back. Raises Erased, NothingChanged,
    DetailsMeanwhile, RoleGone.
    """
    event, registration = locking.locked(registration)
    if registration.erased_at:
        raise Erased
    before = PersonDetails.of(registration)
    changed = [name for name in asdict(details) if getattr(details, name) != getattr(before, name)]
    if not changed:
        raise NothingChanged
    if seen is not None and dict(seen) != asdict(before):
        raise DetailsMeanwhile
    if "role" in changed:
        signup.check_role(event, details.role)
        registration.role = roles.called(event, details.role)
    names = person_names.columns(
        registration.first_name, registration.last_name, details.organisation
    )
    columns = {
        "organisation": names["organisation"],
        "search_name": names["search_name"],
        "phone": details.phone,
        "note": details.note,
    }
    for column, value in columns.items():
        setattr(registration, column, value)
    locking.save_person(registration, *columns, "role")
    # Never what it was or is: history outlives the person.
    what = Change.What.DETAILS
    locking.record(registration, what, who=who, why=why, at=at, new={"fields": changed})
    return registration


def may_address(registration: Registration, at: datetime) -> bool:
    """Whether nobody has proven the address yet: only then can it be filled in or corrected."""
    if registration.erased_at:
        return False
    if registration.is_pending:
        return not registration.hold_over(at)
    by_hand = registration.origin == Registration.Origin.HAND
    unproven = not registration.email or registration.email_refused_at is not None
    return by_hand and unproven and registration.counts


@transaction.atomic
def set_address(
    registration: Registration, email: str, *, who: str, why: str = "", at: datetime
) -> Registration:
    """Fill in a missing address, or correct one that nobody has proven.

    A new secret goes with it, so that a link sent to the wrong address is dead. Raises Erased,
    NotRegistered, AddressProven, NothingChanged, RegisteredAlready.
    """
    event, registration = locking.locked(registration)
    if registration.erased_at:
        raise Erased
    if not may_address(registration, at):
        raise AddressProven if registration.counts else NotRegistered
    if email == registration.email:
        raise NothingChanged
    others = event.registrations.counting().of_address(email).exclude(pk=registration.pk)
    if others.exists():
        raise RegisteredAlready
    before, registration.email = registration.email, email
    registration.email_refused_at = None
    registration.secret = new_secret()
    locking.save_person(registration, "email", "email_refused_at", "secret", before=before)
    locking.record(registration, Change.What.ADDRESSED, who=who, why=why, at=at)
    # What still waits would take the new link to the old address.
    registration.mails.waiting().delete()
    if event.called_off:
        # No place is certain and there is nothing to confirm: only the personal page is of use.
        mails.store(registration, mails.Kind.LINK, unasked=True, at=at)
    elif registration.is_pending:
        mails.store(registration, mails.Kind.CONFIRM, at=at)
    else:
        mails.store(registration, mails.Kind.ADDED, at=at)
    return registration


def _order_kept(registration: Registration, first_name: str, last_name: str) -> dict[str, str]:
    """A name that was sorted as a whole ('Van den Berg, Jan') stays so when corrected."""
    whole = f"{registration.last_name}, {registration.first_name}"
    automatic = person_names.sort_name(registration.first_name, registration.last_name)
    if registration.sort_name == automatic or registration.sort_name.lower() != whole.lower():
        return {}
    sort_name = f"{last_name[:1].upper()}{last_name[1:]}, {first_name}"
    return {"sort_name": sort_name, "sort_key": person_names.sort_key(sort_name)}


def _words(text: str) -> list[str]:
    return sorted(person_names.norm(text).split())
