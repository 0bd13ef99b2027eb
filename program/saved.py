"""What this browser saved."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def saved(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("saved")
