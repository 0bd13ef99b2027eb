"""A draft as it will be, for those who have its link, which redirects once it is published.

The link is the event's key, signed: nobody can guess it, and there is nothing to store.
"""

from __future__ import annotations

from typing import Any

from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from program.models import Event
from program.public.views import shown_event, shown_session


def token_of(event: Event) -> str:
    return _signer().sign(str(event.pk))


def preview_url(event: Event, code: str = "") -> str:
    """Of the event, or of its table session with this code."""
    token = token_of(event)
    if code:
        return reverse("program:preview-session", args=[token, code])
    return reverse("program:preview", args=[token])


@require_safe
def event(request: HttpRequest, token: str) -> HttpResponse:
    event = event_of(token)
    if event.published:
        return HttpResponseRedirect(event.get_absolute_url())
    return render(request, "program/event.html", _context(event, token))


@require_safe
def session(request: HttpRequest, token: str, code: str) -> HttpResponse:
    event = event_of(token)
    shown = shown_session(event, code, timezone.now())
    if event.published:
        return HttpResponseRedirect(reverse("program:session", args=[event.slug, code]))
    return render(request, "program/session.html", {**shown, "preview": token})


def event_of(token: str) -> Event:
    """The event of the link, which may be published by now. Raises Http404."""
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        raise Http404 from None
    return get_object_or_404(Event.objects.select_related("venue"), pk=pk)


def page_of(request: HttpRequest, event: Event, *, with_head: bool = False) -> SafeString:
    """What the page of the event shows, to stand beside the form in which it is made.

    ``with_head``: with the logo and the name above it.
    """
    context = _context(event, "" if event.published else token_of(event))
    page = render_to_string("program/event.html", context, request)
    return _head_of(page) + main_of(page) if with_head else main_of(page)


def _head_of(page: str) -> SafeString:
    before, end, _rest = page.partition("</header>")
    _before, start, head = before.rpartition("<header")
    return mark_safe(start + head + end)  # noqa: S308 - our own page


def main_of(page: str) -> SafeString:
    """The contents of ``main`` of one of our own pages."""
    _head, _tag, rest = page.partition("<main")
    return mark_safe(rest.partition(">")[2].partition("</main>")[0])  # noqa: S308 - our own page


def _context(event: Event, token: str) -> dict[str, Any]:
    return {**shown_event(event, timezone.now()), "preview": token}


def _signer() -> Signer:
    return Signer(salt="program.preview", sep=".")
