"""Reading pages. They touch no session, user or CSRF token, and set no cookie."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from program.models import Event
from program.public.grid import fits_a_bar, grid, in_order, timetable
from program.public.page_cache import same_for_everybody
from program.public.programme import kept_programme, published_event
from program.public.saved import read
from program.public.states import signup_state
from program.public.structured_data import event_card, event_ld, home_card, session_card, session_ld


@same_for_everybody
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is coming, then what has been; straight to the event if that is all there is."""
    at = timezone.now()
    events = Event.objects.published().select_related("venue")
    coming, past = list(events.coming(at)), list(events.past(at))
    if len(coming) == 1 and not past:
        return HttpResponseRedirect(coming[0].get_absolute_url())
    context = {
        "coming": [(event, signup_state(event, at)) for event in coming],
        "past": [(event, signup_state(event, at)) for event in past],
        "card": home_card(),
    }
    return render(request, "program/home.html", context)


@same_for_everybody
@require_safe
def event(request: HttpRequest, slug: str) -> HttpResponse:
    event = published_event(slug)
    at = timezone.now()
    shown = shown_event(event, at)
    structured = event_ld(event, shown["grid"].slots, at)
    context = {**shown, "saved": slug in read(request), "structured": structured}
    return render(request, "program/event.html", context)


@same_for_everybody
@require_safe
def session(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    event = published_event(slug)
    shown = shown_session(event, code, timezone.now())
    cell = shown["cell"]
    structured = session_ld(shown["session"], cell.slots if cell else ())
    context = {**shown, "saved": slug in read(request), "structured": structured}
    return render(request, "program/session.html", context)


def shown_event(event: Event, at: datetime) -> dict[str, Any]:
    """What a page about an event shows to everybody."""
    lines = timetable(event)
    return {
        "event": event,
        "state": signup_state(event, at),
        "lines": lines,
        "as_bar": fits_a_bar(lines),
        "grid": grid(event),
        "questions": kept_programme(event).questions,
        "card": event_card(event),
    }


def shown_session(event: Event, code: str, at: datetime) -> dict[str, Any]:
    """The same of one of its table sessions. Raises Http404 if there is none with this code."""
    sessions = in_order(event)
    place = next((at for at, one in enumerate(sessions) if one.code == code), None)
    if place is None:
        raise Http404
    session = sessions[place]
    return {
        "event": event,
        "session": session,
        "cell": grid(event).cell_of(session),
        "previous": sessions[place - 1] if place else None,
        "next": sessions[place + 1] if place + 1 < len(sessions) else None,
        "state": signup_state(event, at),
        "card": session_card(session),
    }
