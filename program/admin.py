"""How organisers edit the programme: under the event's lock, and never its counters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from program.admin_forms import AgendaForm, EventForm, SessionForm, SittingForm
from program.admin_locking import LockedAdmin, PartsOfEvent
from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Question,
    Round,
    Sitting,
    Speaker,
    TableSession,
    Theme,
    Venue,
)
from program.organisers import OwnEventFilter, events_of


class RoundInline(PartsOfEvent):
    model = Round


class AgendaInline(PartsOfEvent):
    model = AgendaItem
    form = AgendaForm


class QuestionInline(admin.StackedInline):
    model = Question
    extra = 0


@admin.register(Event)
class EventAdmin(LockedAdmin):
    event_path = "pk"
    form = EventForm
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ["title", "starts_at", "venue", "published", "taken", "capacity"]
    list_filter = ["published"]
    list_select_related = ["venue"]
    search_fields = ["title", "title_en", "slug", "venue__name", "venue__city"]
    readonly_fields = ["taken"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [RoundInline, AgendaInline, QuestionInline]
    fieldsets = [
        (None, {"fields": ["title", "title_en", "slug", "published", "lead", "lead_en"]}),
        (_("When and where"), {"fields": ["starts_at", "ends_at", "venue"]}),
        (_("Places"), {"fields": ["capacity", "taken", "hold_minutes", "retention_days"]}),
        (
            _("Until when"),
            {
                "fields": [
                    "signup_opens_at",
                    "signup_closes_at",
                    "waiting_closes_at",
                    "changes_close_at",
                ],
                "description": _(
                    "Empty: sign-up and changes close at the start, "
                    "the waiting lists at 18:00 on the day before."
                ),
            },
        ),
        (_("Text"), {"fields": ["text", "text_en"]}),
        (
            _("Organiser"),
            {"fields": ["organiser", "organiser_email", "organisers", "door_staff"]},
        ),
        (_("Video"), {"fields": ["video_url", "video_title", "video_title_en"]}),
    ]
    filter_horizontal = ["organisers", "door_staff"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change:
            # Whoever makes an event can go on with it.
            form.instance.organisers.add(request.user)


@admin.register(Theme)
class ThemeAdmin(LockedAdmin):
    list_display = ["number", "title", "title_en", "event"]
    list_display_links = ["title"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event"]
    search_fields = ["title", "title_en"]


@admin.register(Speaker)
class SpeakerAdmin(LockedAdmin):
    list_display = ["name", "function", "organisation", "event"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event"]
    search_fields = ["name", "organisation", "function"]


class HostingInline(PartsOfEvent):
    model = Hosting
    related = ["speaker"]
    fields = ["speaker", "position"]


class SittingInline(PartsOfEvent):
    model = Sitting
    form = SittingForm
    related = ["session", "round"]
    fields = ["round", "seats", "taken", "location", "location_en"]
    readonly_fields = ["taken"]


@admin.register(TableSession)
class TableSessionAdmin(LockedAdmin):
    form = SessionForm
    list_display = ["code", "title", "theme", "seats", "event"]
    list_display_links = ["code", "title"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event", "theme"]
    search_fields = ["code", "title", "title_en", "speakers__name"]
    fields = ["event", "theme", "code", "title", "title_en", "text", "text_en"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableSession]:
        return super().get_queryset(request).prefetch_related("sittings__round")

    @admin.display(description=_("seats taken"))
    def seats(self, session: TableSession) -> str:
        return ", ".join(
            f"{sitting.round}: {sitting.taken}/{sitting.seats}"
            for sitting in session.sittings.all()
        )

    def get_inlines(
        self, request: HttpRequest, obj: TableSession | None
    ) -> list[type[InlineModelAdmin]]:
        """Hosts and rounds come second: which there are depends on the event."""
        return [HostingInline, SittingInline] if obj else []

    def response_add(
        self, request: HttpRequest, obj: TableSession, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_addanother" not in request.POST:
            request.POST = request.POST.copy()  # type: ignore[assignment]
            request.POST["_continue"] = "1"  # type: ignore[misc]
        return super().response_add(request, obj, post_url_continue)


@admin.register(Venue)
class VenueAdmin(LockedAdmin):
    """Everybody sees the venues; one changes those where only one's own events meet."""

    list_display = ["name", "street", "postcode", "city"]
    search_fields = ["name", "street", "city"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Venue]:
        return Venue.objects.all()

    def has_change_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        if obj is None or not allowed or request.user.is_superuser:
            return allowed
        return not obj.events.exclude(pk__in=events_of(request.user)).exists()

    def has_delete_permission(self, request: HttpRequest, obj: Venue | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (
            obj is None or self.has_change_permission(request, obj)
        )
