"""What an organiser should look at, in as many queries for many events as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from program.models import Event
from program.public.calendars import day_and_time
from registrations.models import HeldTap, Proposal, Registration, StoredMail
from registrations.models.registration import over_a_quarter
from registrations.organising import dropping
from registrations.queries import waves
from registrations.reports import draws


class Notice(NamedTuple):
    """A sentence, and the page where what it is about is seen or solved."""

    sentence: str
    address: str


@dataclass(frozen=True)
class Worry:
    """Something to be counted; ``where`` is the page for an event that has any of it."""

    rows: Callable[[datetime], QuerySet[Any]]
    said: Promise | str
    where: Callable[[Event], str]


def _people(narrowed: str) -> Callable[[Event], str]:
    page = "admin:registrations_registration_changelist"
    return lambda event: f"{reverse(page)}?event__id__exact={event.pk}&{narrowed}"


def _mails(narrowed: str) -> Callable[[Event], str]:
    page = "admin:registrations_storedmail_changelist"
    return lambda event: f"{reverse(page)}?event__id__exact={event.pk}&{narrowed}"


def _of_event(page: str, place: str = "") -> Callable[[Event], str]:
    return lambda event: reverse(f"admin:{page}", args=[event.pk]) + place


WORRIES = (
    Worry(
        lambda at: Proposal.objects.open(),
        ngettext_lazy(
            "%(count)s proposal of a host waits for your answer.",
            "%(count)s proposals of hosts wait for your answer.",
            "count",
        ),
        _of_event("event-team", "#voorstellen"),
    ),
    Worry(
        lambda at: HeldTap.objects.waiting(),
        ngettext_lazy(
            "You still have to review %(count)s tap at the door.",
            "You still have to review %(count)s taps at the door.",
            "count",
        ),
        _of_event("event-door-taps"),
    ),
    Worry(
        # Only those who come or wait: mail to those who left no longer matters.
        lambda at: Registration.objects.counting().filter(
            email_refused_at__isnull=False, erased_at=None
        ),
        ngettext_lazy(
            "%(count)s person did not get our mail: it was refused or came back.",
            "%(count)s people did not get our mail: it was refused or came back.",
            "count",
        ),
        _people("email_refused_at__isempty=0&status__in=confirmed,waiting"),
    ),
    Worry(
        lambda at: StoredMail.objects.failed(),
        ngettext_lazy(
            "%(count)s mail failed and is not tried again.",
            "%(count)s mails failed and are not tried again.",
            "count",
        ),
        _mails("outcome=failed"),
    ),
    Worry(
        lambda at: StoredMail.objects.late(at),
        ngettext_lazy(
            "%(count)s mail has waited for more than an hour. Does the worker run?",
            "%(count)s mails have waited for more than an hour. Does the worker run?",
            "count",
        ),
        _mails("outcome=late"),
    ),
)


def notices(events: Sequence[Event], at: datetime) -> dict[int, list[Notice]]:
    """By the key of the event; the number of queries does not depend on how many there are."""
    found: dict[int, list[Notice]] = {event.pk: [] for event in events}
    held = _by_event(Registration.objects.held_by_visitors(), events)
    to_come = [event for event in events if not event.over(at)]
    seen = waves.waves(to_come, at=at)
    for event in events:
        wave, count = seen.get(event.pk), held.get(event.pk, 0)
        others = count - wave.held if wave else count
        # The wave says it better than that many places are held, unless most are those of others.
        if wave and wave.held and not over_a_quarter(others, event.capacity):
            found[event.pk].append(_wave(event, wave))
        elif over_a_quarter(count, event.capacity):
            found[event.pk].append(_too_many_held(event, count))
    people: defaultdict[int, set[int]] = defaultdict(set)
    for lost in dropping.not_told(to_come):
        people[lost.registration.event_id].add(lost.registration.pk)
    for event in to_come:
        if event.pk in people:
            found[event.pk].append(_not_told(event, len(people[event.pk])))
        if draws.is_late(event, at):
            found[event.pk].append(_draw_late(event))
    for worry in WORRIES:
        counts = _by_event(worry.rows(at), events)
        for event in events:
            if count := counts.get(event.pk, 0):
                sentence = str(worry.said % {"count": count})
                found[event.pk].append(Notice(sentence, worry.where(event)))
    return found


def _by_event(rows: QuerySet[Any], events: Sequence[Event]) -> dict[int, int]:
    """How many of the rows each event has, of those that have any."""
    rows = rows.filter(event__in=[event.pk for event in events]).order_by()
    return dict(rows.values_list("event").annotate(Count("pk")))


def _not_told(event: Event, count: int) -> Notice:
    """Those who lost their seat and may not know it, on the page that names them."""
    sentence = ngettext(
        "%(count)s person does not know yet that their table drops out, and has no other one.",
        "%(count)s people do not know yet that their table drops out, and have no other one.",
        count,
    )
    page = reverse("admin:event-trouble", args=[event.pk])
    return Notice(sentence % {"count": count}, f"{page}#told")


def _draw_late(event: Event) -> Notice:
    """What to do about it stands on the page of the draw."""
    sentence = _(
        "Choices closed on %(moment)s and nothing has been drawn. Does the worker run?"
    ) % {"moment": event.wishes_close_at and day_and_time(event.wishes_close_at)}
    return Notice(sentence, reverse("admin:event-draw", args=[event.pk]))


def _wave(event: Event, wave: waves.Wave) -> Notice:
    """What to do about it stands on the page where places are freed."""
    return Notice(wave.in_words, reverse("admin:event-trouble", args=[event.pk]) + "#holds")


def _too_many_held(event: Event, count: int) -> Notice:
    """The warning of rule 4."""
    sentence = _(
        "More than a quarter of the places is held by people who have not confirmed yet:"
        " %(count)s of %(capacity)s. They come free within 15 minutes."
    )
    words = {"count": count, "capacity": event.capacity}
    return Notice(sentence % words, reverse("admin:event-free-holds", args=[event.pk]))
