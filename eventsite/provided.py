"""Accounts of those who log in with their organisation's own account, and what they may do.

The provider decides, at every log-in: who is in none of the groups of OIDC_GROUPS gets nowhere,
and what somebody is no longer in a group for is taken away. Accounts of the site itself keep the
rights that an administrator gives them.
"""

from __future__ import annotations

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventsite import oidc, security_log
from eventsite.oidc import Claims, NotLoggedIn
from eventsite.sessions import end_sessions
from registrations.mail import staff_mail
from registrations.organising import colleagues

ADMINISTRATOR = "administrator"  # of OIDC_GROUPS; its other rights are names of groups
METHOD = "socialaccount"  # allauth's word for it, in the records of a session
LINKED = _("From now on you open it with your organisation’s account, not with a password.")
MOVED = _(
    "Your organisation’s account has another e-mail address now. From now on, mail about your"
    " account goes there."
)
OTHER_DOOR = _("You log in with your %(name)s account. Use the button for it on the log-in page.")
NAME_LENGTH = 150


class NoRights(NotLoggedIn):
    message = _(
        "Your %(name)s account doesn’t give access to this site. If it should, ask the site’s"
        " administrator which group you need to be in."
    )
    status = 403
    reason = "no group"


class NoSecondFactor(NotLoggedIn):
    message = _(
        "You logged in at %(name)s with just a password. This site also asks for a second factor."
        " Set one up there, then start again."
    )
    status = 403
    reason = "no second factor"


class AddressTaken(NotLoggedIn):
    """An account of the site has the address: a claim of an address is no proof of who owns it."""

    message = _(
        "This site already has an account with your e-mail address. Log in to that one, or ask the"
        " site’s administrator to link it to your %(name)s account."
    )
    status = 403
    reason = "address of another account"


def let_in(claims: Claims) -> User:
    """The account of somebody whom the provider has shown to us, with the rights of today.

    Raises AddressTaken, NoRights, NoSecondFactor.
    """
    name, value = oidc.second_factor()
    if name and value not in oidc.values(claims, name):
        raise NoSecondFactor
    rights = rights_of(claims)
    user = _account(claims, rights)
    if user is None or not rights:
        raise NoRights
    return user


def rights_of(claims: Claims) -> set[str]:
    groups = oidc.values(claims, settings.OIDC_GROUPS_CLAIM)
    return {right for group, right in settings.OIDC_GROUPS if group in groups}


def belongs(user: User | AnonymousUser) -> bool:
    """Whether this account is opened at the provider, and nowhere else."""
    return bool(settings.OIDC_ISSUER) and _links().filter(user=user.pk or 0).exists()


def came_that_way(request: HttpRequest, user: User | AnonymousUser) -> bool:
    """Whether the last thing that this session showed was the account at the provider."""
    if not isinstance(user, User):
        return False
    records = get_authentication_records(request, user)
    return bool(records) and records[-1]["method"] == METHOD


@transaction.atomic
def link(user: User, subject: str) -> None:
    """From now on ``user`` is opened at the provider, by whoever it calls ``subject``.

    Its password and second factor go. Raises ValueError for an administrator: there has to be a
    way in when the provider is away, or turns out to be somebody else's.
    """
    if user.is_superuser:
        raise ValueError("an administrator")
    SocialAccount.objects.create(user=user, provider=settings.OIDC_ISSUER, uid=subject)
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user.pk)
    staff_mail.store_notice(user, LINKED, at=timezone.now())
    security_log.note("account linked to the provider", account=user.pk)


@transaction.atomic
def _account(claims: Claims, rights: set[str]) -> User | None:
    """None for somebody new who may not come in. Raises AddressTaken."""
    colleagues.lock_accounts()
    linked = _links().filter(uid=claims["sub"]).select_related("user").first()
    if linked:
        user = linked.user
        _name_anew(user, claims)
    elif rights:
        user = _of_address(claims) or _make(claims)
    else:
        return None
    _give(user, rights)
    return user


def _of_address(claims: Claims) -> User | None:
    """The account of the site that this person takes over. Raises AddressTaken.

    Only where an administrator trusts the provider's addresses (OIDC_LINK_BY_EMAIL), and it says
    that this one was proven; never an administrator's.
    """
    email = _email(claims)
    others = list(User.objects.filter(email__iexact=email)) if email else []
    if not others:
        return None
    proven = settings.OIDC_LINK_BY_EMAIL and claims.get("email_verified") is True
    mine = others[0]
    if not proven or len(others) > 1 or mine.is_superuser or not mine.is_active:
        raise AddressTaken
    if SocialAccount.objects.filter(user=mine).exists():
        raise AddressTaken
    link(mine, claims["sub"])
    return mine


def _make(claims: Claims) -> User:
    email = _email(claims)
    called = _text(claims, "preferred_username") or email or "collega"
    user = User(username=colleagues.free_user_name(called), email=email)
    user.set_unusable_password()
    user.first_name, user.last_name = _names(claims)
    user.save()
    SocialAccount.objects.create(user=user, provider=settings.OIDC_ISSUER, uid=claims["sub"])
    security_log.note("account made", account=user.pk, by="provider")
    return user


def _name_anew(user: User, claims: Claims) -> None:
    """People marry, and their addresses change; the address of another account is not taken."""
    first, last = _names(claims)
    email = _email(claims)
    if not email or User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        email = user.email
    if email.lower() != user.email.lower():
        staff_mail.store_notice(user, MOVED, at=timezone.now())  # to the address of before
        security_log.note("address changed", account=user.pk, by="provider")
    fresh = (first or user.first_name, last or user.last_name, email)
    if fresh != (user.first_name, user.last_name, user.email):
        user.first_name, user.last_name, user.email = fresh
        user.save(update_fields=["first_name", "last_name", "email"])


def _give(user: User, rights: set[str]) -> None:
    """The rights that OIDC_GROUPS names come and go; other groups are the site's own."""
    before = security_log.rights_of(user)
    staff, superuser = bool(rights), ADMINISTRATOR in rights
    if (staff, superuser) != (user.is_staff, user.is_superuser):
        user.is_staff, user.is_superuser = staff, superuser
        user.save(update_fields=["is_staff", "is_superuser"])
    for group in Group.objects.filter(name__in={right for _name, right in settings.OIDC_GROUPS}):
        change = user.groups.add if group.name in rights else user.groups.remove
        change(group)
    after = security_log.rights_of(user)
    if after != before:
        security_log.note("rights changed", account=user.pk, rights=after, by="provider")
    if not rights:
        end_sessions(user.pk)


def _names(claims: Claims) -> tuple[str, str]:
    """First and last name; from the whole name, what stands before and after the first space."""
    first, last = _text(claims, "given_name"), _text(claims, "family_name")
    if not (first or last):
        first, _space, last = _text(claims, "name").partition(" ")
    return first[:NAME_LENGTH], last[:NAME_LENGTH]


def _email(claims: Claims) -> str:
    """Empty if the provider says that it is not proven, or it is none that we mail to."""
    email = _text(claims, "email")
    unproven = claims.get("email_verified") is False
    return "" if unproven or len(email) > 254 or email.count("@") != 1 else email


def _text(claims: Claims, name: str) -> str:
    """Without what no name has, and no database keeps."""
    return "".join(filter(str.isprintable, str(claims.get(name) or ""))).strip()


def _links() -> QuerySet[SocialAccount]:
    """Of this provider: ``sub`` means somebody else at another one."""
    return SocialAccount.objects.filter(provider=settings.OIDC_ISSUER)
