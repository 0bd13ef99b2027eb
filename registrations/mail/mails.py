"""One function a message. Each stores one mail in the caller's transaction; none sends.

Names stand in bodies only, never in a header. Every link is absolute and in the language
of the person who reads it.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from program.models import Event
from program.text import plain
from registrations.models import Registration, Seat, StoredMail
from registrations.queries import calendars, waiting
from registrations.queries.tokens import token_of

Kind = StoredMail.Kind

# What a stranger can make us send: at most this many in an hour to one address.
BY_STRANGERS = (Kind.CONFIRM, Kind.ALREADY, Kind.LINK)
MOST = 5
HOUR = timedelta(hours=1)


def send_after_for(email: str, at: datetime, kinds: tuple[Kind, ...] = BY_STRANGERS) -> datetime:
    """From when one more mail that strangers can trigger may go to this address.

    Mostly ``at`` itself; later once the fifth-last one goes out less than an hour before it.
    One query, of the same shape for every address.
    """
    # What was only asked for is no mail yet, and may never be one.
    mails = StoredMail.objects.exclude(kind=Kind.LINK, registration=None)
    fifth_last = (
        mails.filter(to__iexact=email, kind__in=kinds, send_after__gt=at - HOUR)
        .order_by("-send_after")
        .values_list("send_after", flat=True)[MOST - 1 : MOST]
    )
    return max([at, *(moment + HOUR for moment in fifth_last)])


def store_confirm(registration: Registration, *, at: datetime) -> None:
    """Ask the owner of the address to say yes, before the hold runs out or after all (rule 4)."""
    with translation.override(registration.language):
        subject = _("Confirm your sign-up for %(event)s")
        if registration.is_pending and not registration.holds_place:
            subject = _("Confirm your place on the waiting list for %(event)s")
        _store(registration, Kind.CONFIRM, subject, at, {})


def store_registered(registration: Registration, *, at: datetime, missed: bool = False) -> None:
    """Your place is certain, with the day to put in a calendar.

    ``missed``: not every table asked for, since a late confirmation gets what is left (rule 4).
    """
    with translation.override(registration.language):
        subject = _("You are registered for %(event)s")
        _store(registration, Kind.REGISTERED, subject, at, {"missed": missed}, "REQUEST")


def store_already(registration: Registration, *, at: datetime) -> None:
    """Somebody signed up with an address that is registered: ``registration`` is its owner's.

    Says nothing about the new sign-up, which may be a stranger's (rule 5).
    """
    with translation.override(registration.language):
        if registration.is_waiting:
            subject = _("You are already on the waiting list for %(event)s")
        else:
            subject = _("You are already registered for %(event)s")
        _store(registration, Kind.ALREADY, subject, at, {})


def store_link(registration: Registration, *, at: datetime, unasked: bool = False) -> None:
    """The personal link once more; ``unasked`` if it was an organiser's idea."""
    with translation.override(registration.language):
        subject = _("Your link for %(event)s")
        _store(registration, Kind.LINK, subject, at, {"unasked": unasked})


def store_added(registration: Registration, *, at: datetime) -> None:
    """An organiser signed you up: the link to prove it by, and the day for a calendar."""
    with translation.override(registration.language):
        if registration.is_waiting:
            subject, method = _("You are on the waiting list for %(event)s"), ""
        else:
            subject, method = _("You are registered for %(event)s"), "REQUEST"
        _store(registration, Kind.ADDED, subject, at, {}, method)


def store_corrected(registration: Registration, before: str, *, at: datetime) -> None:
    """An organiser mended the name, which was ``before`` (rule 3)."""
    with translation.override(registration.language):
        subject = _("Your name was corrected: %(event)s")
        _store(registration, Kind.CORRECTED, subject, at, {"before": before})


def store_tables_changed(registration: Registration, *, at: datetime) -> None:
    """The tables as they are now; the caller has raised ``calendar_sequence``."""
    with translation.override(registration.language):
        subject = _("Your tables have changed: %(event)s")
        _store(registration, Kind.TABLES, subject, at, {}, "REQUEST")


def store_moved(registration: Registration, *, at: datetime) -> None:
    """An entry came true, by a free seat or a swap; the caller has raised the sequence."""
    with translation.override(registration.language):
        subject = _("You have another table: %(event)s")
        seats = registration.table_seats.select_related("round", "session")
        # Why, in the words of the personal page; one mail however many moves (rule 7).
        moved = [(seat, waiting.why(seat)) for seat in waiting.moved(seats, at=at)]
        _store(registration, Kind.MOVED, subject, at, {"moved": moved}, "REQUEST")


def store_waiting(registration: Registration, *, at: datetime) -> None:
    """You are on the event's waiting list, and where in the queue (rule 8)."""
    with translation.override(registration.language):
        place, of = waiting.place_of(registration)
        subject = _("You are on the waiting list for %(event)s")
        _store(registration, Kind.WAITING, subject, at, {"place": place, "of": of})


def store_promoted(registration: Registration, *, at: datetime) -> None:
    """There is a place now; giving it back is two clicks (rule 8)."""
    with translation.override(registration.language):
        subject = _("There is a place for you: %(event)s")
        context = {"since": _moment(registration.confirmed_at or at)}
        _store(registration, Kind.PROMOTED, subject, at, context, "REQUEST")


def store_waiting_over(registration: Registration, *, at: datetime) -> None:
    """From now on nobody is moved; what comes free can be taken by hand (rule 9)."""
    with translation.override(registration.language):
        subject = _("The waiting list has closed: %(event)s")
        _store(registration, Kind.WAITING_OVER, subject, at, {})


def store_cancelled(
    registration: Registration, *, at: datetime, by_organiser: bool = False
) -> None:
    """The place is given back, or the one in the queue.

    The caller has raised ``calendar_sequence``. Who never had a place has nothing to take out
    of a calendar.
    """
    with translation.override(registration.language):
        if by_organiser:
            subject = _("Your sign-up is cancelled: %(event)s")
        else:
            subject = _("You have cancelled: %(event)s")
        event = registration.event
        again = settings.SITE_URL + reverse("registrations:sign-up", args=[event.slug])
        had_place = waiting.had_place(registration)
        context = {
            "again": again if event.signup_open(at) else "",
            "had_place": had_place,
            "by_organiser": by_organiser,
        }
        method = "CANCEL" if had_place else ""
        _store(registration, Kind.CANCELLED, subject, at, context, method)


def store_holds_warning(event: Event, *, at: datetime) -> None:
    """Tell the organiser that more than a quarter of the places wait for a yes (rule 4)."""
    with translation.override(settings.LANGUAGE_CODE):
        context = {
            "event": event,
            "organiser": event.organiser,
            "holds": event.registrations.pending().holding().count(),
            "admin": settings.SITE_URL + reverse("admin:event-free-holds", args=[event.pk]),
            **_common(event),
        }
        subject = _("Many unconfirmed sign-ups: %(event)s")
        mail = _mail(event, Kind.HOLDS, event.organiser_email, subject, at, context)
        mail.save()


def _store(
    registration: Registration,
    kind: Kind,
    subject: str,
    at: datetime,
    context: dict[str, Any],
    method: str = "",
) -> None:
    """Write one mail to the person, in the active language; none if they have no address."""
    if not registration.email:
        return
    goes_at = send_after_for(registration.email, at) if kind in BY_STRANGERS else at
    # As it will be when the mail goes: one that waits its turn may outlast the hold.
    context = {**_hold(registration, goes_at), **context}
    mail = composed(registration, kind, subject, at, context, method)
    mail.send_after = goes_at
    mail.save()


def composed(
    registration: Registration,
    kind: Kind,
    subject: str,
    at: datetime,
    context: dict[str, Any],
    method: str = "",
) -> StoredMail:
    """A mail to the person in the active language, not stored yet."""
    event = registration.event
    # On the event's waiting list, or about to be: tables are requests.
    on_list = registration.is_waiting or (registration.is_pending and not registration.holds_place)
    asked = on_list or registration.is_expired
    seats = waiting.requested(registration) if asked else calendars.seats_of(registration)
    context = {
        "registration": registration,
        "event": event,
        "on_list": on_list,
        "asked": asked,
        "rounds": _rounds(event, seats, all_of_them=not asked),
        "waits": waiting.waits_of(registration),
        "waiting_open": at < event.waiting_closes and not event.called_off,
        "waiting_closes": _moment(event.waiting_closes),
        "changes_close": _moment(event.changes_close),
        "notice": plain(event.local_notice, addresses=True),
        "can_change": at < event.changes_close and not event.called_off,
        "started": event.started(at),
        "link": _link("mine", registration),
        "tables_link": _link("tables", registration),
        "cancel_link": _link("cancel", registration),
        **_common(event),
        **context,
    }
    mail = _mail(event, kind, registration.email, subject, at, context)
    mail.registration = registration
    mail.language = registration.language
    if method:
        mail.calendar = calendars.for_mail(registration, seats, method, at)
        mail.calendar_method = method
    return mail


def _rounds(event: Event, seats: list[Seat], *, all_of_them: bool) -> list[calendars.CalendarRound]:
    """The rounds of the day; of requests only those in which a table was asked for."""
    lines = calendars.my_rounds(event, seats)
    return [line for line in lines if all_of_them or line.code]


def _mail(
    event: Event, kind: Kind, to: str, subject: str, at: datetime, context: dict[str, Any]
) -> StoredMail:
    # A title is one line in a header, whatever white space an organiser put in it.
    title = " ".join(event.local_title.split())
    subject %= {"event": title}
    context = {"language": translation.get_language(), "subject": subject, **context}
    text = render_to_string(f"registrations/mail/{kind}.txt", context)
    return StoredMail(
        event=event,
        kind=kind,
        to=to,
        reply_to=event.organiser_email,
        language=settings.LANGUAGE_CODE,
        subject=subject,
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html=render_to_string(f"registrations/mail/{kind}.html", context).strip() + "\n",
        message_id=f"<{uuid4().hex}@{settings.MAIL_DOMAIN}>",
        created_at=at,
        send_after=at,
    )


def _common(event: Event) -> dict[str, str]:
    return {
        "day": formats.date_format(event.day),
        "hours": calendars.hours(
            timezone.localtime(event.starts_at), timezone.localtime(event.ends_at)
        ),
        "event_link": settings.SITE_URL + event.get_absolute_url(),
        "privacy_link": settings.SITE_URL + reverse("privacy"),
    }


def _hold(registration: Registration, at: datetime) -> dict[str, Any]:
    """How long the place is held: in minutes from now, and until what time of the clock."""
    until = registration.hold_expires_at or at
    same_day = timezone.localdate(until) == timezone.localdate(at)
    clock = formats.time_format(timezone.localtime(until)) if same_day else _moment(until)
    minutes = ceil((until - at) / timedelta(minutes=1))
    return {"minutes": minutes, "until": clock, "late": registration.hold_over(at)}


def _moment(moment: datetime) -> str:
    return formats.date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def _link(name: str, registration: Registration) -> str:
    path = reverse(f"registrations:{name}", args=[token_of(registration)])
    return f"{settings.SITE_URL}{path}"
