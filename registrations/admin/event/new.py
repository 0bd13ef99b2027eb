"""A new event: an empty one, a copy, or from a spreadsheet."""

from __future__ import annotations

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from program.admin.day_form import DayForm
from program.file.model import BadProgramme
from program.models import Event
from program.organisers import events_of, may_add
from program.public.house_style import site_name
from registrations.admin.pages import by
from registrations.organising import programmes
from registrations.organising.dates import past_day

MOST_TO_COPY = 8


@may_add
def new(request: HttpRequest) -> HttpResponse:
    """The first step of an event that is not there yet."""
    event = Event(organiser=site_name(), organiser_email=getattr(request.user, "email", ""))
    form = DayForm(request.POST or None, event=event)
    past = list(past_day(form.cleaned_data["day"], at=timezone.now())) if form.is_valid() else []
    if past and "sure" not in request.POST:
        form.add_error("day", past[0])
    if form.is_valid():
        try:
            made = _make(request, form)
        except BadProgramme as error:
            for mistake in error.mistakes:
                form.add_error(None, mistake.sentence)
        else:
            messages.success(request, _("Nobody sees this event until you publish it."))
            return redirect("admin:event-tables", made.pk)
    to_copy = events_of(request.user).nearest_first(timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": _("New event"),
        "form": form,
        "past": past,
        "wrong": list(form.wrong()) if form.errors else [],
        "to_copy": to_copy[:MOST_TO_COPY],
    }
    status = 422 if form.errors else 200
    return render(request, "admin/program/event/new.html", context, status=status)


def _make(request: HttpRequest, form: DayForm) -> Event:
    """As loading a file would. Raises BadProgramme."""
    organisers = User.objects.filter(username=request.user.get_username())
    acting = {"own": events_of(request.user), **by(request)}
    bilingual = form.cleaned_data["bilingual"]
    outcome = programmes.make_event(
        form.programme, organisers=organisers, bilingual=bilingual, **acting
    )
    return outcome.event


pages: list[URLPattern] = [path("nieuw/", new, name="event-add")]
