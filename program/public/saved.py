"""What this browser saved: events and table sessions, in one cookie of its own.

No account and no session. The cookie is set by a POST from this page only; the reading pages
look at it, and vary on it, but never write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from program.models import Event, Hosting, Slot, TableSession
from program.public.states import SignupState, signup_state

ITSELF = "*"  # stands for the event among the codes of its table sessions
ONE_EVENT = re.compile(r"([-\w]{1,50}):((?:\*|[-\w]{1,10})(?:\.(?:\*|[-\w]{1,10}))*)", re.ASCII)
MOST_BYTES = 3_000  # browsers drop cookies above 4,096, name and attributes included
KEPT = timedelta(days=365)
LONGEST_PATH = 500


@dataclass(frozen=True)
class Saved:
    """Per event, by slug, the codes saved of it; what was saved last stands last."""

    things: Mapping[str, tuple[str, ...]]

    def has_event(self, slug: str) -> bool:
        return ITSELF in self.things.get(slug, ())

    def has_session(self, slug: str, code: str) -> bool:
        return code in self.sessions_of(slug)

    def sessions_of(self, slug: str) -> tuple[str, ...]:
        return tuple(code for code in self.things.get(slug, ()) if code != ITSELF)

    @property
    def count(self) -> int:
        """Events and table sessions together."""
        return sum(len(codes) for codes in self.things.values())

    def adding(self, slug: str, code: str) -> Saved:
        """With this one too. What was saved first gives way once there is no room for all."""
        things = self.removing(slug, code).things
        mine = (*things.get(slug, ()), code)
        saved = Saved({other: codes for other, codes in things.items() if other != slug})
        saved = Saved({**saved.things, slug: mine})
        while len(str(saved)) > MOST_BYTES:
            oldest = next(iter(saved.things))
            saved = saved.removing(oldest, saved.things[oldest][0])
        return saved

    def removing(self, slug: str, code: str) -> Saved:
        left = tuple(each for each in self.things.get(slug, ()) if each != code)
        things = {**self.things, slug: left}
        return Saved({slug: codes for slug, codes in things.items() if codes})

    def __str__(self) -> str:
        """As in the cookie: ``first-event:*.1a.2b|other-event:3``."""
        return "|".join(f"{slug}:{'.'.join(codes)}" for slug, codes in self.things.items())


@dataclass(frozen=True)
class SavedEvent:
    """One event on the page: saved itself, or by some of its table sessions."""

    event: Event
    itself: bool
    sessions: list[TableSession]
    state: SignupState


def read(request: HttpRequest) -> Saved:
    """What the cookie says; nothing for a cookie that is missing or that we did not write.

    Every page shows how much it is, so that every page varies on the cookie; the middleware
    that sets the headers sees to that.
    """
    things: dict[str, tuple[str, ...]] = {}
    for part in request.COOKIES.get(settings.SAVED_COOKIE_NAME, "")[:MOST_BYTES].split("|"):
        if match := ONE_EVENT.fullmatch(part):
            slug, codes = match.groups()
            things[slug] = tuple(dict.fromkeys([*things.get(slug, ()), *codes.split(".")]))
    return Saved(things)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_store=True)
@vary_on_headers("Cookie", "Accept")
def saved(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _write(request)
    if _wants_json(request):
        return JsonResponse({"count": read(request).count, "token": get_token(request)})
    mine = read(request)
    known = _known(mine, timezone.now())
    context: dict[str, object] = {
        "coming": [each for each in known if each.state != SignupState.OVER],
        "past": [each for each in known if each.state == SignupState.OVER],
        "back": _own_path(request, request.GET.get("terug", ""))
        or _own_path(request, request.headers.get("Referer", "")),
    }
    if slug := request.GET.get("evenement"):
        code = request.GET.get("sessie") or ITSELF
        event, session = _thing(slug, code)
        context |= {
            "asked": event,
            "asked_session": session,
            "is_saved": code in mine.things.get(slug, ()),
        }
    return render(request, "program/saved.html", context)


def _write(request: HttpRequest) -> HttpResponse:
    slug = request.POST.get("evenement", "")
    code = request.POST.get("sessie") or ITSELF
    keep = request.POST.get("bewaar") != "0"
    # What has left the site leaves the cookie at the first occasion to write it.
    mine = _only_known(read(request), timezone.now())
    if keep:
        _thing(slug, code)
        mine = mine.adding(slug, code)
    else:
        mine = mine.removing(slug, code)
    response = (
        JsonResponse({"saved": keep, "count": mine.count})
        if _wants_json(request)
        else _see_other(_own_path(request, request.POST.get("terug", "")))
    )
    _store(response, mine)
    return response


def _store(response: HttpResponse, mine: Saved) -> None:
    if not mine.count:
        response.delete_cookie(settings.SAVED_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.SAVED_COOKIE_NAME,
        str(mine),
        max_age=KEPT,
        secure=settings.SITE_IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )


def _see_other(path: str) -> HttpResponse:
    response = HttpResponseRedirect(path or reverse("program:saved"))
    response.status_code = 303
    return response


def _thing(slug: str, code: str) -> tuple[Event, TableSession | None]:
    """What is asked for. Raises Http404 if it is not on the site."""
    if not ONE_EVENT.fullmatch(f"{slug}:{code}"):
        raise Http404  # PostgreSQL would stumble over a NUL
    event = get_object_or_404(Event.objects.published().select_related("venue"), slug=slug)
    if code == ITSELF:
        return event, None
    return event, get_object_or_404(event.sessions.select_related("theme"), code=code)


def _known(mine: Saved, at: datetime) -> list[SavedEvent]:
    """What of it is on the site still, the first event first."""
    sessions = TableSession.objects.select_related("theme").prefetch_related(
        Prefetch("slots", Slot.objects.select_related("round__agenda_item__event")),
        Prefetch("hostings", Hosting.objects.select_related("speaker")),
    )
    codes = {code for slug in mine.things for code in mine.sessions_of(slug)}
    events = (
        Event.objects.published()
        .filter(slug__in=mine.things)
        .order_by("starts_at", "pk")
        .select_related("venue")
        .prefetch_related(Prefetch("sessions", sessions.filter(code__in=codes)))
    )
    found = [
        SavedEvent(
            event,
            mine.has_event(event.slug),
            [each for each in event.sessions.all() if mine.has_session(event.slug, each.code)],
            signup_state(event, at),
        )
        for event in events
    ]
    return [each for each in found if each.itself or each.sessions]


def _only_known(mine: Saved, at: datetime) -> Saved:
    known = {
        each.event.slug: {session.code for session in each.sessions} | {ITSELF}
        for each in _known(mine, at)
    }
    kept = {
        slug: tuple(code for code in codes if code in known.get(slug, ()))
        for slug, codes in mine.things.items()
    }
    return Saved({slug: codes for slug, codes in kept.items() if codes})


def _wants_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _own_path(request: HttpRequest, address: str) -> str:
    """The path of an address on this site; empty for any other."""
    if len(address) > LONGEST_PATH or not url_has_allowed_host_and_scheme(
        address, {request.get_host()}
    ):
        return ""
    parts = urlsplit(address)
    path = urlunsplit(("", "", parts.path, parts.query, parts.fragment))
    # Asked again of the path alone: '//elsewhere' and '/\elsewhere' are not paths.
    safe = path.startswith("/") and url_has_allowed_host_and_scheme(path, None)
    return path if safe else ""
