"""How often a password may be guessed, whoever guesses from however many networks.

allauth counts per user name and network (ACCOUNT_RATE_LIMITS). On top of that an account takes so
many wrong passwords an hour over all networks together. From then on a password alone opens it in
no new browser, so strangers can bring that about; but they close no account to its owner:

- a browser in which its owner logged in before is not counted here: it has a cookie that says so;
- so has the browser in which a mailed link was used to choose a password, at any time;
- a passkey needs no password.

A network from which many passwords were wrong, whatever the names, takes few tries for each name:
a whole town hall may share it, and colleagues who know their password still get in.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from math import ceil

from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from eventsite import security_log
from registrations.mail import staff_mail
from registrations.names.keys import digests
from registrations.public import limits

ACCOUNT_TRIES, ACCOUNT_SECONDS = 20, 3600
NETWORK_TRIES, NETWORK_SECONDS = 100, 600
FEW = 2  # tries for each name, in the same time, from a network that had all of those
TOLD_EVERY = 86_400  # seconds between two mails about this to one account
SALT = "eventsite.guessing"
KNOWN_FOR = 180 * 86_400  # seconds
MOST_KNOWN = 8  # accounts of one browser
# What allauth refuses with a page, rather than with a sentence in a form (ACCOUNT_RATE_LIMITS).
RATES = [
    ("allauth.account", "login"),
    ("allauth.account", "reauthenticate"),
    ("allauth.account", "change_password"),
    ("allauth.account", "reset_password_from_key"),
    ("allauth.mfa", "webauthn_login"),
]

GUESSED = _(
    "Someone filled in a wrong password for it twenty times within an hour. For an hour you can"
    " log in only on a device that you used before, with a passkey, or after choosing a new"
    " password."
)


class TooManyGuesses(Exception):
    """This try is not looked at, right or wrong."""


def count(request: HttpRequest, name: str) -> list[str]:
    """Count a try before it is made, for two that come at once each have to know of the other.

    Returns what to give to ``take_back`` if the password is right. Raises TooManyGuesses.
    """
    if is_known(request, name):
        return []
    account, network = (
        f"guesses:account:{_mark(name)}",
        f"guesses:network:{limits.network_mark(request)}",
    )
    tries = _add(account, ACCOUNT_SECONDS)
    if tries > ACCOUNT_TRIES:
        if tries == ACCOUNT_TRIES + 1:
            _tell_owner(name)
        raise TooManyGuesses
    counted = [account, network]
    if _add(network, NETWORK_SECONDS) > NETWORK_TRIES:
        few = f"{network}:{_mark(name)}"
        if _add(few, NETWORK_SECONDS) > FEW:
            _subtract([account])  # its owner elsewhere has nothing to do with this network
            raise TooManyGuesses
        counted.append(few)
    return counted


def take_back(counted: Iterable[str]) -> None:
    """The password was right: sixty colleagues behind one address are no attack."""
    _subtract(counted)


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Its owner logs in with this browser: strangers who guess do not slow it down."""
    mine = _mark(user.username)
    marks = [mine, *(mark for mark in _known(request) if mark != mine)][:MOST_KNOWN]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(marks, salt=SALT),
        max_age=KNOWN_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_known(request: HttpRequest, name: str) -> bool:
    """Whether the owner of this account used this browser before."""
    return any(digest.hex()[:32] in _known(request) for digest in digests(SALT, name.lower()))


def seconds_left(request: HttpRequest) -> int | None:
    """How long allauth goes on refusing this visitor what it has just refused; None: unknown."""
    left = []
    for app, action in RATES:
        for rate in ratelimit.get_rates(app=app, action=action):
            if rate.per != "user" or request.user.is_authenticated:
                key = ratelimit.get_cache_key(request, app=app, action=action, rate=rate)
                tries = cache.get(key, [])  # the moment of each, the oldest one last
                if len(tries) >= rate.amount:
                    left.append(ceil(tries[-1] + rate.duration - time.time()))
    return max((seconds for seconds in left if seconds > 0), default=None)


def _known(request: HttpRequest) -> list[str]:
    try:
        cookie = request.COOKIES[settings.DEVICE_COOKIE_NAME]
        return [str(mark) for mark in signing.loads(cookie, salt=SALT, max_age=KNOWN_FOR)]
    except (KeyError, signing.BadSignature):
        return []


def _mark(name: str) -> str:
    """What counts as one account; says nothing of its name."""
    return digests(SALT, name.lower())[0].hex()[:32]


def _tell_owner(name: str) -> None:
    """The first refusal; at most a mail a day, or a stranger could send many."""
    if not cache.add(f"guesses:told:{_mark(name)}", True, timeout=TOLD_EVERY):
        return
    user = User.objects.filter(username__iexact=name, is_active=True).first()
    if user:
        staff_mail.store_notice(user, GUESSED, at=timezone.now())
        security_log.note("many wrong passwords", account=user.pk, bad=True)


def _add(key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # expired between the two calls, or the shared cache is away
        return 1


def _subtract(keys: Iterable[str]) -> None:
    for key in keys:
        try:
            cache.decr(key)
        except ValueError:
            continue  # expired since
