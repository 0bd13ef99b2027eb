"""What visitors get when the database is away, a row stays locked or a disk is full.

In plain words, with what they typed, and with Retry-After. A form that can safely be sent again is
sent again once, before anybody has to know.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import SimpleTemplateResponse
from django.urls import ResolverMatch
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_path, override

from program.database.outages import Outage, outage_of
from program.public.cross_origin import SAFE, for_attendees
from program.public.house_style import style_in_memory

logger = logging.getLogger(__name__)

# A restart of the database takes a second or two: so long a form waits for it, if it has only just
# gone. After that, everybody who sends one would keep a thread.
WAIT_FOR_RESTART = 3.0  # seconds
LOOK_EVERY = 0.2
QUIET = 10.0  # seconds without trouble: the next is another one, and the log tells of it
# Whose forms are given back: those of account pages hold passwords.
WITH_FORMS = {"registrations", "program", "admin"}


class Unavailable:
    """Middleware; the last, so that it stands right before the views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.away_since = self.last = -QUIET

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if connection.vendor == "postgresql":
            connection.unsure = False  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        outage = outage_of(error)
        if outage is None:
            return None
        match = request.resolver_match
        may_repeat = outage is Outage.AWAY and match and can_repeat(request, match)
        if match and may_repeat and self._is_back(request):
            try:
                return _again(request, match)
            except Exception as second:
                if (outage := outage_of(second)) is None:
                    raise
        return unavailable(request, outage)

    def _is_back(self, request: HttpRequest) -> bool:
        """Whether the database answers, now or within a moment."""
        now = time.monotonic()
        if now - self.last > QUIET:
            self.away_since = now
        self.last = now
        until = now if request.method in SAFE else self.away_since + WAIT_FOR_RESTART
        while True:
            try:
                connection.close()
                connection.ensure_connection()
            except DatabaseProblem:
                if time.monotonic() >= until:
                    return False
                time.sleep(LOOK_EVERY)
            else:
                return True


def can_repeat(request: HttpRequest, match: ResolverMatch) -> bool:
    """Whether nothing of it can have been stored, or storing it twice is as good as once."""
    if request.FILES or connection.in_atomic_block or connection.vendor != "postgresql":
        return False
    if request.method in SAFE or not unsure():
        return True
    return getattr(match.func, "repeatable", False)


def unsure() -> bool:
    """Whether something of this request may be stored. SQLite stores it or says that it did not."""
    return bool(getattr(connection, "unsure", False))


def unavailable(request: HttpRequest, outage: Outage) -> HttpResponse:
    """503, without asking anything of the database or the session."""
    _tell(outage)
    if _for_programs(request):
        response: HttpResponse = JsonResponse({"error": "unavailable"}, status=503)
    else:
        fields = _typed(request)
        context = {
            "outage": outage.name,
            "path": request.get_full_path(),
            "sent": request.method not in SAFE,
            "unsure": outage is Outage.AWAY and unsure(),
            "form": fields is not None,
            "fields": fields,
            "files": bool(fields and request.FILES),
            "house": style_in_memory(),
        }
        language = get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with override(language):
            response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(outage.value)
    add_never_cache_headers(response)
    # Said already, and by Django with a traceback for each request.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _again(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    response: HttpResponse = match.func(request, *match.args, **match.kwargs)
    if isinstance(response, SimpleTemplateResponse):
        response = response.render()
    logger.info("tried again after a lost connection: it went well")
    return response


def _for_programs(request: HttpRequest) -> bool:
    """Whether a script reads the answer: of a door device, or of another site."""
    return (
        request.content_type == "application/json"
        or "application/json" in request.headers.get("Accept", "")
        or request.path_info.endswith((".json", "/hallo/"))
    )


def _typed(request: HttpRequest) -> list[tuple[str, str]] | None:
    """The fields of the form that was sent; None if they cannot stand in a page."""
    match = request.resolver_match
    if request.method in SAFE or match is None:
        return None
    if not (for_attendees(match.func) or WITH_FORMS & {*match.app_names}):
        return None
    with suppress(OSError):
        lists = list(request.POST.lists())
        if not any("password" in name for name, _values in lists):
            return [(name, str(value)) for name, values in lists for value in values]
    return None


_told: dict[Outage, float] = {}


def _tell(outage: Outage) -> None:
    """One line for each kind, until there is a pause in it. What errors say may hold an address."""
    now = time.monotonic()
    if now - _told.get(outage, -QUIET) >= QUIET:
        error = sys.exception()
        said = error.__cause__ or error if error else None
        logger.error("pages answer 503, %s: %s", outage.name.lower(), type(said).__name__)
    _told[outage] = now
