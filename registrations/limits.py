"""Ceilings on how often a form may be sent.

Keyed on a hash of the address first; a network address only as a high ceiling, since a whole
town hall shares one. The cache counts: with several machines, CACHE_URL names a shared one.
"""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from registrations.addresses import email_key
from registrations.errors import TooManyRequests

NETWORK_POSTS, NETWORK_SECONDS = 3_000, 600
ADDRESS_POSTS, ADDRESS_SECONDS = 20, 3_600


def count_network(request: HttpRequest) -> None:
    """Count one sent form. Raises TooManyRequests above 3,000 in ten minutes from one network."""
    _count(f"network:{_network(request)}", NETWORK_POSTS, NETWORK_SECONDS)


def count_address(email: str) -> None:
    """Count one request for mail. Raises TooManyRequests above 20 an hour for one address."""
    _count(f"address:{email_key(email)}", ADDRESS_POSTS, ADDRESS_SECONDS)


def _network(request: HttpRequest) -> str:
    """The visitor's network address: what our own outermost proxy saw, never what they claim."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.PROXIES
    if 0 < proxies <= len(forwarded):
        return forwarded[-proxies].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _count(key: str, most: int, seconds: int) -> None:
    cache.add(key, 0, timeout=seconds)
    try:
        times = cache.incr(key)
    except ValueError:  # ran out between the two calls
        return
    if times > most:
        raise TooManyRequests
