"""Signing up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def sign_up(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("sign_up")


def check_mail(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("check_mail")


def my_link(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("my_link")


def who_comes(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse("who_comes")
