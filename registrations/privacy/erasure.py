"""Forgetting people: when they ask, or when an event's time is up (rule 12)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, Upper

from program.models import Event
from registrations.booking import answers, holds, places, waiting
from registrations.booking.batches import one_by_one
from registrations.errors import HasLink
from registrations.mailing import mailings
from registrations.models import (
    Answer,
    Change,
    Digest,
    Guest,
    Host,
    Invitation,
    Mailing,
    Registration,
    RegistrationQuerySet,
    SpecialNeeds,
    StoredMail,
    WaitlistEntry,
    history,
)
from registrations.models.person import NO_NAME
from registrations.queries.kept import KEY, KeptFigures, Tallies
from registrations.reports import figures

# After the hold of somebody whom an organiser put on a list: they may still confirm late (rule 4).
UNANSWERED_KEPT = timedelta(days=7)
# The role stays: it counts heads and names nobody.
EMPTY = {
    **NO_NAME,
    "name_confirmed": "",
    "email": "",
    "phone": "",
    "note": "",
    "listed": False,
    "secret": "",
    "form_digest": None,
}


@transaction.atomic
def erase(registration: Registration, *, at: datetime, who: str = history.ATTENDEE) -> None:
    """Remove every personal value; before the start this gives the place back too.

    Holding the link proves the address, so this covers all sign-ups of that address for the
    event; an organiser vouches for the person who asked. The personal links stop working, and no
    mail follows. Erasing twice changes nothing.
    """
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    if fresh.erased_at:
        return
    people = event.registrations.of_address(fresh.email).filter(erased_at=None)
    keys = [fresh.pk, *people.values_list("pk", flat=True)]
    same = event.registrations.filter(pk__in=keys)
    if not event.started(at):
        places.free_places(event, list(same))
        same.filter(status__in=Registration.ACTIVE).update(
            status=Registration.Status.CANCELLED,
            holds_place=False,
            ended_at=at,
            hold_expires_at=None,
        )
    _empty(event, same, at=at)
    history.record(event, fresh, Change.What.ERASED, who=who, at=at)
    holds.expire_holds(event, at=at)
    waiting.settle_event(event, at=at)


def erase_due(at: datetime) -> int:
    """Erase the people of events whose ``retention_days`` are over; returns how many."""
    due = Event.objects.erasable(at).filter(_something_left()).order_by("ends_at")
    return one_by_one("event", list(due.values_list("pk", flat=True)), partial(_erase_event, at=at))


def erase_needs_due(at: datetime) -> int:
    """Erase the special needs whose time is over (rule 12); returns how many people had any.

    That is some days after the event, and sooner for those who did not confirm in time.
    """
    events = _needs_due(at).order_by().values_list("registration__event", flat=True).distinct()
    return one_by_one("event", list(events), partial(_erase_needs, at=at))


def erase_unanswered(at: datetime) -> int:
    """Erase those whom an organiser put on a list and who never confirmed; returns how many.

    They gave us nothing themselves, so their names need not wait for the end of the event.
    """
    events = _unanswered(at).order_by().values_list("event", flat=True).distinct()
    return one_by_one("event", list(events), partial(_erase_unanswered, at=at))


@transaction.atomic
def _erase_unanswered(key: int, *, at: datetime) -> int:
    event = Event.objects.locked(key)
    people = _empty(event, _unanswered(at).filter(event=event), at=at)
    if people:
        new = {"people": people}
        history.record(event, None, Change.What.ERASED, who=history.WORKER, at=at, new=new)
    return people


def _unanswered(at: datetime) -> RegistrationQuerySet:
    """Not those with another sign-up that goes on: erasing one erases what waits for both."""
    lower = Registration.objects.cancellable().alias(address=Lower("email"))
    goes_on = lower.filter(event=OuterRef("event"), address=Lower(OuterRef("email")))
    return Registration.objects.filter(
        ~Exists(goes_on),
        origin=Registration.Origin.FILE,
        status=Registration.Status.EXPIRED,
        ended_at__lte=at - UNANSWERED_KEPT,
        erased_at=None,
        event__in=Event.objects.dates_stand(at),
    )


@transaction.atomic
def _erase_event(key: int, *, at: datetime) -> int:
    event = Event.objects.locked(key)
    if event.kept_until > at:
        return 0  # an organiser moved it, or keeps its people longer, in between
    kept = _to_keep(event)
    people = _empty(event, event.registrations.filter(erased_at=None), at=at)
    people += _empty_guests(event, at=at)
    people += _forget_others(event)
    event.digests.all().delete()
    event.mails.filter(kind=StoredMail.Kind.DIGEST).delete()
    # A reason is free text: why a table dropped out may be about somebody.
    event.changes.update(why="")
    if people:
        new = {"people": people, KEY: kept.as_json}
        history.record(event, None, Change.What.ERASED, who=history.WORKER, at=at, new=new)
    return people


def _to_keep(event: Event) -> KeptFigures:
    """The numbers that can no longer be counted once the names are gone."""
    counting = event.waitlist_entries.counting().order_by()
    named = figures.organisations(event)
    return KeptFigures(
        waiting=Counter(dict(counting.values_list("slot").annotate(Count("pk")))),
        answers=answers.tallies(event, event.signup_questions.all()),
        mailings=_by_key(mailings.counted(event.mailings.all())),
        organisations=len(named.largest) + named.others,
    )


def _by_key(found: Iterable[tuple[Mailing, Mapping[str, int]]]) -> Tallies:
    return defaultdict(Counter, {row.pk: Counter(numbers) for row, numbers in found})


@transaction.atomic
def _erase_needs(key: int, *, at: datetime) -> int:
    event = Event.objects.locked(key)
    # Asked again under the lock: the event may have moved in between.
    gone, _rows = _needs_due(at).filter(registration__event=event).delete()
    if gone:
        event.bump()
        new = {"special_needs": gone}
        history.record(event, None, Change.What.ERASED, who=history.WORKER, at=at, new=new)
    return gone


def _needs_due(at: datetime) -> QuerySet[SpecialNeeds]:
    over = Q(registration__event__in=Event.objects.erasable(at, after=answers.NEEDS_KEPT))
    # Another day may have ended their holds: then it has to stand for a while too.
    too_late = Q(
        registration__status=Registration.Status.EXPIRED,
        registration__ended_at__lte=at - answers.NEEDS_OF_LATE_KEPT,
        registration__event__in=Event.objects.dates_stand(at),
    )
    return SpecialNeeds.objects.filter(over | too_late)


def _something_left() -> Q:
    """Events with people who are not erased yet, whoever they are, or with reasons."""
    people = Registration.objects.filter(event=OuterRef("pk"), erased_at=None)
    guests = Guest.objects.filter(event=OuterRef("pk"), erased_at=None)
    # People who erase themselves leave the reasons of the event itself behind.
    reasons = Change.objects.filter(event=OuterRef("pk")).exclude(why="")
    rows = [people, guests, reasons]
    rows += [model.objects.filter(event=OuterRef("pk")) for model in (Host, Invitation, Digest)]
    rows.append(StoredMail.objects.filter(event=OuterRef("pk"), kind=StoredMail.Kind.DIGEST))
    return reduce(or_, (Q(Exists(each)) for each in rows))


def _empty_guests(event: Event, *, at: datetime) -> int:
    """Guests go with the people; hosts stay named in the programme."""
    guests = event.guests.filter(erased_at=None)
    return guests.update(**NO_NAME, erased_at=at, version=event.version)


def _forget_others(event: Event) -> int:
    """Addresses of hosts, with their proposals and links, and of colleagues who never came."""
    hosts, invitations = event.hosts.all(), event.invitations.all()
    count = hosts.count() + invitations.count()
    hosts.delete()
    invitations.delete()
    return count


def _empty(event: Event, people: RegistrationQuerySet, *, at: datetime) -> int:
    keys = list(people.values_list("pk", flat=True))
    event.bump()
    addresses = {email.upper() for email in people.values_list("email", flat=True) if email}
    StoredMail.objects.filter(registration__in=keys).delete()
    asked = StoredMail.objects.asked().filter(event=event).alias(address=Upper("to"))
    asked.filter(address__in=addresses).delete()
    Change.objects.filter(registration__in=keys).update(why="")
    Answer.objects.filter(registration__in=keys).delete()
    SpecialNeeds.objects.filter(registration__in=keys).delete()
    WaitlistEntry.objects.filter(registration__in=keys).delete()
    return Registration.objects.filter(pk__in=keys).update(
        **EMPTY, erased_at=at, version=event.version
    )


def has_link(registration: Registration) -> bool:
    """Whether a sign-up of this address goes on: its link erases all of them.

    It may be another sign-up than this one, and would be cancelled with it.
    """
    same = Registration.objects.filter(event=registration.event_id).of_address(registration.email)
    return same.cancellable().exists()


@transaction.atomic
def erase_by_organiser(registration: Registration, *, who: str, at: datetime) -> None:
    """As ``erase``; ``who`` vouches for the person who asked. Raises HasLink."""
    event = Event.objects.locked(registration.event_id)
    fresh = event.registrations.get(pk=registration.pk)
    if has_link(fresh):
        raise HasLink
    erase(fresh, who=who, at=at)
