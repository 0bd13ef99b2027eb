"""What became of the mails."""

from __future__ import annotations

from django.contrib import admin

from program.organisers import OwnEventFilter, OwnEvents
from registrations.admin.reading import ReadOnly
from registrations.models import StoredMail


@admin.register(StoredMail)
class StoredMailAdmin(ReadOnly, OwnEvents, admin.ModelAdmin):
    """What became of each mail. Never what it says: that holds a personal link."""

    list_display = ("kind", "registration", "event", "created_at", "sent_at", "failed_at", "error")
    list_filter = (
        ("failed_at", admin.EmptyFieldListFilter),
        "kind",
        ("event", OwnEventFilter),
    )
    list_select_related = ("event", "registration")
    ordering = ("-pk",)
    fields = (
        *("kind", "to", "registration", "event", "subject"),
        *("created_at", "send_after", "attempts", "sent_at", "failed_at", "error"),
    )
