"""A draft as it will be, for those who have its link, which redirects once it is published.

The link is the event's key, signed: nobody can guess it, and there is nothing to store.
"""

from __future__ import annotations

from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from program.models import Event
from program.public.views import shown_event, shown_session


def preview_url(event: Event, code: str = "") -> str:
    """Of the event, or of its table session with this code."""
    token = _signer().sign(str(event.pk))
    if code:
        return reverse("program:preview-session", args=[token, code])
    return reverse("program:preview", args=[token])


@require_safe
def event(request: HttpRequest, token: str) -> HttpResponse:
    event = _draft(token)
    if event.published:
        return HttpResponseRedirect(event.get_absolute_url())
    context = {**shown_event(event, timezone.now()), "preview": token}
    return render(request, "program/event.html", context)


@require_safe
def session(request: HttpRequest, token: str, code: str) -> HttpResponse:
    event = _draft(token)
    shown = shown_session(event, code, timezone.now())
    if event.published:
        return HttpResponseRedirect(reverse("program:session", args=[event.slug, code]))
    return render(request, "program/session.html", {**shown, "preview": token})


def _draft(token: str) -> Event:
    """The event of the link, which may be published by now. Raises Http404."""
    try:
        pk = _signer().unsign(token)
    except BadSignature:
        raise Http404 from None
    return get_object_or_404(Event.objects.select_related("venue"), pk=pk)


def _signer() -> Signer:
    return Signer(salt="program.preview", sep=".")
