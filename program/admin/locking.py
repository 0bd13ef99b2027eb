"""Keeps the admin to the order of all writing: lock, then write, then a new version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import connection
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst

from program.admin.headings import WordedAdmin
from program.admin.widgets import MARKDOWN
from program.models import Event, Round, Speaker, Theme, Venue
from program.organisers import OwnEvents, events_of


def locked_events(row: Model) -> list[Event]:
    """The events that show ``row``, locked, always in the same order."""
    if isinstance(row, Venue):
        events = Event.objects.filter(venue=row.pk)
    else:
        events = Event.objects.filter(pk__in=[event_of(row)])
    return list(events.select_for_update().order_by("pk"))


def event_of(row: Model | None) -> int:
    """The key of a row's event, or of the row itself if it is one; 0 while there is none."""
    return getattr(row, "event_id", row and row.pk) or 0


def columns(row: Model, names: Iterable[str]) -> set[str]:
    """Those of ``names``, a form's fields, that are columns of the row."""
    return {field.name for field in row._meta.concrete_fields}.intersection(names)


def named(formset: Any) -> Any:
    """A formset's class with a label on each field: the head of a table is none."""
    for field in formset.form.base_fields.values():
        field.widget.attrs["aria-label"] = field.label
    return formset


class LockedAdmin(OwnEvents, WordedAdmin):
    """Edits what belongs to an event under that event's lock, and gives it a new version.

    Only changed fields are stored, so never the counters of taken places. Nothing is deleted
    from a list, which would not say what else goes with it.
    """

    actions = None
    list_per_page = 50
    formfield_overrides = MARKDOWN

    def get_list_display(self, request: HttpRequest) -> list[Any] | tuple[Any, ...]:
        """The event is a column only where there are rows of several."""
        shown = super().get_list_display(request)
        one = "event__id__exact" in request.GET or events_of(request.user)[:2].count() < 2
        return [name for name in shown if not (one and name == "dated_event")]

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        formset = named(super().get_changelist_formset(request, **kwargs))
        for field in formset.form.base_fields.values():
            field.widget.attrs["placeholder"] = capfirst(field.label)
            # All rows come back, also those that somebody else changed after this page was
            # shown: what differs from what it showed is what was changed on it.
            field.show_hidden_initial = True
        return formset

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if kwargs.get("obj"):
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        """Without Django's history: an event has one of its own for all its pages."""
        return [each for each in super().get_urls() if not str(each.name).endswith("_history")]

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing goes to Django's log, which names what was changed and outlives people."""

    log_change = log_deletions = log_addition

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Model | None:
        row = super().get_object(request, object_id, from_field)
        if row and request.method == "POST" and connection.in_atomic_block:
            locked_events(row)
            # Once more: what it said before the lock may no longer hold.
            row = super().get_object(request, object_id, from_field)
        return row

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> list[Any] | tuple[Any, ...]:
        fixed = ["event"] if obj and hasattr(obj, "event_id") else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        # A list of rows that are edited comes here without having locked anything.
        locked_events(obj)
        obj.save(update_fields=columns(obj, form.changed_data) if change else None)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)
        for row in formset.deleted_objects:
            row.delete()
        for row, changed in formset.changed_objects:
            row.save(update_fields=columns(row, changed))
        for row in formset.new_objects:
            row.event_id = event_of(form.instance)
            row.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change or any(part.has_changed() for part in (form, *formsets)):
            for event in locked_events(form.instance):
                event.bump_programme()

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        events = [event for event in locked_events(obj) if event != obj]
        super().delete_model(request, obj)
        for event in events:
            event.bump_programme()


class PartsOfEvent(admin.TabularInline):
    """Rows whose choices are limited to what their own event has."""

    extra = 0
    template = "admin/program/rows.html"
    about: object = ""  # what it says above the rows
    related: Sequence[str] = ()
    event_id = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request)
        return rows.select_related(*self.related) if self.related else rows

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        # An inline lives for one request, so that it can remember whose parts these are.
        self.event_id = event_of(obj)
        return named(super().get_formset(request, obj, **kwargs))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        model = db_field.related_model
        if model in (Round, Speaker, Theme):
            kwargs["queryset"] = model._default_manager.filter(event_id=self.event_id)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            # Asked of the database once, not once for every row on the page.
            field.choices = list(field.iterator(field))
        return field
