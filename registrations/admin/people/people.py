"""The list of people; what changes a registration goes through the actions."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from program.models import Event
from program.organisers import OwnEventFilter, OwnEvents
from registrations.admin import words
from registrations.admin.figures.exporting import export_selected, export_selected_ods
from registrations.admin.mailing.writing import mail_them
from registrations.admin.pages import MAY_CHANGE, ReadOnly
from registrations.admin.people import many, person
from registrations.admin.people.filters import (
    Closed,
    OrganisationFilter,
    RefusedFilter,
    RoleFilter,
    RoundFilter,
    SpecialFilter,
    StatusFilter,
    TableFilter,
    event_of,
)
from registrations.door.matching import keys_matching
from registrations.models import Guest, Registration, Seat
from registrations.models.person import called
from registrations.names.person_names import norm

SHOWN = ("shown_name", "shown_status", "tables", "flags", "organisation", "shown_role", "signed_up")
MOST_GUESTS = 20
MOST_FOUND = 1_000  # people; nobody reads on after so many
MOST_COMPARED = 5_000  # people; with so many names comparing takes up to two seconds

logger = logging.getLogger(__name__)


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, OwnEvents):
    change_list_template = "admin/people/list.html"
    list_display = SHOWN
    list_display_links = ("shown_name",)
    list_filter = (
        ("event", OwnEventFilter),
        ("status", StatusFilter),
        SpecialFilter,
        ("email_refused_at", RefusedFilter),
        RoundFilter,
        TableFilter,
        RoleFilter,
        OrganisationFilter,
        ("origin", Closed),
    )
    list_select_related = ("event", "role")
    list_per_page = 50
    show_full_result_count = False  # out of how many: it would count them all
    empty_value_display = ""
    ordering = ("sort_key", "pk")
    search_fields = ("search_name", "email")  # shows the search box; get_search_results searches
    search_help_text = _("Name, organisation or e-mail address.")
    actions = (
        *(mail_them, many.resend_links, many.move_people, many.cancel_people, many.free_holds),
        export_selected,
        export_selected_ods,
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        seats = Seat.objects.select_related("round", "session").order_by("round__number")
        people: QuerySet[Registration] = super().get_queryset(request)
        return people.prefetch_related(Prefetch("table_seats", seats))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With a column for the event if the list is about more than one."""
        return SHOWN if event_of(request) else (*SHOWN, "dated_event")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without freeing places where nobody holds one: before a draw nobody does (rule 16)."""
        actions: dict[str, Any] = super().get_actions(request)
        event = event_of(request)
        if event and event.draw_to_come and not event.registrations.pending().holding().exists():
            actions.pop("free_holds", None)
        return actions

    def get_urls(self) -> list[URLPattern]:
        return [*person.pages(), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """By words of a name or an address; if nobody fits, also misspelled, as at the door."""
        term = search_term.strip()
        if not norm(term):
            return queryset, False
        fits = queryset.filter(Q(email__icontains=term) | called(term))
        if "@" in term or fits.exists():
            return fits, False
        everybody = queryset.filter(erased_at=None).order_by()
        if everybody[MOST_COMPARED : MOST_COMPARED + 1].exists():
            sentence = gettext(
                "Nobody has this name. Among more than %(most)s people misspellings are not looked "
                "for. Type just the beginning of the name, or choose an event or a filter."
            )
            most = number_format(MOST_COMPARED, force_grouping=True)
            messages.warning(request, sentence % {"most": most})
            return fits, False
        names = everybody.values_list("pk", "first_name", "last_name", "organisation")
        people = ((key, f"{first} {last}", where) for key, first, last, where in names)
        return queryset.filter(pk__in=keys_matching(people, term)[:MOST_FOUND]), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        event = event_of(request)
        context = {**(extra_context or {}), "event": event, "title": _("People")}
        if event:
            context |= {"guests": _guests(event, request.GET.get("q", ""))}
        response = super().changelist_view(request, context)
        # Who looked, and at how many people; never at whom or for what.
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
        return request.user.has_perm(MAY_CHANGE)

    def has_event_permission(self, request: HttpRequest) -> bool:
        """As for the pages of an event that mail its people or hand out a file."""
        return request.user.has_perm("program.change_event")

    @admin.display(description=_("name"), ordering="sort_key")
    def shown_name(self, registration: Registration) -> str:
        return registration.sort_name or str(registration)

    @admin.display(description=_("status"), ordering="status")
    def shown_status(self, registration: Registration) -> str:
        return Registration.Status(registration.status).label_at(registration.event)

    @admin.display(description=_("tables"))
    def tables(self, registration: Registration) -> str:
        """'1: 5a · 2: 3b', in order of round."""
        seats = registration.table_seats.all()
        # No break within one: 'round 2' and its table belong together.
        return " · ".join(f"{seat.round.number}:\u00a0{seat.session.code}" for seat in seats)

    @admin.display(description=_("role"), ordering="role__position")
    def shown_role(self, registration: Registration) -> str:
        return registration.role.local_label if registration.role else ""

    @admin.display(description=_("signed up at"), ordering="created_at")
    def signed_up(self, registration: Registration) -> str:
        return words.moment(registration.created_at)

    @admin.display(description=_("what stands out"))
    def flags(self, registration: Registration) -> SafeString:
        found = words.flags(registration)
        return format_html_join(" ", '<span class="flag">{}</span>', ((flag,) for flag in found))


def _guests(event: Event, looked_for: str) -> list[Guest]:
    """Guests who match the search, since they are in another list. One query at most."""
    if not norm(looked_for):
        return []
    return list(event.guests.filter(called(looked_for), erased_at=None)[:MOST_GUESTS])
