"""The page that asks before a draft is thrown away, or says why it stays."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from program.models import Event
from program.organisers import acts, render_page
from registrations.admin.pages import by
from registrations.errors import EventStays
from registrations.organising import throwing_away


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def throw_away(request: HttpRequest, event: Event) -> HttpResponse:
    refused = throwing_away.why_it_stays(event)
    if request.method == "POST":
        title = str(event)
        try:
            throwing_away.throw_away(event, **by(request))
        except EventStays as error:
            refused = str(error)
        else:
            messages.success(request, _("‘%(event)s’ has been thrown away.") % {"event": title})
            return redirect("admin:index")
    return render_page(
        request,
        "admin/throw_away.html",
        event,
        _("Throw away"),
        status=422 if refused and request.method == "POST" else 200,
        refused=refused,
        tables=event.slots.count(),
        guests=event.guests.count(),
    )


pages = [path("<int:pk>/weggooien/", throw_away, name="event-throw-away")]
