"""What was done to an event, by whom and why; people have their own history on their pages."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program.models import Event
from program.organisers import event_page, render_page
from registrations.admin import words

LINES = 100  # a page


@event_page
@require_safe
def event_history(request: HttpRequest, event: Event) -> HttpResponse:
    lines = event.changes.filter(registration=None).order_by("-pk")
    page = Paginator(lines, LINES).get_page(request.GET.get("p"))
    return render_page(
        request,
        "admin/event_history.html",
        event,
        _("History"),
        changes=[(row, words.change(row), words.who(row)) for row in page],
        page=page,
    )


pages = [path("<int:pk>/geschiedenis/", event_history, name="event-history")]
