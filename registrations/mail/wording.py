"""What a mail says: written when it leaves, about how things are by then.

So no words and no links wait in the database, and no mail is out of date when it goes. Names
stand in bodies only, never in a header. Every link is absolute and in the language of the person
who reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from program import qr
from program.models import Event, Slot
from program.models.bilingual import in_dutch
from program.public.calendars import moment
from program.text import plain
from registrations.drawing.lot import seed_hash
from registrations.mail import envelope, host_mail, letters, staff_mail
from registrations.mail.envelope import NotWanted, WrittenMail, link
from registrations.models import Change, Mailing, Registration, Seat, StoredMail
from registrations.models.mail import LEFT, OVERTAKEN, UNSUBSCRIBED
from registrations.models.registration import SHORT_HOLD, over_a_quarter
from registrations.queries import calendars, door_codes, rankings, receipts, snapshots, waiting
from registrations.queries.snapshots import SlotWords
from registrations.queries.tokens import code_of, token_of
from registrations.queries.waiting import Wait

Kind = StoredMail.Kind

# What still means something to those who have left since it was stored, and while an event is
# called off.
FOR_THOSE_WHO_LEFT = (Kind.CANCELLED, Kind.CALLED_OFF, Kind.LINK, Kind.CONFIRM)
WHILE_CALLED_OFF = (Kind.CALLED_OFF, Kind.CANCELLED, Kind.CORRECTED, Kind.LINK, Kind.MAILING)
# What means nothing any more once the event has begun, or is over: after days without a mail server
# nobody should be asked to confirm for last week. A link still shows one's own data, and a
# corrected name is told whenever that may be.
UNTIL_THE_START = (
    *(Kind.CONFIRM, Kind.ALREADY, Kind.WAITING, Kind.WAITING_OVER),
    *(Kind.RANKED, Kind.HOLDS),
)
UNTIL_THE_END = (
    *(Kind.REGISTERED, Kind.ADDED, Kind.PROMOTED, Kind.TABLES, Kind.MOVED, Kind.CANCELLED),
    *(Kind.DRAWN, Kind.DROPPED, Kind.RESCHEDULED, Kind.CALLED_OFF),
    *(Kind.HOST, Kind.HOST_NEWS, Kind.DIGEST),
)
# Tell somebody that they have a place, and what to do at the door.
WITH_DOOR_CODE = (Kind.REGISTERED, Kind.PROMOTED, Kind.ADDED, Kind.DRAWN)


def write(mail: StoredMail, *, at: datetime) -> WrittenMail:
    """The words of a mail that leaves at this moment. Raises NotWanted."""
    person, kind = mail.registration, Kind(mail.kind)
    if mail.event and _too_late(mail, mail.event, at):
        raise NotWanted(OVERTAKEN)
    if person and mail.event:
        person.event = mail.event
        _refuse(mail, person, at)
    with translation.override(mail.language):
        if kind == Kind.ACCOUNT:
            return staff_mail.write(mail, at=at)
        if kind in OTHER_WRITERS:
            return OTHER_WRITERS[kind](mail)
        if person is None:
            raise NotWanted(OVERTAKEN)
        return WRITERS.get(kind, _to_person)(mail, person, at)


def _too_late(mail: StoredMail, event: Event, at: datetime) -> bool:
    """Whether its event has begun, or ended, since it was stored, and it says nothing any more.

    A message to many that was stored before the end is about the day itself; thanks come later.
    """
    kind = Kind(mail.kind)
    before_start, before_end = kind in UNTIL_THE_START, kind in UNTIL_THE_END
    if mail.mailing:
        before_start = mail.mailing.kind in (Mailing.Kind.WEEK, Mailing.Kind.DAY)
        before_end = not event.over(mail.created_at)
    return (before_start and event.started(at)) or (before_end and event.over(at))


def _refuse(mail: StoredMail, person: Registration, at: datetime) -> None:
    """Raises NotWanted for what its reader no longer wants, or what is no longer so."""
    kind, event = Kind(mail.kind), person.event
    if person.email.lower() != mail.to.lower():
        raise NotWanted(OVERTAKEN)  # the link would open the page of another address
    if mail.mailing_id and person.unsubscribed_at:
        raise NotWanted(UNSUBSCRIBED)
    left = person.ended_at is not None and person.ended_at >= mail.created_at
    only_data_to_see = event.called_off or event.started(at)
    if left and (kind not in FOR_THOSE_WHO_LEFT or (kind == Kind.LINK and not only_data_to_see)):
        raise NotWanted(LEFT)
    if event.called_off and kind not in WHILE_CALLED_OFF:
        raise NotWanted(OVERTAKEN)
    overtaken = {
        Kind.CONFIRM: lambda: person.counts or person.is_cancelled or person.superseded(),
        Kind.WAITING: lambda: not person.is_waiting or at >= event.waiting_closes,
        Kind.RANKED: lambda: not (person.is_waiting and event.draw_to_come),
        Kind.CANCELLED: lambda: person.counts,
        Kind.CALLED_OFF: lambda: not event.called_off,
    }
    if kind in overtaken and overtaken[kind]():
        raise NotWanted(OVERTAKEN)


def _to_person(
    mail: StoredMail,
    person: Registration,
    at: datetime,
    *,
    kind: Kind | None = None,
    other: bool | None = None,
    subject: str = "",
    calendar: bool | None = None,
    **context: Any,
) -> WrittenMail:
    """Any mail about one's own sign-up, or one of another ``kind`` in its place.

    ``other`` chooses the other subject of its kind, by default for those on the waiting list, and
    ``subject`` is one of its own.
    ``calendar`` is whether the file of its kind goes along, by default for those with a place.
    """
    event, kind = person.event, kind or Kind(mail.kind)
    unconfirmed = person.is_pending or person.is_expired
    holds_nothing = unconfirmed and not person.holds_place
    # In a draw to come, or about to be: nobody waits for anything yet.
    in_draw = event.draw_to_come and (person.is_waiting or holds_nothing)
    # Nothing is held: its owner gets what is free once they confirm.
    confirm_first = holds_nothing and (person.confirms_first or in_draw)
    # On the event's waiting list, or about to be.
    waits = person.is_waiting or (person.is_pending and not (person.holds_place or confirm_first))
    on_list = waits and not in_draw
    of_kind = kind.other_subject if (on_list if other is None else other) else kind.subject
    only_requests = in_draw or on_list or confirm_first or person.is_expired
    ranks = only_requests and rankings.ranks(person)
    ranking = rankings.by_round(person) if ranks else []
    if ranks:
        seats = []
    else:
        seats = waiting.requested(person) if only_requests else calendars.seats_of(person)
    waiting_open = at < event.waiting_closes and not event.called_off
    closes = moment(event.wishes_close_at) if event.wishes_close_at else ""
    waits_for = [] if in_draw else waiting.waits_of(person)
    rounds = _rounds(event, seats, all_of_them=not only_requests)
    context = {
        # Whoever signs up somebody else's address chooses the name too: it is not repeated there.
        "name": person.name if person.proven else "",
        "registration": person,
        "on_list": on_list,
        "in_draw": in_draw,
        "ranking_open": event.ranking_open(at),
        "wishes_close": closes,
        "ranking": ranking,
        "left_open": rankings.left_open(ranking) if on_list and waiting_open else "",
        "confirm_first": confirm_first,
        "invited": person.origin == Registration.Origin.FILE,
        "only_requests": only_requests,
        "seated": bool(seats),
        "rounds": rounds,
        "table_missing": not all(line.code for line in rounds),
        # A place in a queue means nothing once nobody moves up any more.
        "waits": waits_for if waiting_open else [Wait(each.slot) for each in waits_for],
        "waiting_open": waiting_open,
        "waiting_closes": moment(event.waiting_closes),
        "changes_close": moment(event.changes_close),
        "since": moment(person.confirmed_at or mail.created_at),
        "notice": plain(event.local_notice, addresses=True),
        # Until a draw nobody takes a table ahead of it (rule 16).
        "can_change": at < event.changes_close and not (event.called_off or event.draw_to_come),
        "can_sign_up": event.signup_open(at),
        "started": event.started(at),
        "link": link("registrations:mine", token_of(person)),
        "tables_link": link("registrations:tables", token_of(person)),
        "cancel_link": link("registrations:cancel", token_of(person)),
        "sign_up_link": link("registrations:sign-up", event.slug),
        **({"until": closes} if in_draw else _hold(person, at)),
        "code": _code(person, kind, at),
        **mail.about,
        **context,
    }
    words = envelope.write(mail, subject or of_kind, kind, **context)
    if kind in WITH_DOOR_CODE and not (on_list or in_draw):
        words = replace(words, picture=qr.png(door_codes.of_registration(person)))
    method = StoredMail.CALENDAR.get(kind, "")
    if method and (person.is_confirmed if calendar is None else calendar):
        file = calendars.for_mail(person, seats, method, at)
        return replace(words, calendar=file, calendar_method=method)
    return words


def _rounds(event: Event, seats: list[Seat], *, all_of_them: bool) -> list[calendars.CalendarRound]:
    """The rounds of the day; of requests only those in which a table was asked for."""
    lines = calendars.my_rounds(event, seats)
    return [line for line in lines if all_of_them or line.code]


def _hold(registration: Registration, at: datetime) -> dict[str, Any]:
    """How long the place is held: in minutes from now, and until what time of the clock.

    ``may_end``: from when on it can be over sooner if many places are held (rule 4).
    """
    until, may_end = registration.hold_expires_at or at, at + SHORT_HOLD
    same_day = timezone.localdate(until) == timezone.localdate(at)
    clock = formats.time_format(timezone.localtime(until)) if same_day else moment(until)
    minutes = ceil((until - at) / timedelta(minutes=1))
    return {
        "minutes": minutes,
        "until": clock,
        "may_end": formats.time_format(timezone.localtime(may_end)) if may_end < until else "",
        "late": registration.hold_over(at) and not registration.confirms_first,
    }


def _code(person: Registration, kind: Kind, at: datetime) -> str:
    """The code that can be typed instead of following the link, in two parts; "" if none can."""
    asked = kind == Kind.CONFIRM and person.is_pending and not person.hold_over(at)
    if not asked or not person.code_tries_left:
        return ""
    code = code_of(person)
    return f"{code[:3]} {code[3:]}"


def _moved(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """Somebody got the table they waited for; one mail however many moves (rule 7)."""
    seats = person.table_seats.select_related("round", "session")
    # Why, in the words of the personal page.
    moved = [(seat, waiting.why(seat)) for seat in waiting.moved(seats, at=mail.created_at)]
    if not moved:  # and moved on since: what counts is where they sit now
        return _to_person(mail, person, at, kind=Kind.TABLES)
    return _to_person(mail, person, at, moved=moved)


def _waiting(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """Somebody is on the event's waiting list (rule 8): where in the queue.

    There is none as long as a draw is to come.
    """
    if person.event.draw_to_come:
        return _ranked(mail, person, at)
    place, _of = waiting.place_of(person)
    return _to_person(mail, person, at, place=place)


def _drawn(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """What the draw gave: somebody's day, or a turn on the event's waiting list (rule 16)."""
    receipt = receipts.of_person(person)
    if receipt is None:
        raise NotWanted(OVERTAKEN)
    place = waiting.place_of(person)[0] if person.is_waiting else 0
    return _to_person(mail, person, at, receipt=receipt, place=place)


def _ranked(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """Somebody takes part in a draw, or confirmed too late for that (rule 16)."""
    late = not person.confirmed_for_draw
    changed = not late and ("changed" in mail.about or "back" in mail.about)
    there = _going_on(person.event)
    back = [table for table in _tables(mail, "back") if (table.round, table.code) in there]
    return _to_person(
        mail,
        person,
        at,
        kind=Kind.RANKED,
        other=late,
        subject=_("Your choices have changed: %(event)s") if changed else "",
        late=late,
        changed=changed,
        # Open lists are filled in the draw only.
        in_draw=not late,
        check_number=seed_hash(person.event.draw_seed),
        back=[(table, _title(table)) for table in back],
    )


def _cancelled(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """A place, or a turn on the waiting list, is given back.

    Those who never had a place have nothing to take out of their calendar.
    """
    had_place = waiting.had_place(person)
    other = mail.about.get("by_organiser", False)
    return _to_person(mail, person, at, other=other, calendar=had_place, had_place=had_place)


def _called_off(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """The event does not take place, and leaves the calendars of those who had a place."""
    return _to_person(mail, person, at, why=person.event.local_called_off_why)


def _rescheduled(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """Another time or place, or an event that was called off and takes place after all."""
    told = Change.objects.filter(
        event=person.event_id,
        registration=None,
        at=mail.created_at,
        what__in=[Change.What.RESCHEDULED, Change.What.CALLED_OFF],
    ).last()
    goes_on = told is None or told.what == Change.What.CALLED_OFF
    seats = person.table_seats.select_related("round", "session")
    mine = {f"{seat.round.number}/{seat.session.code}": seat.session.local_title for seat in seats}
    moved = []
    if told and not goes_on:
        # It may have moved again before this mail leaves: no mail may be out of date.
        old, new = snapshots.since(told.old, person.event_id)
        moved = snapshots.in_words(old, new, mine)
    return _to_person(mail, person, at, other=goes_on, goes_on=goes_on, moved=moved)


def _dropped(mail: StoredMail, person: Registration, at: datetime) -> WrittenMail:
    """One mail about all tables that drop out: ``lost`` are seats, ``waited`` were waited for."""
    # Some may take place after all by now.
    there = _going_on(person.event)
    lost, waited = (
        [table for table in _tables(mail, name) if (table.round, table.code) not in there]
        for name in ("lost", "waited")
    )
    if not (lost or waited):
        raise NotWanted(OVERTAKEN)
    return _to_person(
        mail,
        person,
        at,
        calendar=bool(lost) and person.is_confirmed,
        lost=[(table, _title(table)) for table in lost],
        waited=[(table, _title(table)) for table in waited],
        free=_free(person, {table.round for table in lost}),
    )


def _tables(mail: StoredMail, name: str) -> list[SlotWords]:
    """The tables that the mail was stored about, under this name."""
    return [SlotWords(**one) for one in mail.about.get(name, ())]


def _going_on(event: Event) -> set[tuple[int, str]]:
    """The round numbers and codes of the tables that take place."""
    slots = event.slots.going_on().order_by()
    return set(slots.values_list("round__number", "session__code"))


def _title(table: SlotWords) -> str:
    english = (translation.get_language() or "").startswith("en")
    return (english and table.title_en) or in_dutch(table.title)


def _free(person: Registration, rounds: set[int]) -> list[Slot]:
    """What can still be chosen in these rounds, without the sessions where they sit anyway."""
    sits_at = person.table_seats.values("session")
    slots = person.event.slots.going_on().filter(round__number__in=rounds)
    found = slots.exclude(session__in=sits_at).select_related("session", "round__agenda_item")
    return [slot for slot in found if not slot.full]


def _holds(mail: StoredMail) -> WrittenMail:
    """To the organiser: too many places are held, unconfirmed (rule 4)."""
    event = mail.event
    holds = event.registrations.held_by_visitors().count() if event else 0
    if event is None or not over_a_quarter(holds, event.capacity):
        raise NotWanted(OVERTAKEN)
    return envelope.write(
        mail,
        Kind.HOLDS.subject,
        name=event.organiser,
        holds=holds,
        admin=link("admin:event-free-holds", event.pk),
    )


# What is not here says the same for everybody.
WRITERS: dict[Kind, Callable[[StoredMail, Registration, datetime], WrittenMail]] = {
    Kind.MOVED: _moved,
    Kind.WAITING: _waiting,
    Kind.DRAWN: _drawn,
    Kind.RANKED: _ranked,
    Kind.CANCELLED: _cancelled,
    Kind.CALLED_OFF: _called_off,
    Kind.RESCHEDULED: _rescheduled,
    Kind.DROPPED: _dropped,
}
# Not about one's own sign-up.
OTHER_WRITERS: dict[Kind, Callable[[StoredMail], WrittenMail]] = {
    Kind.HOLDS: _holds,
    Kind.HOST: host_mail.write,
    Kind.HOST_NEWS: host_mail.write,
    Kind.MAILING: letters.write,
    Kind.DIGEST: staff_mail.write_digest,
}
