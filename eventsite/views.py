"""Pages of the site itself: no event, no person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def health(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("health")


def robots(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("robots")


def security_txt(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("security_txt")


def privacy(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("privacy")


def accessibility(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("accessibility")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("bad_request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse("not_found")


def server_error(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return HttpResponse("csrf_failure")
