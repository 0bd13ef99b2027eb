"""The second factor of staff: an app or a passkey, and what a session has shown of it."""

from __future__ import annotations

from datetime import datetime

from allauth.account.authentication import get_authentication_records
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eventsite import provided, security_log
from eventsite.sessions import end_sessions
from registrations.mail import staff_mail

# Recovery codes are no factor by themselves: they stand in for one that is lost.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
REMOVED = _("An administrator removed your second factor. You choose a new one when you log in.")


def has_factor(user: User | AnonymousUser) -> bool:
    return _factors(user).exists()


def is_shown(request: HttpRequest) -> bool:
    """Whether this session was opened with a factor that its owner still has.

    One that was removed meanwhile, lost or stolen, opens nothing any more. Those who come from
    their organisation's provider showed it there.
    """
    if not request.user.is_authenticated:
        return False
    if provided.came_that_way(request, request.user):
        return provided.belongs(request.user)
    records = get_authentication_records(request, request.user)
    shown = [record for record in records if record["method"] == "mfa"]
    if not shown:
        return False
    factors = set(_factors(request.user).values_list("pk", flat=True))
    return bool(factors) and any(
        record["id"] in factors or record["type"] == Authenticator.Type.RECOVERY_CODES
        for record in shown
    )


def just_set_up(request: HttpRequest, kind: str, code: str = "") -> None:
    """Those who set up a factor have shown it: no need to log in again. Its code is used up."""
    newest = _factors(request.user).filter(type=kind).latest("pk")
    if code:
        spend(newest, code)
    post_authentication(request, newest)


@transaction.atomic
def spend(app: Authenticator, code: str) -> bool:
    """Use up a code of the app; False if it, or a later one, was used before.

    allauth itself remembers this in the cache, which may differ between processes.
    """
    locked = Authenticator.objects.select_for_update().get(pk=app.pk)
    secret = decrypt(locked.data["secret"])
    steps = [
        step
        for step in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step)))
    ]
    if not steps or max(steps) <= locked.data.get("last_step", 0):
        return False
    locked.data["last_step"] = max(steps)
    locked.save(update_fields=["data"])
    return True


@transaction.atomic
def remove(user: User, *, at: datetime) -> bool:
    """Take away all factors of somebody who lost theirs, log them out everywhere and tell them.

    False if there was none.
    """
    removed, _rows = Authenticator.objects.filter(user=user).delete()
    if removed:
        end_sessions(user.pk)
        security_log.note("second factor removed by an administrator", account=user.pk)
        staff_mail.store_notice(user, REMOVED, at=at)
    return bool(removed)


def _factors(user: User | AnonymousUser) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user_id=user.pk or 0, type__in=FACTORS)
