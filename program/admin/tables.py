"""How organisers edit the programme: under the event's lock, and never its counters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from program.admin.events import EventAdmin
from program.admin.forms import SessionForm, SlotForm, SpeakerForm, ThemePageForm, going
from program.admin.hosts import HostFormSet, HostingInline, names_of
from program.admin.locking import LockedAdmin, PartsOfEvent
from program.models import Slot, TableSession, Theme, Venue
from program.organisers import OwnEventFilter, events_of
from program.public.preview import preview_url

__all__ = ["EventAdmin", "TableSessionAdmin"]

ENGLISH = (_("English"), _("What is empty is shown in Dutch."))


def english(*fields: str) -> Any:
    name, description = ENGLISH
    return (name, {"classes": ["collapse"], "fields": fields, "description": description})


class OnTables(LockedAdmin):
    """What one comes to from the page of all tables, and goes back to from there."""

    def response_post_save_change(
        self, request: HttpRequest, obj: Theme | TableSession
    ) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:event-tables", args=[obj.event_id]))


class ThemeAdmin(OnTables):
    form = ThemePageForm
    list_display = ["number", "title", "title_en", "dated_event"]
    list_display_links = ["number"]
    list_editable = ["title", "title_en"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event"]
    search_fields = ["title", "title_en"]
    fieldsets = [
        (None, {"fields": ["event", ("number", "title"), "text"]}),
        english("title_en", "text_en"),
    ]


class SpeakerAdmin(LockedAdmin):
    """Everybody's particulars can be filled in on the list, English too."""

    form = SpeakerForm
    list_display = [
        *("name", "function", "organisation"),
        *("function_en", "organisation_en", "dated_event"),
    ]
    list_editable = ["function", "organisation", "function_en", "organisation_en"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event"]
    search_fields = ["name", "organisation", "function"]
    fieldsets = [
        (None, {"fields": ["event", "name", "function", "organisation"]}),
        english("function_en", "organisation_en"),
    ]

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_form(request, form=SpeakerForm, **kwargs)


class SlotInline(PartsOfEvent):
    model = Slot
    form = SlotForm
    related = ["session", "round"]
    fields = ["round", "seats", "reserved", "taken", "location", "location_en"]
    readonly_fields = ["taken"]


def change_rounds(formset: Any) -> None:
    """Two rows may trade rounds: all let go of theirs before any takes another.

    Nobody sits there, or the form refused it.
    """
    rows = formset.initial_forms
    moved = [form.instance for form in rows if "round" in form.changed_data and not going(form)]
    removed = [form.instance for form in rows if going(form)]
    if moved:
        Slot.objects.filter(pk__in=[row.pk for row in (*moved, *removed)]).delete()
        for row in moved:
            row.save(force_insert=True)


class TableSessionAdmin(OnTables):
    form = SessionForm
    list_display = ["code", "title", "theme", "seats", "dated_event"]
    list_display_links = ["code", "title"]
    list_filter = [("event", OwnEventFilter)]
    list_select_related = ["event", "theme"]
    search_fields = ["code", "title", "title_en", "speakers__name"]

    def view_on_site(self, obj: TableSession) -> str:
        published = obj.event.published
        return obj.get_absolute_url() if published else preview_url(obj.event, obj.code)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        return form

    def get_fieldsets(self, request: HttpRequest, obj: TableSession | None = None) -> Any:
        """A session stays with its event, which the tabs above name."""
        fields = ["theme", ("code", "title"), "text"]
        first = fields if obj else ["event", *fields]
        return [(None, {"fields": first}), english("title_en", "text_en")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TableSession]:
        return super().get_queryset(request).prefetch_related("slots__round")

    @admin.display(description=_("seats taken"))
    def seats(self, session: TableSession) -> str:
        return ", ".join(f"{slot.round}: {slot.taken}/{slot.seats}" for slot in session.slots.all())

    def get_inlines(
        self, request: HttpRequest, obj: TableSession | None
    ) -> list[type[InlineModelAdmin]]:
        """Hosts and rounds come second: which there are depends on the event."""
        return [HostingInline, SlotInline] if obj else []

    def response_post_save_add(
        self, request: HttpRequest, obj: TableSession
    ) -> HttpResponseRedirect:
        """Next are its hosts and rounds."""
        return HttpResponseRedirect(reverse("admin:program_tablesession_change", args=[obj.pk]))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if isinstance(formset, HostFormSet):
            formset.store_speakers()
        if formset.model is Slot:
            change_rounds(formset)
        super().save_formset(request, form, formset, change)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        session = kwargs.get("obj")
        context["speaker_names"] = names_of(session.event_id) if session else []
        return super().render_change_form(request, context, *args, **kwargs)


class VenueAdmin(LockedAdmin):
    """Everybody sees the venues; one changes those where only one's own events meet."""

    list_display = ["name", "street", "postcode", "city"]
    fieldsets = [
        (None, {"fields": ["name", "street", ("postcode", "city"), "getting_there"]}),
        english("getting_there_en"),
    ]
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
