"""The programme for other programs: calendar, data, pictures to share, sitemap."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from django.views.decorators.http import conditional_page, require_safe

from program.models import AgendaItem, Event, Round, Slot, TableSession
from program.public import calendars, pictures
from program.public.page_cache import same_for_everybody
from program.public.programme import kept_programme, published_event, slots_of

LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Of programma.json (docs/programma-json.md). The first number rises when something goes or means
# something else, the second when something is added.
FORMAT = "1.1"
PICTURE_SECONDS = 86_400  # pages name another address once a picture has changed
BUSY_SECONDS = 5  # until somebody should ask again for a picture that we have no time to draw
# How long a browser remembers that scripts of other sites may ask; those that we know take less.
ASKED_SECONDS = 86_400

Record = dict[str, object]
View = Callable[..., HttpResponse]


def for_any_site(view: View) -> View:
    """For data that scripts of other sites may read, also with the ETag of what they have (CORS).

    Browsers ask first, with OPTIONS, whether a script may send one.
    """

    @wraps(view)
    def shared(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, HEAD"
            response["Access-Control-Allow-Headers"] = "If-None-Match"
            response["Access-Control-Max-Age"] = str(ASKED_SECONDS)
        else:
            response = view(request, *args, **kwargs)
        if response.status_code < 400:
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = "ETag"
        return response

    return shared


@same_for_everybody
@require_safe
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    event = published_event(slug)
    text = calendars.event_calendar(event, timezone.now())
    return calendars.response(text, filename=f"{slug}.ics", method="PUBLISH")


@for_any_site
@same_for_everybody
@conditional_page
@require_safe
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Both languages at once: the English is ``…_en``, empty where there is none.

    Pages of other sites may read it, for nothing in it is about anybody but the hosts.
    """
    event = published_event(slug)
    programme = kept_programme(event)
    lines = {item.round_id: item for item in programme.agenda}
    about = _in_every_language("program:data-format", [])
    return JsonResponse(
        {
            "format": {"version": FORMAT, "about": about["nl"], "about_en": about["en"]},
            "event": _event(event),
            "agenda": [_agenda_item(item) for item in programme.agenda],
            "rounds": [_round(each, lines.get(each.pk)) for each in programme.rounds],
            "themes": [
                {"number": theme.number, **_both(theme, "title", "text")}
                for theme in programme.themes
            ],
            "sessions": [_session(event, session) for session in programme.sessions],
            "sittings": [_slot(slot) for slot in slots_of(event)],
        },
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


@same_for_everybody
@require_safe
def data_format(request: HttpRequest) -> HttpResponse:
    return render(request, "program/data_format.html", {"version": FORMAT})


@same_for_everybody
@conditional_page
@require_safe
def home_picture(request: HttpRequest) -> HttpResponse:
    return _picture(pictures.home_picture())


@same_for_everybody
@conditional_page
@require_safe
def event_picture(request: HttpRequest, slug: str) -> HttpResponse:
    return _picture(pictures.event_picture(published_event(slug)))


@same_for_everybody
@conditional_page
@require_safe
def session_picture(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    sessions = kept_programme(published_event(slug)).sessions
    session = next((one for one in sessions if one.code == code), None)
    if session is None:
        raise Http404
    return _picture(pictures.session_picture(session))


def _picture(picture: pictures.Picture) -> HttpResponse:
    file = pictures.png(picture)
    if file is None:
        soon = {"Retry-After": str(BUSY_SECONDS), "Cache-Control": "no-store"}
        return HttpResponse("busy drawing", "text/plain; charset=utf-8", status=503, headers=soon)
    return HttpResponse(
        file,
        content_type="image/png",
        headers={
            "Cache-Control": f"public, max-age={PICTURE_SECONDS}",
            "Cross-Origin-Resource-Policy": "cross-origin",
        },
    )


@same_for_everybody
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every page worth finding, with its address in the other language."""
    events = Event.objects.published().order_by("pk").prefetch_related("sessions")
    names: list[tuple[str, list[str]]]
    names = [(name, []) for name in ("program:home", "privacy", "accessibility")]
    for event in events:
        names.append(("program:event", [event.slug]))
        names += [("program:session", [event.slug, each.code]) for each in event.sessions.all()]
    pages = [_in_every_language(name, args) for name, args in names]
    return render(request, "program/sitemap.xml", {"pages": pages}, "application/xml")


def _in_every_language(name: str, args: list[str]) -> dict[str, str]:
    addresses = {}
    for code in LANGUAGES:
        with override(code):
            addresses[code] = settings.SITE_URL + reverse(name, args=args)
    return addresses


def _both(thing: Model, *fields: str) -> Record:
    names = [name for field in fields for name in (field, f"{field}_en")]
    return {name: getattr(thing, name) for name in names}


def _event(event: Event) -> Record:
    urls = _in_every_language("program:event", [event.slug])
    return {
        "slug": event.slug,
        "url": urls["nl"],
        "url_en": urls["en"],
        "version": event.version,
        **_both(event, "title", "lead", "text"),
        "starts_at": timezone.localtime(event.starts_at).isoformat(),
        "ends_at": timezone.localtime(event.ends_at).isoformat(),
        "venue": {
            "name": event.venue.name,
            "street": event.venue.street,
            "postcode": event.venue.postcode,
            "city": event.venue.city,
            **_both(event.venue, "getting_there"),
        },
        "organiser": event.organiser,
        "places": event.capacity,
        "places_left": event.places_left,
        "wishes_close_at": _local(event.wishes_close_at),
        "wishes_a_round": event.wishes_a_round if event.wishes_close_at else None,
        "drawn_at": _local(event.drawn_at),
        "called_off": event.called_off,
        **_both(event, "called_off_why"),
        "video": {"url": event.video_url, **_both(event, "video_title")},
    }


def _local(moment: datetime | None) -> str | None:
    return timezone.localtime(moment).isoformat() if moment else None


def _agenda_item(item: AgendaItem) -> Record:
    return {
        "starts_at": item.starts_at.isoformat(),
        "ends_at": item.ends_at.isoformat(),
        **_both(item, "title"),
        "round": item.round.number if item.round else None,
    }


def _round(each: Round, line: AgendaItem | None) -> Record:
    return {
        "number": each.number,
        "starts_at": line.starts_at.isoformat() if line else None,
        "ends_at": line.ends_at.isoformat() if line else None,
    }


def _session(event: Event, session: TableSession) -> Record:
    urls = _in_every_language("program:session", [event.slug, session.code])
    return {
        "code": session.code,
        "theme": session.theme.number,
        "url": urls["nl"],
        "url_en": urls["en"],
        **_both(session, "title", "text"),
        "speakers": [
            {"name": hosting.speaker.name, **_both(hosting.speaker, "organisation", "function")}
            for hosting in session.hostings.all()
        ],
    }


def _slot(slot: Slot) -> Record:
    return {
        "code": slot.session.code,
        "round": slot.round.number,
        "seats": slot.seats,
        "seats_left": slot.seats_left,
        "dropped": slot.dropped,
        **_both(slot, "location"),
    }
