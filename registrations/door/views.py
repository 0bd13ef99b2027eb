"""What a door device asks for. Answers of data are JSON with ``door``: nothing else is ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from program.database.outages import repeatable
from program.models import Event
from registrations.door import devices, passes, rows, taps, told, words
from registrations.door.passes import PassUnknown
from registrations.models import Change, DoorPass, history
from registrations.queries import door_codes

Answer = Callable[..., JsonResponse]
# Rows in one answer; more of them is not news of the evening, but reading the list.
MOST_UNSAID = 50


def data_for_device(view: Answer) -> Answer:
    """Give the view the event and the device's pass; else say in JSON why not.

    401: no device of this event. Never a redirect: a device with a queue must not take a log-in
    page for an answer. At an event's old address, devices that do not know yet that they were
    withdrawn can still send what they have, and wipe.
    """

    @wraps(view)
    def found(request: HttpRequest, slug: str) -> JsonResponse:
        event = Event.objects.filter(slug=slug).first()
        door_pass = devices.pass_of(request, event)
        if door_pass is None:
            return JsonResponse({"door": 1, "error": str(PassUnknown())}, status=401)
        return view(request, door_pass.event, door_pass)

    return never_cache(found)


@require_safe
@data_for_device
def hello(request: HttpRequest, event: Event, door_pass: DoorPass) -> JsonResponse:
    """Who this device is, and the token with which it may send."""
    token = {"door": 1, "csrf": get_token(request)}
    if not passes.works(door_pass):
        return JsonResponse({**token, "wipe": True}, status=410)
    answer = JsonResponse({**token, **_state(event, door_pass)})
    devices.remember(door_pass, answer)
    return answer


@repeatable
@require_POST
@gzip_page  # a list of thousands; unlike in hello there is nothing in it that is secret
@data_for_device
def sync(request: HttpRequest, event: Event, door_pass: DoorPass) -> JsonResponse:
    """Take what was tapped, tell what changed.

    Every tap that is named in ``results`` is settled: the device may forget those, and no others.
    A device whose pass no longer works can still send what was tapped until then, which gives
    nobody a place (``limits``), gets no rows, and is told with 410 to wipe its list.
    """
    at = timezone.now()
    sent = _read(request)
    if sent is None:
        return JsonResponse({"door": 1, "error": "unreadable"}, status=400)
    results = []
    if sent["ops"]:
        taken = taps.take(door_pass, sent["ops"], at=at, clock=sent["clock"])
        results = [
            {"id": name, "outcome": words.to_device(outcome)} for name, outcome in taken.outcomes
        ]
    passes.seen(door_pass, queued=sent["queued"], at=at)
    if not passes.works(door_pass):
        return JsonResponse({"door": 1, "wipe": True, "results": results}, status=410)
    event.refresh_from_db()
    answer = {"results": results, **_state(event, door_pass)}
    # A version from the future means that a backup was restored: send everything.
    since = sent["since"] if sent["since"] <= answer["version"] else 0
    if since < answer["version"] and not answer["closed"]:
        answer["rows"] = rows.rows(event, since=since)
        answer["tables"] = rows.tables(event)
        if not since or len(answer["rows"]) > MOST_UNSAID:
            _looked(event, door_pass, at)
    return JsonResponse(answer)


def _looked(event: Event, door_pass: DoorPass, at: datetime) -> None:
    """A device took the list, or much of it: that is written down (docs/door.md)."""
    new = {"pass": door_pass.pk}
    history.record(event, None, Change.What.LOOKED, who=str(door_pass), at=at, new=new)


def _state(event: Event, door_pass: DoorPass) -> dict[str, Any]:
    """What every screen shows, and what sets our answer apart from a café's log-in page."""
    at = timezone.now()
    version, present, expected = rows.as_of_now(event)
    return {
        "door": 1,
        "device": door_pass.label,
        "now": at.isoformat(),
        "closes_at": passes.closes(event).isoformat(),
        "taken_until": passes.takes_taps_until(event).isoformat(),
        "closed": at >= passes.closes(event),
        "version": version,
        "present": present,
        "expected": expected,
        "left": event.places_left,
        "extras": event.extras_allowed,
        "walk_ins_from": passes.walk_ins_from(event).isoformat(),
        "called_off": event.called_off,
        "scan_key": " ".join(key.hex() for key in door_codes.keys_of(event)),
    }


def _read(request: HttpRequest) -> dict[str, Any] | None:
    """The batch that was sent; None if it is none, or too large."""
    try:
        sent = json.loads(request.body)
        ops = [one for one in sent.get("ops", []) if isinstance(one, dict)]
        read = {
            "ops": ops,
            "since": max(0, int(sent.get("since", 0))),
            "queued": max(0, int(sent.get("queued", 0))),
            "clock": told.moment(sent.get("now")),
        }
    except (AttributeError, OverflowError, RecursionError, TypeError, ValueError):
        return None
    return read if len(ops) <= told.MOST else None
