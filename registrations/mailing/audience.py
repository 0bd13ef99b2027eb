"""For whom a message is: a choice by status, tables, role, unanswered questions, or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, TextChoices
from django.db.models.functions import Lower
from django.db.models.lookups import In
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from program.models import Event, SignupQuestion, Slot
from registrations.models import Answer, Presence, Registration, RegistrationQuerySet, Seat

Status = Registration.Status
# Whoever did not confirm in time never proved the address; all others can be written to.
STATUSES = tuple(status for status in Status if status.meaning.may_be_written_to)


class Door(TextChoices):
    """What the ticks at the door tell of somebody."""

    IN = "in", gettext_lazy("was there: ticked at the door")
    MISSING = "missing", gettext_lazy("was not ticked at the door")


@dataclass(frozen=True)
class Audience:
    """Everything chosen has to fit; within one line one of the choices is enough.

    An empty line narrows nothing. Numbers are keys: of rounds, slots, questions, people.
    """

    statuses: tuple[str, ...] = ()
    with_table: tuple[int, ...] = ()
    without_table: tuple[int, ...] = ()
    tables: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()
    unanswered: tuple[int, ...] = ()
    door: tuple[str, ...] = ()
    people: tuple[int, ...] = ()

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Audience:
        known = {field.name for field in fields(cls)}
        return cls(**{name: tuple(keys) for name, keys in stored.items() if name in known})

    def stored(self) -> dict[str, Any]:
        """As it is kept with a message: only what narrows."""
        return {name: list(keys) for name, keys in asdict(self).items() if keys}


REGISTERED = Audience(statuses=(Status.CONFIRMED,))
WAS_THERE = Audience(statuses=(Status.CONFIRMED,), door=(Door.IN,))


@dataclass(frozen=True)
class Reach:
    """How many people a choice comes to, and how many of them get no mail, and why."""

    people: int
    no_address: int = 0
    unsubscribed: int = 0
    refused: int = 0

    @property
    def left_out(self) -> list[str]:
        """In words who gets no mail, as far as there are any."""
        said: list[str] = []
        if count := self.no_address:
            words = ngettext(
                "%(count)s has no e-mail address", "%(count)s have no e-mail address", count
            )
            said.append(words % {"count": count})
        if count := self.unsubscribed:
            words = ngettext(
                "%(count)s wants no mail of this kind",
                "%(count)s want no mail of this kind",
                count,
            )
            said.append(words % {"count": count})
        if count := self.refused:
            words = ngettext(
                "%(count)s has an address that does not work",
                "%(count)s have an address that does not work",
                count,
            )
            said.append(words % {"count": count})
        return said


def people(event: Event, audience: Audience) -> RegistrationQuerySet:
    """Who gets the mail, by name: each address once."""
    chosen = _chosen(event, audience).exclude(email="")
    return chosen.filter(~_wants_none(event), email_refused_at=None)


def reach(event: Event, audience: Audience) -> Reach:
    """The numbers, in one query however many people there are."""
    address, wanted = ~Q(email=""), ~_wants_none(event)
    works = Q(email_refused_at=None)
    counts = _chosen(event, audience).aggregate(
        people=Count("pk", address & wanted & works),
        no_address=Count("pk", Q(email="")),
        unsubscribed=Count("pk", address & ~wanted),
        refused=Count("pk", address & wanted & ~works),
    )
    return Reach(**counts)


def words(event: Event, audience: Audience) -> list[str]:
    """What was chosen, line by line, in the active language."""
    labels = dict(Status.choices) | dict(Registration.Role.choices) | dict(Door.choices)
    rounds = {round_.pk: str(round_) for round_ in event.rounds.all()}
    slots = event.slots.filter(pk__in=audience.tables).select_related("session", "round")
    asked = event.signup_questions.filter(pk__in=audience.unanswered)
    lines = [
        ("%s", [str(labels.get(name, name)) for name in audience.statuses]),
        (_("has a table in %s"), [rounds.get(key, "?") for key in audience.with_table]),
        (_("has no table in %s"), [rounds.get(key, "?") for key in audience.without_table]),
        (_("sits at %s"), [f"{one.session.code} ({one.round})" for one in slots]),
        (_("comes as %s"), [str(labels.get(name, name)) for name in audience.roles]),
        (_("did not answer: %s"), [str(question) for question in asked]),
        ("%s", [str(labels.get(name, name)) for name in audience.door]),
    ]
    said = [line % _(" or ").join(choices) for line, choices in lines if choices]
    if audience.people:
        count = len(audience.people)
        chosen = ngettext(
            "%(count)s person picked by hand", "%(count)s people picked by hand", count
        )
        said.append(chosen % {"count": count})
    return said


def _chosen(event: Event, audience: Audience) -> RegistrationQuerySet:
    """Who was chosen, with or without an address, and whether they want mail or not."""
    # One address may have signed up more often: what counts stands for the person, else the last.
    people = event.registrations.filter(erased_at=None)
    others = people.filter(status__in=[Status.PENDING, Status.CANCELLED]).order_by()
    newest = others.values(lower=Lower("email")).annotate(newest=Max("pk")).values("newest")
    stands = Q(email="") | Q(status__in=Registration.COUNTING)
    stands |= Q(pk__in=newest) & ~_address_among(people.counting())
    chosen = _narrowed(people.filter(stands, status__in=STATUSES), audience)
    return _at_the_door(event, chosen, audience.door) if audience.door else chosen


def _wants_none(event: Event) -> Q:
    people = event.registrations.filter(erased_at=None)
    return _address_among(people.filter(unsubscribed_at__isnull=False))


def _address_among(people: RegistrationQuerySet) -> Q:
    """Whether one of these has the same address; case counts for nothing."""
    # A list to look in, and no question for each row: quick whatever the database knows.
    addresses = people.order_by().values_list(Lower("email"))
    return Q(In(Lower("email"), addresses))


def _narrowed(chosen: RegistrationQuerySet, audience: Audience) -> RegistrationQuerySet:
    if audience.statuses:
        chosen = chosen.filter(status__in=audience.statuses)
    if audience.roles:
        chosen = chosen.filter(role__in=audience.roles)
    if audience.people:
        chosen = chosen.filter(pk__in=audience.people)
    seats = Seat.objects.filter(registration=OuterRef("pk"))
    if audience.with_table:
        chosen = chosen.filter(Exists(seats.filter(round__in=audience.with_table)))
    if audience.tables:
        chosen = chosen.filter(Exists(seats.filter(slot__in=audience.tables)))
    for lines, missing in (
        (audience.without_table, lambda key: seats.filter(round=key)),
        (audience.unanswered, _answers),
    ):
        if lines:
            without = Q()
            for key in lines:
                without |= ~Q(Exists(missing(key)))
            chosen = chosen.filter(without)
    return chosen


def questions_of(event: Event, audience: Audience) -> QuerySet[SignupQuestion]:
    """The questions to choose from; those that are asked no more only if chosen before."""
    return event.signup_questions.filter(Q(retired_at=None) | Q(pk__in=audience.unanswered))


def door_was_kept(event: Event) -> bool:
    """Whether ticks tell who was there: of those registered a quarter has one.

    Fewer were a try, and the list was kept on paper or not at all.
    """
    registered = event.registrations.confirmed()
    ticked = registered.filter(presence__present=True).count()
    return ticked > 0 and ticked * 4 >= registered.count()


def _at_the_door(
    event: Event, chosen: RegistrationQuerySet, door: Sequence[str]
) -> RegistrationQuerySet:
    """Without ticks that tell something everybody counts as having been there."""
    if not door_was_kept(event):
        return chosen if Door.IN in door else chosen.none()
    was_there = Q(Exists(Presence.objects.filter(registration=OuterRef("pk"), present=True)))
    fits = {Door.IN: was_there, Door.MISSING: ~was_there}
    return chosen.filter(reduce(or_, (fits[Door(one)] for one in door)))


def _answers(question: int) -> QuerySet[Answer]:
    return Answer.objects.filter(registration=OuterRef("pk"), question=question)


def tables_of(event: Event, audience: Audience) -> list[Slot]:
    """The tables to choose from, round by round; those that dropped out only if chosen before.

    Who saves a message once more would else open it to everybody.
    """
    offered = Q(dropped_at=None) | Q(pk__in=audience.tables)
    slots = event.slots.filter(offered).select_related("session", "round")
    return list(slots.order_by("round__number", "session__theme__number", "session__code"))
