"""The door for its organisers: passes, taps that wait for a yes, and taking back a whole device."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from program import qr
from program.characters import clean_fields
from program.models import Event
from program.organisers import acts, render_page
from registrations.admin.event.dry_run_page import ask, says
from registrations.admin.pages import by, see_other
from registrations.door import judging, passes, presence, taking_back, told, turnout
from registrations.models import DoorPass

A_PAGE = 50  # taps to judge


class PassForm(forms.ModelForm):
    class Meta:
        model = DoorPass
        fields = ["label"]
        error_messages = {
            "label": {
                "required": gettext_lazy("Say where the device will be, such as: Entrance A.")
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clean_fields(self.fields)


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
        waiting=event.held_taps.waiting().count(),
        perhaps=judging.perhaps_in(event),
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


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def held_taps(request: HttpRequest, event: Event) -> HttpResponse:
    """What devices could not do by themselves: one by one, or a page at once, a yes or a no."""
    if request.method == "POST":
        for button, act, said in (
            ("accept", judging.accept, _accepted),
            ("refuse", judging.refuse, _refused),
        ):
            if key := request.POST.get(button):
                # All: those that the page showed, not what came in since.
                keys = request.POST.getlist("tap")[:A_PAGE] if key == "all" else [key]
                chosen = [found for one in keys for found in told.uuids(one)]
                messages.success(request, said(act(event, chosen, **by(request))))
        left = event.held_taps.waiting().exists()
        return see_other("event-door-taps" if left else "event-door", event.pk)
    page = Paginator(judging.waiting(event), A_PAGE).get_page(request.GET.get("p"))
    return render_page(
        request,
        "admin/door_taps.html",
        event,
        _("Taps to review"),
        questions=judging.in_words(event, list(page)),
        page=page,
        left=event.places_left,
        extras=event.extras_allowed and not event.called_off,
    )


def _accepted(count: int) -> str:
    said = ngettext("%(count)s tap accepted.", "%(count)s taps accepted.", count)
    return said % {"count": count}


def _refused(count: int) -> str:
    return ngettext("%(count)s tap refused.", "%(count)s taps refused.", count) % {"count": count}


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def take_back(request: HttpRequest, event: Event, number: int) -> HttpResponse:
    """Everything that was tapped on one device, after a page that shows what becomes of it."""
    one = get_object_or_404(event.door_passes, pk=number, taken_back_at=None)
    acting = by(request)
    return ask(
        request,
        "admin/take_back.html",
        event,
        _("Undo everything on %(device)s") % {"device": one.label},
        lambda: taking_back.take_back_all(one, **acting),
        says(request, _("Everything that was tapped on this device is undone.")),
        pressed=request.method == "POST",
        back="event-door",
        door_pass=one,
    )


pages = [
    path("<int:pk>/deur/", door, name="event-door"),
    path("<int:pk>/deur/wacht-op-jou/", held_taps, name="event-door-taps"),
    path("<int:pk>/deur/<int:number>/terugdraaien/", take_back, name="event-door-take-back"),
    path("<int:pk>/deur/<int:number>/", door_pass, name="event-door-pass"),
    path("<int:pk>/deur/<int:number>/intrekken/", withdraw, name="event-door-withdraw"),
]
