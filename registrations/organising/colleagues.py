"""Colleagues of an event: invited by mail, let in with their own account, and removed again."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction

from program.models import Event
from registrations.booking import locking
from registrations.errors import AccountMeanwhile, LastOrganiser, LinkUnknown, OwnPlace
from registrations.mail import staff_mail
from registrations.models import Change, ColleagueRole, Invitation, StoredMail, history
from registrations.organising.groups import DOOR_STAFF, ORGANISERS, READERS
from registrations.queries.tokens import new_secret

security = logging.getLogger("security")  # eventsite/security_log.py says what it holds

WORKS = timedelta(days=7)
GROUPS = {
    ColleagueRole.ORGANISER: ORGANISERS,
    ColleagueRole.DOOR: DOOR_STAFF,
    ColleagueRole.READER: READERS,
}
NAME_LENGTH = 140  # of a user name, with room for a number behind it


@dataclass(frozen=True)
class NewAccount:
    """What somebody without an account fills in; the password fits the rules of the site."""

    first_name: str
    last_name: str
    password: str


@transaction.atomic
def invite(event: Event, email: str, role: str, *, who: str, at: datetime) -> Invitation:
    """Mail somebody an invitation, the same whether or not they have an account.

    An address has one: inviting it again, perhaps for another role, ends the earlier link.
    Raises AddressesErased.
    """
    event = Event.objects.locked(event.pk)
    locking.refuse_erased(event, at=at)
    invitation = event.invitations.filter(email__iexact=email).first() or Invitation(event=event)
    invitation.email, invitation.role = email, role
    return _send(invitation, "invited", who=who, at=at)


@transaction.atomic
def resend(invitation: Invitation, *, who: str, at: datetime) -> Invitation:
    """Mail it again with a new link, for as many days as the first time.

    Raises AddressesErased, LinkUnknown.
    """
    fresh = _locked(invitation)
    locking.refuse_erased(fresh.event, at=at)
    return _send(fresh, "mailed", who=who, at=at)


@transaction.atomic
def withdraw(invitation: Invitation, *, who: str, at: datetime) -> None:
    """Its link stops working, and the address is forgotten. Doing so twice changes nothing."""
    event = Event.objects.locked(invitation.event_id)
    gone, _rows = event.invitations.filter(pk=invitation.pk).delete()
    if gone:
        _record(event, "withdrawn", invitation.role, who=who, at=at)


def accounts_of(invitation: Invitation) -> list[User]:
    """Those with its address, closed ones too."""
    return list(User.objects.filter(email__iexact=invitation.email).order_by("pk"))


@transaction.atomic
def accept(invitation: Invitation, user: User, *, at: datetime) -> None:
    """Let an account of this address work for the event. Raises LinkUnknown if it was used."""
    fresh = _locked(invitation)
    if user.email.lower() != fresh.email.lower() or not user.is_active:
        raise LinkUnknown
    _let_in(fresh, user, at=at)


@transaction.atomic
def accept_anew(invitation: Invitation, account: NewAccount, *, at: datetime) -> User:
    """As ``accept``, for somebody without an account: they get one.

    Raises AccountMeanwhile, LinkUnknown.
    """
    fresh = _locked(invitation)
    lock_accounts()
    if accounts_of(fresh):
        raise AccountMeanwhile
    user = User.objects.create_user(
        free_user_name(fresh.email),
        fresh.email,
        account.password,
        first_name=account.first_name,
        last_name=account.last_name,
        is_staff=True,
    )
    _let_in(fresh, user, at=at)
    security.info("account made: account=%s", user.pk)
    return user


@transaction.atomic
def take_off(
    event: Event, user: User, role: ColleagueRole, *, by: User | AnonymousUser, at: datetime
) -> None:
    """End what a colleague may do in this role. Raises OwnPlace, LastOrganiser."""
    event = Event.objects.locked(event.pk)
    members = getattr(event, role.members)
    if not members.filter(pk=user.pk).exists():
        return
    if role == ColleagueRole.ORGANISER:
        if user == by and not by.is_superuser:
            raise OwnPlace
        # Nobody can log in to an account that was closed.
        if not members.exclude(pk=user.pk).filter(is_active=True).exists():
            raise LastOrganiser
        event.digests.filter(user=user).delete()
    members.remove(user)
    security.info("may no longer be %s: account=%s event=%s", role, user.pk, event.pk)
    _record(event, "taken off", role, who=by.get_username(), at=at)


def free_user_name(email: str) -> str:
    """A name to log in with, made from an address; capitals make no difference."""
    local, _at, _domain = email.partition("@")
    first = name = re.sub(r"[^\w.+-]", "", local.lower())[:NAME_LENGTH] or "collega"
    number = 1
    while name in history.NO_STAFF or User.objects.filter(username__iexact=name).exists():
        number += 1
        name = f"{first}{number}"
    return name


def lock_accounts() -> None:
    """Accounts are made one after the other, also those of two events: somebody may accept two
    invitations at once, and two people may be given the same user name.
    """
    list(Group.objects.select_for_update(no_key=True).order_by("pk"))


def _locked(invitation: Invitation) -> Invitation:
    """It as it is now, under the lock of its event. Raises LinkUnknown for another link."""
    event = Event.objects.locked(invitation.event_id)
    fresh = event.invitations.filter(pk=invitation.pk, secret=invitation.secret).first()
    if fresh is None:
        raise LinkUnknown
    fresh.event = event
    return fresh


def _send(invitation: Invitation, done: str, *, who: str, at: datetime) -> Invitation:
    by = User.objects.filter(username=who).first()
    invitation.secret = new_secret()
    invitation.invited_by = (by and by.get_full_name()) or who
    invitation.created_at, invitation.expires_at = at, at + WORKS
    invitation.save()
    StoredMail.objects.filter(invitation=invitation).delete()
    staff_mail.store_invitation(invitation, at=at)
    _record(invitation.event, done, invitation.role, who=who, at=at)
    return invitation


def _let_in(invitation: Invitation, user: User, *, at: datetime) -> None:
    event, role = invitation.event, ColleagueRole(invitation.role)
    invitation.delete()
    getattr(event, role.members).add(user)
    user.groups.add(*Group.objects.filter(name=GROUPS[role]))
    if not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    security.info("may be %s: account=%s event=%s", role, user.pk, event.pk)
    _record(event, "accepted", role, who=user.get_username(), at=at)


def _record(event: Event, done: str, role: str, *, who: str, at: datetime) -> None:
    """History names nobody but who acted."""
    new: dict[str, Any] = {"done": done, "role": role}
    history.record(event, None, Change.What.COLLEAGUE, who=who, at=at, new=new)
