"""The address of an event's page to share: to copy, as a QR code, and on a poster."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program import qr
from program.models import Event
from program.organisers import event_page, render_page
from program.public.preview import preview_url

KINDS = {"svg": (qr.svg_file, "image/svg+xml"), "png": (qr.png_file, "image/png")}


def address(event: Event, language: str | None = None) -> str:
    """Of the public page, in ``language`` or else that of the page that asks."""
    with override(language or get_language() or settings.LANGUAGE_CODE):
        return f"{settings.SITE_URL}{event.get_absolute_url()}"


@require_safe
def share(request: HttpRequest, event: Event) -> HttpResponse:
    names = {"nl": _("The Dutch page"), "en": _("The English page")}
    languages = [(code, names[code], address(event, code)) for code, _name in settings.LANGUAGES]
    return render_page(
        request,
        "admin/share.html",
        event,
        _("Share"),
        languages=languages,
        address=address(event),
        qr=qr.svg(address(event)),
        preview="" if event.published else settings.SITE_URL + preview_url(event),
    )


@require_safe
def code(request: HttpRequest, event: Event, *, kind: str) -> HttpResponse:
    """The QR code of the page as a file."""
    draw, mimetype = KINDS[kind]
    name = f"qr-{event.slug}-{get_language()}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(draw(address(event)), content_type=mimetype, headers=headers)


@require_safe
def poster(request: HttpRequest, event: Event) -> HttpResponse:
    """An A4 to print and to hang up."""
    context = {
        "event": event,
        "title": _("Poster"),
        "at": timezone.now(),
        "qr": qr.svg(address(event)),
        "address": address(event).partition("://")[2].rstrip("/"),
    }
    return render(request, "admin/poster.html", context)


pages: list[URLPattern] = [
    path("<int:pk>/delen/", event_page(share), name="event-share"),
    *(
        path(
            f"<int:pk>/delen/qr.{kind}",
            event_page(partial(code, kind=kind)),
            name=f"event-share-{kind}",
        )
        for kind in KINDS
    ),
    path("<int:pk>/delen/poster/", event_page(poster), name="event-share-poster"),
]
