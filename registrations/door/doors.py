"""The doors that somebody with an account may work: where door staff arrive once logged in."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registrations.door import passes


@require_safe
@never_cache
def doors(request: HttpRequest) -> HttpResponse:
    """Soonest first, so that today's come on top; not those that have closed."""
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    at = timezone.now()
    events = passes.doors_of(request.user).filter(ends_at__gt=at - passes.AFTERWARDS)
    today = timezone.localdate(at)
    found = [(event, event.day == today) for event in events.order_by("starts_at", "pk")]
    return render(request, "registrations/door/doors.html", {"doors": found})
