"""Start: one's events by phase, what needs attention in them, and a new one."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from program.models import Event, Phase
from program.organisers import events_of, read_by
from registrations.admin.figures import attention

# As one looks for them: what happens now on top.
ORDER = (Phase.TODAY, Phase.OPEN, Phase.IN_THE_MAKING, Phase.OVER, Phase.ARCHIVED)


def start(request: HttpRequest) -> HttpResponseBase:
    """The first page of the admin; those who may do nothing there work at the door."""
    # Looked up per request: the admin site is chosen after this module is imported.
    return admin.site.admin_view(never_cache(_start))(request)


def _start(request: HttpRequest) -> HttpResponse:
    user, at = request.user, timezone.now()
    own = set(events_of(user).order_by().values_list("pk", flat=True))
    read_along = read_by(user).order_by().values("pk")
    mine = Event.objects.filter(pk__in=own) | Event.objects.filter(pk__in=read_along)
    found = list(mine.nearest_first(at).select_related("venue"))
    if not (found or user.has_perm("program.view_event")):
        return redirect("registrations:doors")
    events: dict[Phase, list[Event]] = {phase: [] for phase in ORDER}
    off = [event for event in found if event.called_off and not event.over(at)]
    for event in found:
        if event not in off:
            events[event.phase(at)].append(event)
    archived = events.pop(Phase.ARCHIVED)
    lively = [
        one for phase in (Phase.TODAY, Phase.OPEN, Phase.IN_THE_MAKING) for one in events[phase]
    ]
    noticed = attention.notices([one for one in lively if one.pk in own], at)
    context = {
        **admin.site.each_context(request),
        "title": _("Home"),
        "phases": [(phase, of_phase) for phase, of_phase in events.items() if of_phase],
        "called_off": off,
        "archived": archived,
        "attention": [(one, noticed[one.pk]) for one in lively if noticed.get(one.pk)],
        "may_add": request.user.has_perm("program.add_event"),
        # Accounts and the like, for administrators.
        "app_list": admin.site.get_app_list(request) if request.user.is_superuser else [],
    }
    return render(request, "admin/start.html", context)
