"""Which events somebody may see and change, and admin pages that enforce it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Field, ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from program.models import Event
from program.models.event import EventQuerySet

View = Callable[..., HttpResponseBase]


def events_of(user: AbstractUser | AnonymousUser) -> EventQuerySet:
    """All events for a superuser; for others those that they organise.

    Without the permissions of an organiser that is none, even for those whom an event names.
    """
    if user.is_superuser:
        return Event.objects.all()
    organises = user.is_staff and user.has_perm("program.view_event")
    return Event.objects.filter(organisers=user.pk) if organises else Event.objects.none()


def read_by(user: AbstractUser | AnonymousUser) -> EventQuerySet:
    """The events whose numbers somebody may read along with, without being their organiser.

    None without the permission of a reader, even for those whom an event names.
    """
    reads = user.is_staff and user.has_perm("program.read_event")
    return Event.objects.filter(readers=user.pk) if reads else Event.objects.none()


def reads_along(request: HttpRequest) -> bool:
    """Whether this page is for somebody who reads along with its event, as ``event_page`` found.

    Templates ask for ``request.reads_along``.
    """
    return getattr(request, "reads_along", False)


def event_page(view: View, *, readers: bool = False) -> View:
    """A page of the admin about one event: only for its organisers, a 404 for other staff.

    With ``readers`` also for those who read along: the view leaves out what is not for them if
    ``reads_along(request)``, and they can send nothing. The view gets ``event`` in place of the
    key in the address.
    """

    @wraps(view)
    def found(request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponseBase:
        event = events_of(request.user).select_related("venue").filter(pk=pk).first()
        if event is None and readers:
            event = read_by(request.user).select_related("venue").filter(pk=pk).first()
            # Of the request and not of the event, which a view may fetch anew.
            request.reads_along = True  # type: ignore[attr-defined]
        if event is None:
            raise Http404
        if reads_along(request) and request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return view(request, event, **kwargs)

    @wraps(view)
    def page(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        # Looked up per request: the admin site is chosen after this module is imported.
        return admin.site.admin_view(never_cache(found))(request, **kwargs)

    return page


def acts(view: View) -> View:
    """As ``event_page``, and only for those who may change events."""

    @wraps(view)
    def allowed(request: HttpRequest, event: Event, **kwargs: Any) -> HttpResponseBase:
        must_change(request)
        return view(request, event, **kwargs)

    return event_page(allowed)


def must_add(view: View) -> View:
    """Only for those who may make events. Raises PermissionDenied."""
    return permission_required("program.add_event", raise_exception=True)(view)


def may_add(view: View) -> View:
    """A page of the admin that is about no event yet, for those who may make one."""

    @wraps(view)
    def page(request: HttpRequest) -> HttpResponseBase:
        return admin.site.admin_view(never_cache(must_add(view)))(request)

    return page


def must_change(request: HttpRequest) -> None:
    """Raises PermissionDenied for those who may only look."""
    if not request.user.has_perm("program.change_event"):
        raise PermissionDenied


def render_page(
    request: HttpRequest,
    template: str,
    event: Event,
    title: str,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """A page of the admin under the event's tabs; ``template`` extends admin/event_page.html."""
    about = {"event": event, "title": title, "opts": Event._meta}
    context = {**admin.site.each_context(request), **about, **context}
    return render(request, template, context, status=status)


def dated(event: Event) -> str:
    """The title with the day: a copy of an event has the same title."""
    return f"{event}, {date_format(event.day, 'SHORT_DATE_FORMAT')}"


class EventField(ModelChoiceField):
    def label_from_instance(self, event: Event) -> str:
        return dated(event)


class OwnEvents(admin.ModelAdmin):
    """A list of the admin with only the rows of the user's own events."""

    event_path = "event"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: QuerySet = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        # By keys: a database that sees that it is one event can read its rows in order.
        own = list(events_of(request.user).order_by().values_list("pk", flat=True))
        return rows.filter(**{f"{self.event_path}__in": own})

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.related_model is Event:
            kwargs |= {"queryset": events_of(request.user), "form_class": EventField}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("event"), ordering="event__starts_at")
    def dated_event(self, row: Any) -> str:
        return dated(row.event)


class OwnEventFilter(admin.RelatedFieldListFilter):
    """Filters by event, and offers only the user's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = _("event")

    def field_choices(
        self, field: Field, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        own = events_of(request.user).order_by("starts_at")
        return [(str(event.pk), dated(event)) for event in own]
