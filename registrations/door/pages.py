"""The door as pages and plain forms: what a phone without scripts works with.

With scripts the same page searches and ticks on the device itself, also without a network.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from program.database.outages import repeatable
from program.models import Event
from registrations.door import devices, passes, plain_rows, presence, rows, shell, taps, words
from registrations.door.devices import door_page
from registrations.door.passes import PassUnknown
from registrations.errors import DoorFull
from registrations.models import Change, DoorOp, DoorPass, history
from registrations.reports import prints

Outcome = DoorOp.Outcome
BLANK = 20  # lines on paper for people without a sign-up


@require_safe
@gzip_page
@door_page
def door(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """Empty until somebody searches: nobody reads the list over a shoulder."""
    page = _page(request, event, door_pass, query=request.GET.get("q", "").strip()[:200])
    return devices.remember(door_pass, page)


@require_safe
@never_cache
def doors(request: HttpRequest) -> HttpResponse:
    """The doors that somebody with an account may work, today's on top; not those that closed."""
    if not admin.site.has_permission(request):
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))
    at = timezone.now()
    events = passes.doors_of(request.user).filter(ends_at__gt=at - passes.AFTERWARDS)
    today = timezone.localdate(at)
    found = [(event, event.day == today) for event in events.order_by("starts_at", "pk")]
    return render(request, "registrations/door/doors.html", {"doors": found})


@repeatable
@require_POST
@door_page
def tick(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """One tap from a form. Its id is in the form, so that sending it twice counts once."""
    post = request.POST
    fields = ("id", "kind", "reg", "first_name", "last_name", "organisation", "anyway")
    tapped: dict[str, Any] = {name: post.get(name, "") for name in fields}
    first, *others = [table for table in post.getlist("table") if table] or ["0"]
    tapped |= {"table": first, "refs": post.getlist("ref")}
    at = timezone.now()
    walks_in = tapped["kind"] == DoorOp.Kind.WALK_IN
    more = [_table_too(tapped, number) for number in others] if walks_in else []
    try:
        outcome = taps.take(door_pass, [tapped, *more], online=True, at=at).outcomes[0][1]
    except DoorFull as full:
        return _page(request, event, door_pass, problem=str(full), status=422)
    passes.seen(door_pass, queued=0, at=at)
    if outcome in (Outcome.HELD, Outcome.EARLY, Outcome.REFUSED, Outcome.TOO_MANY):
        name = f"{post.get('first_name', '')} {post.get('last_name', '')}".strip()
        said = words.of_outcome(outcome, name or _("This"))
        return _page(request, event, door_pass, said=[said], status=422)
    if outcome in (Outcome.INVALID, Outcome.UNKNOWN_PERSON) and walks_in:
        problem = _("Fill in a first name and a last name.")
        return _page(request, event, door_pass, problem=problem, status=422)
    query = {"q": post.get("q", ""), "gedaan": outcome}
    address = reverse("registrations:door", args=[event.slug], query=query)
    return HttpResponse(status=303, headers={"Location": address})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def open_pass(request: HttpRequest, token: str, slug: str = "") -> HttpResponseBase:
    """The link of a pass. Following it changes nothing: scanners follow links too.

    With ``slug`` it is the same page below the door's own address: where an icon on a home
    screen starts, which the device can then open without a network.
    """
    at = timezone.now()
    try:
        door_pass = passes.of_link(token, at=at)
    except PassUnknown:
        return render(request, "registrations/door/no_device.html", status=404)
    if request.method != "POST":
        if slug and devices.pass_of(request, door_pass.event) == door_pass:
            return HttpResponseRedirect(reverse("registrations:door", args=[door_pass.event.slug]))
        context = {"event": door_pass.event, "door_pass": door_pass, "token": token}
        return render(request, "registrations/door/start.html", context)
    return _start(request, door_pass, at=at)


@require_POST
@never_cache
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Somebody with an account makes this phone a device."""
    event = Event.objects.filter(slug=slug).first()
    at, user = timezone.now(), request.user
    mine = event is not None and devices.may_work(request, event)
    if mine and event and user.is_authenticated and at < passes.closes(event):
        return _start(request, passes.for_user(event, user, at=at), at=at)
    return render(request, "registrations/door/no_device.html", status=403)


@require_POST
@door_page
def finish(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """Leave the door: the device forgets the list.

    The script first sends what it has, and then says that nothing of any event waits. A plain form
    cannot know that: the page that it gets wipes everything except what waits.
    """
    answer = render(request, "registrations/door/left.html", {"event": event})
    return devices.leave(event, answer, nothing_waits=request.POST.get("waiting") == "0")


@require_safe
@door_page
def on_paper(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """The attendee list to print, for when all devices fail: those who are in are ticked.

    Each look is noted.
    """
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


def _table_too(walk_in: dict[str, Any], table: str) -> dict[str, Any]:
    """Another table for a walk-in: a tap of its own, with the same id if it is sent again."""
    key = uuid.uuid5(uuid.NAMESPACE_OID, f"{walk_in['id']} {table}")
    return {"id": key, "kind": DoorOp.Kind.TABLE, "reg": walk_in["id"], "table": table, "seq": 1}


def _start(request: HttpRequest, door_pass: DoorPass, *, at: datetime) -> HttpResponse:
    address = reverse("registrations:door", args=[door_pass.event.slug])
    answer = HttpResponse(status=303, headers={"Location": address})
    return devices.enter(request, door_pass, answer, at=at)


def _page(
    request: HttpRequest,
    event: Event,
    door_pass: DoorPass,
    *,
    query: str = "",
    problem: str = "",
    said: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """``said`` is to be known of the last tap, ``problem`` of the form for a walk-in."""
    if query:
        at = timezone.now()
        new = {"pass": door_pass.pk}
        history.record(event, None, Change.What.LOOKED, who=str(door_pass), at=at, new=new)
        passes.seen(door_pass, queued=0, at=at)
    tables = rows.tables(event)
    last = plain_rows.last(door_pass) if "gedaan" in request.GET else None
    context = {
        **shell.context(event),
        "door_pass": door_pass,
        "query": query,
        "found": plain_rows.find(event, query, tables) if query else None,
        "rounds": plain_rows.by_round(tables),
        "present": presence.count(event),
        "expected": rows.expected(event),
        "to_come": rows.to_come(event),
        "fresh": _("List of {time}.").format(time=time_format(timezone.localtime())),
        "last": last,
        "said": said or (last.said if last else []),
        "typed": request.POST,
        "chosen": request.POST.getlist("table"),
        "problem": problem,
        "new_id": uuid.uuid4,
        "too_early": timezone.now() < passes.walk_ins_from(event),
    }
    return render(request, "registrations/door/door.html", context, status=status)
