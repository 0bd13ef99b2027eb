"""Secrets of second factors as they are stored: a leaked database alone opens nothing."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.db import transaction

from registrations.names.keys import all_keys

# What allauth keeps of an app with codes, and of recovery codes.
SECRET_FIELDS = ("secret", "seed")


def box() -> MultiFernet:
    """Locks with SECRET_KEY, and opens what was locked with a key that it replaced."""
    keys = [hashlib.sha256(f"second factor {key}".encode()).digest() for key in all_keys()]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def lock_anew() -> tuple[int, int]:
    """Lock every secret with the SECRET_KEY of today, so that earlier ones can go.

    How many there are, and how many no key opens: these are void already, and stay as they are.
    """
    done = void = 0
    for pk in Authenticator.objects.values_list("pk", flat=True):
        # One at a time: somebody may be logging in with it.
        with transaction.atomic():
            row = Authenticator.objects.select_for_update().filter(pk=pk).first()
            fields = [name for name in SECRET_FIELDS if row and name in row.data]
            if row is None or not fields:
                continue
            try:
                row.data |= {name: _again(row.data[name]) for name in fields}
            except InvalidToken:
                void += 1
                continue
            row.save(update_fields=["data"])
            done += 1
    return done, void


def _again(locked: str) -> str:
    return box().rotate(locked.encode()).decode()
