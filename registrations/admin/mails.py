"""What became of the mails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from program.organisers import OwnEventFilter, OwnEvents, dated
from registrations.admin import words
from registrations.admin.filters import Closed
from registrations.admin.reading import ReadOnly
from registrations.models import Registration, StoredMail


class FailedFilter(admin.EmptyFieldListFilter):
    """The mails that were given up, or the others."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = gettext("outcome")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        said = (_("All"), _("sent, or about to be"), _("given up"))
        for choice, sentence in zip(super().choices(changelist), said, strict=True):
            yield {**choice, "display": sentence}


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnly, OwnEvents):
    """What became of each mail. Never what it says: that holds a personal link."""

    list_display = ("kind", "person", "for_event", "stored", "became")
    list_filter = (
        ("event", OwnEventFilter),
        ("failed_at", FailedFilter),
        ("kind", Closed),
    )
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
