"""Door passes: an organiser makes one for each device, and can withdraw it at any time."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from program import qr
from program.models import Event
from program.organisers import acts, render_page
from registrations.admin.pages import by
from registrations.door import passes, presence, turnout
from registrations.models import DoorPass


class PassForm(forms.ModelForm):
    class Meta:
        model = DoorPass
        fields = ["label"]
        error_messages = {
            "label": {
                "required": gettext_lazy("Say where the device will be, such as: Entrance A.")
            }
        }


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, event: Event) -> HttpResponse:
    """The passes of an event, what their devices last reported, and a form for another pass."""
    at = timezone.now()
    closed = at >= passes.closes(event)
    form = PassForm(request.POST if request.method == "POST" and not closed else None)
    if form.is_valid():
        made = passes.make(event, form.cleaned_data["label"], **by(request))
        return redirect("admin:event-door-pass", event.pk, made.pk)
    return render_page(
        request,
        "admin/door.html",
        event,
        _("Door"),
        status=422 if form.errors else 200,
        form=form,
        devices=turnout.devices(event),
        noticed=turnout.noticed(event),
        present=presence.count(event),
        expected=turnout.expected(event),
        closes=passes.closes(event),
        closed=closed,
        at=at,
    )


@acts
@require_safe
def door_pass(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """One pass: its link, to send or to scan. The pass of an account has no link."""
    own = event.door_passes.working().filter(for_account=False)
    one = get_object_or_404(own, pk=number)
    link = settings.SITE_URL + reverse("registrations:door-pass", args=[passes.link_token(one)])
    return render_page(
        request,
        "admin/door_pass.html",
        event,
        one.label,
        door_pass=one,
        link=link,
        qr=qr.svg(link),
        closes=passes.closes(event),
    )


@acts
@require_POST
def withdraw(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """Without asking first: a new pass is made in a moment, a lost phone cannot wait."""
    passes.withdraw(get_object_or_404(event.door_passes, pk=number), **by(request))
    return redirect("admin:event-door", event.pk)


pages = [
    path("<int:pk>/deur/", door, name="event-door"),
    path("<int:pk>/deur/<int:number>/", door_pass, name="event-door-pass"),
    path("<int:pk>/deur/<int:number>/intrekken/", withdraw, name="event-door-withdraw"),
]
