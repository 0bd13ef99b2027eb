"""Waves of sign-ups that nobody confirms, as a program that makes up addresses sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, IntegerField, Q
from django.db.models.functions import Cast, ExtractMinute, TruncHour
from django.utils.translation import gettext as _

from program.models import Event
from program.public import calendars
from registrations.models import Registration
from registrations.models.registration import over_a_quarter

LOOKED_BACK = timedelta(days=1)
MINUTES = 10
# Fewer are no wave, however small the event.
FEWEST = 10


@dataclass(frozen=True)
class Wave:
    """So many signed up within ten minutes from ``since`` on, and did not confirm."""

    since: datetime
    unconfirmed: int

    @property
    def moment(self) -> str:
        return calendars.day_and_time(self.since)

    @property
    def in_address(self) -> str:
        """``since``, such as 2026-12-07T14:00Z."""
        return f"{self.since.astimezone(UTC):%Y-%m-%dT%H:%MZ}"

    @property
    def in_words(self) -> str:
        sentence = _("%(moment)s: %(count)s sign-ups in ten minutes that nobody has confirmed.")
        return sentence % {"moment": self.moment, "count": self.unconfirmed}


def waves(events: Sequence[Event], *, at: datetime) -> dict[int, Wave]:
    """By the key of the event, the largest of the last day, of those that had one.

    A wave is too many for the event (rule 4), and more sign-ups than were confirmed: when
    sign-up opens, many come at once, but most of them confirm. One query.
    """
    status = Registration.Status
    unconfirmed = Q(status__in=[status.PENDING, status.EXPIRED])
    found = (
        Registration.objects.filter(
            event__in=[event.pk for event in events],
            origin=Registration.Origin.SITE,
            created_at__gt=at - LOOKED_BACK,
        )
        .exclude(secret="")  # replaced by another sign-up of the same person, or erased
        .order_by()
        .annotate(
            hour=TruncHour("created_at", tzinfo=UTC),
            # PostgreSQL takes minutes for a fraction.
            part=Cast(ExtractMinute("created_at", tzinfo=UTC), IntegerField()) / MINUTES,
        )
        .values("event", "hour", "part")
        .annotate(everybody=Count("pk"), unconfirmed=Count("pk", filter=unconfirmed))
        .filter(unconfirmed__gte=FEWEST)
    )
    capacity = {event.pk: event.capacity for event in events}
    largest: dict[int, Wave] = {}
    for row in found:
        key, number = row["event"], row["unconfirmed"]
        if not over_a_quarter(number, capacity[key]) or number * 2 <= row["everybody"]:
            continue
        if key not in largest or number > largest[key].unconfirmed:
            since = row["hour"] + timedelta(minutes=row["part"] * MINUTES)
            largest[key] = Wave(since, number)
    return largest
