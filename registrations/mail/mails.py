"""One function a message. Each stores one mail in the caller's transaction; none sends.

Names stand in bodies only, never in a header. Every link is absolute and in the language
of the person who reads it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from program.models import Event
from program.public.calendars import moment
from program.text import plain
from registrations.mail import envelope
from registrations.mail.envelope import link
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
    return max([at, *(goes + HOUR for goes in fifth_last)])


def store_confirm(registration: Registration, *, at: datetime) -> None:
    """Ask the owner of the address to say yes, before the hold runs out or after all (rule 4)."""
    subject = _("Confirm your sign-up for %(event)s")
    if registration.is_pending and not registration.holds_place:
        subject = _("Confirm your place on the waiting list for %(event)s")
    store(registration, Kind.CONFIRM, subject, at)


def store_registered(registration: Registration, *, at: datetime, missed: bool = False) -> None:
    """Your place is certain, with the day to put in a calendar.

    ``missed``: not every table asked for, since a late confirmation gets what is left (rule 4).
    """
    subject = _("You are registered for %(event)s")
    store(registration, Kind.REGISTERED, subject, at, "REQUEST", missed=missed)


def store_already(registration: Registration, *, at: datetime) -> None:
    """Somebody signed up with an address that is registered: ``registration`` is its owner's.

    Says nothing about the new sign-up, which may be a stranger's (rule 5).
    """
    subject = _("You are already registered for %(event)s")
    if registration.is_waiting:
        subject = _("You are already on the waiting list for %(event)s")
    store(registration, Kind.ALREADY, subject, at)


def store_link(registration: Registration, *, at: datetime, unasked: bool = False) -> None:
    """The personal link once more; ``unasked`` if it was an organiser's idea."""
    store(registration, Kind.LINK, _("Your link for %(event)s"), at, unasked=unasked)


def store_added(registration: Registration, *, at: datetime) -> None:
    """An organiser signed you up: the link to prove it by, and the day for a calendar."""
    subject, method = _("You are registered for %(event)s"), "REQUEST"
    if registration.is_waiting:
        subject, method = _("You are on the waiting list for %(event)s"), ""
    store(registration, Kind.ADDED, subject, at, method)


def store_corrected(registration: Registration, before: str, *, at: datetime) -> None:
    """An organiser mended the name, which was ``before`` (rule 3)."""
    store(registration, Kind.CORRECTED, _("Your name was corrected: %(event)s"), at, before=before)


def store_tables_changed(registration: Registration, *, at: datetime) -> None:
    """The tables as they are now; the caller has raised ``calendar_sequence``."""
    store(registration, Kind.TABLES, _("Your tables have changed: %(event)s"), at, "REQUEST")


def store_moved(registration: Registration, *, at: datetime) -> None:
    """An entry came true, by a free seat or a swap; the caller has raised the sequence."""
    seats = registration.table_seats.select_related("round", "session")
    with translation.override(registration.language):
        # Why, in the words of the personal page; one mail however many moves (rule 7).
        moved = [(seat, waiting.why(seat)) for seat in waiting.moved(seats, at=at)]
    subject = _("You have another table: %(event)s")
    store(registration, Kind.MOVED, subject, at, "REQUEST", moved=moved)


def store_waiting(registration: Registration, *, at: datetime) -> None:
    """You are on the event's waiting list, and where in the queue (rule 8)."""
    place, of = waiting.place_of(registration)
    subject = _("You are on the waiting list for %(event)s")
    store(registration, Kind.WAITING, subject, at, place=place, of=of)


def store_promoted(registration: Registration, *, at: datetime) -> None:
    """There is a place now; giving it back is two clicks (rule 8)."""
    store(registration, Kind.PROMOTED, _("There is a place for you: %(event)s"), at, "REQUEST")


def store_waiting_over(registration: Registration, *, at: datetime) -> None:
    """From now on nobody is moved; what comes free can be taken by hand (rule 9)."""
    store(registration, Kind.WAITING_OVER, _("The waiting list has closed: %(event)s"), at)


def store_cancelled(
    registration: Registration, *, at: datetime, by_organiser: bool = False
) -> None:
    """The place is given back, or the one in the queue.

    The caller has raised ``calendar_sequence``. Who never had a place has nothing to take out
    of a calendar.
    """
    subject = _("You have cancelled: %(event)s")
    if by_organiser:
        subject = _("Your sign-up is cancelled: %(event)s")
    had_place = waiting.had_place(registration)
    told = {"had_place": had_place, "by_organiser": by_organiser}
    store(registration, Kind.CANCELLED, subject, at, "CANCEL" if had_place else "", **told)


def store_holds_warning(event: Event, *, at: datetime) -> None:
    """Tell the organiser that more than a quarter of the places wait for a yes (rule 4)."""
    mail = envelope.new(Kind.HOLDS, event.organiser_email, at=at, event=event)
    with translation.override(mail.language):
        admin = link("admin:event-free-holds", event.pk)
    held = event.registrations.pending().holding().count()
    subject = _("Many unconfirmed sign-ups: %(event)s")
    envelope.write(mail, subject, name=event.organiser, holds=held, admin=admin)
    mail.save()


def store(
    registration: Registration,
    kind: Kind,
    subject: str | Promise,
    at: datetime,
    method: str = "",
    **context: Any,
) -> None:
    """One mail to the person, with their calendar if there is a ``method``.

    None if they have no address.
    """
    if not registration.email:
        return
    mail = to_person(registration, kind, at)
    if kind in BY_STRANGERS:
        mail.send_after = send_after_for(mail.to, at)
    write(mail, registration, subject, method, **context)
    mail.save()


def to_person(registration: Registration, kind: Kind, at: datetime) -> StoredMail:
    return envelope.new(
        kind,
        registration.email,
        at=at,
        event=registration.event,
        language=registration.language,
        registration=registration,
    )


def write(
    mail: StoredMail,
    registration: Registration,
    subject: str | Promise,
    method: str = "",
    **context: Any,
) -> None:
    """The words of a mail to the person, as things stood when it was stored. Nothing is saved."""
    event, at = registration.event, mail.created_at
    # On the event's waiting list, or about to be: tables are requests.
    on_list = registration.is_waiting or (registration.is_pending and not registration.holds_place)
    asked = on_list or registration.is_expired
    seats = waiting.requested(registration) if asked else calendars.seats_of(registration)
    with translation.override(mail.language):
        context = {
            "name": registration.name,
            "registration": registration,
            "on_list": on_list,
            "asked": asked,
            "rounds": _rounds(event, seats, all_of_them=not asked),
            "waits": waiting.waits_of(registration),
            "waiting_open": at < event.waiting_closes and not event.called_off,
            "waiting_closes": moment(event.waiting_closes),
            "changes_close": moment(event.changes_close),
            "since": moment(registration.confirmed_at or at),
            "notice": plain(event.local_notice, addresses=True),
            "can_change": at < event.changes_close and not event.called_off,
            "can_sign_up": event.signup_open(at),
            "started": event.started(at),
            "link": link("registrations:mine", token_of(registration)),
            "tables_link": link("registrations:tables", token_of(registration)),
            "cancel_link": link("registrations:cancel", token_of(registration)),
            "sign_up_link": link("registrations:sign-up", event.slug),
            # As it will be when the mail goes: one that waits its turn may outlast the hold.
            **_hold(registration, mail.send_after),
            **context,
        }
        if method:
            mail.calendar = calendars.for_mail(registration, seats, method, at)
            mail.calendar_method = method
    envelope.write(mail, subject, **context)


def _rounds(event: Event, seats: list[Seat], *, all_of_them: bool) -> list[calendars.CalendarRound]:
    """The rounds of the day; of requests only those in which a table was asked for."""
    lines = calendars.my_rounds(event, seats)
    return [line for line in lines if all_of_them or line.code]


def _hold(registration: Registration, at: datetime) -> dict[str, Any]:
    """How long the place is held: in minutes from now, and until what time of the clock."""
    until = registration.hold_expires_at or at
    same_day = timezone.localdate(until) == timezone.localdate(at)
    clock = formats.time_format(timezone.localtime(until)) if same_day else moment(until)
    minutes = ceil((until - at) / timedelta(minutes=1))
    return {"minutes": minutes, "until": clock, "late": registration.hold_over(at)}
