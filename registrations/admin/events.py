"""The programme in the admin, with the people who signed up for it in mind."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Count, ManyToManyField, Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone

from program.admin import EventAdmin, TableSessionAdmin
from program.admin_events import SignupQuestionInline
from program.admin_locking import locked_events
from program.models import Event, SignupQuestion, TableSession
from program.organisers import event_page
from registrations import writing
from registrations.admin import tables
from registrations.groups import DOOR_STAFF, ORGANISERS

# The pages about one event, each under /admin/program/event/<pk>/, from the module it is in.
pages: list[URLPattern] = [
    path("<int:pk>/tafels/", event_page(tables.tables), name="event-tables"),
]


class Settles:
    """What an organiser saves may make room: whoever waits for it moves at once (rule 7)."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        for event in locked_events(form.instance):
            writing.settle(event, at=timezone.now())


class AnsweredQuestionInline(SignupQuestionInline):
    """Knows how many people answered: such a question is not deleted, only retired."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[SignupQuestion]:
        rows: QuerySet[SignupQuestion] = super().get_queryset(request)
        return rows.annotate(answered=Count("answers"))


# Of whom one chooses who works for an event, by the field.
GROUPS = {"organisers": [ORGANISERS], "door_staff": [DOOR_STAFF, ORGANISERS]}

admin.site.unregister([Event, TableSession])


@admin.register(Event)
class SettlingEventAdmin(Settles, EventAdmin):
    inlines = [
        AnsweredQuestionInline if inline is SignupQuestionInline else inline
        for inline in EventAdmin.inlines
    ]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """People of the groups that are meant for it, and who was chosen before."""
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
class SettlingSessionAdmin(Settles, TableSessionAdmin):
    pass
