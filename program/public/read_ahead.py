"""Makes the pages of coming events once in a while, so that each process has them in memory.

Otherwise a process has only what somebody asked of it, and when the database goes away half of the
visitors would get no page (page_cache.py).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import Error as DatabaseProblem
from django.db import connections
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from program.models import Event, HouseStyle

logger = logging.getLogger(__name__)

EVERY = 900  # seconds
BETWEEN = 0.1  # seconds, so that visitors come first
MOST = 500  # pages
Answer = Callable[[HttpRequest], HttpResponseBase]


def start(answer: Answer) -> None:
    Thread(target=_go_on, args=(answer,), daemon=True, name="read ahead").start()


def _go_on(answer: Answer) -> None:
    while True:
        read(answer)
        time.sleep(EVERY)


def read(answer: Answer) -> None:
    """Ask for each page as a visitor would. What goes wrong is tried again the next time."""
    try:
        for path in list(paths())[:MOST]:
            response = answer(WSGIRequest(_asking_for(path)))
            if response.status_code == 400:
                logger.warning("no pages are read ahead: ALLOWED_HOSTS lacks that of SITE_URL")
                return
            time.sleep(BETWEEN)
    except DatabaseProblem as error:
        logger.warning("no pages were read ahead: %s", type(error).__name__)
    except Exception:  # of one page; the thread goes on all the same
        logger.exception("pages were not read ahead")
    finally:
        connections.close_all()


def _asking_for(path: str) -> dict[str, Any]:
    """As a visitor at SITE_URL, whatever the first visitor of this process called the site."""
    site = urlsplit(settings.SITE_URL)
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "SERVER_NAME": site.hostname or "",
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "wsgi.url_scheme": site.scheme,
        "wsgi.input": BytesIO(),
    }


def paths() -> Iterator[str]:
    """What visitors read of the events that are to come, the soonest first.

    Sessions are many, and are read last: what most people need is there after a few pages.
    """
    coming = Event.objects.published().coming(timezone.now())
    events = list(coming.prefetch_related("sessions"))
    yield from _in_each_language("program:home")
    yield from _images(events)
    for event in events:
        yield from _in_each_language("program:event", event.slug)
        yield from _in_each_language("registrations:sign-up", event.slug)
    for event in events:
        for session in event.sessions.all():
            yield from _in_each_language("program:session", event.slug, session.code)


def _in_each_language(name: str, *args: str) -> Iterator[str]:
    for language, _name in settings.LANGUAGES:
        with override(language):
            yield reverse(name, args=args)


def _images(events: list[Event]) -> set[str]:
    """Logos and icons: browsers keep them, so that few ask for one, but those who come need it."""
    styles = HouseStyle.objects.shown().filter(Q(is_site=True) | Q(event__in=events))
    images = {image for style in styles for image in (style.logo, style.icon) if image}
    return {reverse("house-image", args=[image.key, image.extension]) for image in images}
