"""For whom a message is: a choice by status, tables, role, unanswered questions, or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, TextChoices
from django.db.models.functions import Lower
from django.db.models.lookups import In
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from program.models import Event, SignupQuestion, Slot
from program.public.programme import kept_programme
from registrations.models import Answer, Presence, Registration, RegistrationQuerySet, Seat

Status = Registration.Status
# Those who did not confirm in time never proved their address; all others can be written to.
STATUSES = tuple(status for status in Status if status.meaning.may_be_written_to)


class Door(TextChoices):
    """What the ticks at the door say of somebody."""

    IN = "in", gettext_lazy("was there: ticked at the door")
    MISSING = "missing", gettext_lazy("was not ticked at the door")


@dataclass(frozen=True)
class Audience:
    """Every line has to fit, by any one of its choices; an empty line narrows nothing.

    Numbers are keys: of rounds, slots, questions, people.
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


_LEFT_OUT = (
    ngettext_lazy("%(count)s has no e-mail address", "%(count)s have no e-mail address", "count"),
    ngettext_lazy(
        "%(count)s wants no mail of this kind", "%(count)s want no mail of this kind", "count"
    ),
    ngettext_lazy(
        "%(count)s has an address that does not work",
        "%(count)s have an address that does not work",
        "count",
    ),
)


@dataclass(frozen=True)
class Reach:
    """How many people a choice comes to, and how many of them get no mail, and why."""

    people: int
    no_address: int = 0
    unsubscribed: int = 0
    refused: int = 0

    @property
    def left_out(self) -> list[str]:
        """In words, those who get no mail, if there are any."""
        counts = (self.no_address, self.unsubscribed, self.refused)
        said = zip(_LEFT_OUT, counts, strict=True)
        return [str(words % {"count": count}) for words, count in said if count]


def people(event: Event, audience: Audience) -> RegistrationQuerySet:
    """Those who get the mail, by name; each address once."""
    chosen = _chosen(event, audience).exclude(email="")
    return chosen.filter(~_wants_none(event), email_refused_at=None)


def before_draw(event: Event, audience: Audience, at: datetime | None) -> bool:
    """Whether a message that leaves then is for those with a place, and a draw is still to come.

    Those who take part have none by then, so it reaches none of them (rule 16).
    """
    closes = event.wishes_close_at
    if closes is None or at is None or not event.draw_to_come or at > closes:
        return False
    return audience.statuses == (Status.CONFIRMED,)


def reach(event: Event, audience: Audience) -> Reach:
    """The numbers, in as many queries for a few people as for thousands."""
    address, wanted = ~Q(email=""), ~_wants_none(event)
    works = Q(email_refused_at=None)
    counts = _chosen(event, audience).aggregate(
        people=Count("pk", address & wanted & works),
        no_address=Count("pk", Q(email="")),
        unsubscribed=Count("pk", address & ~wanted),
        refused=Count("pk", address & wanted & ~works),
    )
    return Reach(**counts)


def statuses(event: Event) -> list[tuple[str, str]]:
    """Those that can be written to, in words."""
    return [(status.value, status.label_at(event)) for status in STATUSES]


def words(event: Event, audience: Audience) -> list[str]:
    """What was chosen, line by line, in the active language."""
    labels: dict[str, Any] = dict(statuses(event)) | dict(Door.choices)
    labels |= {role.code: role.local_label for role in kept_programme(event).roles}
    rounds = {round_.pk: str(round_) for round_ in event.rounds.all()}
    slots = event.slots.filter(pk__in=audience.tables).select_related("session", "round")
    asked = event.signup_questions.filter(pk__in=audience.unanswered)
    lines = [
        ("%s", [str(labels.get(name, name)) for name in audience.statuses]),
        (_("has a table in %s"), [rounds.get(key, "?") for key in audience.with_table]),
        (_("has no table in %s"), [rounds.get(key, "?") for key in audience.without_table]),
        (_("sits at %s"), [f"{one.session.code} ({one.round})" for one in slots]),
        (_("comes as: %s"), [str(labels.get(name, name)) for name in audience.roles]),
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
    """Those who were chosen, whether or not they have an address or want mail."""
    # One address may have signed up more than once: the sign-up that counts stands for the
    # person, or else the last one.
    people = event.registrations.filter(erased_at=None)
    others = people.filter(status__in=STATUSES).exclude(status__in=Registration.COUNTING).order_by()
    newest = others.values(lower=Lower("email")).annotate(newest=Max("pk")).values("newest")
    stands = Q(email="") | Q(status__in=Registration.COUNTING)
    stands |= Q(pk__in=newest) & ~_address_among(people.counting())
    chosen = _narrowed(people.filter(stands, status__in=STATUSES), audience)
    return _at_the_door(event, chosen, audience.door) if audience.door else chosen


def _wants_none(event: Event) -> Q:
    people = event.registrations.filter(erased_at=None)
    return _address_among(people.filter(unsubscribed_at__isnull=False))


def _address_among(people: RegistrationQuerySet) -> Q:
    """Whether one of these has the same address, whatever its case."""
    # A list to look in, not a subquery for each row: fast whatever the database knows.
    addresses = people.order_by().values_list(Lower("email"))
    return Q(In(Lower("email"), addresses))


def _narrowed(chosen: RegistrationQuerySet, audience: Audience) -> RegistrationQuerySet:
    own = {"status": audience.statuses, "role__code": audience.roles, "pk": audience.people}
    chosen = chosen.filter(**{f"{name}__in": keys for name, keys in own.items() if keys})
    for name, keys in (("round", audience.with_table), ("slot", audience.tables)):
        if keys:
            chosen = chosen.filter(pk__in=_who(Seat, name, keys, at_least=1))
    without = ((Seat, "round", audience.without_table), (Answer, "question", audience.unanswered))
    for model, name, keys in without:
        if keys:
            chosen = chosen.exclude(pk__in=_who(model, name, keys, at_least=len(set(keys))))
    return chosen


def questions_of(event: Event, audience: Audience) -> QuerySet[SignupQuestion]:
    """The questions to choose from; those no longer asked only if they were chosen before."""
    return event.signup_questions.filter(Q(retired_at=None) | Q(pk__in=audience.unanswered))


def roles_of(event: Event, audience: Audience) -> list[tuple[str, str]]:
    """Code and name of the roles to choose from; others only if they were chosen before."""
    kept = kept_programme(event)
    offered = {role.code for role in kept.asked_roles} | set(audience.roles)
    return [(role.code, role.local_label) for role in kept.roles if role.code in offered]


def door_was_kept(event: Event) -> bool:
    """Whether ticks tell who was there: a quarter of those registered have one.

    With fewer somebody only tried it, and the list was kept on paper or not at all.
    """
    registered = event.registrations.confirmed()
    ticked = registered.filter(presence__present=True).count()
    return ticked > 0 and ticked * 4 >= registered.count()


def _at_the_door(
    event: Event, chosen: RegistrationQuerySet, door: Sequence[str]
) -> RegistrationQuerySet:
    """Without ticks that tell who was there, everybody counts as having been there."""
    if not door_was_kept(event):
        return chosen if Door.IN in door else chosen.none()
    was_there = Q(Exists(Presence.objects.filter(registration=OuterRef("pk"), present=True)))
    fits = {Door.IN: was_there, Door.MISSING: ~was_there}
    return chosen.filter(reduce(or_, (fits[Door(one)] for one in door)))


def _who(model: type[Seat | Answer], name: str, keys: Sequence[int], *, at_least: int) -> list[int]:
    """Those who have rows for so many of these keys; nobody has two for one key.

    Fetched: from a query the database makes a join of everybody with everybody, if it knows no
    better than that the event is small.
    """
    rows = model._default_manager.filter(**{f"{name}__in": keys}).order_by().values("registration")
    enough = rows.annotate(count=Count("pk")).filter(count__gte=at_least)
    return list(enough.values_list("registration", flat=True))


def tables_of(event: Event, audience: Audience) -> list[Slot]:
    """The tables to choose from, round by round; those that dropped out only if chosen before.

    Otherwise saving a message once more would send it to everybody.
    """
    offered = Q(dropped_at=None) | Q(pk__in=audience.tables)
    slots = event.slots.filter(offered).select_related("session", "round")
    return list(slots.order_by("round__number", "session__theme__number", "session__code"))
