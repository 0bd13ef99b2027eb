"""What another day, other deadlines or a shorter time of keeping would do that cannot be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event
from program.models.event import wall_clock
from registrations.models import Change
from registrations.queries.snapshots import EventSnapshot


def consequences(event: Event, before: EventSnapshot, after: EventSnapshot) -> Iterator[str]:
    """Sentences for the person about to save this; none if it does no harm.

    To be read after ``follow``, and under the same lock: the event says when it was changed.
    """
    at = event.dates_changed_at
    if before.dates == after.dates or at is None:
        return
    if event.day != timezone.localdate(before.starts_at):
        yield from past_day(event.day, at=at)
        yield from _signed_up_later(event)
    yield from _closes_at_once(event, before, after, at)
    yield from _holds_ended(event, before, at)
    if event.kept_until < before.kept_until:
        yield from _erased_sooner(event, before.kept_until)


def past_day(day: date, *, at: datetime) -> Iterator[str]:
    """What to ask about this day of an event, new or not; nothing if it is still to come."""
    if day < timezone.localdate(at):
        message = _("The day is in the past: %(day)s. Is the year right?")
        yield message % {"day": date_format(day)}


def _signed_up_later(event: Event) -> Iterator[str]:
    day_over = wall_clock(event.day + timedelta(days=1), time())
    people = event.registrations.filter(created_at__gte=day_over).count()
    if people:
        message = ngettext(
            "%(count)s person signed up after that day.",
            "%(count)s people signed up after that day.",
            people,
        )
        yield message % {"count": people}


def _closes_at_once(
    event: Event, before: EventSnapshot, after: EventSnapshot, at: datetime
) -> Iterator[str]:
    closing = {
        name
        for name, until in after.deadlines.items()
        if until
        and (before_that := before.deadlines[name])
        and until <= at < before_that
        and not event.called_off
    }
    if "signup_closes" in closing:
        yield _("Sign-up closes at once: nobody can sign up any more.")
    if "wishes_close" in closing:
        yield _("Choices close at once: the draw follows within minutes.")
    if "waiting_closes" in closing:
        yield _("The waiting lists close at once: nobody moves up any more.")
        entries = event.waitlist_entries.counting().order_by().values("registration")
        confirmed = event.registrations.confirmed().filter(pk__in=entries)
        if not event.started(at) and (told := (event.registrations.waiting() | confirmed).count()):
            message = ngettext(
                "Within a minute, %(count)s person on a waiting list gets a mail about that.",
                "Within a minute, %(count)s people on a waiting list get a mail about that.",
                told,
            )
            yield message % {"count": told}


def _holds_ended(event: Event, before: EventSnapshot, at: datetime) -> Iterator[str]:
    """No hold outlives the start (rule 4); one that ran out does not come back with the day."""
    if not event.starts_at <= at < before.starts_at:
        return
    people = event.changes.filter(what=Change.What.EXPIRED, at=at).count()
    if people:
        message = ngettext(
            "%(count)s person who has not confirmed yet loses their place at once, for good.",
            "%(count)s people who have not confirmed yet lose their places at once, for good.",
            people,
        )
        yield message % {"count": people}


def _erased_sooner(event: Event, old: datetime) -> Iterator[str]:
    """Names that are erased cannot be got back."""
    people = event.registrations.filter(erased_at=None).count()
    people += event.guests.filter(erased_at=None).count()
    if not people:
        return
    message = ngettext(
        "The name and the answers of %(count)s person are erased on %(day)s instead of %(old)s.",
        "The names and the answers of %(count)s people are erased on %(day)s instead of %(old)s.",
        people,
    )
    days = {"day": date_format(event.erased_on)}
    yield message % {"count": people, **days, "old": date_format(timezone.localdate(old))}
    yield _("Until then you can still change it back. After that, nobody can bring them back.")
