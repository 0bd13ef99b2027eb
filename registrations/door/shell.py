"""What a device keeps to open the door without a network: the page itself, never the list."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override
from django.views.decorators.cache import never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from program.models import Event
from program.public.house_style import style_of
from program.templatetags.program_tags import OWN_NAMES
from registrations.door import passes, words
from registrations.door.devices import door_page
from registrations.models import DoorPass

STYLES = ("css/tokens.css", "css/base.css", "door/door.css")
# In the order of the page: what stands later uses what stands before.
_SCRIPTS = "likeness matching store state sync status rows sheet codes signals scan page"
SCRIPTS = tuple(f"js/door/{name}.js" for name in _SCRIPTS.split())
# For scanning where the browser reads no QR codes by itself: fetched once the list is there, and
# run when somebody scans.
DECODER = "js/door/qr/decode.js"
ICON = "favicon.svg"
KEPT = (*STYLES, *SCRIPTS, ICON)
# For home screens: iPhones take no SVG. Drawn like ICON, without transparent parts.
ICONS = {192: "door/icon-192.png", 512: "door/icon-512.png"}


def context(event: Event) -> dict[str, object]:
    """What the page needs, whether it is the copy on the device or not."""
    return {
        "event": event,
        "styles": [static(name) for name in STYLES],
        "scripts": [static(name) for name in SCRIPTS],
        "decoder": static(DECODER),
        "words": words.of_event(event),
        "languages": _languages(event),
    }


@require_safe
@gzip_page
@door_page
def shell(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """The door page without anything of a person, a device or a session.

    Only of the release that the worker asks for: during a deployment another server may still have
    the old page, and the worker would keep that until its own text changes.
    """
    page = _shell(request, event)
    release = _release(page.content)
    asked = request.GET.get("uitgave", release)
    return page if asked == release else HttpResponse(status=404)


@require_safe
@door_page
def worker(request: HttpRequest, event: Event, door_pass: DoorPass) -> HttpResponse:
    """The service worker. Each release has its own text, so that browsers take the new one."""
    release = _release(_shell(request, event).content)
    told = {
        "cache": reverse("registrations:door", args=[event.slug]) + release,
        "shell": reverse("registrations:door-shell", args=[event.slug], query={"uitgave": release}),
        "files": [static(name) for name in KEPT],
        "decoder": static(DECODER),
    }
    # No page and no words of people: addresses of ours, as they are.
    context_of_worker = {"told": SafeString(json.dumps(told))}
    return render(
        request, "registrations/door/sw.js", context_of_worker, content_type="text/javascript"
    )


@require_safe
@door_page
def manifest(request: HttpRequest, event: Event, door_pass: DoorPass) -> JsonResponse:
    """So that the door can be put on a phone's home screen."""
    return _manifest(event, reverse("registrations:door", args=[event.slug]))


@require_safe
@never_cache
def manifest_of_pass(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Before the phone is a device: an iPhone's icon has cookies and storage of its own."""
    try:
        event = passes.of_link(token, at=timezone.now()).event
    except passes.PassUnknown:
        return HttpResponse(status=404)
    return _manifest(event, reverse("registrations:door-icon", args=[event.slug, token]))


def _manifest(event: Event, start: str) -> JsonResponse:
    address = reverse("registrations:door", args=[event.slug])
    return JsonResponse(
        {
            "name": str(event.local_title),
            "short_name": str(words.for_device()["door"]),
            "id": address,
            "start_url": start,
            "scope": address,
            "display": "standalone",
            "background_color": "#ffffff",
            "theme_color": style_of(event).light["field"],
            "icons": [
                {"src": static(ICON), "sizes": "any", "type": "image/svg+xml", "purpose": "any"},
                *(
                    {"src": static(name), "sizes": f"{size}x{size}", "type": "image/png"} | purpose
                    for size, name in ICONS.items()
                    for purpose in ({"purpose": "any"}, {"purpose": "maskable"})
                ),
            ],
        },
        content_type="application/manifest+json",
    )


def _shell(request: HttpRequest, event: Event) -> HttpResponse:
    unknown = dict.fromkeys(("present", "to_come", "expected"), "–")
    whole = {**context(event), **unknown, "shell": True}
    return render(request, "registrations/door/door.html", whole)


def _languages(event: Event) -> list[dict[str, str]]:
    """The door in the other languages of the site."""
    others = []
    for code, _name in settings.LANGUAGES:
        if code != get_language():
            with override(code):
                address = reverse("registrations:door", args=[event.slug])
            others.append({"code": code, "name": OWN_NAMES[code], "address": address})
    return others


def _release(page: bytes) -> str:
    """Changes with the page and with every file of it, hashed names or not."""
    found = hashlib.sha256(page)
    for name in (*KEPT, DECODER):
        path = finders.find(name)
        found.update(Path(path).read_bytes() if path else b"")
    return found.hexdigest()[:16]
