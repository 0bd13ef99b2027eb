"""Forgetting people: when they ask, or when an event's time is up (rule 12)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial, reduce
from itertools import count
from operator import or_
from uuid import uuid4

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, Upper

from program.models import Event
from registrations.booking import answers, holds, places, waiting
from registrations.booking.batches import one_by_one
from registrations.errors import HasLink
from registrations.mailing import mailings
from registrations.models import (
    Abstention,
    Answer,
    Change,
    Digest,
    DoorPass,
    Draw,
    Guest,
    HeldTap,
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
CHECKPOINT_MS = 500
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
    "draw_number": None,
    "lot": None,
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
    keys = _with_linked(event, {fresh.pk, *people.values_list("pk", flat=True)})
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


def _with_linked(event: Event, keys: set[int]) -> set[int]:
    """Also the earlier sign-ups that these came in the place of, with a mistyped address mostly,
    and later ones whose mail was asked for at another address.

    Both are written in one transaction, so their lines have one version of the event. Of another
    address goes only what nobody confirmed: somebody may have been let in on it at the door since,
    or have said yes at that address. Then it stands by itself.
    """
    lines, what = event.changes.order_by(), Change.What
    unproven = [Registration.Status.PENDING, Registration.Status.EXPIRED]
    others = lines.filter(registration__status__in=unproven)
    while True:
        mine = lines.filter(registration__in=keys)
        made = mine.filter(what=what.SIGNED_UP).values("version")
        left = mine.filter(what=what.REDIRECTED).values("version")
        earlier = Q(what__in=[what.REPLACED, what.REDIRECTED], version__in=made)
        later = Q(what=what.SIGNED_UP, version__in=left)
        found = others.filter(earlier | later).values_list("registration", flat=True)
        more = {key for key in found if key} - keys
        if not more:
            return keys
        keys = keys | more


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
    event.mails.all().delete()
    _forget_messages(event)
    event.held_taps.all().delete()
    Draw.objects.filter(event=event).delete()
    _forget_devices(event, at=at)
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


def _forget_messages(event: Event) -> None:
    """What organisers wrote to many is free text; that they did, and to how many, stays."""
    event.mailings.filter(queued_at=None).delete()
    event.mailings.update(subject="", subject_en="", text="", text_en="")


def _forget_devices(event: Event, *, at: datetime) -> None:
    """Devices at the door are called after volunteers: they become numbers, in the history too.

    So does whoever has no account any more. Those who have one stay named there: who exported a
    list, for instance.
    """
    passes = list(event.door_passes.all())
    names = {one.label for one in passes}
    free = (str(number) for number in count(1) if str(number) not in names)
    for one in passes:
        one.label, one.user, one.secret = next(free), None, ""
        one.withdrawn_at = one.withdrawn_at or at
        one.save(update_fields=["label", "user", "secret", "withdrawn_at"])
    event.changes.filter(_nobody("who")).update(who=history.STAFF)
    event.mailings.filter(_nobody("who")).update(who=history.STAFF)
    event.door_passes.filter(_nobody("made_by")).update(made_by=history.STAFF)


def _nobody(name: str) -> Q:
    """Where a row says who did something, and that is a name without an account."""
    known = Q(**{f"{name}__in": history.NO_STAFF})
    return ~known & ~Q(**{f"{name}__in": User.objects.values("username")})


def _something_left() -> Q:
    """Events with people who are not erased yet, whoever they are, with free text, or with names
    of devices and of colleagues without an account.
    """
    people = Registration.objects.filter(event=OuterRef("pk"), erased_at=None)
    guests = Guest.objects.filter(event=OuterRef("pk"), erased_at=None)
    # People who erase themselves leave the reasons of the event itself behind.
    reasons = Change.objects.filter(event=OuterRef("pk")).exclude(why="")
    rows = [people, guests, reasons]
    gone = (Host, Invitation, Digest, StoredMail, HeldTap, Draw)
    rows += [model.objects.filter(event=OuterRef("pk")) for model in gone]
    rows.append(Mailing.objects.filter(event=OuterRef("pk")).exclude(text=""))
    # A device that was withdrawn has no secret any more, and still its name.
    numbered = Q(label__regex=r"^[0-9]+$", secret="", user=None)
    passes, named = DoorPass.objects.filter(event=OuterRef("pk")), _nobody("who")
    rows += [passes.exclude(numbered), passes.filter(_nobody("made_by"))]
    rows += [model.objects.filter(named, event=OuterRef("pk")) for model in (Change, Mailing)]
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


def overwrite() -> None:
    """Have SQLite forget what was erased, in its files too. Not inside a transaction.

    It overwrites what is deleted (``secure_delete`` in the settings), but its log still holds the
    pages from before; if somebody reads or writes all the time, the next time will do.

    PostgreSQL has no such thing, and nothing is done there: VACUUM only frees the room, which is
    overwritten once something else is written in it, and the write-ahead log keeps what was
    (docs/privacy.md says what an administrator does about that).
    """
    if connection.vendor == "sqlite":
        patience = int(connection.settings_dict["OPTIONS"]["timeout"] * 1000)
        with connection.cursor() as cursor:
            # Whoever writes waits as long as this does.
            cursor.execute(f"PRAGMA busy_timeout = {CHECKPOINT_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute(f"PRAGMA busy_timeout = {patience}")


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
    Abstention.objects.filter(registration__in=keys).delete()
    gone = Registration.objects.filter(pk__in=keys)
    erased = gone.update(**EMPTY, erased_at=at, version=event.version)
    # The number of their link, which an old mail may still have.
    numbered = list(gone.only("uuid"))
    for person in numbered:
        person.uuid = uuid4()
    Registration.objects.bulk_update(numbered, ["uuid"], batch_size=200)
    return erased


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
