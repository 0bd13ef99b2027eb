"""What somebody who is signed up can do: change, cancel, be seen, stop waiting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from registrations.booking import answers, locking, places, signup, waiting
from registrations.booking.answers import Answers
from registrations.errors import (
    AnsweredMeanwhile,
    AnswersClosed,
    CalledOff,
    ChangesClosed,
    DrawUnderWay,
    NotRegistered,
    RequestsClosed,
    TablesDrawnFirst,
)
from registrations.mail import mails
from registrations.models import Change, Registration, history
from registrations.queries import rankings, tables
from registrations.queries.rankings import Ranked
from registrations.queries.tables import NO_WAITLISTS, Tables, Waitlists


@transaction.atomic
def change_tables(
    registration: Registration,
    wanted: Tables,
    waitlists_wanted: Waitlists = NO_WAITLISTS,
    *,
    at: datetime,
) -> Registration:
    """Sit at these tables from now on and wait for those others, all or nothing (rule 2).

    An entry that was there already keeps its place in the queue. Raises NotRegistered, CalledOff,
    ChangesClosed, TablesDrawnFirst, TablesRefused.
    """
    event, registration = locking.locked(registration)
    if not registration.is_confirmed:
        raise NotRegistered
    if event.called_off:
        raise CalledOff
    if at >= event.changes_close:
        raise ChangesClosed
    if event.draw_to_come:
        raise TablesDrawnFirst
    standing, registration = locking.settled(registration, at=at)
    mine = list(registration.table_seats.select_related("round", "session"))
    by_code = tables.by_round_and_code(event)
    slots = tables.choose(by_code, wanted, mine={seat.slot_id for seat in mine})
    beside = tables.choose_waitlists(by_code, waitlists_wanted, slots)
    places.change_seats(registration, mine, slots, at=at, in_memory=by_code.values())
    old_waitlists, new_waitlists = waiting.change_waitlists(registration, beside, at=at)
    old, new = tables.codes_of(mine), tables.codes_of(slots)
    waits_elsewhere, sits_elsewhere = new_waitlists != old_waitlists, new != old
    if not (waits_elsewhere or sits_elsewhere):
        return registration
    locking.save(registration)
    what, who, changes = Change.What, history.ATTENDEE, []
    if waits_elsewhere:
        before, after = old_waitlists, new_waitlists
        changes.append(
            history.change(
                event, registration, what.WAITLISTS, who=who, at=at, old=before, new=after
            )
        )
    if sits_elsewhere:
        changes.append(
            history.change(event, registration, what.TABLES, who=who, at=at, old=old, new=new)
        )
        mails.store(registration, mails.Kind.TABLES, at=at)
    Change.objects.bulk_create(changes)
    if beside:
        # They may wait in a cycle now. Holds that ran out were freed before.
        waiting.settle_event(event, by_code.values(), people_wait=standing.people_wait, at=at)
    elif old.items() - new.items():  # they left a seat
        locking.settle_free(event, at=at)
    return registration


@transaction.atomic
def change_requests(
    registration: Registration,
    wanted: Tables,
    waitlists_wanted: Waitlists = NO_WAITLISTS,
    *,
    at: datetime,
) -> Registration:
    """Ask for these tables instead, while waiting for a place in the event (rule 8).

    Nothing is held, so full tables may be asked for as well, and nobody has to be settled: the
    queue goes by the time of confirming, which stays. A full table that was asked for comes back
    from the page as one to wait for: without another answer in its round it stays asked.
    Raises NotRegistered, CalledOff, RequestsClosed, TablesRefused.
    """
    event, registration = locking.locked(registration)
    if not registration.is_waiting:
        raise NotRegistered
    if event.called_off:
        raise CalledOff
    if at >= event.waiting_closes:
        raise RequestsClosed
    by_code = tables.by_round_and_code(event)
    entries = registration.waitlist_entries.requests()
    old = list(entries.select_related("round", "session"))
    stays = {
        one.round.number: one.session.code
        for one in old
        if one.asked and one.session.code in waitlists_wanted.get(one.round.number, ())
    }
    answered = {number: code for number, code in wanted.items() if code}
    asked = tables.choose(by_code, stays | answered, full_too=True)
    beside = tables.choose_waitlists(by_code, waitlists_wanted, asked)
    new = list(signup.requests(registration, asked, beside))
    if [(one.slot_id, one.asked) for one in old] == [(one.slot_id, one.asked) for one in new]:
        return registration
    registration.waitlist_entries.filter(since=None).delete()
    places.ask(new)
    locking.save(registration)
    codes_before, codes_now = waiting.codes_by_round(old), waiting.codes_by_round([*asked, *beside])
    locking.record(registration, Change.What.WAITLISTS, at=at, old=codes_before, new=codes_now)
    return registration


@transaction.atomic
def rank(registration: Registration, ranked: Ranked, *, at: datetime) -> Registration:
    """Put tables in another order, before a draw or while waiting for a place after it (rule 16).

    When somebody ranks makes no difference. Raises NotRegistered, CalledOff, DrawUnderWay,
    RequestsClosed, TablesRefused.
    """
    event, registration = locking.locked(registration)
    if not registration.is_waiting or event.wishes_close_at is None:
        raise NotRegistered
    if event.called_off:
        raise CalledOff
    if event.draw_to_come and not event.ranking_open(at):
        raise DrawUnderWay
    if at >= event.waiting_closes:
        raise RequestsClosed
    old = rankings.of_person(registration)
    slots = tables.by_round_and_code(event)
    new = rankings.choose(slots, ranked, most=event.wishes_a_round)
    if old.codes == new.codes:
        return registration
    registration.waitlist_entries.filter(since=None).delete()
    registration.abstentions.all().delete()
    places.ask(signup.requests(registration, new.in_order, ()))
    places.abstain(registration, new.no_table)
    locking.save(registration)
    locking.record(registration, Change.What.RANKED, at=at, old=old.codes, new=new.codes)
    if event.draw_to_come:
        mails.store(registration, mails.Kind.RANKED, at=at, changed=True)
    return registration


@transaction.atomic
def stop_waiting(registration: Registration, slot: int, *, at: datetime) -> Registration:
    """End one entry, for the slot with this key. Doing so twice changes nothing."""
    _event, registration = locking.locked(registration)
    old = waiting.waitlist_codes(registration)
    gone, _rows = registration.waitlist_entries.counting().filter(slot=slot).delete()
    if gone:
        new = waiting.waitlist_codes(registration)
        locking.save(registration)
        locking.record(registration, Change.What.WAITLISTS, at=at, old=old, new=new)
    return registration


@transaction.atomic
def cancel(
    registration: Registration,
    *,
    at: datetime,
    who: str = history.ATTENDEE,
    why: str = "",
    mail: bool = True,
) -> Registration:
    """Free the place and the seats at once (rule 9); doing so twice changes nothing.

    Raises CalledOff, EventStarted, and NotRegistered for a sign-up that ran out.
    """
    event, registration = locking.locked(registration)
    if registration.is_cancelled:
        return registration
    if registration.is_expired:
        raise NotRegistered
    locking.refuse_started(event, at=at)
    give_back(registration, who=who, why=why, mail=mail, at=at)
    locking.settle_free(event, at=at)
    return registration


def give_back(registration: Registration, *, who: str, why: str, mail: bool, at: datetime) -> None:
    """Cancel somebody who is pending, confirmed or waiting; ``mail`` them about it, or not.

    Needs the lock on the registration's event, and the caller settles it afterwards.
    """
    proven = not registration.is_pending
    old = tables.codes(registration)
    places.free_places(registration.event, [registration])
    registration.holds_place = False
    registration.listed = False
    registration.ended_at = at
    registration.status = Registration.Status.CANCELLED
    registration.hold_expires_at = None
    fields = ("status", "holds_place", "hold_expires_at", "ended_at", "listed")
    locking.save(registration, *fields)
    answers.forget_needs([registration])
    locking.record(registration, Change.What.CANCELLED, at=at, who=who, why=why, old=old)
    if proven and mail:
        by_organiser = who != history.ATTENDEE
        mails.store(registration, mails.Kind.CANCELLED, by_organiser=by_organiser, at=at)


@transaction.atomic
def set_listed(registration: Registration, listed: bool, *, at: datetime) -> Registration:
    """Be seen on 'Who is coming?' or not (rule 12). Raises NotRegistered."""
    _event, registration = locking.locked(registration)
    if not registration.is_confirmed or registration.erased_at:
        raise NotRegistered
    if registration.listed != listed:
        registration.listed = listed
        locking.save(registration, "listed")
        locking.record(registration, Change.What.LISTED, at=at, new={"listed": listed})
    return registration


@transaction.atomic
def change_answers(
    registration: Registration,
    told: Answers,
    *,
    at: datetime,
    seen: Mapping[str, Any] | None = None,
    who: str = history.ATTENDEE,
    why: str = "",
) -> Registration:
    """Change the answers to the organiser's questions, special needs included (rule 12).

    ``seen`` is what an organiser was shown, as ``Answers.as_json``: their page must not bring
    back special needs that were erased in the meantime. Raises NotRegistered, CalledOff,
    AnswersClosed, AnsweredMeanwhile, AnswersRefused.
    """
    event, registration = locking.locked(registration)
    if not registration.counts:
        raise NotRegistered
    if event.called_off:
        raise CalledOff
    if at >= event.changes_close:
        raise AnswersClosed
    if seen is not None and seen != answers.of_person(registration).told.as_json:
        raise AnsweredMeanwhile
    questions = answers.check(event, told)
    if answers.store(registration, told, questions, at=at):
        locking.save(registration)
        # Never what: history stays, and not even says whether there are special needs.
        locking.record(registration, Change.What.ANSWERED, who=who, why=why, at=at)
    return registration


@transaction.atomic
def erase_needs(registration: Registration, *, at: datetime) -> None:
    """Consent can be withdrawn at any moment. Doing so twice changes nothing."""
    _event, registration = locking.locked(registration)
    if answers.forget_needs([registration]):
        locking.save(registration)
        locking.record(registration, Change.What.ANSWERED, at=at)
