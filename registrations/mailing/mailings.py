"""Messages to many: written, sent once to those whom the choice holds at that moment, stopped.

All of it under the event's lock: a button pressed twice, or two workers, send nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from program.models import Event
from registrations.booking.batches import one_by_one
from registrations.errors import (
    MailingChanged,
    MailingOfCalledOff,
    MailingSent,
    MailingTooEarly,
    MailingTooLate,
    NobodyToMail,
)
from registrations.mail import letters
from registrations.mailing import audience, ready_made
from registrations.mailing.audience import Audience
from registrations.models import Change, Mailing, Registration, StoredMail, history
from registrations.models.mail import LEFT, NOT_WANTED, STOPPED, UNSUBSCRIBED
from registrations.queries.kept import kept_figures

AT_ONCE = 1_000  # mails in one INSERT


@dataclass(frozen=True)
class Words:
    """A message as it was typed; without an English text everybody gets the Dutch one."""

    subject: str
    text: str
    subject_en: str = ""
    text_en: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the mails of a message are. ``failed`` includes ``refused``, but not mails that were
    stopped or no longer wanted.
    """

    waiting: int = 0
    sent: int = 0
    failed: int = 0
    refused: int = 0
    stopped: int = 0
    unsubscribed: int = 0
    left: int = 0


@transaction.atomic
def write(
    event: Event,
    words: Words,
    chosen: Audience,
    *,
    send_at: datetime | None = None,
    who: str,
    at: datetime,
) -> Mailing:
    """A new message. With ``send_at`` it goes out by itself then; without, at a button."""
    event = Event.objects.locked(event.pk)
    mailing = Mailing(event=event, who=who, created_at=at)
    return _save(mailing, words, chosen, send_at)


@transaction.atomic
def edit(
    mailing: Mailing,
    words: Words,
    chosen: Audience,
    *,
    send_at: datetime | None = None,
    digest: str = "",
) -> Mailing:
    """Other words or people. A ready-made one keeps its time.

    ``digest`` is of the message that was looked at. Raises MailingSent, MailingChanged.
    """
    _event, mailing = _locked(mailing, digest)
    own = mailing.kind == Mailing.Kind.OWN
    return _save(mailing, words, chosen, send_at if own else mailing.send_at)


@transaction.atomic
def prepare(event: Event, kind: str, *, who: str, at: datetime) -> Mailing:
    """The ready-made message of this kind, to go out at its time; the one that is there already.

    Raises MailingTooLate, MailingOfCalledOff.
    """
    event = Event.objects.locked(event.pk)
    if there := event.mailings.filter(kind=kind).first():
        return there
    _refuse(event, kind, at, early=True)
    mailing = ready_made.draft(event, kind)
    mailing.who, mailing.created_at = who, at
    mailing.save()
    return mailing


@transaction.atomic
def again(mailing: Mailing, *, who: str, at: datetime) -> Mailing:
    """The same words to the same people, as a new message of one's own, yet to be sent."""
    names = ("subject", "subject_en", "text", "text_en", "audience")
    same = {name: getattr(mailing, name) for name in names}
    return Mailing.objects.create(event_id=mailing.event_id, who=who, created_at=at, **same)


@transaction.atomic
def remove(mailing: Mailing, *, digest: str = "") -> None:
    """``digest`` is of the message that was looked at.

    Raises MailingSent, for what people got stays, and MailingChanged.
    """
    _locked(mailing, digest)[1].delete()


@transaction.atomic
def send(mailing: Mailing, *, who: str, at: datetime, digest: str = "") -> int:
    """Store the mails to all that the choice holds now; returns how many.

    ``digest`` is of the message that was looked at. Raises MailingSent, MailingChanged,
    NobodyToMail, MailingTooLate, MailingTooEarly, MailingOfCalledOff.
    """
    event, mailing = _locked(mailing, digest)
    _refuse(event, mailing.kind, at)
    sent = _queue(event, mailing, who=who, at=at)
    if not sent:
        raise NobodyToMail
    return sent


def send_proof(
    event: Event, mailing: Mailing, like: Registration | None, user: User, *, at: datetime
) -> None:
    """Mail it to its writer, under their own name, with the tables of ``like``."""
    for language in letters.LANGUAGES if mailing.text_en else (settings.LANGUAGE_CODE,):
        letters.proof(event, mailing, user, like=like, language=language, at=at).save()


def queue_due(at: datetime) -> int:
    """Send off the messages whose time has come, once each; returns how many mails."""
    due = Mailing.objects.filter(queued_at=None, send_at__lte=at, event__called_off_at=None)
    # Only those that can go: the others would take their event's lock each time for nothing.
    timely = {
        mailing.pk: mailing
        for mailing in due.select_related("event")
        if ready_made.timely(mailing.event, mailing.kind, at)
    }
    return one_by_one("message", timely, lambda key: _queue_if_due(timely[key], at))


def follow_start(event: Event) -> None:
    """Ready-made messages that are not sent off yet move along. Needs the lock on the event."""
    for mailing in event.mailings.filter(queued_at=None).exclude(kind=Mailing.Kind.OWN):
        mailing.send_at = ready_made.moment(event, mailing.kind)
        mailing.save(update_fields=["send_at"])


@transaction.atomic
def stop(mailing: Mailing, *, who: str, at: datetime) -> int:
    """Give up what is not sent yet; returns how many. A mail in a worker's hands still goes."""
    event = Event.objects.locked(mailing.event_id)
    stopped = mailing.mails.all().give_up(STOPPED, at=at)
    if stopped:
        event.bump()
        new = {"mailing": mailing.pk, "stopped": stopped}
        history.record(event, None, Change.What.MAILED, who=who, at=at, new=new)
    return stopped


def stop_ready_made(event: Event, *, at: datetime) -> None:
    """Send no reminders of an event that does not take place. Needs the lock on the event."""
    mails = StoredMail.objects.filter(mailing__event=event, mailing__kind__in=ready_made.KINDS)
    mails.give_up(STOPPED, at=at)


def with_progress(chosen: QuerySet[Mailing]) -> list[tuple[Mailing, Progress]]:
    """Messages of one event, each with how far it is, as counted before names were erased too.

    Two queries.
    """
    found = counted(chosen)
    if not found:
        return []
    kept = kept_figures(Event(pk=found[0][0].event_id)).mailings
    return [
        (row, Progress(**{name: number + kept[row.pk][name] for name, number in numbers.items()}))
        for row, numbers in found
    ]


def counted(chosen: QuerySet[Mailing]) -> list[tuple[Mailing, dict[str, int]]]:
    """The mails that there are of these messages, by what became of them. One query."""
    failed = Q(mails__failed_at__isnull=False)
    not_wanted = Q(mails__error__in=NOT_WANTED)
    refused = Q(mails__registration__email_refused_at=F("mails__failed_at"))
    rows = chosen.annotate(
        waiting=Count("mails", Q(mails__sent_at=None, mails__failed_at=None)),
        sent=Count("mails", Q(mails__sent_at__isnull=False)),
        failed=Count("mails", failed & ~not_wanted),
        refused=Count("mails", failed & refused),
        stopped=Count("mails", failed & Q(mails__error=STOPPED)),
        unsubscribed=Count("mails", failed & Q(mails__error=UNSUBSCRIBED)),
        left=Count("mails", failed & Q(mails__error=LEFT)),
    )
    names = [field.name for field in fields(Progress)]
    return [(row, {name: getattr(row, name) for name in names}) for row in rows]


def failures(mailing: Mailing) -> QuerySet[StoredMail]:
    """The mails that did not get through, with whose they are."""
    return mailing.mails.all().failed().select_related("registration")


@transaction.atomic
def _queue_if_due(mailing: Mailing, at: datetime) -> int:
    event = Event.objects.locked(mailing.event_id)
    fresh = event.mailings.filter(pk=mailing.pk, queued_at=None, send_at__lte=at).first()
    if fresh is None or event.called_off or not ready_made.timely(event, fresh.kind, at):
        return 0  # another worker was first, or an organiser in between
    return _queue(event, fresh, who=history.WORKER, at=at)


def _queue(event: Event, mailing: Mailing, *, who: str, at: datetime) -> int:
    """Store the mails and close the message. Needs the lock on ``event``."""
    people = list(audience.people(event, Audience.read(mailing.audience)))
    mailing.queued_at, mailing.people = at, len(people)
    mailing.save(update_fields=["queued_at", "people"])
    StoredMail.objects.bulk_create(letters.stored(event, mailing, people, at), AT_ONCE)
    event.bump()
    new = {"mailing": mailing.pk, "kind": mailing.kind, "people": len(people)}
    history.record(event, None, Change.What.MAILED, who=who, at=at, new=new)
    return len(people)


def _locked(mailing: Mailing, digest: str = "") -> tuple[Event, Mailing]:
    """The event under its lock, and the message as it is now.

    Raises MailingSent, MailingChanged.
    """
    event = Event.objects.locked(mailing.event_id)
    fresh = event.mailings.filter(pk=mailing.pk).first()
    if fresh is None or fresh.queued_at:
        raise MailingSent
    if digest and digest != fresh.digest:
        raise MailingChanged
    return event, fresh


def _save(mailing: Mailing, words: Words, chosen: Audience, send_at: datetime | None) -> Mailing:
    mailing.subject, mailing.text = words.subject, words.text
    mailing.subject_en, mailing.text_en = words.subject_en, words.text_en
    mailing.audience = chosen.stored()
    mailing.send_at = send_at
    mailing.save()
    return mailing


def _refuse(event: Event, kind: str, at: datetime, *, early: bool = False) -> None:
    """What a ready-made message needs; ``early`` when it is only prepared."""
    if kind == Mailing.Kind.OWN:
        return
    if event.called_off:
        raise MailingOfCalledOff
    if ready_made.too_late(event, kind, at):
        raise MailingTooLate
    if kind == Mailing.Kind.THANKS and not event.over(at) and not early:
        raise MailingTooEarly
