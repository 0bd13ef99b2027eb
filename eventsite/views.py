"""Pages of the site itself, about no event or person."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, timedelta

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import Error as DatabaseProblem
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_path, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eventsite.guessing import KNOWN_FOR, seconds_left
from eventsite.unavailable import unavailable
from eventsite.unsaved import kept, typed
from program.admin.limits import TooManyRows
from program.database.outages import outage_of
from program.public.addressed import event_at
from program.public.house_style import site_name, style_in_memory
from program.public.page_cache import same_for_everybody
from registrations.door.devices import COOKIES
from registrations.errors import BusyAccount, BusyAddress
from registrations.privacy.register import FIELDS
from registrations.public.just_sent import KEPT_AT_MOST
from registrations.public.views import too_many

# Personal pages, forms of staff, and lists of one browser; 'who is coming' says noindex itself.
NOT_FOR_ROBOTS = ("aanmelding", "admin", "deur", "gastheer", "opgeslagen", "postvak")
ADMIN_PATH = re.compile(r"^/(en/)?admin/")
SECURITY_TXT_LASTS = timedelta(days=180)
DEFAULT_RETENTION_DAYS = 30
PLAIN = "text/plain; charset=utf-8"


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether the site can answer: 200 if the database does, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseProblem:
        return HttpResponse("the database does not answer", PLAIN, status=503)
    return HttpResponse("ok", PLAIN)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    prefixes = ("/", *(f"/{code}/" for code, _name in settings.LANGUAGES if code != "nl"))
    paths = [f"{prefix}{word}/" for prefix in prefixes for word in NOT_FOR_ROBOTS]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in paths)]
    with override(settings.LANGUAGE_CODE):
        sitemap = settings.SITE_URL + reverse("program:sitemap")
    return _text([*lines, "", f"Sitemap: {sitemap}"])


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """RFC 9116: whom to tell about a vulnerability. Never expires while the site runs."""
    last_day = (timezone.now() + SECURITY_TXT_LASTS).astimezone(UTC)
    contact = settings.SECURITY_CONTACT
    return _text(
        [
            f"Contact: {contact if ':' in contact else f'mailto:{contact}'}",
            f"Expires: {last_day:%Y-%m-%dT00:00:00Z}",
            f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
            f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
        ]
    )


@same_for_everybody
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "fields": FIELDS,
        "organisation": site_name(),
        "contact": settings.PRIVACY_CONTACT,
        "retention_days": DEFAULT_RETENTION_DAYS,
        "address_minutes": BusyAddress.seconds // 60,
        "saved_cookie": settings.SAVED_COOKIE_NAME,
        "just_sent_cookie": settings.JUST_SENT_COOKIE_NAME,
        "just_sent_hours": KEPT_AT_MOST // timedelta(hours=1),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "device_cookie": settings.DEVICE_COOKIE_NAME,
        "device_days": KNOWN_FOR // 86_400,
        "door_cookies": sorted(COOKIES.values()),
    }
    return render(request, "eventsite/privacy.html", context)


@same_for_everybody
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    context = {
        "organisation": site_name(),
        "contact": settings.ACCESSIBILITY_CONTACT,
        "statement": settings.ACCESSIBILITY_STATEMENT,
    }
    return render(request, "eventsite/accessibility.html", context)


def refusal(template: str, status: int) -> Callable[..., HttpResponse]:
    """A page that Django asks for, with an exception or a reason, when a request is refused.

    It leads back to the event that the address names, if there is one that everybody may see;
    somebody who is logged in to Home, the first page of staff.
    """

    def view(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        with override(_language(request)):
            context = {
                "event": event_at(request.path_info),
                "staff": _is_staff(request),
                "sentence": _sentence(kwargs.get("exception")),
                "most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
            }
            return render(request, template, context, status=status)

    return view


def _is_staff(request: HttpRequest) -> bool:
    """Whether somebody who is logged in asked for a page of staff. Other pages touch no session."""
    at_work = ADMIN_PATH.match(request.path_info) and hasattr(request, "user")
    return bool(at_work) and request.user.is_authenticated and request.user.is_staff


def _sentence(error: object) -> str:
    """What was wrong, in words for whoever sent it; most errors are in English, for the log."""
    return str(error) if isinstance(error, TooManyRows) else ""


_not_understood = refusal("400.html", 400)
_too_large = refusal("413.html", 413)
forbidden = refusal("403.html", 403)
not_found = refusal("404.html", 404)
_not_allowed = refusal("405.html", 405)
_sent_too_late = refusal("403_csrf.html", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return _too_large(request)
    return _not_understood(request, exception=exception)


def csrf_failure(request: HttpRequest, reason: object = "") -> HttpResponse:
    """Logging in again gives new tokens: what staff typed before then is kept for them."""
    if fields := typed(request):
        with override(_language(request)):
            return kept(request, fields, logged_in=request.user.is_authenticated)
    return _sent_too_late(request, reason)


def explain_not_allowed(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: Django's own answer to another method is an empty page."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            page = _not_allowed(request)
            page["Allow"] = response["Allow"]
            add_never_cache_headers(page)
            logged = getattr(response, "_has_been_logged", False)
            setattr(page, "_has_been_logged", logged)  # noqa: B010 - Django's own, without a type
            return page
        return response

    return middleware


def busy_account(request: HttpRequest) -> HttpResponse:
    return too_many(request, BusyAccount(seconds_left(request)))


def server_error(request: HttpRequest) -> HttpResponse:
    """Without the request: context processors could fail on whatever is broken now."""
    error = sys.exception()
    if outage := outage_of(error):  # in a middleware: what views stumble over ends before this
        return unavailable(request, outage)
    with override(_language(request)):
        return HttpResponse(render_to_string("500.html", {"house": style_in_memory()}), status=500)


def _language(request: HttpRequest) -> str:
    # By the address: things may have gone wrong before the language was set.
    return get_language_from_path(request.path_info) or settings.LANGUAGE_CODE


def _text(lines: list[str]) -> HttpResponse:
    return HttpResponse("\n".join(lines) + "\n", PLAIN)
