"""Which device is asking, and how a phone becomes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache

from program.models import Event
from registrations.door import passes
from registrations.door.passes import PassUnknown
from registrations.models import DoorPass

# A cookie goes to one path only, and the door of an event has one in every language.
_PREFIX = "__Secure-" if settings.SITE_IS_HTTPS else ""
COOKIES = {language: f"{_PREFIX}deur_{language}" for language, _name in settings.LANGUAGES}
Page = Callable[..., HttpResponseBase]


def door_page(view: Page) -> Page:
    """Give a page the event and the device's pass.

    Somebody with an account may make this phone a device. Anybody else reads what a door device
    is, in the same words whether or not the event exists.
    """

    @wraps(view)
    def found(request: HttpRequest, slug: str) -> HttpResponseBase:
        event = Event.objects.filter(slug=slug).first()
        door_pass = pass_of(request, event) if event else None
        if event is None or door_pass is None:
            if event and may_work(request, event):
                return render(request, "registrations/door/start.html", {"event": event})
            return render(request, "registrations/door/no_device.html", status=403)
        if timezone.now() >= passes.closes(event) or not passes.works(door_pass):
            # Not wiped by this answer: its script first sends the taps still on the device.
            return render(request, "registrations/door/over.html", {"event": event}, status=410)
        return view(request, event, door_pass)

    return never_cache(found)


def pass_of(request: HttpRequest, event: Event | None) -> DoorPass | None:
    """The pass of the device that asks, whether it still works or not."""
    for name in COOKIES.values():
        try:
            return passes.of_device(request.COOKIES.get(name, ""), event)
        except PassUnknown:
            pass
    return None


def may_work(request: HttpRequest, event: Event) -> bool:
    """Whether the account that is logged in, as pages for staff ask for, may work this door."""
    return admin.site.has_permission(request) and passes.may_work(request.user, event)


def enter(
    request: HttpRequest, door_pass: DoorPass, answer: HttpResponse, *, at: datetime
) -> HttpResponse:
    """Make the phone a device with this answer, for one event and as long as that lasts."""
    before = pass_of(request, door_pass.event)
    if before == door_pass:
        return remember(before, answer)
    passes.opened(door_pass, at=at)
    return remember(door_pass, answer)


def remember(door_pass: DoorPass, answer: HttpResponse) -> HttpResponse:
    """Keep the phone a device until the event's end, which may have moved since."""
    for name, path in _paths(door_pass.event):
        answer.set_cookie(
            name,
            passes.device_token(door_pass),
            path=path,
            # What a device could not send in time is still taken.
            expires=passes.takes_taps_until(door_pass.event),
            secure=not settings.LOCAL,
            httponly=True,
            samesite="Strict",
        )
    return answer


def leave(event: Event, answer: HttpResponse, *, nothing_waits: bool) -> HttpResponse:
    """End the device with this answer: its cookie, and all that it keeps if ``nothing_waits``.

    Otherwise taps that nobody has sent yet, of this event or another, would be wiped with it.
    """
    for name, path in _paths(event):
        answer.delete_cookie(name, path=path, samesite="Strict")
    answer["Clear-Site-Data"] = '"cache", "storage"' if nothing_waits else '"cache"'
    return answer


def _paths(event: Event) -> list[tuple[str, str]]:
    """Each cookie with the address of the door that it is for."""
    paths = []
    for language, name in COOKIES.items():
        with translation.override(language):
            paths.append((name, reverse("registrations:door", args=[event.slug])))
    return paths
