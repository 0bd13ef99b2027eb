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

COOKIE = "deur"
Page = Callable[..., HttpResponseBase]


def door_page(view: Page) -> Page:
    """Give a page the event and the device's pass.

    Somebody with an account may make this phone a device; anybody else is told what a door
    device is, in the same words for every event, there or not.
    """

    @wraps(view)
    def found(request: HttpRequest, slug: str) -> HttpResponseBase:
        event = Event.objects.filter(slug=slug).first()
        door_pass = pass_of(request, event) if event else None
        if event is None or door_pass is None:
            if event and may_work(request, event):
                return render(request, "registrations/door/start.html", {"event": event})
            return render(request, "registrations/door/no_device.html", status=403)
        if door_pass.withdrawn_at or timezone.now() >= passes.closes(event):
            # Not wiped from here: its script first sends the taps that are still on the device.
            return render(request, "registrations/door/over.html", {"event": event}, status=410)
        return view(request, event, door_pass)

    return never_cache(found)


def pass_of(request: HttpRequest, event: Event) -> DoorPass | None:
    """The pass of the device that asks, withdrawn or not."""
    try:
        language = translation.get_language() or settings.LANGUAGE_CODE
        return passes.of_device(request.COOKIES.get(_cookie(language), ""), event)
    except PassUnknown:
        return None


def may_work(request: HttpRequest, event: Event) -> bool:
    """Whether an account opens this door: its organisers', its door staff's, a superuser's.

    As on all staff pages with a second factor, if the site asks for one.
    """
    user = request.user
    if not user.is_authenticated or not admin.site.has_permission(request):
        return False
    return (
        user.is_superuser
        or event.organisers.filter(pk=user.pk).exists()
        or event.door_staff.filter(pk=user.pk).exists()
    )


def enter(door_pass: DoorPass, answer: HttpResponse, *, at: datetime) -> HttpResponse:
    """Let this answer make the phone a device, for one event and as long as that lasts."""
    passes.opened(door_pass, at=at)
    for name, path in _cookies(door_pass.event):
        answer.set_cookie(
            name,
            passes.device_token(door_pass),
            path=path,
            # What a device could not send in time is still taken.
            expires=door_pass.event.ends_at + passes.LATE_TAPS,
            secure=not settings.LOCAL,
            httponly=True,
            samesite="Strict",
        )
    return answer


def leave(event: Event, answer: HttpResponse) -> HttpResponse:
    """Let this answer wipe what the device has of the event, its list and its cookie."""
    for name, path in _cookies(event):
        answer.delete_cookie(name, path=path, samesite="Strict")
    answer["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _cookies(event: Event) -> list[tuple[str, str]]:
    """The door of an event in every language. A cookie goes to one path only, and an answer sets
    one cookie of a name: so each language has its own.
    """
    cookies = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            path = reverse("registrations:door", args=[event.slug])
        cookies.append((_cookie(language), path))
    return cookies


def _cookie(language: str) -> str:
    return COOKIE if language == settings.LANGUAGE_CODE else f"{COOKIE}-{language}"
