"""Door passes: which devices may work the door of an event, and until when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import chain, count
from secrets import token_urlsafe

from django.contrib.auth.models import AnonymousUser, User
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from program.models import Event
from program.models.event import EventQuerySet, wall_clock
from program.organisers import events_of
from registrations.errors import RegistrationError
from registrations.models import Change, DoorPass, history
from registrations.queries.tokens import new_secret

# How long after the event a device works; what it still has to send is taken for longer.
AFTERWARDS = timedelta(hours=6)
LATE_TAPS = timedelta(hours=48)
# A device asks every few seconds; that it was heard of is written down no more often than this.
SEEN_EVERY = timedelta(seconds=30)
# People without a sign-up come in from midnight on the day, or from so long before the start.
BEFOREHAND = timedelta(hours=6)
LABEL_LENGTH = 60
MOST_QUEUED = 1_000_000


class PassUnknown(RegistrationError):
    """No device belongs to this link or cookie, or no longer does."""

    message = _("This door pass does not work any more. Ask the organiser for a new one.")


def closes(event: Event) -> datetime:
    """When the devices of an event stop showing its list, and wipe it."""
    return event.ends_at + AFTERWARDS


def takes_taps_until(event: Event) -> datetime:
    """Until when what devices still have to send is taken."""
    return event.ends_at + LATE_TAPS


def walk_ins_from(event: Event) -> datetime:
    """From when the door gives places: a device is set up before, and lets in whom it expects."""
    return min(wall_clock(event.day, time()), event.starts_at - BEFOREHAND)


def in_use(event: Event, *, at: datetime) -> bool:
    """Whether devices know this door by its address, and may have something for it."""
    opened = event.door_passes.working().exclude(opened_at=None)
    return at < takes_taps_until(event) and opened.exists()


def may_work(user: User | AnonymousUser, event: Event) -> bool:
    """Whether an account opens this door: an organiser's, its door staff's, a superuser's.

    The log-in is checked elsewhere: a device goes on when the session ends.
    """
    return doors_of(user).filter(pk=event.pk).exists()


def doors_of(user: User | AnonymousUser) -> EventQuerySet:
    """The events whose door an account opens.

    As with all pages of an event, those who are taken out of the group of organisers open none as
    an organiser.
    """
    if not (user.is_active and user.is_staff):
        return Event.objects.none()
    return Event.objects.filter(Q(pk__in=events_of(user)) | Q(door_staff=user.pk)).distinct()


def works(door_pass: DoorPass) -> bool:
    """Whether its device may have the list, and may do more than send what it had (``limits``).

    Not once the pass is withdrawn, nor when its account is gone or may no longer work this door.
    ``closes`` says whether the event is over.
    """
    if door_pass.withdrawn_at:
        return False
    if not door_pass.for_account:
        return True
    return door_pass.user is not None and may_work(door_pass.user, door_pass.event)


def is_taken_back(door_pass: DoorPass) -> bool:
    """Whether an organiser took back all that was tapped on it, which is for good."""
    return DoorPass.objects.filter(pk=door_pass.pk, taken_back_at__isnull=False).exists()


def make(event: Event, label: str, *, who: str, at: datetime) -> DoorPass:
    """A pass for one device, to be opened on it by its link."""
    return _make(event, label, None, who=who, at=at)


def for_user(event: Event, user: User, *, at: datetime) -> DoorPass:
    """The device of somebody with an account: theirs from before, or a new one.

    It goes on when their session ends, which may be in the middle of a queue.
    """
    mine = event.door_passes.working().filter(user=user).first()
    name = user.get_username()
    return mine or _make(event, name[:LABEL_LENGTH], user, who=name, at=at)


@transaction.atomic
def _make(event: Event, label: str, user: User | None, *, who: str, at: datetime) -> DoorPass:
    event = Event.objects.locked(event.pk)
    event.bump()
    door_pass = DoorPass.objects.create(
        event=event,
        label=_free_label(event, label),
        user=user,
        for_account=user is not None,
        secret=new_secret(),
        made_by=who,
        made_at=at,
    )
    history.record(event, None, Change.What.PASS_MADE, who=who, at=at, new={"pass": door_pass.pk})
    return door_pass


def _free_label(event: Event, label: str) -> str:
    """The name, with a number if another device has or had it: they must be told apart."""
    others = event.door_passes.values_list("label", flat=True)
    taken = {other.casefold() for other in others}
    numbered = (f"{label[: LABEL_LENGTH - 6]} ({number})" for number in count(2))
    return next(one for one in chain([label], numbered) if one.casefold() not in taken)


@transaction.atomic
def withdraw(door_pass: DoorPass, *, who: str, at: datetime) -> DoorPass:
    """Shut its device out: it wipes its list as soon as it asks for anything."""
    event = Event.objects.locked(door_pass.event_id)
    fresh = event.door_passes.get(pk=door_pass.pk)
    if fresh.withdrawn_at is None:
        event.bump()
        fresh.withdrawn_at, fresh.secret = at, ""
        fresh.save(update_fields=["withdrawn_at", "secret"])
        history.record(
            event, None, Change.What.PASS_WITHDRAWN, who=who, at=at, new={"pass": fresh.pk}
        )
    return fresh


def link_token(door_pass: DoorPass) -> str:
    """The secret part of the address that makes a phone a door device."""
    return _signer("link").sign(door_pass.secret)


def device_token(door_pass: DoorPass) -> str:
    """What the device keeps in its cookie. Not the token of the link: that may be on paper."""
    return _signer("device").sign(f"{door_pass.pk}:{door_pass.secret}:{door_pass.phone}")


def of_link(token: str, *, at: datetime) -> DoorPass:
    """The pass of a link. Raises PassUnknown, also once the event is over."""
    try:
        secret = _signer("link").unsign(token)
    except BadSignature:
        raise PassUnknown from None
    mine = DoorPass.objects.working().filter(secret=secret, for_account=False)
    door_pass = mine.select_related("event").first() if secret else None
    if door_pass is None or at >= closes(door_pass.event):
        raise PassUnknown
    return door_pass


def of_device(token: str, event: Event | None) -> DoorPass:
    """The pass of a device's cookie, for this event only; None if the event is gone.

    Raises PassUnknown. A pass that no longer works is returned too, so that its device learns of
    it and can send what it has.
    """
    try:
        number, secret, phone = _signer("device").unsign(token).split(":")
    except (BadSignature, ValueError):
        raise PassUnknown from None
    mine = event.door_passes.all() if event else DoorPass.objects.select_related("event")
    door_pass = mine.select_related("user").filter(pk=int(number)).first()
    if door_pass is None or (door_pass.withdrawn_at is None and door_pass.secret != secret):
        raise PassUnknown
    door_pass.event, door_pass.phone = event or door_pass.event, phone
    return door_pass


def opened(door_pass: DoorPass, *, at: datetime) -> None:
    """Note that one more phone uses it. No rule depends on this, so it takes no lock."""
    first = Coalesce("opened_at", Value(at))
    DoorPass.objects.filter(pk=door_pass.pk).update(opened_at=first, phones=F("phones") + 1)
    door_pass.phone = token_urlsafe(8)


def seen(door_pass: DoorPass, *, queued: int, at: datetime) -> None:
    """Note when the device was last heard of and how much it still had to send.

    Of several phones with one pass the largest number stays, until that phone says less.
    """
    reported = min(queued, MOST_QUEUED), door_pass.phone
    known, last = (door_pass.queued, door_pass.queued_on), door_pass.last_seen_at
    if reported[1] != known[1] and reported[0] <= known[0]:
        reported = known
    if reported != known or last is None or at - last >= SEEN_EVERY:
        mine = DoorPass.objects.filter(pk=door_pass.pk)
        mine.update(last_seen_at=at, queued=reported[0], queued_on=reported[1])


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"registrations.door.{purpose}", sep=".")
