"""Door passes: which devices may work the door of an event, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from program.models import Event
from registrations import history
from registrations.errors import RegistrationError
from registrations.models import Change, DoorPass
from registrations.tokens import new_secret

# A device works until this long after the event; what it still has to send is taken for longer.
AFTERWARDS = timedelta(hours=6)
LATE_TAPS = timedelta(hours=48)


class PassUnknown(RegistrationError):
    """No device belongs to this link or cookie, or no longer."""

    message = _("This door pass does not work any more. Ask the organiser for a new one.")


def closes(event: Event) -> datetime:
    """When the devices of an event stop showing its list, and wipe it."""
    return event.ends_at + AFTERWARDS


def make(event: Event, label: str, *, who: str, at: datetime) -> DoorPass:
    """A pass for one device, to be opened on it by its link."""
    return _make(event, label, None, who=who, at=at)


def for_user(event: Event, user: User, *, at: datetime) -> DoorPass:
    """The device of somebody with an account: theirs from before, or a new one.

    It goes on when their session ends: that may be in the middle of a queue.
    """
    mine = event.door_passes.working().filter(user=user).first()
    return mine or _make(event, user.get_username(), user, who=user.get_username(), at=at)


@transaction.atomic
def _make(event: Event, label: str, user: User | None, *, who: str, at: datetime) -> DoorPass:
    event = Event.objects.locked(event.pk)
    event.bump()
    door_pass = DoorPass.objects.create(
        event=event, label=label, user=user, secret=new_secret(), made_by=who, made_at=at
    )
    history.record(event, None, Change.What.PASS_MADE, who=who, at=at, new={"pass": door_pass.pk})
    return door_pass


@transaction.atomic
def withdraw(door_pass: DoorPass, *, who: str, at: datetime) -> DoorPass:
    """Let its device in no more: it wipes its list as soon as it asks for anything."""
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
    """What stands in the address that makes a phone a door device."""
    return _signer("link").sign(door_pass.secret)


def device_token(door_pass: DoorPass) -> str:
    """What the device keeps in its cookie. Not what the link holds: that may lie on paper."""
    return _signer("device").sign(f"{door_pass.pk}:{door_pass.secret}")


def of_link(token: str, *, at: datetime) -> DoorPass:
    """The pass of a link. Raises PassUnknown, also once the event is over."""
    try:
        secret = _signer("link").unsign(token)
    except BadSignature:
        raise PassUnknown from None
    door_pass = DoorPass.objects.working().select_related("event").filter(secret=secret).first()
    if not secret or door_pass is None or at >= closes(door_pass.event):
        raise PassUnknown
    return door_pass


def of_device(token: str, event: Event) -> DoorPass:
    """The pass of a device's cookie, for this event only.

    Raises PassUnknown; one that was withdrawn is returned, so that its device hears of it.
    """
    try:
        number, _colon, secret = _signer("device").unsign(token).partition(":")
    except BadSignature:
        raise PassUnknown from None
    door_pass = event.door_passes.filter(pk=int(number)).first()
    if door_pass is None or (door_pass.withdrawn_at is None and door_pass.secret != secret):
        raise PassUnknown
    return door_pass


def opened(door_pass: DoorPass, *, at: datetime) -> None:
    """Note that a device works with it. No rule hangs on this, so it takes no lock."""
    DoorPass.objects.filter(pk=door_pass.pk, opened_at=None).update(opened_at=at)


def seen(door_pass: DoorPass, *, queued: int, at: datetime) -> None:
    """Note when the device was last heard of and how much it still had to send."""
    DoorPass.objects.filter(pk=door_pass.pk).update(last_seen_at=at, queued=queued)


def _signer(purpose: str) -> Signer:
    return Signer(salt=f"registrations.door.{purpose}", sep=".")
