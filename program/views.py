"""Reading pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("home")


def event(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("event")


def session(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("session")
