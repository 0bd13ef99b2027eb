"""The programme in the admin, with the people who signed up for it in mind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Count, ManyToManyField, Model, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _

from program.admin.event_form import EventForm
from program.admin.locking import LockedAdmin, event_of, locked_events
from program.admin.questions import SignupQuestionInline
from program.admin.tables import EventAdmin, SpeakerAdmin, TableSessionAdmin, ThemeAdmin, VenueAdmin
from program.models import Event, SignupQuestion, Slot, Speaker, TableSession, Theme, Venue
from program.public.calendars import moment
from registrations.admin.event import door, edit_history, files, tables, trouble
from registrations.admin.event.edit_history import OPENED, meanwhile, newest_edit
from registrations.admin.event.preview import see_first
from registrations.admin.event.refusals import in_the_way, say_who
from registrations.admin.figures import lists, overview
from registrations.admin.mailing import messages, writing
from registrations.admin.pages import by
from registrations.admin.people import adding
from registrations.door import passes
from registrations.models import Change, history
from registrations.organising.dry_run import trying
from registrations.organising.groups import DOOR_STAFF, ORGANISERS


class EventWithDoorForm(EventForm):
    def clean_slug(self) -> str:
        """A phone at the door keeps its log-in and what it has yet to send under the address."""
        slug = super().clean_slug()
        event = self.instance
        if event.pk and slug != event.slug and passes.in_use(event, at=timezone.now()):
            until = moment(passes.takes_taps_until(event))
            raise ValidationError(
                _(
                    "Phones at the door know the event by this address: under another one they "
                    "no longer work. First withdraw their passes, or wait until %(until)s."
                ),
                code="door_in_use",
                params={"until": until},
            )
        return slug


# The pages about one event, each under /admin/program/event/<pk>/, from its module.
pages: list[URLPattern] = [
    *overview.pages,
    *edit_history.pages,
    *tables.pages,
    *adding.pages,
    *messages.pages,
    *writing.pages,
    *lists.pages,
    *files.pages,
    *door.pages,
    *trouble.pages,
]


class Followed(LockedAdmin):
    """What an organiser saves is shown first, goes into the history, and is followed by people."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        args = (request, object_id, form_url, extra_context)
        show: Callable[[], HttpResponse] = partial(super().changeform_view, *args)
        row = object_id and self.get_object(request, unquote(object_id))
        if request.method != "POST" or not row:
            return show()
        notes = meanwhile(row, request.POST.get(OPENED, "")) if isinstance(row, Event) else []
        response = see_first(request, events_with(row), show, event=event_with(row), notes=notes)
        say_who(request, response)
        return response

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        people = [in_the_way(table) for table in _taken_tables(row)]
        context = {**(extra_context or {}), "people": people}
        show: Callable[[], HttpResponse] = partial(super().delete_view, request, object_id, context)
        if request.method != "POST" or not row:
            return show()
        return see_first(request, events_with(row), show, event=event_with(row), removing=True)

    def message_user(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """A dry run does not say that anything was saved."""
        if not trying():
            super().message_user(request, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if steps := edit_history.steps(form, formsets, change):
            for event in locked_events(form.instance):
                _record(event, steps, request)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        events = [event for event in locked_events(obj) if event != obj]
        step = edit_history.step("removed", obj)
        super().delete_model(request, obj)
        for event in events:
            event.refresh_from_db()
            _record(event, [step], request)


def events_with(row: Model) -> Any:
    """The events that show this row."""
    if isinstance(row, Venue):
        return Event.objects.filter(venue=row.pk)
    return Event.objects.filter(pk=event_of(row))


def event_with(row: Model) -> Event | None:
    return None if isinstance(row, Venue) else Event.objects.filter(pk=event_of(row)).first()


def _taken_tables(row: Model | None) -> Iterable[Slot]:
    """The tables whose people keep a table session from being deleted."""
    if not isinstance(row, TableSession):
        return []
    return row.slots.filter(taken__gt=0).select_related("event", "session", "round")


def _record(event: Event, steps: list[dict[str, object]], request: HttpRequest) -> None:
    history.record(event, None, Change.What.EDITED, new={"steps": steps}, **by(request))


class AnsweredQuestionInline(SignupQuestionInline):
    """Knows how many people answered: a question with answers is not deleted, only retired."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignupQuestion]:
        rows: QuerySet[SignupQuestion] = super().get_queryset(request)
        return rows.annotate(answered=Count("answers"))


# The groups of those who can be chosen to work for an event, by field.
GROUPS = {"organisers": [ORGANISERS], "door_staff": [DOOR_STAFF, ORGANISERS]}


@admin.register(Event)
class FollowedEventAdmin(Followed, EventAdmin):
    form = EventWithDoorForm
    inlines = [
        AnsweredQuestionInline if inline is SignupQuestionInline else inline
        for inline in EventAdmin.inlines
    ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if event := kwargs.get("obj"):
            context["opened"] = request.POST.get(OPENED) or newest_edit(event)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Not of an event with people in it: it can be called off, and its history stays."""
        allowed = bool(super().has_delete_permission(request, obj))
        if obj is None or not allowed:
            return allowed
        return not (obj.registrations.exists() or obj.guests.exists() or obj.mails.exists())

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """People of the groups that are meant for it, and those who were chosen before."""
        match = request.resolver_match
        chosen = {db_field.related_query_name(): (match and match.kwargs.get("object_id")) or 0}
        if db_field.name in GROUPS:
            fitting = Q(groups__name__in=GROUPS[db_field.name]) | Q(**chosen)
            users = get_user_model().objects.filter(fitting, is_active=True)
            kwargs["queryset"] = users.distinct().order_by("username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """Pages about one event that need to know who comes."""
        return [*pages, *super().get_urls()]


@admin.register(TableSession)
class FollowedSessionAdmin(Followed, TableSessionAdmin):
    pass


@admin.register(Theme)
class FollowedThemeAdmin(Followed, ThemeAdmin):
    pass


@admin.register(Speaker)
class FollowedSpeakerAdmin(Followed, SpeakerAdmin):
    pass


@admin.register(Venue)
class FollowedVenueAdmin(Followed, VenueAdmin):
    pass
