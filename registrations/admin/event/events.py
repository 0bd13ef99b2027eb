"""The pages about events in the admin, each from its module; Django's own are not used."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from program.admin.widgets import markdown
from program.models import Event
from registrations.admin.event import (
    digest,
    door,
    edit_history,
    files,
    house_style,
    new,
    publishing,
    sharing,
    steps,
    tables,
    team,
    throwing_away,
    trouble,
)
from registrations.admin.figures import draw, lists, overview, summary
from registrations.admin.mailing import messages, writing
from registrations.admin.people import adding, importing

pages: list[URLPattern] = [
    *new.pages,
    *steps.pages,
    *publishing.pages,
    *house_style.pages,
    *overview.pages,
    *draw.pages,
    *digest.pages,
    *summary.pages,
    *edit_history.pages,
    *tables.pages,
    *adding.pages,
    *importing.pages,
    *messages.pages,
    *writing.pages,
    *lists.pages,
    *files.pages,
    *sharing.pages,
    *door.pages,
    *team.pages,
    *trouble.pages,
    *throwing_away.pages,
]


@admin.register(Event)
class EventPages(admin.ModelAdmin):
    """All under /admin/program/event/; those about one event begin with its key."""

    def get_urls(self) -> list[URLPattern]:
        return [path("opmaak/", self.admin_site.admin_view(markdown), name="markdown"), *pages]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Start leads to these pages: there is no list of them."""
        return False
