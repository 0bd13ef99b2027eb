"""What is made of SECRET_KEY, and of the keys that it replaced (SECRET_KEY_FALLBACKS).

New digests are made with the first; whatever was handed out under another is still known by it.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import salted_hmac


def all_keys() -> list[str]:
    """The key of today first."""
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def digests(salt: str, value: str) -> list[bytes]:
    """One of 32 bytes for each key: the first is what to hand out, the others are what was."""
    return [salted_hmac(salt, value, secret=key, algorithm="sha256").digest() for key in all_keys()]
