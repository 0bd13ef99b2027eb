"""The sign-up that a browser has just sent, in one cookie (rule 12): signed, and soon gone.

It holds no name and no address, only which sign-up it was. Pages are drawn from what was promised
with that, and never from what became of it since: that could tell a stranger whether the address
is registered (rule 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseRedirect

from program.models import Event, Slot
from registrations.booking import promises
from registrations.booking.promises import Promise
from registrations.models import Registration
from registrations.names.addresses import address_keys
from registrations.queries.waiting import Queues

KEPT_AT_MOST = timedelta(hours=3)
SALT = "registrations.just_sent"


@dataclass(frozen=True)
class JustSent:
    """The sign-up, and what was promised with it."""

    registration: Registration
    promise: Promise


def remember(
    response: HttpResponseRedirect, registration: Registration, *, at: datetime
) -> HttpResponseRedirect:
    """Give the browser the cookie, for as long as the sign-up is held and a few hours at most.

    Sent twice, and confirmed in between: the second answer is as the first one (rule 5).
    """
    promise = promises.of(registration, at=at)
    if promise is None:
        return response
    response.set_cookie(
        settings.JUST_SENT_COOKIE_NAME,
        signing.dumps([registration.uuid.hex, address_keys(registration.email)[0]], salt=SALT),
        max_age=ceil(min(promise.until - at, KEPT_AT_MOST).total_seconds()),
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: HttpResponseRedirect) -> HttpResponseRedirect:
    response.delete_cookie(settings.JUST_SENT_COOKIE_NAME, samesite="Lax")
    return response


def known(request: HttpRequest) -> bool:
    """Whether this browser has the cookie: then its form is its own, and kept nowhere."""
    return settings.JUST_SENT_COOKIE_NAME in request.COOKIES


def read(request: HttpRequest, event: Event, *, at: datetime) -> JustSent | None:
    """What this browser has just sent for this event, if its time to confirm is not over.

    One query, and none without the cookie.
    """
    try:
        cookie = request.COOKIES[settings.JUST_SENT_COOKIE_NAME]
        key, address = signing.loads(cookie, salt=SALT, max_age=KEPT_AT_MOST)[:2]
    except (KeyError, signing.BadSignature):
        return None
    found = event.registrations.filter(uuid=UUID(key)).first()
    # Nobody sees an address that they did not send: an organiser may have mended it since.
    if found is None or address not in address_keys(found.email):
        return None
    promise = promises.of(found, at=at)
    return JustSent(found, promise) if promise else None


def count_as_free(
    sent: JustSent | None, event: Event, slots: Iterable[Slot], queues: Queues
) -> None:
    """Show the one who was promised them a place and seats as still to be had.

    The numbers come out the same once the sign-up is confirmed, for it sits there still, and once
    it came free, for then the seat is free already or somebody else got the last one. One query
    with the cookie.
    """
    if sent is None:
        return
    promise, mine = sent.promise, set(sent.registration.table_seats.values_list("slot", flat=True))
    for slot in slots:
        slot.taken -= slot.pk in promise.own_slots and (slot.pk in mine or slot.full)
    event.taken -= promise.with_place and (sent.registration.holds_place or event.places_left < 1)
    queues.has_place = promise.with_place
