"""Organisers look people up here; what changes a registration goes through the actions."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from program.organisers import OwnEventFilter, OwnEvents
from registrations import holds
from registrations.admin.mailing_writing import mail_them
from registrations.admin.reading import ReadOnly
from registrations.models import Change, Registration, Seat, StoredMail, Wish
from registrations.names import norm


class SeatInline(ReadOnly, admin.TabularInline):
    model = Seat
    fields = ("round", "session", "sitting", "how", "got_at", "waited_since")


class WishInline(ReadOnly, admin.TabularInline):
    model = Wish
    fields = ("round", "session", "sitting", "since")


class ChangeInline(ReadOnly, admin.TabularInline):
    model = Change
    fields = ("at", "what", "old", "new", "who", "why")


class MailInline(ReadOnly, admin.TabularInline):
    model = StoredMail
    fields = ("kind", "created_at", "attempts", "sent_at", "failed_at", "error")


@admin.register(Registration)
class RegistrationAdmin(ReadOnly, OwnEvents, admin.ModelAdmin):
    list_display = (
        *("sort_name", "organisation", "role", "status", "event", "created_at"),
        "email_refused_at",
    )
    list_filter = (
        ("event", OwnEventFilter),
        *("status", "role"),
        ("email_refused_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("event",)
    search_fields = ("search_name", "email")
    search_help_text = _("Name, organisation or e-mail address.")
    fields = (
        "event",
        "status",
        "first_name",
        "last_name",
        "sort_name",
        "email",
        "email_refused_at",
        "organisation",
        "role",
        "language",
        "listed",
        "created_at",
        "hold_expires_at",
        "confirmed_at",
        "ended_at",
        "erased_at",
    )
    inlines = (SeatInline, WishInline, ChangeInline, MailInline)
    actions = ("free_holds", mail_them)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """Names are compared without accents and case; an address as it is."""
        term = search_term if "@" in search_term else norm(search_term)
        return super().get_search_results(request, queryset, term)

    @admin.action(description=_("Free the places that were not confirmed"), permissions=["free"])
    def free_holds(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        """Rule 4: for an organiser who does not trust a flood of unconfirmed sign-ups."""
        freed = holds.free(queryset, who=request.user.get_username(), at=timezone.now())
        sentence = ngettext(
            "%(count)s place is free again.", "%(count)s places are free again.", freed
        )
        self.message_user(request, sentence % {"count": freed})

    def has_free_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("registrations.change_registration")
