"""The list of people; what changes a registration goes through the actions."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from program.organisers import OwnEventFilter, OwnEvents
from registrations.admin import many, person, words
from registrations.admin.exporting import export_selected
from registrations.admin.filters import (
    OrganisationFilter,
    RoundFilter,
    SpecialFilter,
    TableFilter,
    event_of,
)
from registrations.admin.reading import ReadOnly
from registrations.models import Registration, Seat
from registrations.names import norm

logger = logging.getLogger(__name__)


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, OwnEvents, admin.ModelAdmin):
    change_list_template = "admin/people/list.html"
    list_display = ("shown_name", "organisation", "role", "status", "tables", "created_at", "flags")
    list_display_links = ("shown_name",)
    list_filter = (
        ("event", OwnEventFilter),
        "status",
        RoundFilter,
        TableFilter,
        "role",
        OrganisationFilter,
        "origin",
        SpecialFilter,
    )
    list_select_related = ("event",)
    list_per_page = 50
    ordering = ("sort_key", "pk")
    search_fields = ("search_name", "email")
    search_help_text = _("Name, organisation or e-mail address.")
    actions = (many.resend_links, many.cancel_people, many.free_holds, export_selected)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        seats = Seat.objects.select_related("round", "session").order_by("round__number")
        people: QuerySet[Registration] = super().get_queryset(request)
        return people.prefetch_related(Prefetch("table_seats", seats))

    def get_urls(self) -> list[URLPattern]:
        return [*person.pages(), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """Names are compared without accents and case; an address as it is."""
        term = search_term if "@" in search_term else norm(search_term)
        return super().get_search_results(request, queryset, term)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        event = event_of(request)
        response = super().changelist_view(request, {**(extra_context or {}), "event": event})
        # Who looked at how many people, and never at whom or for what.
        shown = getattr(response, "context_data", None) or {}
        if "cl" in shown:
            logger.info(
                "list of people: user %s, event %s, %s rows",
                *(request.user.pk, event and event.pk, shown["cl"].result_count),
            )
        return response

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One readable page; nothing can be typed into it."""
        registration = self.get_object(request, object_id)
        if registration is None:
            raise Http404
        return person.page(request, pk=registration.pk)

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(person.MAY_CHANGE)

    @admin.display(description=_("name"), ordering="sort_key")
    def shown_name(self, registration: Registration) -> str:
        return registration.sort_name or str(registration)

    @admin.display(description=_("tables"))
    def tables(self, registration: Registration) -> str:
        """'1: 5a · 2: 3b', in order of round."""
        seats = registration.table_seats.all()
        return " · ".join(f"{seat.round.number}: {seat.session.code}" for seat in seats)

    @admin.display(description=_("what stands out"))
    def flags(self, registration: Registration) -> SafeString:
        found = words.flags(registration)
        return format_html_join(" ", '<span class="flag">{}</span>', ((flag,) for flag in found))
