"""Becoming an attendee: sign up, prove the address, wait for a place."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare

from program.models import Event, Slot
from registrations.booking import answers, holds, locking, places, promises, waiting
from registrations.booking.answers import NOTHING, Answers
from registrations.booking.promises import Promise
from registrations.errors import (
    CalledOff,
    ConfirmedTooLate,
    DrawToCome,
    DrawUnderWay,
    EventFull,
    HoldOver,
    NotRegistered,
    RankingClosed,
    RedirectedOften,
    RoleGone,
    SignupClosed,
    SignupNotOpen,
    WaitingOffered,
    WrongCode,
)
from registrations.mail import mails, strangers
from registrations.models import Change, Registration, Seat, WaitlistEntry, history
from registrations.models.registration import REDIRECTS, SHORT_HOLD
from registrations.names import person_names
from registrations.names.spelling import folded
from registrations.queries import rankings, roles, tables
from registrations.queries.rankings import Ranked
from registrations.queries.tables import NO_WAITLISTS, Tables, Waitlists
from registrations.queries.tokens import codes_of, new_secret

# Somebody who sends the same form again later has waited for a mail, and gets another.
DOUBLE_CLICK = timedelta(minutes=1)


@dataclass(frozen=True)
class Attendee:
    """What someone tells about themselves, cleaned by the form; ``role`` is a code."""

    first_name: str
    last_name: str
    email: str
    organisation: str = ""
    role: str = ""
    listed: bool = False
    language: str = "nl"
    phone: str = ""  # kept by organisers only


@transaction.atomic
def sign_up(
    event: Event,
    person: Attendee,
    tables_asked: Tables,
    waitlists_asked: Waitlists = NO_WAITLISTS,
    *,
    ranked: Ranked | None = None,
    told: Answers = NOTHING,
    waiting_too: bool = False,
    digest: UUID | None = None,
    replaces: Registration | None = None,
    at: datetime,
) -> Registration:
    """Hold a place and the tables asked for, all or nothing, until the address is proven.

    Where people confirm first (``Event.confirm_first``) nothing is held: they get what is free
    once they confirm, or else wait (rule 4). Before a draw nothing is held either: what they
    ``ranked`` counts once they confirm, and a table a round is a ranking too (rule 16). If the
    event is full, or people wait for it, they wait for a place instead, provided that the visitor
    agreed to that with ``waiting_too`` (rule 8). Whether the address is registered already makes no
    difference here (rule 5): only the mail differs. Forms of one ``digest`` within a minute, as a
    double click sends them, are one sign-up. This one comes in the place of ``replaces``, an
    earlier hold of the same person, and can have what that held. If it was confirmed meanwhile, or
    came free, the answer is the same all the same (rule 5): then nothing is replaced, and what is
    full by now is only asked for.
    Raises CalledOff, SignupNotOpen, SignupClosed, DrawUnderWay, RankingClosed, AnswersRefused,
    RoleGone, EventFull, WaitingOffered, TablesRefused.
    """
    event = Event.objects.locked(event.pk)
    # Confirmed or not, this one or another of theirs: it would tell a stranger (rule 5).
    same = event.registrations.filter(form_digest=digest)
    same = same.exclude(status=Registration.Status.CANCELLED)
    if digest and (before := same.filter(created_at__gt=at - DOUBLE_CLICK).first()):
        return before
    if event.called_off:
        raise CalledOff
    if not event.signup_open(at):
        raise SignupClosed if at >= event.signup_closes else SignupNotOpen
    if event.draw_to_come and not event.ranking_open(at):
        raise DrawUnderWay
    if ranked is not None and not event.draw_to_come:
        raise RankingClosed
    questions = answers.check(event, told)
    if not roles.asked(event):
        person = replace(person, role="")  # of a page from before the question went
    check_role(event, person.role)
    standing = locking.settle_first(event, at=at)
    # Settled before: what this person holds comes free for nobody else.
    earlier = event.registrations.filter(pk=replaces.pk).first() if replaces else None
    promised = promises.of(earlier, at=at) if earlier else None
    replaced = promised is not None and earlier is not None and earlier.is_pending
    keeps_place = False
    if earlier and replaced:
        keeps_place = earlier.holds_place
        holds.withdraw(event, earlier, at=at)
    had_place = promised is not None and promised.with_place
    waits = not (keeps_place or event.draw_to_come) and must_wait(event, standing, at=at)
    if waits and not had_place and at >= event.waiting_closes:
        raise EventFull
    if waits and not had_place and not waiting_too:
        raise WaitingOffered
    slots = tables.by_round_and_code(event)
    mine = promised.own_slots if promised else ()
    no_table: Collection[int] = ()
    if event.draw_to_come:
        ranked = rankings.as_ranked(tables_asked) if ranked is None else ranked
        ranking = rankings.choose(slots, ranked, most=event.wishes_a_round)
        asked, beside, no_table = ranking.in_order, [], ranking.no_table
    else:
        asked = tables.choose(slots, tables_asked, mine=mine, full_too=waiting_too)
        beside = tables.choose_waitlists(slots, waitlists_asked, asked)
    # What was promised to them stands.
    confirm_first = (event.confirm_first or event.draw_to_come) and not (waits or had_place)
    holds_place = not (waits or confirm_first)
    with_place = had_place or holds_place
    held = standing.held - keeps_place
    # Of what they are told, not of what it came to: else that could be seen (rule 5).
    until = min(at + holds.lasts(event, held=held + with_place), event.starts_at)
    may_end = at + SHORT_HOLD
    expires_at = until
    if promised and had_place and (standing.anybody_waits or event.confirm_first):
        # Nobody waits longer for what they hold than they would have (rule 7), and where people
        # confirm first no hold is made to last (rule 4).
        until = min(until, promised.until, event.starts_at)
        may_end = min(may_end, promised.may_end)
        # It may have been shortened since (rule 4): that cannot be seen, and is not undone.
        shortened = earlier.hold_expires_at if earlier and replaced else None
        expires_at = min(until, shortened or until)
    elif promised:
        # Where nobody waits, sending the form again takes no time away.
        until = expires_at = max(until, min(promised.until, event.starts_at))
    seen_free = [slot for slot in asked if not (with_place and slot.full and slot.pk not in mine)]
    promise = Promise(
        until=until,
        may_end=min(until, may_end),
        with_place=with_place,
        slots=[slot.pk for slot in seen_free],
        no_table=no_table,
        ranked=event.draw_to_come,
        confirm_first=confirm_first,
    )
    registration = _hold(
        event,
        person,
        asked,
        beside,
        holds_place=holds_place,
        expires_at=expires_at,
        promise=promise,
        of=earlier if promised else None,
        digest=digest,
        at=at,
    )
    answers.store(registration, told, questions, at=at)
    any_longer = standing.held_long or expires_at > at + SHORT_HOLD
    holds.end_soon_if_many(event, held=held + holds_place, any_longer=any_longer, at=at)
    if replaced:
        locking.settle_free(event, at=at)  # they may have left a table
    return registration


def _hold(
    event: Event,
    person: Attendee,
    asked: Collection[Slot],
    beside: Iterable[Slot] = (),
    *,
    holds_place: bool,
    expires_at: datetime,
    promise: Promise,
    of: Registration | None,
    digest: UUID | None = None,
    at: datetime,
) -> Registration:
    """Hold a place and what is free of these tables, and ask the owner of the address to confirm.

    Without ``holds_place`` nothing is held, and the tables are requests. It counts on with the
    wrong codes and the other addresses ``of`` an earlier sign-up: those are no way to get more.
    """
    got = [slot for slot in asked if not slot.full] if holds_place else []
    places.count_places(event, int(holds_place))
    registration = create(
        event,
        person,
        status=Registration.Status.PENDING,
        form_digest=digest,
        holds_place=holds_place,
        hold_expires_at=expires_at,
        promise=promise.stored(),
        code_tries=of.code_tries if of else 0,
        redirects=of.redirects if of else 0,
        at=at,
    )
    places.sit_down(registration, got, at=at)
    places.ask(requests(registration, [slot for slot in asked if slot not in got], beside))
    places.abstain(registration, promise.no_table)
    locking.record(registration, Change.What.SIGNED_UP, at=at, new=tables.codes_of(got))
    strangers.ask_to_confirm(registration, at=at)
    return registration


def check_role(event: Event, code: str) -> None:
    """Whether this role can be chosen, or none was. Raises RoleGone."""
    if code and code not in {role.code for role in roles.asked(event)}:
        raise RoleGone


def same_person(earlier: Registration, person: Attendee) -> bool:
    """Whether a sign-up can come in the place of an earlier one in the same browser.

    It may mend the name or the address. Where both are different somebody signs up a colleague.
    """
    if earlier.email.lower() == person.email.lower():
        return True
    return folded(earlier.name) == folded(f"{person.first_name} {person.last_name}")


def must_wait(event: Event, standing: locking.Standing, *, at: datetime) -> bool:
    """Whether a newcomer gets no place yet, even if one is free: others wait for it (rule 8), or a
    draw is still to come (rule 16).
    """
    people_wait = standing.people_wait and at < event.waiting_closes
    return event.draw_to_come or event.places_left < 1 or people_wait


def requests(
    registration: Registration, asked: Iterable[Slot], beside: Iterable[Slot]
) -> Iterator[WaitlistEntry]:
    """What somebody without a place would like: tables to sit at, others to wait for.

    Of several tables ``asked`` of one round the favourite comes first.
    """
    for _round, of_one in groupby(asked, key=lambda slot: slot.round_id):
        for rank, slot in enumerate(of_one):
            yield WaitlistEntry.request(slot, slot.round.number, registration.pk, rank=rank)
    for position, slot in enumerate(beside):
        yield WaitlistEntry.at(slot, registration.pk, position=position)


def judge_tables(
    event: Event,
    asked: Tables,
    entries: Waitlists,
    *,
    waiting_too: bool = False,
    mine: Collection[int] = (),
) -> None:
    """Check these tables as ``sign_up`` would; at the slots of ``mine`` one can stay.

    Raises TablesRefused.
    """
    slots = tables.by_round_and_code(event)
    chosen = tables.choose(slots, asked, mine=mine, full_too=waiting_too)
    tables.choose_waitlists(slots, entries, chosen)


def judge_ranking(event: Event, ranked: Ranked) -> None:
    """Check this ranking as ``sign_up`` would. Raises TablesRefused."""
    slots = tables.by_round_and_code(event)
    rankings.choose(slots, ranked, most=event.wishes_a_round)


@transaction.atomic
def confirm(
    registration: Registration, *, at: datetime, who: str = history.ATTENDEE, why: str = ""
) -> Registration:
    """The owner of the address says yes (rule 4); doing so twice changes nothing.

    Without a hold, or with one that ran out, they stand behind those who wait: if a place is free
    they get it, with the tables still free and entries for the rest; else they join the waiting
    list. Before a draw they take part in it, or come after it if ranking has closed (rule 16).
    Raises CalledOff,
    EventStarted, NotRegistered for a sign-up that ended or was superseded, and
    ConfirmedTooLate when there is no place and waiting is over.
    """
    event, registration = locking.locked(registration)
    if registration.counts:
        return registration
    locking.refuse_started(event, at=at)
    if registration.is_cancelled or registration.superseded():
        raise NotRegistered
    standing, registration = locking.settled(registration, at=at)
    # An organiser confirms one that was replaced: it needs a link again.
    registration.secret = registration.secret or new_secret()
    registration.confirmed_at = at
    waits_too = False
    if registration.holds_place or not must_wait(event, standing, at=at):
        waits_too = _confirm_place(registration, who=who, why=why, at=at)
    elif event.draw_to_come or at < event.waiting_closes:
        in_draw = event.ranking_open(at)
        if in_draw:
            registration.draw_number = free_draw_number(event)
        _end_hold(registration, Registration.Status.WAITING)
        new = {"draw": True} if in_draw else None
        locking.record(registration, Change.What.WAITING, who=who, why=why, at=at, new=new)
        mails.store(registration, mails.Kind.RANKED if in_draw else mails.Kind.WAITING, at=at)
    else:
        raise ConfirmedTooLate
    holds.expire_others(event, registration, who=who, at=at)
    if waits_too:
        locking.settle(event, at=at)
    else:
        locking.settle_free(event, at=at)
    return registration


def confirm_by_code(registration: Registration, code: str, *, at: datetime) -> Registration:
    """The owner of the address typed the code of the mail (rule 4).

    For an address that is registered already there is no such mail, and every code is wrong
    (rule 5). Raises WrongCode, and what ``confirm`` raises.
    """
    with transaction.atomic():
        _event, registration = locking.locked(registration)
        left = registration.code_tries_left
        codes = codes_of(registration)
        right = left > 0 and any(constant_time_compare(code, one) for one in codes)
        if right and not registration.superseded():
            return confirm(registration, at=at)
        if left:
            registration.code_tries += 1
            # No device or page shows it, so the event's version stays.
            registration.save(update_fields=["code_tries"])
    # Out here, or the count would be rolled back.
    raise WrongCode(registration.code_tries_left)


@transaction.atomic
def mail_elsewhere(registration: Registration, email: str, *, at: datetime) -> Registration:
    """Ask another address to confirm; what is held, and until when, stays as it is (rule 4).

    The link and the code in earlier mail stop working. The same address is simply asked again.
    Whether either is registered makes no difference here, nor what became of the sign-up (rule 5).
    Raises CalledOff, EventStarted, HoldOver, RedirectedOften.
    """
    event, registration = locking.locked(registration)
    locking.refuse_started(event, at=at)
    promise = promises.of(registration, at=at)
    if promise is None or registration.erased_at:
        raise HoldOver
    if registration.email.lower() == email.lower():
        strangers.ask_to_confirm(registration, at=at)
        return registration
    if registration.redirects >= REDIRECTS:
        raise RedirectedOften
    registration.redirects += 1
    if not registration.is_pending:
        registration.save(update_fields=["redirects"])
        return _hold_anew(event, registration, email, promise, at=at)
    mails.drop_requests(registration, at=at)
    registration.secret = new_secret()
    registration.email_refused_at = None
    # Whoever sends the first form again means the first address.
    registration.form_digest = None
    before, registration.email = registration.email, email
    fields = ("email", "secret", "email_refused_at", "form_digest", "redirects")
    locking.save_person(registration, *fields, before=before)
    locking.record(registration, Change.What.REDIRECTED, at=at)
    strangers.ask_to_confirm(registration, at=at)
    return registration


def _hold_anew(
    event: Event, earlier: Registration, email: str, promise: Promise, *, at: datetime
) -> Registration:
    """A hold for another address like one that is no hold any more: confirmed, or freed.

    Whoever asks must not see that it is not (rule 5). Of what was promised it gets what is free.
    """
    standing = locking.settle_first(event, at=at)
    holds_place = promise.with_place and not must_wait(event, standing, at=at)
    slots = {slot.pk: slot for slot in tables.by_round_and_code(event).values()}
    asked = [slots[key] for key in promise.slots if key in slots and not slots[key].dropped]
    person = Attendee(
        earlier.first_name,
        earlier.last_name,
        email,
        organisation=earlier.organisation,
        role=earlier.role.code if earlier.role else "",
        language=earlier.language,
    )
    anew = _hold(
        event,
        person,
        asked,
        holds_place=holds_place,
        expires_at=promise.until,
        promise=promise,
        of=earlier,
        at=at,
    )
    # At the same version as the new one: so the two are known to be one person's (erasure).
    locking.record(earlier, Change.What.REDIRECTED, at=at)
    held, any_longer = standing.held + holds_place, promise.until > at + SHORT_HOLD
    any_longer = any_longer or standing.held_long
    holds.end_soon_if_many(event, held=held, any_longer=any_longer, at=at)
    return anew


@transaction.atomic
def take_free_place(
    registration: Registration, *, at: datetime, who: str = history.ATTENDEE, why: str = ""
) -> Registration:
    """Somebody on the waiting list takes a place by hand, once the list has closed (rule 9).

    Raises NotRegistered, CalledOff, EventStarted, EventFull.
    """
    event, registration = locking.locked(registration)
    if registration.is_confirmed:
        return registration
    if not registration.is_waiting:
        raise NotRegistered
    locking.refuse_started(event, at=at)
    _standing, registration = locking.settled(registration, at=at)
    if registration.is_waiting:
        if at < event.waiting_closes or event.draw_to_come or event.places_left < 1:
            raise EventFull
        _confirm_place(registration, who=who, why=why, at=at)
    return registration


@transaction.atomic
def give_extra(registration: Registration, *, who: str, why: str, at: datetime) -> Registration:
    """An organiser lets in somebody who waits, on top of the places of the event.

    It costs nobody else a turn: no place is counted, and they get tables only where seats are free.
    A place that has come free is given instead. Raises NotRegistered, CalledOff, EventOver,
    DrawToCome.
    """
    event, registration = locking.locked(registration)
    if registration.is_confirmed:
        return registration
    if not registration.is_waiting:
        raise NotRegistered
    locking.refuse_over(event, at=at)
    if event.draw_to_come:
        raise DrawToCome
    _standing, registration = locking.settled(registration, at=at)
    if registration.is_waiting:
        extra = event.places_left < 1
        if _confirm_place(registration, extra=extra, who=who, why=why, at=at):
            locking.settle(event, at=at)
    return locking.again(registration)


def _confirm_place(
    registration: Registration, *, extra: bool = False, who: str, why: str, at: datetime
) -> bool:
    """The place is theirs; from now on they wait for what they asked for and did not get.

    With ``extra`` it is one on top of those that are counted. Returns whether they wait for
    anything.
    """
    promoted = registration.is_waiting
    entries = registration.waitlist_entries.requests()
    wanted = list(entries.select_related("slot__round", "slot__session"))
    if registration.holds_place:
        seats = registration.table_seats.select_related("slot__round", "slot__session")
        sits = [seat.slot for seat in seats]
    else:
        how = Seat.How.PROMOTED if promoted else Seat.How.CHOSEN
        sits = tables.free_of(wanted)
        places.count_places(registration.event, 0 if extra else 1)
        places.sit_down(registration, sits, at=at, how=how)
        registration.holds_place, registration.extra = not extra, extra
    _end_hold(registration, Registration.Status.CONFIRMED)
    sits_in = {slot.round_id: slot for slot in sits}
    sits_at = {slot.session_id for slot in sits}
    ranks = {entry.slot: rank for rank, entry in enumerate(wanted)}
    # A table that was full may be free by now: an entry for it is served at once, after others.
    waits_for = [
        entry.slot
        for entry in wanted
        if entry.slot.session_id not in sits_at
        and not (
            entry.asked
            and (sits_here := sits_in.get(entry.slot.round_id))
            and (not entry.slot.full or ranks[entry.slot] > ranks.get(sits_here, -1))
        )
    ]
    if wanted:
        registration.waitlist_entries.filter(since=None).delete()
        ranked = [entry.slot for entry in wanted if entry.asked]
        waiting.join_waitlists(registration, waits_for, ranked=ranked, at=at)
    places.forget_abstentions(registration.event, [registration.pk])
    what = Change.What.PROMOTED if promoted else Change.What.CONFIRMED
    what = Change.What.EXTRA if extra else what
    locking.record(registration, what, who=who, why=why, at=at, new=tables.codes_of(sits))
    if promoted and not extra:
        mails.store(registration, mails.Kind.PROMOTED, at=at)
    else:
        missed = any(entry.asked and entry.slot not in sits for entry in wanted)
        mails.store(registration, mails.Kind.REGISTERED, missed=missed, at=at)
    return bool(waits_for)


def free_draw_number(event: Event) -> int:
    """A number of five digits for somebody in a draw that says nothing about when they came."""
    taken = event.registrations.filter
    return next(one for one in iter(_any_number, None) if not taken(draw_number=one).exists())


def _any_number() -> int:
    return 10_000 + secrets.randbelow(90_000)


def _end_hold(registration: Registration, status: Registration.Status) -> None:
    """From pending to what it became."""
    registration.status = status
    registration.hold_expires_at = None
    if status in Registration.COUNTING:
        registration.ended_at = None
    fields = ("status", "secret", "holds_place", "extra", "confirmed_at", "hold_expires_at")
    locking.save(registration, *fields, "ended_at", "draw_number")


def create(event: Event, person: Attendee, *, at: datetime, **values: Any) -> Registration:
    """Store a sign-up with a link of its own; ``values`` are its status and what goes with it."""
    registration = unsaved(event, person, at=at, **values)
    registration.save(force_insert=True)
    return registration


def unsaved(event: Event, person: Attendee, *, at: datetime, **values: Any) -> Registration:
    """As ``create``, not stored yet: for those who store many at once."""
    return Registration(
        event=event,
        **person_names.columns(person.first_name, person.last_name, person.organisation),
        email=person.email,
        role=roles.called(event, person.role),
        listed=person.listed,
        language=person.language,
        phone=person.phone,
        secret=new_secret(),
        created_at=at,
        version=event.version,
        **values,
    )
