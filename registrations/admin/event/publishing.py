"""Publishing an event, and taking it off the site again: a page that says what is missing."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from program.file.to_do import to_do
from program.models import Event
from program.organisers import acts, render_page
from program.public.preview import preview_url
from registrations.admin.event import edit_history
from registrations.admin.event.dry_run_page import see_first
from registrations.admin.pages import by
from registrations.models import Change, history
from registrations.organising.dry_run import trying


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, event: Event) -> HttpResponse:
    if request.method != "POST":
        return _page(request, event)
    shown = request.POST.get("published") == "1"
    own = Event.objects.filter(pk=event.pk)
    return see_first(request, own, lambda: _set(request, event, shown), event=event)


@transaction.atomic
def _set(request: HttpRequest, event: Event, published: bool) -> HttpResponse:
    locked = Event.objects.locked(event.pk)
    if published and any(one.mistake for one in to_do(locked)):
        return _page(request, locked, status=422)
    if locked.published != published:
        locked.published = published
        locked.save(update_fields=["published"])
        locked.bump_programme()
        steps = {"steps": [edit_history.step("changed", locked, ["published"])]}
        history.record(locked, None, Change.What.EDITED, new=steps, **by(request))
    if not trying():
        shown, hidden = _("Everybody can see the event now."), _("Nobody sees the event now.")
        messages.success(request, shown if published else hidden)
    page = reverse("admin:event-publish", args=[event.pk])
    return HttpResponseRedirect(page, status=303)


def _page(request: HttpRequest, event: Event, status: int = 200) -> HttpResponse:
    missing = to_do(event)
    return render_page(
        request,
        "admin/program/event/publish.html",
        event,
        _("Published") if event.published else _("Publish"),
        status=status,
        mistakes=[one for one in missing if one.mistake],
        hints=[one for one in missing if not one.mistake],
        preview=preview_url(event),
        refused=status != 200,
    )


pages: list[URLPattern] = [path("<int:pk>/publiceren/", publish, name="event-publish")]
