"""The filters of the list of people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.models import Event, Slot
from program.organisers import events_of
from registrations.models import Presence, Registration, Seat, WaitlistEntry

MOST_ORGANISATIONS = 30
Lookups = list[tuple[str, str]]
People = QuerySet[Registration]
EVENT = "event__id__exact"
MOST_DIGITS = 18  # Python refuses to read thousands of them


def event_of(request: HttpRequest) -> Event | None:
    """The event that a list is about: the one that it is narrowed to, else one's only event."""
    own = events_of(request.user)
    chosen = request.GET.get(EVENT, "")
    if chosen.isdecimal() and len(chosen) <= MOST_DIGITS:
        return own.filter(pk=int(chosen)).first()
    some = list(own[:2])
    return some[0] if len(some) == 1 else None


CLOSED = "admin/people/closed_filter.html"


class Closed(admin.ChoicesFieldListFilter):
    """Folded up until it is used: there are more filters than fit beside a list."""

    template = CLOSED


class StatusFilter(admin.ChoicesFieldListFilter):
    """In the words of the event: before a draw nobody stands on a waiting list."""

    def __init__(self, field: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, request, *args, **kwargs)
        self.event = event_of(request)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        everybody, *others = super().choices(changelist)
        yield everybody
        for choice, status in zip(others, Registration.Status, strict=True):
            label = status.label_at(self.event) if self.event else str(status.label)
            yield {**choice, "display": label}


class RefusedFilter(admin.EmptyFieldListFilter):
    """Those whose mail came back."""

    template = CLOSED

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("mail that came back")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        words = (_("All"), _("no"), _("mail refused"))
        for choice, said in zip(super().choices(changelist), words, strict=True):
            yield {**choice, "display": said}


class OfOneEvent(admin.SimpleListFilter):
    """A filter whose choices depend on the event; without an event it has none."""

    def choices_of(self, event: Event) -> Iterator[tuple[str, str]]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        event = event_of(request)
        return list(self.choices_of(event)) if event else []


class TableFilter(OfOneEvent):
    """Those who sit at one table in one round."""

    template = CLOSED
    title = gettext_lazy("table")
    parameter_name = "table"

    def choices_of(self, event: Event) -> Iterator[tuple[str, str]]:
        slots = Slot.objects.filter(event=event).select_related("session", "round")
        for slot in slots.order_by("round__number", "session__theme__number", "session__code"):
            yield str(slot.pk), f"{slot.round}: {slot.session}"

    def queryset(self, request: HttpRequest, queryset: People) -> People:
        # Not whatever number an address holds: it may be too large for the database.
        value = self.value()
        if not value or value not in dict(self.lookup_choices):
            return queryset
        seats = Seat.objects.filter(slot=int(value))
        # Fetched, for the reason in registrations/mailing/audience.py.
        return queryset.filter(pk__in=list(seats.values_list("registration", flat=True)))


class RoundFilter(OfOneEvent):
    """Those who have a table in a round, and those who come but have none."""

    title = gettext_lazy("round")
    parameter_name = "round"

    def choices_of(self, event: Event) -> Iterator[tuple[str, str]]:
        for round_ in event.rounds.all():
            yield str(round_.number), _("%(round)s: at a table") % {"round": round_}
            yield f"-{round_.number}", _("%(round)s: no table") % {"round": round_}

    def queryset(self, request: HttpRequest, queryset: People) -> People:
        value = self.value() or ""
        number = value.removeprefix("-")
        if not number.isdecimal() or len(number) > MOST_DIGITS:
            return queryset
        sits = _sits(round__number=int(number))
        comes = Q(holds_place=True) | Q(extra=True, status="confirmed")
        return queryset.filter(comes, ~sits if value.startswith("-") else sits)


class RoleFilter(OfOneEvent):
    """What people come as, in the words of the event; also what is no longer asked."""

    template = CLOSED
    title = gettext_lazy("role")
    parameter_name = "role"

    def choices_of(self, event: Event) -> Iterator[tuple[str, str]]:
        for role in event.roles.all():
            yield role.code, role.local_label

    def queryset(self, request: HttpRequest, queryset: People) -> People:
        value = self.value()
        return queryset.filter(role__code=value) if value else queryset


class OrganisationFilter(OfOneEvent):
    """The organisations that most people come from; the others can be searched for."""

    template = CLOSED
    title = gettext_lazy("organisation")
    parameter_name = "organisation"

    def choices_of(self, event: Event) -> Iterator[tuple[str, str]]:
        people = event.registrations.cancellable().exclude(organisation="").order_by()
        counted = people.values("organisation").annotate(people=Count("pk"))
        for row in counted.order_by("-people", "organisation")[:MOST_ORGANISATIONS]:
            yield row["organisation"], f"{row['organisation']} ({row['people']})"

    def queryset(self, request: HttpRequest, queryset: People) -> People:
        value = self.value()
        return queryset.filter(organisation=value) if value else queryset


class SpecialFilter(admin.SimpleListFilter):
    """What an organiser should look at. The overview counts the same people and links here."""

    title = gettext_lazy("what stands out")
    parameter_name = "special"
    found: dict[str, tuple[Any, Callable[[], Q]]] = {
        "no-tables": (gettext_lazy("no table at all"), lambda: Q(status="confirmed") & ~_sits()),
        "waits": (
            gettext_lazy("waits for a table"),
            lambda: Q(pk__in=WaitlistEntry.objects.counting().values("registration")),
        ),
        "corrected": (gettext_lazy("name corrected"), lambda: Q(name_corrected_at__isnull=False)),
        "no-address": (gettext_lazy("no e-mail address"), lambda: Q(email="", erased_at=None)),
        "held": (
            gettext_lazy("place not confirmed yet"),
            lambda: Q(status="pending", holds_place=True),
        ),
        # A hold that was given back never was a sign-up (rule 4).
        "left": (
            gettext_lazy("cancelled after confirming"),
            lambda: Q(status="cancelled", confirmed_at__isnull=False),
        ),
        "no-show": (
            gettext_lazy("registered, but didn’t come in"),
            lambda: Q(status="confirmed") & ~Q(pk__in=_came_in()),
        ),
        "needs": (gettext_lazy("special needs"), lambda: Q(special_needs__isnull=False)),
        "extra": (
            gettext_lazy("extra, besides the places"),
            lambda: Q(extra=True, status="confirmed"),
        ),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        return [(key, str(words)) for key, (words, _condition) in self.found.items()]

    def queryset(self, request: HttpRequest, queryset: People) -> People:
        found = self.found.get(self.value() or "")
        return queryset.filter(found[1]()) if found else queryset


def _came_in() -> QuerySet:
    """The keys of those who are in."""
    here = Presence.objects.filter(present=True, registration__isnull=False)
    return here.order_by().values("registration")


def _sits(**where: object) -> Q:
    """By a list of keys: SQLite would otherwise scan a whole table for each person."""
    return Q(pk__in=Seat.objects.filter(**where).values("registration"))
