"""Places held for people who have yet to confirm (rule 4 in docs/rules.md)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from program.models import Event
from registrations.booking import answers, places, waiting
from registrations.booking.batches import one_by_one
from registrations.mail import mails
from registrations.models import Change, Registration, RegistrationQuerySet, StoredMail, history
from registrations.models.registration import SHORT_HOLD, over_a_quarter

BETWEEN_WARNINGS = timedelta(hours=6)


def held(event: Event) -> int:
    """How many places wait for a visitor to confirm."""
    return event.registrations.held_by_visitors().count()


def lasts(event: Event, *, held: int) -> timedelta:
    """How long one of so many holds lasts: shorter if those are too many."""
    usual = timedelta(minutes=event.hold_minutes)
    return min(usual, SHORT_HOLD) if over_a_quarter(held, event.capacity) else usual


def end_soon_if_many(event: Event, *, held: int, any_longer: bool, at: datetime) -> None:
    """While holds are many, all of them end within 15 minutes, and the organiser is warned.

    ``any_longer``: whether any of them may last longer. Needs the lock.
    """
    if not over_a_quarter(held, event.capacity):
        return
    if any_longer:
        soon = at + SHORT_HOLD
        lasting = event.registrations.held_by_visitors().filter(hold_expires_at__gt=soon)
        lasting.update(hold_expires_at=soon, version=event.version)
    _warn(event, at=at)


def _warn(event: Event, *, at: datetime) -> None:
    """Mail the organiser, once in six hours for all events: strangers cause this mail (rule 5)."""
    warned = StoredMail.objects.filter(
        kind=StoredMail.Kind.HOLDS,
        to__iexact=event.organiser_email,
        created_at__gt=at - BETWEEN_WARNINGS,
    )
    if not warned.exists():
        mails.store_holds_warning(event, at=at)


def free_expired(at: datetime) -> int:
    """Free every hold that has run out, event by event; returns how many."""
    return free(Registration.objects.hold_expired(at), who=history.WORKER, at=at)


def expire_holds(event: Event, *, at: datetime) -> int:
    """Free the event's holds that have run out. Needs the lock on ``event``."""
    return len(_end(event, event.registrations.hold_expired(at), who=history.WORKER, at=at))


def expire_others(event: Event, confirmed: Registration, *, who: str, at: datetime) -> int:
    """Free the other holds of an address that has just been confirmed (rule 5)."""
    others = event.registrations.pending().of_address(confirmed.email)
    ended = _end(event, others, who=who, at=at)
    if ended:
        # No late confirmation can bring these back (rule 4), so nobody needs to provide for them.
        answers.forget_needs(ended)
    return len(ended)


def withdraw(event: Event, earlier: Registration, *, at: datetime) -> None:
    """End the hold of somebody who signs up again. Needs the lock on ``event``.

    The new sign-up comes in its place, so this one has no link any more, as somebody who is
    erased has none: nobody confirms both.
    """
    mine = event.registrations.filter(pk=earlier.pk)
    what, who = Change.What.REPLACED, history.ATTENDEE
    _end(event, mine, what, who=who, at=at, secret="", form_digest=None)
    answers.forget_needs([earlier])
    mails.drop_requests(earlier, at=at)


def free(chosen: QuerySet[Registration], *, who: str, at: datetime) -> int:
    """Free the unconfirmed among ``chosen``; they can still confirm late."""
    keys = list(chosen.values_list("pk", flat=True))
    events = chosen.order_by("event_id").values_list("event_id", flat=True).distinct()
    return one_by_one("event", list(events), partial(_free, keys=keys, who=who, at=at))


@transaction.atomic
def _free(key: int, *, keys: list[int], who: str, at: datetime) -> int:
    event = Event.objects.locked(key)
    freed = _end(event, event.registrations.pending().filter(pk__in=keys), who=who, at=at)
    waiting.settle_event(event, at=at)
    return len(freed)


def _end(
    event: Event,
    holds: RegistrationQuerySet,
    what: Change.What = Change.What.EXPIRED,
    *,
    who: str,
    at: datetime,
    **values: str | None,
) -> list[Registration]:
    """``values`` are stored along with it."""
    ended = list(holds)
    if not ended:
        return []
    places.free_places(event, ended)
    event.bump()
    for registration in ended:
        history.record(event, registration, what, who=who, at=at)
    keys = [registration.pk for registration in ended]
    event.registrations.filter(pk__in=keys).update(
        status=Registration.Status.EXPIRED,
        holds_place=False,
        ended_at=at,
        version=event.version,
        **values,
    )
    return ended
