"""Forms of attendees are judged by where they were sent from, and carry no token or cookie.

All their authority is in the address, so there is no session that another site could misuse; what
is left to prevent is that it makes somebody's browser send a form. Browsers say so themselves, in
Sec-Fetch-Site or, where that is unknown, in Origin. This is what Go's CrossOriginProtection does.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render

View = Callable[..., HttpResponseBase]

SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
PORTS = {"http": 80, "https": 443}
REFUSED = "tafelronde.refused"  # where a request keeps the fields of a form that was refused


class CrossOriginProtection:
    """Middleware, right before Django's own, which goes on guarding every other page.

    A page is one of attendees if its view is in a room called ``public``. A form from elsewhere is
    answered as if its page had only been opened, which changes nothing, with status 403 and a
    notice; ``refused`` gives the page what was typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return response if refused(request) is None else _refusal(request, response)

    def process_view(
        self, request: HttpRequest, view: View, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        if not for_attendees(view) or request.method in SAFE:
            return None
        if not getattr(view, "csrf_exempt", False) and not sent_from_here(request):
            request.META[REFUSED] = request.POST
            request.method, request.POST = "GET", QueryDict()
        request.csrf_processing_done = True  # type: ignore[attr-defined]  # for Django's own
        return None


def for_attendees(view: View) -> bool:
    return "public" in getattr(view, "__module__", "").split(".")


def sent_from_here(request: HttpRequest) -> bool:
    """Whether one of our own pages sent this, or somebody by hand, or no browser at all."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return not origin or _place(origin) == _place(f"{request.scheme}://{request.get_host()}")


def refused(request: HttpRequest) -> QueryDict | None:
    """What was typed into a form that another site sent: to be shown again, never acted upon."""
    fields: QueryDict | None = request.META.get(REFUSED)
    return fields


def _place(address: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for what is no address."""
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None


def _refusal(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    is_page = response.get("Content-Type", "").startswith("text/html")
    if is_page and response.status_code in (200, 422):
        response.status_code = 403
    elif response.status_code < 400 or response.status_code == 405:
        # A button without a page: on to where it leads whoever opens its address.
        context = {"go_on": response.get("Location", "")}
        return render(request, "403_cross_origin.html", context, status=403)
    return response
