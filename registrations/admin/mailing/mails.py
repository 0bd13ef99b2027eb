"""What became of the mails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from program.organisers import OwnEventFilter, OwnEvents, dated
from registrations.admin import words
from registrations.admin.pages import ReadOnly
from registrations.admin.people.filters import Closed, Lookups
from registrations.models import Registration, StoredMail


class OutcomeFilter(admin.SimpleListFilter):
    """By what became of them. The overview counts the same mails and links here."""

    title = _("outcome")
    parameter_name = "outcome"
    outcomes: dict[str, tuple[Promise, Callable[[Any], Any]]] = {
        "failed": (_("failed"), lambda mails: mails.failed()),
        "late": (_("waits for more than an hour"), lambda mails: mails.late(timezone.now())),
        "waiting": (_("not sent yet"), lambda mails: mails.waiting()),
        "sent": (_("sent"), lambda mails: mails.filter(sent_at__isnull=False, failed_at=None)),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> Lookups:
        return [(name, str(words)) for name, (words, _narrow) in self.outcomes.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        found = self.outcomes.get(self.value() or "")
        return found[1](queryset) if found else queryset


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnly, OwnEvents):
    """What became of each mail. What it said is kept nowhere."""

    list_display = ("kind", "person", "for_event", "stored", "became")
    list_filter = (("event", OwnEventFilter), OutcomeFilter, ("kind", Closed))
    list_select_related = ("event", "registration")
    ordering = ("-pk",)
    readonly_fields = ("person", "for_event", "became")
    fields = (
        *("kind", "to", "person", "for_event"),
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
