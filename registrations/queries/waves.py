"""Waves of sign-ups that nobody confirms, as a program that makes up addresses sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, IntegerField, Q
from django.db.models.functions import Cast, ExtractMinute, TruncHour
from django.utils import formats, timezone
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
    """So many signed up within ten minutes from ``since`` on, and did not confirm.

    ``held`` of them still hold a place.
    """

    since: datetime
    unconfirmed: int
    held: int

    @property
    def moment(self) -> str:
        return calendars.day_and_time(self.since)

    @property
    def in_address(self) -> str:
        """``since``, such as 2026-12-07T14:00Z."""
        return f"{self.since.astimezone(UTC):%Y-%m-%dT%H:%MZ}"

    @property
    def in_words(self) -> str:
        """'7 december, tussen 14.00 en 14.10 uur: 40 aanmeldingen die niemand heeft bevestigd.'"""
        since = timezone.localtime(self.since)
        sentence = _(
            "%(day)s, between %(since)s and %(until)s:"
            " %(count)s sign-ups that nobody has confirmed."
        )
        return sentence % {
            "day": formats.date_format(since, "MONTH_DAY_FORMAT"),
            "since": formats.time_format(since),
            "until": formats.time_format(since + timedelta(minutes=MINUTES)),
            "count": self.unconfirmed,
        }


def waves(events: Sequence[Event], *, at: datetime) -> dict[int, Wave]:
    """By the key of the event, of those that had one in the last day: the wave that holds most
    places now; if none does any more, the largest.

    A wave is too many for the event (rule 4), and more sign-ups than were confirmed: when
    sign-up opens, many come at once, but most of them confirm. One query.
    """
    status = Registration.Status
    unconfirmed = Q(status__in=[status.PENDING, status.EXPIRED])
    held = Q(status=status.PENDING, holds_place=True)
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
        .annotate(
            everybody=Count("pk"),
            unconfirmed=Count("pk", filter=unconfirmed),
            held=Count("pk", filter=held),
        )
        .filter(unconfirmed__gte=FEWEST)
    )
    capacity = {event.pk: event.capacity for event in events}
    chosen: dict[int, Wave] = {}
    for row in found:
        key, number = row["event"], row["unconfirmed"]
        if not over_a_quarter(number, capacity[key]) or number * 2 <= row["everybody"]:
            continue
        since = row["hour"] + timedelta(minutes=row["part"] * MINUTES)
        wave, before = Wave(since, number, row["held"]), chosen.get(key)
        if not before or (wave.held, number) > (before.held, before.unconfirmed):
            chosen[key] = wave
    return chosen
