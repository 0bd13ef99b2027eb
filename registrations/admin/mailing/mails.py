"""What became of the mails."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from program.organisers import OwnEventFilter, OwnEvents, dated
from registrations.admin import words
from registrations.admin.people.filters import Closed, Lookups
from registrations.admin.read_only import ReadOnly
from registrations.models import Registration, StoredMail


class OutcomeFilter(admin.SimpleListFilter):
    """By what became of them. The overview counts the same mails, and links here."""

    title = _("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        return [
            ("failed", gettext("failed")),
            ("late", gettext("waits for more than an hour")),
            ("waiting", gettext("not sent yet")),
            ("sent", gettext("sent")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "failed":
                return queryset.failed()
            case "late":
                return queryset.late(timezone.now())
            case "waiting":
                return queryset.waiting()
            case "sent":
                return queryset.filter(sent_at__isnull=False, failed_at=None)
        return queryset


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnly, OwnEvents):
    """What became of each mail. Never what it says: that holds a personal link."""

    list_display = ("kind", "person", "for_event", "stored", "became")
    list_filter = (("event", OwnEventFilter), OutcomeFilter, ("kind", Closed))
    list_select_related = ("event", "registration")
    ordering = ("-pk",)
    readonly_fields = ("person", "for_event", "became")
    fields = (
        *("kind", "to", "person", "for_event", "subject"),
        *("created_at", "send_after", "attempts", "became"),
    )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": gettext("Sent mail")}
        return super().changelist_view(request, {**(extra_context or {}), **title})

    @admin.display(description=_("person"), ordering="registration__sort_key")
    def person(self, mail: StoredMail) -> Registration | None:
        return mail.registration

    @admin.display(description=_("event"), ordering="event__starts_at")
    def for_event(self, mail: StoredMail) -> str:
        return dated(mail.event) if mail.event else ""

    @admin.display(description=_("stored at"), ordering="created_at")
    def stored(self, mail: StoredMail) -> str:
        return words.moment(mail.created_at)

    @admin.display(description=_("outcome"))
    def became(self, mail: StoredMail) -> str:
        sentence, _bad = words.mail(mail)
        return sentence
