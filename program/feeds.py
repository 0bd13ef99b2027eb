"""The programme for other programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def sitemap(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("sitemap")


def calendar(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("calendar")


def data(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("data")
