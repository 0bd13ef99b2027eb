"""The programme in the admin, with the people who signed up for it in mind."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils import timezone

from program.admin import EventAdmin, TableSessionAdmin
from program.admin_locking import locked_events
from program.models import Event, TableSession
from registrations import writing
from registrations.admin import door

# The pages about one event, each under /admin/program/event/<pk>/, from the module it is in.
pages: list[URLPattern] = [*door.pages]


class Settles:
    """What an organiser saves may make room: whoever waits for it moves at once (rule 7)."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)  # type: ignore[misc]
        for event in locked_events(form.instance):
            writing.settle(event, at=timezone.now())


admin.site.unregister([Event, TableSession])


@admin.register(Event)
class SettlingEventAdmin(Settles, EventAdmin):
    def get_urls(self) -> list[URLPattern]:
        """Pages about one event that need to know who comes."""
        return [*pages, *super().get_urls()]


@admin.register(TableSession)
class SettlingSessionAdmin(Settles, TableSessionAdmin):
    pass
