"""The events that this browser saved, in one cookie of its own: no account and no session.

Only a POST writes the cookie. Reading pages look at it, and vary on it: the middleware that sets
the headers sees to that.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from program.models import Event
from program.public.states import SignupState, signup_state

SLUG = re.compile(r"[-\w]{1,50}", re.ASCII)
MOST = 50  # slugs of 50 letters: browsers drop cookies above 4,096 bytes
KEPT = timedelta(days=365)
LONGEST_PATH = 500


def read(request: HttpRequest) -> list[str]:
    """The slugs in the cookie, what was saved last at the end; nothing of what we did not write."""
    words = request.COOKIES.get(settings.SAVED_COOKIE_NAME, "").split("|")[:MOST]
    # Cookies of before have codes of table sessions behind each slug: 'wijk:*.1a'.
    slugs = [word.partition(":")[0] for word in words]
    return list(dict.fromkeys(slug for slug in slugs if SLUG.fullmatch(slug)))


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@vary_on_headers("Cookie", "Accept")
def saved(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _write(request)
    events = Event.objects.published().filter(slug__in=read(request)).order_by("starts_at", "pk")
    at = timezone.now()
    mine = [(event, signup_state(event, at)) for event in events.select_related("venue")]
    context = {
        "coming": [(event, state) for event, state in mine if state != SignupState.OVER],
        "past": [(event, state) for event, state in mine if state == SignupState.OVER],
    }
    return render(request, "program/saved.html", context)


def _write(request: HttpRequest) -> HttpResponse:
    slug, keep = request.POST.get("evenement", ""), request.POST.get("bewaar") != "0"
    if not SLUG.fullmatch(slug):
        raise Http404  # PostgreSQL would stumble over a NUL
    before = read(request)
    events = Event.objects.published().filter(slug__in=[*before, slug])
    known = set(events.values_list("slug", flat=True))
    if keep and slug not in known:
        raise Http404
    # What has left the site leaves the cookie too; what was saved first gives way to the newest.
    mine = [one for one in before if one in known and one != slug]
    mine = [*mine, slug][-MOST:] if keep else mine
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = JsonResponse({"saved": keep, "count": len(mine)})
    else:
        back = _own_path(request.POST.get("terug", "")) or reverse("program:saved")
        response = HttpResponseRedirect(back, status=303)
    if mine:
        response.set_cookie(
            settings.SAVED_COOKIE_NAME,
            "|".join(mine),
            max_age=KEPT,
            secure=settings.SITE_IS_HTTPS,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(settings.SAVED_COOKIE_NAME, samesite="Lax")
    return response


def _own_path(path: str) -> str:
    """``path`` if it is one of this site, and nothing for '//elsewhere' or what is no path."""
    own = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
    return path if own and len(path) <= LONGEST_PATH else ""
