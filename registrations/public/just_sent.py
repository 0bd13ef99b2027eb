"""The sign-up that a browser has just sent, in one cookie (rule 12): signed, and soon gone.

It holds no name and no address. What it knows is how things were when the form was sent. A page
that is drawn from it never looks at what became of the sign-up since: that could tell a stranger
whether the address is registered (rule 5).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone

from program.models import Event, Slot
from registrations.models import Registration
from registrations.names.addresses import email_key
from registrations.queries.waiting import Queues

KEPT_AT_MOST = timedelta(hours=3)
SALT = "registrations.just_sent"


@dataclass(frozen=True)
class JustSent:
    """The sign-up, and what was promised with it: until when it is held, and whether with a place
    or only with a turn on the waiting list."""

    registration: Registration
    until: datetime
    with_place: bool


def remember(
    response: HttpResponseRedirect, registration: Registration, *, at: datetime
) -> HttpResponseRedirect:
    """Give the browser the cookie, for as long as the sign-up is held and a few hours at most."""
    # Sent twice, and confirmed in between: the second answer is as the first one (rule 5).
    usual = registration.created_at + timedelta(minutes=registration.event.hold_minutes)
    until = registration.hold_expires_at or usual
    value = [
        registration.uuid.hex,
        email_key(registration.email),
        int(until.timestamp()),
        registration.holds_place,
    ]
    response.set_cookie(
        settings.JUST_SENT_COOKIE_NAME,
        signing.dumps(value, salt=SALT),
        max_age=ceil(min(until - at, KEPT_AT_MOST).total_seconds()),
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def forget(response: HttpResponseRedirect) -> HttpResponseRedirect:
    response.delete_cookie(settings.JUST_SENT_COOKIE_NAME, samesite="Lax")
    return response


def read(request: HttpRequest, event: Event, *, at: datetime) -> JustSent | None:
    """What this browser has just sent for this event, if its time to confirm is not over.

    One query, and none without the cookie.
    """
    try:
        cookie = request.COOKIES[settings.JUST_SENT_COOKIE_NAME]
        key, address, seconds, with_place = signing.loads(cookie, salt=SALT, max_age=KEPT_AT_MOST)
    except (KeyError, signing.BadSignature):
        return None
    until = datetime.fromtimestamp(seconds, UTC)
    if until <= at:
        return None
    found = event.registrations.filter(uuid=UUID(key)).first()
    # Nobody sees an address that they did not send: an organiser may have mended it since.
    if found is None or email_key(found.email) != address:
        return None
    return JustSent(found, until, with_place)


def own_hold(request: HttpRequest, event: Event) -> Registration | None:
    """The hold of this browser, which a new sign-up of the same person replaces."""
    at = timezone.now()
    sent = read(request, event, at=at)
    if sent is None or not sent.registration.is_pending or sent.registration.hold_over(at):
        return None
    return sent.registration


def count_as_free(
    hold: Registration | None, event: Event, slots: Iterable[Slot], queues: Queues
) -> None:
    """Show the one who holds them a place and seats as still to be had. One query with a hold."""
    if hold is None:
        return
    mine = set(hold.table_seats.values_list("slot", flat=True))
    for slot in slots:
        slot.taken -= slot.pk in mine
    event.taken -= hold.holds_place
    queues.has_place = hold.holds_place
