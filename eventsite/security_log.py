"""What happens to accounts, as lines of the log named ``security``.

A line gives the number of the account, never a name or what somebody typed: a password ends up in
the field for the name now and then. Of the network it gives a mark that is the same all day: an
administrator sees one network at work, and nobody finds its address without SECRET_KEY.
"""

from __future__ import annotations

import logging
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.signals import (
    authentication_step_completed,
    password_changed,
    password_reset,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from registrations.public import limits

logger = logging.getLogger("security")


def note(
    what: str,
    request: HttpRequest | None = None,
    *,
    account: int | None = None,
    bad: bool = False,
    **facts: object,
) -> None:
    """Write a line: ``what`` in fixed words, then numbers. ``bad``: something was refused."""
    known: dict[str, object] = {"account": account or "unknown"}
    if request is not None:
        known["network"] = limits.mark_of_the_day(request)
    words = " ".join(f"{name}={value}" for name, value in (known | facts).items())
    logger.log(logging.WARNING if bad else logging.INFO, "%s: %s", what, words)


def account_of(name: str) -> int | None:
    """The number of the account that logs in with this name; capitals make no difference."""
    return User.objects.filter(username__iexact=name).values_list("pk", flat=True).first()


def rights_of(user: User) -> str:
    """What an account may do, in one word: 'staff+Organisatoren', or 'closed' for nothing."""
    if not user.is_active:
        return "closed"
    may = [("staff", user.is_staff), ("administrator", user.is_superuser)]
    groups = user.groups.order_by("name").values_list("name", flat=True)
    return "+".join([*(name for name, true in may if true), *groups]) or "none"


@receiver(user_logged_in)
def _logged_in(request: HttpRequest, user: User, **kwargs: Any) -> None:
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    how = "+".join(str(record.get("type") or record["method"]) for record in records)
    note("logged in", request, account=user.pk, by=how or "unknown")


@receiver(user_login_failed)
def _wrong_password(
    credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    account = account_of(str(credentials.get("username") or ""))
    note("wrong password", request, account=account, bad=True)


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        note("logged out", request, account=user.pk)


@receiver(authentication_step_completed)
def _factor_shown(request: HttpRequest, user: User, method: str, **kwargs: Any) -> None:
    if method == "mfa":
        note("second factor shown", request, account=user.pk, factor=kwargs["type"])


@receiver(authentication_failed)
def _wrong_code(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    note("wrong second factor", request, account=user.pk, factor=authenticator.type, bad=True)


@receiver(authenticator_added)
def _factor_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    note("second factor added", request, account=user.pk, factor=authenticator.type)


@receiver(authenticator_removed)
def _factor_removed(
    request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any
) -> None:
    note("second factor removed", request, account=user.pk, factor=authenticator.type)


@receiver(authenticator_reset)
def _new_recovery_codes(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note("new recovery codes", request, account=user.pk)


@receiver(password_changed)
def _password_changed(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note("password changed", request, account=user.pk)


@receiver(password_reset)
def _password_chosen(request: HttpRequest, user: User, **kwargs: Any) -> None:
    note("password chosen by a mailed link", request, account=user.pk)
