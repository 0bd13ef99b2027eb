"""Pages that are the same for everybody, kept as the bytes that browsers get.

A view says so with ``same_for_everybody``. What it answers is then kept in the memory of the
process, and is answered again before any other middleware runs and without the database. Each
process keeps its own and nobody has to tell another of a change: a page is made anew after
PAGE_CACHE_SECONDS. Staff, who may just have changed something, always get a new one.

While the site cannot reach its data and answers 503, the page that was kept last is good enough,
however old; it says so.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

import brotli
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.translation import get_language_from_path, override

from program.database import patience
from program.public import read_ahead, saved
from program.public.cross_origin import refused

OLDEST = 2  # seconds: what others get while somebody makes a page anew
WAIT = 1  # seconds, for a page that somebody makes; after that the one of before is good enough
MOST_BYTES = 64_000_000
MOST_PAGES = 5_000
SMALLEST = 1_000  # bytes; less is not worth compressing
READING = ("GET", "HEAD")
KEPT_STATUSES = (200, 302)
MARK = "same_for_everybody"
TOO_OLD = 60  # seconds, for a page that is not made anew in time to be shown as if it were
# Where a page says that it is old: on top of its band, if it has one. Our own templates write this.
BAND = re.compile(rb'<main id="inhoud" tabindex="-1">(?:\s*<div class="hero[^"]*">)?')
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda body: brotli.compress(body, quality=5),
    "gzip": lambda body: gzip.compress(body, compresslevel=6, mtime=0),
}

View = Callable[..., HttpResponse]


def same_for_everybody(view: View) -> View:
    """For a view that answers by its address and by what the browser saved, and nothing else.

    Where it answers one browser in its own way, as the sign-up form does whoever comes back to it,
    it says so with ``Cache-Control: private``: such an answer is kept for nobody. A browser that
    has just sent a form is not answered from memory either.
    """

    @wraps(view)
    def marked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method not in READING or refused(request) is not None:
            add_never_cache_headers(response)
            return response
        # A browser may keep it and asks each time whether it is still right.
        response.setdefault("Cache-Control", "no-cache")
        setattr(response, MARK, "private" not in response["Cache-Control"])
        return response

    return marked


def reads_query(view: View) -> View:
    """For a view beneath ``same_for_everybody`` whose page is another one with another query.

    A kept page is then no answer to an address with a query, however bad the times.
    """
    view.reads_query = True  # type: ignore[attr-defined]
    return view


class Key(NamedTuple):
    """All that a page for everybody may differ by.

    The host is not among it: no page names it, and anybody could ask by one port of ours after
    another, until the pages that others need are pushed out.
    """

    scheme: str
    path: str
    saved: int  # how many events the browser saved
    this_too: bool  # whether the event of the page is among them


NOBODY = Key("", "", 0, False)


def key_of(request: HttpRequest) -> Key | None:
    """None for what is no plain reading by a name of ours, or for a browser that has just sent a
    form.
    """
    meta = request.META
    if request.method not in READING or meta.get("QUERY_STRING"):
        return None
    has_cookies = "HTTP_COOKIE" in meta
    if has_cookies and settings.JUST_SENT_COOKIE_NAME in request.COOKIES:
        return None
    try:
        request.get_host()
    except DisallowedHost:  # refused further on
        return None
    slugs = saved.read(request) if has_cookies else []
    return Key(
        request.scheme or "",
        request.path,
        len(slugs),
        any(f"/{slug}/" in request.path for slug in slugs),
    )


class Page:
    """An answer as it was made, and in each encoding that somebody asked for."""

    def __init__(self, response: HttpResponse, began: float) -> None:
        patch_vary_headers(response, ["Accept-Encoding"])
        # Weak, for it is the same in every encoding.
        self.etag = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        self.began = began
        self.status = response.status_code
        self.is_image = response.get("Content-Type", "").startswith("image/")  # compressed already
        self.headers = dict(response.items()) | {"ETag": self.etag}
        self.bodies = {"": response.content}
        self.old: tuple[Page, bool] | None = None  # the same, saying how old it is
        # In bytes. A redirect has no body, and still takes memory.
        self.size = len(response.content) + sum(map(len, self.headers.values()))
        self.being_made = Lock()

    def answer_late(self, request: HttpRequest) -> HttpResponse:
        """It could not be made anew in time: after a minute it says how old it is."""
        is_old = monotonic() - self.began >= TOO_OLD
        return self.answer_old(request) if is_old else self.answer(request)

    def answer_old(self, request: HttpRequest) -> HttpResponse:
        """For people in words, for programs in a header. No browser keeps it any longer."""
        age = int(monotonic() - self.began)
        now = timezone.localtime()
        made_at = now - timedelta(seconds=age)
        today = made_at.date() == now.date()
        if self.old is None or self.old[1] != today:  # at midnight 14:30 becomes another day's
            response = HttpResponse(self._with_notice(made_at, today=today), status=self.status)
            for name, value in (self.headers | {"Cache-Control": "no-store"}).items():
                response[name] = value
            self.old = Page(response, self.began), today
        response = self.old[0].answer(request)
        response["Age"] = str(age)
        return response

    def _with_notice(self, made_at: datetime, *, today: bool) -> bytes:
        body: bytes = self.bodies[""]
        if (band := BAND.search(body)) is None:
            return body
        context = {"made_at": made_at, "today": today}
        notice = render_to_string("_old_page.html", context).encode()
        return body[: band.end()] + notice + body[band.end() :]

    def answer(self, request: HttpRequest) -> HttpResponse:
        known = request.META.get("HTTP_IF_NONE_MATCH", "")
        if self.status == 200 and (known.strip() == "*" or self.etag in known):
            return HttpResponseNotModified(headers=self.headers)
        encoding = encoding_for(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        if len(self.bodies[""]) < SMALLEST or self.is_image:
            encoding = ""
        if encoding not in self.bodies:
            self.bodies[encoding] = ENCODERS[encoding](self.bodies[""])
        response = HttpResponse(self.bodies[encoding], status=self.status, headers=self.headers)
        response.headers["Content-Length"] = str(len(self.bodies[encoding]))
        if encoding:
            response.headers["Content-Encoding"] = encoding
        return response


@lru_cache(maxsize=1000)
def encoding_for(accepted: str) -> str:
    """The best encoding that a browser takes; "" for none."""
    offers = (part.partition(";q=") for part in accepted.lower().replace(" ", "").split(","))
    taken = {name for name, _q, weight in offers if weight.strip("0.") or not weight}
    return next((encoding for encoding in ENCODERS if encoding in taken), "")


class PageCache:
    """Middleware; stands before all others but the one for HEAD."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.pages: dict[Key, Page] = {}  # in the order in which they were made
        self.size = 0
        self.changing = Lock()
        self.has_begun = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._answer(request)
        if response.status_code == 503 and request.method in READING:
            with override(get_language_from_path(request.path_info) or settings.LANGUAGE_CODE):
                old = self._like(request)
                return old.answer_old(request) if old else response
        return response

    def _like(self, request: HttpRequest) -> Page | None:
        """What was kept last at this address, if need be of a browser that saved other events."""
        match = request.resolver_match
        by_query = match is None or getattr(match.func, "reads_query", False)
        if request.META.get("QUERY_STRING") and by_query:
            return None
        if page := self.pages.get(key_of(request) or NOBODY):
            return page
        with self.changing:
            found = [key for key in self.pages if key[:2] == (request.scheme, request.path)]
            return self.pages[min(found)] if found else None

    def _answer(self, request: HttpRequest) -> HttpResponse:
        key = key_of(request)
        if key is None:
            return self.get_response(request)
        page = self.pages.get(key)
        is_staff = settings.SESSION_COOKIE_NAME in request.COOKIES
        if page is None or is_staff or not settings.PAGE_CACHE_SECONDS:
            return self._make(request, key)
        if monotonic() - page.began < settings.PAGE_CACHE_SECONDS:
            return page.answer(request)
        return self._renew(request, key, page)

    def _renew(self, request: HttpRequest, key: Key, page: Page) -> HttpResponse:
        """Let one visitor have the page made anew, without holding up the others for long."""
        if page.being_made.acquire(blocking=False):
            try:
                return self._make(request, key)
            finally:
                page.being_made.release()
        if monotonic() - page.began < OLDEST:
            return page.answer(request)
        if not page.being_made.acquire(timeout=WAIT):
            return page.answer_late(request)
        page.being_made.release()
        newer = self.pages.get(key)
        return newer.answer(request) if newer not in (None, page) else self._make(request, key)

    def _make(self, request: HttpRequest, key: Key) -> HttpResponse:
        began = monotonic()
        response = self.get_response(request)
        if response.status_code == 503:
            return response
        if not getattr(response, MARK, False) or response.status_code not in KEPT_STATUSES:
            self._replace(key, None)
            return response
        page = Page(response, began)
        self._replace(key, page)
        if not self.has_begun:
            self.has_begun = True
            if patience.of_process() and settings.PAGE_CACHE_SECONDS:  # a server, and no test
                read_ahead.start(self)
        return page.answer(request)

    def _replace(self, key: Key, page: Page | None) -> None:
        with self.changing:
            before = self.pages.get(key)
            if before and page and before.began > page.began:
                return  # a slow one, overtaken by one that knows more
            if before:
                self.size -= self.pages.pop(key).size
            if page:
                self.pages[key] = page
                self.size += page.size
            while self.size > MOST_BYTES or len(self.pages) > MOST_PAGES:
                self.size -= self.pages.pop(next(iter(self.pages))).size
