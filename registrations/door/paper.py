"""The attendee list on paper, for when all devices fail: printed at the door itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program.models import Event
from registrations.door.devices import door_page
from registrations.models import Change, DoorPass, history
from registrations.reports import prints

BLANK = 20  # lines for who comes without a sign-up


@require_safe
@door_page
def on_paper(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """A-Z by surname, with a box to tick: ticked for who is in already. Each look is noted."""
    at, found = timezone.now(), prints.attendees(event)
    new = {"list": "deelnemers", "people": len(found.people), "pass": door_pass.pk}
    history.record(event, None, Change.What.PRINTED, who=str(door_pass), at=at, new=new)
    present = event.presences.filter(present=True)
    context = {
        "event": event,
        "title": _("Attendee list"),
        "at": at,
        "attendees": found,
        "version": event.version,
        "blank": range(BLANK),
        "registrations_in": set(present.values_list("registration", flat=True)),
        "guests_in": set(present.values_list("guest", flat=True)),
    }
    return render(request, "registrations/door/paper.html", context)
