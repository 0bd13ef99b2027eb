"""Ceilings on how often a form may be sent.

Keyed on a hash of the address first; a network address only as a high ceiling, since a whole
town hall shares one. The cache counts: with several machines, CACHE_URL names a shared one. While
that is away (eventsite/cache.py), forms are not counted.
"""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from registrations.errors import BusyAddress, BusyNetwork, TooManyRequests
from registrations.names.addresses import email_key

NETWORK_POSTS, ADDRESS_POSTS = 3_000, 20
HOME = 64  # bits of an IPv6 address that one household or office shares


def count_network(request: HttpRequest) -> None:
    """Count one sent form. Raises BusyNetwork above 3,000 in ten minutes from one network."""
    _count(f"network:{network(request)}", NETWORK_POSTS, BusyNetwork)


def count_address(email: str) -> None:
    """Count one request for mail. Raises BusyAddress above 20 an hour for one address."""
    _count(f"address:{email_key(email)}", ADDRESS_POSTS, BusyAddress)


def network(request: HttpRequest) -> str:
    """The visitor's network: what our own outermost proxy saw, never what they claim."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    proxies: int = settings.PROXIES
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if 0 < proxies <= len(forwarded):
        seen = forwarded[-proxies].strip()
    try:
        address = ip_address(seen)
    except ValueError:  # a name, or nothing behind a socket
        return seen
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        # A network with one address has billions more to send from.
        return str(IPv6Network((int(address), HOME), strict=False))
    return str(address)


def _count(key: str, most: int, refusal: type[TooManyRequests]) -> None:
    cache.add(key, 0, timeout=refusal.seconds)
    try:
        times = cache.incr(key)
    except ValueError:  # expired between the two calls, or the shared cache is away
        return
    if times > most:
        raise refusal
