"""Mail to one person: ``store`` for any kind, and functions for those that look something up.

Each stores one mail in the caller's transaction; none sends. Names stand in bodies only, never
in a header. Every link is absolute and in the language of the person who reads it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import formats, timezone, translation

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


def store(
    registration: Registration,
    kind: Kind,
    *,
    at: datetime,
    other: bool | None = None,
    calendar: bool | None = None,
    **context: Any,
) -> None:
    """Store one mail to a person; none if they have no address. Arguments as for ``write``."""
    if not registration.email:
        return
    mail = to_person(registration, kind, at)
    if kind in BY_STRANGERS:
        mail.send_after = send_after_for(mail.to, at)
    write(mail, registration, other=other, calendar=calendar, **context)
    mail.save()


def store_moved(registration: Registration, *, at: datetime) -> None:
    """Somebody got the table they waited for; the caller has raised ``calendar_sequence``."""
    seats = registration.table_seats.select_related("round", "session")
    with translation.override(registration.language):
        # Why, in the words of the personal page; one mail however many moves (rule 7).
        moved = [(seat, waiting.why(seat)) for seat in waiting.moved(seats, at=at)]
    store(registration, Kind.MOVED, at=at, moved=moved)


def store_waiting(registration: Registration, *, at: datetime) -> None:
    """Somebody is on the event's waiting list (rule 8): where in the queue."""
    place, of = waiting.place_of(registration)
    store(registration, Kind.WAITING, at=at, place=place, of=of)


def store_cancelled(
    registration: Registration, *, at: datetime, by_organiser: bool = False
) -> None:
    """A place, or a turn on the waiting list, is given back.

    The caller has raised ``calendar_sequence``. Those who never had a place have nothing to take
    out of their calendar.
    """
    had_place = waiting.had_place(registration)
    told = {"had_place": had_place, "by_organiser": by_organiser}
    store(registration, Kind.CANCELLED, at=at, other=by_organiser, calendar=had_place, **told)


def store_holds_warning(event: Event, *, at: datetime) -> None:
    """Tell the organiser that more than a quarter of the places is held, unconfirmed (rule 4)."""
    mail = envelope.new(Kind.HOLDS, event.organiser_email, at=at, event=event)
    with translation.override(mail.language):
        admin = link("admin:event-free-holds", event.pk)
    held = event.registrations.pending().holding().count()
    envelope.write(mail, Kind.HOLDS.subject, name=event.organiser, holds=held, admin=admin)
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
    *,
    other: bool | None = None,
    calendar: bool | None = None,
    **context: Any,
) -> None:
    """The words of a mail to the person, as things stood when it was stored. Nothing is saved.

    ``other`` chooses the other subject of its kind, by default for those on the waiting list.
    ``calendar`` is whether the file of its kind goes along, by default for those with a place; if
    the day is in calendars already, the caller has raised ``calendar_sequence``.
    """
    event, at = registration.event, mail.created_at
    # On the event's waiting list, or about to be: tables are requests.
    on_list = registration.is_waiting or (registration.is_pending and not registration.holds_place)
    kind = Kind(mail.kind)
    subject = kind.other_subject if (on_list if other is None else other) else kind.subject
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
        method = StoredMail.CALENDAR.get(kind, "")
        if method and (registration.is_confirmed if calendar is None else calendar):
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
