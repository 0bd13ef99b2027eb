"""The personal link: a secret of 192 bits, signed.

The secret alone, read from a leaked database, opens nothing without the signing key.
"""

from __future__ import annotations

import secrets

from django.core.signing import BadSignature, Signer

from registrations.errors import LinkUnknown
from registrations.models import Registration


def new_secret() -> str:
    return secrets.token_urlsafe(24)


def token_of(registration: Registration) -> str:
    """What stands in the address of someone's personal page."""
    return _signer().sign(registration.secret)


def find(token: str) -> Registration:
    """The registration behind a personal link. Raises LinkUnknown; erased people have none."""
    try:
        secret = _signer().unsign(token)
    except BadSignature:
        raise LinkUnknown from None
    if not secret:
        raise LinkUnknown
    try:
        return Registration.objects.select_related("event__venue").get(secret=secret)
    except Registration.DoesNotExist:
        raise LinkUnknown from None


def _signer() -> Signer:
    return Signer(salt="registrations.tokens", sep=".")
