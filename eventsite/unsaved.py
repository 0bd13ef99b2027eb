"""What staff typed is not lost when they were logged out in the meantime.

A form that comes too late is answered by a page that holds what was typed, to be sent again
after logging in.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from program.public.cross_origin import sent_from_here

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of a field


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form of the admin held, except its token; empty unless the browser says that one
    of our own pages sent it.

    The account pages are left out: a password is not written into a page.
    """
    match = request.resolver_match
    if request.method != "POST" or match is None or match.namespace != "admin":
        return []
    says = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    return list(_fields(request)) if says and sent_from_here(request) else []


def _fields(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name != TOKEN:
            yield from ((name, value) for value in values)


def kept(request: HttpRequest, fields: list[tuple[str, str]], *, logged_in: bool) -> HttpResponse:
    """The page that holds the form; 403, because nothing was done."""
    context = {
        "title": _("Nothing is saved yet"),
        "fields": fields,
        "files": bool(request.FILES),
        "logged_in": logged_in,
    }
    response = render(request, "eventsite/not_saved.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response
