"""What happened, to whom, when, by whom and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from program.models import Event
from registrations.models.registration import Registration


class Change(models.Model):
    """One line of an event's history, written in the transaction of what it tells."""

    class What(models.TextChoices):
        SIGNED_UP = "signed_up", _("signed up")
        CONFIRMED = "confirmed", _("confirmed")
        TABLES = "tables", _("tables changed")
        WAITLISTS = "waitlists", _("waits for other tables")
        MOVED = "moved", _("moved to another table")
        WAITING = "waiting", _("joined the waiting list")
        PROMOTED = "promoted", _("got a place from the waiting list")
        RANKED = "ranked", _("ranked tables for the draw")
        DRAWN = "drawn", _("drawn")
        WAITING_OVER = "waiting_over", _("waiting lists closed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")
        REPLACED = "replaced", _("replaced by a new sign-up")
        LISTED = "listed", _("seen or not on ‘Who is coming?’")
        ERASED = "erased", _("erased")
        REFUSED = "refused", _("mail refused")
        PROGRAMME = "programme", _("programme loaded")
        EDITED = "edited", _("programme edited")
        COPIED = "copied", _("event copied")
        ADDED = "added", _("signed up by an organiser")
        CORRECTED = "corrected", _("name corrected")
        DETAILS = "details", _("details changed")
        EXTRA = "extra", _("got an extra place")
        IMPORTED = "imported", _("brought in from a list")
        RESENT = "resent", _("link mailed again")
        ADDRESSED = "addressed", _("e-mail address filled in")
        REDIRECTED = "redirected", _("mail asked for at another address")
        ANSWERED = "answered", _("answers changed")
        UNSUBSCRIBED = "unsubscribed", _("wants mail to all, or not")
        BOUNCED = "bounced", _("mail came back")
        GUEST = "guest", _("guest added, changed or removed")
        RESERVED = "reserved", _("seats reserved or released")
        CALLED_OFF = "called_off", _("called off")
        DROPPED = "dropped", _("table dropped out")
        RESCHEDULED = "rescheduled", _("time or place changed")
        MAILED = "mailed", _("mail sent to people")
        EXPORTED = "exported", _("list exported")
        PRINTED = "printed", _("list printed")
        LOOKED = "looked", _("door list opened")
        CHECKED_IN = "checked_in", _("came in")
        CHECK_UNDONE = "check_undone", _("undone: not in")
        WALKED_IN = "walked_in", _("came in without a sign-up")
        PASS_MADE = "pass_made", _("door pass made")
        PASS_WITHDRAWN = "pass_withdrawn", _("door pass withdrawn")
        TAPS_JUDGED = "taps_judged", _("taps from a door device accepted or refused")
        DEVICE_UNDONE = "device_undone", _("everything from a door device undone")
        HOST = "host", _("page of a host")
        COLLEAGUE = "colleague", _("colleague")

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="changes")
    registration = models.ForeignKey(
        Registration,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="changes",
    )
    what = models.CharField(_("what"), max_length=20, choices=What)
    old = models.JSONField(_("before"), default=dict, blank=True)
    new = models.JSONField(_("after"), default=dict, blank=True)
    who = models.CharField(_("by"), max_length=150)
    why = models.CharField(_("reason"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))
    version = models.PositiveBigIntegerField(_("version of the event"))

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["pk"]
        indexes = [models.Index(fields=["event", "version"], name="change_by_version")]

    def __str__(self) -> str:
        return f"{self.get_what_display()} · {self.at:%Y-%m-%d %H:%M}"


ATTENDEE = "attendee"
HOST = "host"
WORKER = "worker"
SETTLING = "waiting list"
MAIL_SERVER = "mail server"
# Whoever is not named any more: the name was of no account, or of one that is gone.
STAFF = "staff"
# Staff go by the names of their accounts, and no account may have one of these.
NO_STAFF = (ATTENDEE, HOST, WORKER, SETTLING, MAIL_SERVER, STAFF)


def record(
    event: Event,
    registration: Registration | None,
    what: Change.What,
    *,
    who: str,
    at: datetime,
    why: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> None:
    """Write what happened, at the event's present version. Never holds a name or an address."""
    change(event, registration, what, who=who, at=at, why=why, old=old, new=new).save()


def change(
    event: Event,
    registration: Registration | None,
    what: Change.What,
    *,
    who: str,
    at: datetime,
    why: str = "",
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> Change:
    """As ``record`` writes it, not stored yet: for those who store many at once."""
    return Change(
        event=event,
        registration=registration,
        what=what,
        who=who,
        why=why,
        old=old or {},
        new=new or {},
        at=at,
        version=event.version,
    )


def record_all(
    event: Event,
    people: Iterable[Registration],
    what: Change.What,
    *,
    who: str,
    at: datetime,
    new: dict[str, Any] | None = None,
) -> None:
    """The same line for each of many people; the details are in the line of the event."""
    same = {"event": event, "what": what, "who": who, "at": at, "version": event.version}
    Change.objects.bulk_create([Change(registration=one, new=new or {}, **same) for one in people])
