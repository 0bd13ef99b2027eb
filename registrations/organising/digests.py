"""A mail to an organiser now and then about what happened: in numbers, and only if they want it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from program.models import Event
from program.models.event import wall_clock
from registrations.mail import envelope, staff_mail
from registrations.models import Change, Digest, StoredMail

CLOCK = time(8)  # in Amsterdam, before people begin to work
MONDAY = 0
What = Change.What
IN_DRAW = "in_draw"
# What counts as news, by what a mail calls it. Each person counts once. Those who confirm for a
# draw wait for it in the history, which tells them apart.
NEWS: Mapping[str, tuple[Change.What, ...]] = {
    "signed_up": (What.CONFIRMED,),
    IN_DRAW: (),
    "drawn": (What.DRAWN,),
    "waiting": (What.WAITING,),
    "promoted": (What.PROMOTED,),
    "cancelled": (What.CANCELLED,),
    "refused": (What.REFUSED, What.BOUNCED),
}


def choose(event: Event, user: User, often: str, *, language: str, at: datetime) -> None:
    """How often somebody wants it, and in which language; '' for never.

    It changes nothing that anybody else sees, so it needs no lock and no line in the history.
    """
    if not often:
        Digest.objects.filter(event=event, user=user).delete()
        return
    chosen = {"often": often, "language": language}
    Digest.objects.update_or_create(
        event=event, user=user, defaults=chosen, create_defaults={**chosen, "told_until": at}
    )


def queue_due(at: datetime) -> int:
    """Store the mails whose time has come; returns how many.

    None is stored if nothing happened, after the event, or for somebody who is no longer an
    organiser of it. If no worker ran for a while, the next mail covers that time too.
    """
    chosen = Digest.objects.filter(event__ends_at__gt=at).select_related("event", "user")
    due = [each for each in chosen if each.told_until < last_time(each.often, at)]
    return sum(_queue(each, at=at) for each in due)


def last_time(often: str, at: datetime) -> datetime:
    """The last moment, not after ``at``, at which such mails go."""
    day = timezone.localdate(at)
    if often == Digest.Often.WEEKLY:
        day -= timedelta(days=(day.weekday() - MONDAY) % 7)
    moment = wall_clock(day, CLOCK)
    if moment <= at:
        return moment
    return wall_clock(day - timedelta(days=7 if often == Digest.Often.WEEKLY else 1), CLOCK)


@transaction.atomic
def _queue(digest: Digest, *, at: datetime) -> bool:
    until = last_time(digest.often, at)
    mine = Digest.objects.filter(pk=digest.pk, told_until=digest.told_until)
    if not mine.update(told_until=until):
        return False  # another worker was first
    if not staff_mail.digest_wanted(digest):
        return False
    found = news(digest.event, digest.told_until, until)
    if not found:
        return False
    envelope.new(
        StoredMail.Kind.DIGEST,
        digest.user.email,
        at=at,
        event=digest.event,
        language=digest.language,
        about={"digest": digest.pk, "since": digest.told_until.isoformat(), "news": found},
    ).save()
    return True


def news(event: Event, since: datetime, until: datetime) -> dict[str, int]:
    """How many people each kind of news is about, without zeros. Two queries at most."""
    rows = event.changes.filter(
        at__gt=since, at__lte=until, registration__confirmed_at__isnull=False
    ).order_by()
    told = {what for each in NEWS.values() for what in each}
    people = Count("registration", distinct=True)
    by_what = dict(rows.filter(what__in=told).values_list("what").annotate(people))
    found = {name: sum(by_what.get(what, 0) for what in each) for name, each in NEWS.items()}
    if event.wishes_close_at:
        in_draw = rows.filter(what=What.WAITING, new__draw=True)
        count = in_draw.aggregate(people=people)["people"]
        found |= {IN_DRAW: count, "waiting": found["waiting"] - count}
    return {name: people for name, people in found.items() if people}
