"""The pages on which a house style is set: of an event by its organisers, of the site by an
administrator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from program.admin.style_form import ColoursForm, ImagesForm, TokensForm
from program.file.design_tokens import NoTokens, Taken, colours_in
from program.models import Event, HouseStyle
from program.models.house_style import COLOURS
from program.organisers import acts, render_page
from program.public import preview
from registrations.admin.event.steps import page_address
from registrations.admin.pages import by
from registrations.organising import house_style

DO, BETTER = "do", "better"  # which form was sent; the colour to take instead of a weak one


@dataclass(frozen=True)
class Subject:
    """Whose style a page is about. ``change`` stores and returns whether anything changed."""

    row: HouseStyle
    name: str  # what is on top of a page without a name of its own
    address: str
    change: Callable[[dict[str, Any]], bool]


@dataclass
class Filled:
    """The three forms of the page; one of them was sent."""

    colours: ColoursForm
    images: ImagesForm
    tokens: TokensForm
    taken: Taken | None = None

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """The id of each field to mend, its name, and what is wrong."""
        forms: list[Form] = [self.colours, self.images, self.tokens]
        return [
            (
                bound.id_for_label if bound else "tokens",
                str(bound.label) if bound else "",
                str(sentence),
            )
            for form in forms
            if form.is_bound
            for name, sentences in form.errors.items()
            for bound in [form[name] if name in form.fields else None]
            for sentence in sentences
        ]


@acts
@require_http_methods(["GET", "HEAD", "POST"])
def of_event(request: HttpRequest, event: Event) -> HttpResponse:
    subject = Subject(
        event.house_style or HouseStyle(),
        event.organiser,
        reverse("admin:event-style", args=[event.pk]),
        lambda values: house_style.change_of_event(event, values, **by(request)),
    )
    show = partial(
        render_page,
        request,
        "admin/house_style/of_event.html",
        event,
        _("House style"),
        shown=preview.page_of(request, event, with_head=True),
        opens=page_address(event),
    )
    return _page(request, subject, show)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def of_site(request: HttpRequest) -> HttpResponse:
    if not request.user.is_superuser:
        raise PermissionDenied
    row = HouseStyle.objects.of_site().first() or HouseStyle(is_site=True)
    subject = Subject(
        row,
        settings.ORGANISATION_NAME,
        reverse("admin:site-style"),
        partial(_change_site, request),
    )

    def show(status: int = 200, **context: Any) -> HttpResponse:
        context |= {**admin.site.each_context(request), "title": _("House style of the site")}
        return render(request, "admin/house_style/of_site.html", context, status=status)

    return _page(request, subject, show)


def _change_site(request: HttpRequest, values: dict[str, Any]) -> bool:
    before = HouseStyle.objects.of_site().first()
    changed = house_style.change_of_site(values)
    after = HouseStyle.objects.of_site().first()
    if changed and (row := after or before):
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            [row],
            CHANGE if after else DELETION,
            ", ".join(values),
            single_object=True,
        )
    return changed


def _page(
    request: HttpRequest, subject: Subject, show: Callable[..., HttpResponse]
) -> HttpResponse:
    sent = request.POST.get(DO, "")
    filled = Filled(
        ColoursForm(_colours_sent(request, sent), row=subject.row, name=subject.name),
        ImagesForm(
            *((request.POST, request.FILES) if sent == "images" else ()),
            row=subject.row,
        ),
        TokensForm(*((request.POST, request.FILES) if sent == "tokens" else ())),
    )
    if sent == "tokens":
        _take_tokens(filled, subject)
    elif sent == "colours" and filled.colours.is_valid():
        return _saved(request, subject, filled.colours.cleaned_data)
    elif sent == "images" and filled.images.is_valid():
        return _saved(request, subject, filled.images.values)
    wrong = filled.wrong
    context = {"filled": filled, "row": subject.row, "wrong": wrong}
    return show(status=422 if wrong else 200, **context)


def _colours_sent(request: HttpRequest, sent: str) -> Any:
    """What was typed; with the better colour in place of a weak one if its button was pressed."""
    if sent != "colours":
        return None
    name, _colon, colour = request.POST.get(BETTER, "").partition(":")
    if name not in COLOURS:
        return request.POST
    data = request.POST.copy()
    data[name] = colour
    return data


def _take_tokens(filled: Filled, subject: Subject) -> None:
    """Fill in what a file with tokens says, to be looked at and saved."""
    if not filled.tokens.is_valid():
        return
    try:
        filled.taken = colours_in(filled.tokens.content)
    except NoTokens as error:
        filled.tokens.add_error(filled.tokens.used, str(error))
        return
    found = {name: colour for name, (_token, colour) in filled.taken.names.items()}
    data = {"name": subject.row.name, **dict.fromkeys(COLOURS, ""), **found}
    filled.colours = ColoursForm(data, row=subject.row, name=subject.name)


def _saved(request: HttpRequest, subject: Subject, values: dict[str, Any]) -> HttpResponse:
    changed = subject.change(values)
    messages.success(request, _("Saved.") if changed else _("Nothing has changed."))
    return HttpResponseRedirect(subject.address, status=303)


def _site_page(request: HttpRequest) -> HttpResponseBase:
    # Looked up per request: the admin site is chosen after this module is imported.
    return admin.site.admin_view(of_site)(request)


pages: list[URLPattern] = [
    path("<int:pk>/huisstijl/", of_event, name="event-style"),
    path("huisstijl/", _site_page, name="site-style"),
]
