"""Pages behind the personal link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def mine(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("mine")


def confirm(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("confirm")


def tables(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("tables")


def cancel(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("cancel")


def listed(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("listed")


def erase(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("erase")


def calendar(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("calendar")


def data(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("data")
