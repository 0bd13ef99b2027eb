"""What Django leaves to the site on every response: headers, and HEAD without a body."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.utils.cache import patch_cache_control, patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]

# Sharing (web-share) is not named: browsers allow a site's own pages to share by default, and
# Chromium on Linux complains about the name on every page.
ALLOWED_FEATURES = ("clipboard-write", "publickey-credentials-create", "publickey-credentials-get")
FORBIDDEN_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "compute-pressure",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
# The door page, and the copy of it that its devices keep: there codes are scanned.
DOOR_PATH = re.compile(r"^/(en/)?deur/[^/]+/(schil/)?$")


def permissions_policy(*also: str) -> str:
    """What pages may use of the device: ALLOWED_FEATURES, and those named here."""
    forbidden = [f"{name}=()" for name in FORBIDDEN_FEATURES if name not in also]
    return ", ".join(forbidden + [f"{name}=(self)" for name in (*ALLOWED_FEATURES, *also)])


PERMISSIONS_POLICY, AT_THE_DOOR = permissions_policy(), permissions_policy("camera")
WATCHED = {"/healthz/", "/readyz/", "/metrics/"}
PERSONAL_PATH = re.compile(r"^/(en/)?(aanmelding|gastheer|postvak|voorbeeld|admin/account)/")


def headers(get_response: GetResponse) -> GetResponse:
    """Middleware; stands before everything that may answer by itself."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        at_the_door = DOOR_PATH.match(request.path_info)
        response.setdefault(
            "Permissions-Policy", AT_THE_DOOR if at_the_door else PERMISSIONS_POLICY
        )
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        # Pages have nothing of other sites in them, so nothing is lost by refusing it.
        response.setdefault("Cross-Origin-Embedder-Policy", "require-corp")
        if response.get("Content-Type", "").startswith("text/html"):
            # Every page shows how many sessions its reader saved, which is in a cookie.
            patch_vary_headers(response, ["Cookie"])
        if PERSONAL_PATH.match(request.path_info):
            # The link in the address is a key: no copy stays behind, no search engine keeps it.
            patch_cache_control(response, no_store=True, private=True)
            response["X-Robots-Tag"] = "noindex, nofollow"
            response["Referrer-Policy"] = "same-origin"
        return response

    return middleware


def for_watchers(get_response: GetResponse) -> GetResponse:
    """Middleware: whether a machine is well may be asked by its address, as clusters do, and not
    only by the site's name. These pages hold nothing that depends on the name.
    """
    own = urlsplit(settings.SITE_URL).netloc

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path_info in WATCHED:
            request.META["HTTP_HOST"] = own
            request.META.pop("HTTP_X_FORWARDED_HOST", None)
        return get_response(request)

    return middleware


def without_body(get_response: GetResponse) -> GetResponse:
    """The first middleware: HEAD gets the headers of GET. Servers complain about a body."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "HEAD" and not response.streaming:
            response.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response

    return middleware


def refuse_other_letters(get_response: GetResponse) -> GetResponse:
    """Middleware: forms are UTF-8. Django checks that of plain forms, but not of those in parts.

    Python also has codecs that yield no text, or text that no page can be written in.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        if request.content_type == "multipart/form-data" and charset.lower() != "utf-8":
            raise BadRequest("A form in parts that is not UTF-8.")
        return get_response(request)

    return middleware


def refuse_trace(get_response: GetResponse) -> GetResponse:
    """Middleware: TRACE would send a page's own headers back to it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method == "TRACE":
            return HttpResponseNotAllowed(["GET", "HEAD", "POST", "OPTIONS"])
        return get_response(request)

    return middleware


class ShortRefusals(logging.Filter):
    """A filter for logs: a request that was refused is one short line, without a traceback."""

    longest = 300  # characters

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        status = getattr(record, "status_code", 0)
        if isinstance(error, UnreadablePostError) or 400 <= status < 500:
            name = f" ({type(error).__name__})" if error else ""
            record.msg, record.args = record.getMessage()[: self.longest] + name, ()
            record.exc_info = record.exc_text = record.stack_info = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True
