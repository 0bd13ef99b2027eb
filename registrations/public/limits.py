"""Ceilings on how often a form may be sent, and pauses for those who make up addresses.

Keyed on a hash of the address first; a network address only as a high ceiling, since a whole
town hall shares one. A network whose sign-ups nobody confirms has to wait longer each time: people
in a hurry never notice that, and nobody has to solve a puzzle. The cache counts: with several
machines, CACHE_URL names a shared one. While that is away (eventsite/cache.py), each process counts
for itself.
"""

from __future__ import annotations

import logging
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from program.models import Event
from registrations.errors import (
    BusyAddress,
    BusyCodes,
    BusyNetwork,
    TooManyRequests,
    UnconfirmedNetwork,
)
from registrations.models import Registration
from registrations.names.addresses import email_key
from registrations.names.keys import digests

# Words for events of security: no names and no addresses, also not those of networks.
logger = logging.getLogger("security")

NETWORK_POSTS, ADDRESS_POSTS = 3_000, 20
# Sign-ups for one event from one network that are still to be confirmed: so many may always be, and
# for a larger event as many as it has places. Those that hold a place may be for half the places.
UNCONFIRMED = 300
FEWEST_HELD = 5  # an office with a small event
HOUR = 3_600  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 60, 600
# Wrong codes for one event in an hour: from one network, and from all of them.
NETWORK_CODES, EVENT_CODES = 100, 1_000
HOME = 64  # bits of an IPv6 address that one household or office shares
MARK = 10  # hexadecimal characters of a network in the log


def count_network(request: HttpRequest) -> None:
    """Count one sent form. Raises BusyNetwork above 3,000 in ten minutes from one network."""
    _count(f"network:{network_mark(request)}", NETWORK_POSTS, BusyNetwork)


def count_address(email: str) -> None:
    """Count one request for mail. Raises BusyAddress above 20 an hour for one address."""
    _count(f"address:{email_key(email)}", ADDRESS_POSTS, BusyAddress)


def slow_down(request: HttpRequest, event: Event) -> None:
    """Let a network pause that sends sign-ups for an event which nobody confirms.

    After each pause one more is let through, and the next pause is twice as long, up to ten
    minutes. Raises UnconfirmedNetwork during a pause.
    """
    # Counting those still to be confirmed takes longer the more there are, of any network.
    if _sent_lately(request, event) < min(_most(event)) or not _too_many(request, event):
        return
    key = f"pauses:{event.pk}:{network_mark(request)}"
    pauses, now = cache.get(key, 0), timezone.now().timestamp()
    until = cache.get(f"{key}:{pauses}", 0)
    if now < until:
        raise UnconfirmedNetwork(ceil(until - now))
    seconds = min(FIRST_PAUSE * 2**pauses, LONGEST_PAUSE)
    # Of two at once only one begins the next pause, and is let through.
    if not cache.add(f"{key}:{pauses + 1}", now + seconds, timeout=seconds):
        raise UnconfirmedNetwork(seconds)
    cache.set(key, pauses + 1, timeout=HOUR)
    _log("unconfirmed", request, event)


def _most(event: Event) -> tuple[int, int]:
    """How many that hold a place, and how many in all, one network may have to confirm.

    It may be a town hall, which shares one: at an event of 300 places all who work there may sign
    up before anybody confirms.
    """
    held = UNCONFIRMED if event.capacity >= UNCONFIRMED else FEWEST_HELD
    return max(held, event.capacity // 2), max(UNCONFIRMED, event.capacity)


def _too_many(request: HttpRequest, event: Event) -> bool:
    """Whether this network has as many to confirm as it may. One query.

    What is confirmed, replaced or came free is not among them.
    """
    most_held, most = _most(event)
    pending = event.registrations.pending().filter(origin=Registration.Origin.SITE)
    newest = pending.order_by("-pk").values_list("pk", "holds_place")
    holding = dict(newest[: 2 * most])
    came_from = cache.get_many([_came_from(pk) for pk in holding])
    mark = network_mark(request)
    here = [holds for pk, holds in holding.items() if came_from.get(_came_from(pk)) == mark]
    return sum(here) >= most_held or len(here) >= most


def count_sign_up(request: HttpRequest, registration: Registration) -> None:
    """Until it is confirmed it counts for its network, as long as it is held."""
    event, mark = registration.event, network_mark(request)
    cache.add(_came_from(registration.pk), mark, timeout=_kept(event))
    now, _before = _sign_ups(request, event)
    _add_one(now, 2 * _kept(event))


def _sent_lately(request: HttpRequest, event: Event) -> int:
    """How many sign-ups of this network were taken, of those still to be confirmed at least all."""
    return sum(cache.get_many(_sign_ups(request, event)).values())


def _sign_ups(request: HttpRequest, event: Event) -> tuple[str, str]:
    """Where they are counted: since a full hour, or as long as a hold lasts, and the one before."""
    window = int(timezone.now().timestamp() // _kept(event))
    key = f"sign-ups:{event.pk}:{network_mark(request)}"
    return f"{key}:{window}", f"{key}:{window - 1}"


def _kept(event: Event) -> int:
    """Seconds for which it is known where a sign-up came from."""
    return max(HOUR, event.hold_minutes * 60)


def check_codes(request: HttpRequest, event: Event) -> None:
    """Raises BusyCodes once very many wrong codes were typed for an event."""
    ceilings = zip(_wrong_codes(request, event), (NETWORK_CODES, EVENT_CODES), strict=True)
    if reached := [key for key, most in ceilings if cache.get(key, 0) >= most]:
        raise BusyCodes(max(_left(key, HOUR) for key in reached))


def count_wrong_code(request: HttpRequest, event: Event) -> None:
    """Count a wrong code; the log says once that there are too many."""
    for key, most in zip(_wrong_codes(request, event), (NETWORK_CODES, EVENT_CODES), strict=True):
        if _add_one(key, HOUR) == most:
            _log("wrong codes", request, event)


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


def network_mark(request: HttpRequest) -> str:
    """What a network is counted by: nobody finds its address from that."""
    return digests("registrations.network", network(request))[0].hex()[:12]


def mark_of_the_day(request: HttpRequest) -> str:
    """What a network is called in the log: the same all day, and another one tomorrow."""
    day = timezone.localdate().isoformat()
    return digests(f"eventsite.security_log {day}", network(request))[0].hex()[:MARK]


def _count(key: str, most: int, refusal: type[TooManyRequests]) -> None:
    if _add_one(key, refusal.seconds) > most:
        # Since when mail to an address is asked for is not for others to know (rule 5).
        raise refusal(None if refusal is BusyAddress else _left(key, refusal.seconds))


def _add_one(key: str, seconds: int) -> int:
    """The new count, of so many seconds; 0 if it expired just now, or the shared cache is away."""
    if cache.add(key, 0, timeout=seconds):
        cache.set(f"{key}:until", timezone.now().timestamp() + seconds, timeout=seconds)
    try:
        return cache.incr(key)
    except ValueError:
        return 0


def _left(key: str, seconds: int) -> int:
    """Until a count of so many seconds begins anew."""
    now = timezone.now().timestamp()
    until: float = cache.get(f"{key}:until", now + seconds)
    return max(1, ceil(until - now))


def _came_from(key: int) -> str:
    """Where the network of a sign-up is kept, as a hash: it must not say where that came from."""
    return f"came-from:{key}"


def _wrong_codes(request: HttpRequest, event: Event) -> tuple[str, str]:
    key = f"wrong-codes:{event.pk}"
    return f"{key}:{network_mark(request)}", key


def _log(what: str, request: HttpRequest, event: Event) -> None:
    """A line by which lines of one network can be found together, and no more."""
    logger.warning("%s: event=%s network=%s", what, event.pk, mark_of_the_day(request))
