"""Lists of an event, to print or as a spreadsheet. The history keeps who opened which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from program.models import Event
from program.organisers import event_page, must_change, reads_along, render_page
from registrations.admin.figures.exporting import FILES, ExportForm, download, small_file
from registrations.admin.pages import by
from registrations.forms.plain import Text
from registrations.models import Change, history
from registrations.reports import exports, prints
from registrations.reports.export_columns import Cell

RECENT = 10
NEEDS = "bijzonderheden"


@dataclass(frozen=True)
class Print:
    """A list to print: ``fill`` gives what its template shows and how many people it holds."""

    title: Text
    about: Text
    template: str
    fill: Callable[[Event], tuple[dict[str, Any], int]]


def _attendees(event: Event) -> tuple[dict[str, Any], int]:
    found = prints.attendees(event)
    return {"attendees": found}, len(found.people)


def _sheets(event: Event) -> tuple[dict[str, Any], int]:
    found = prints.sheets(event)
    return {"sheets": found}, len({one.pk for sheet in found for one in sheet.people})


def _signs(event: Event) -> tuple[dict[str, Any], int]:
    return {"signs": prints.signs(event)}, 0


def _needs(event: Event) -> tuple[dict[str, Any], int]:
    rounds, found = prints.needs(event)
    counted = prints.needs_counted(need.text for need in found)
    return {"rounds": rounds, "needs": found, "counted": counted}, len(found)


def _numbers(event: Event) -> tuple[dict[str, Any], int]:
    return {"columns": prints.numbers(event)}, 0


def _counted_needs(event: Event) -> tuple[dict[str, Any], int]:
    found = prints.counted_needs(event)
    return {"needs": found}, sum(count for _text, count in found)


# For those who read along: numbers and texts, without a name.
FOR_READERS = ("aantallen", "tafelborden", "zonder-namen")
ABOUT_NEEDS = (NEEDS, "zonder-namen")

# By the last part of their address.
PRINTS: Mapping[str, Print] = {
    "deelnemers": Print(
        _("Attendee list"),
        _("Everybody who may come in, A–Z by surname, guests too, with a box to tick."),
        "admin/lists/attendees.html",
        _attendees,
    ),
    "tafels": Print(
        _("Lists per table"),
        _("A page for each table in each round: its host, who sits there, and empty lines."),
        "admin/lists/tables.html",
        _sheets,
    ),
    "badges": Print(
        _("Name badges"),
        _("Ten on a page, with lines to cut along. The last page has empty ones."),
        "admin/lists/badges.html",
        _attendees,
    ),
    "tafelborden": Print(
        _("Table signs"),
        _("A landscape A4 for each table, to be read from the door."),
        "admin/lists/signs.html",
        _signs,
    ),
    "aantallen": Print(
        _("Numbers per table"),
        _("How many people sit at each table in each round, for those who welcome them."),
        "admin/lists/numbers.html",
        _numbers,
    ),
    NEEDS: Print(
        _("Special needs"),
        _("Confidential: what people need to take part. On no other list."),
        "admin/lists/needs.html",
        _needs,
    ),
    "zonder-namen": Print(
        _("Special needs without names"),
        _("What people need, as numbers, for those who cook or arrange the rooms."),
        "admin/lists/counted_needs.html",
        _counted_needs,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
def lists(request: HttpRequest, event: Event) -> HttpResponseBase:
    """What can be printed or exported, and who did so lately. POST gives the file."""
    if request.method == "POST":
        must_change(request)
    form = ExportForm(event, request.POST if request.method == "POST" else None)
    file = request.POST.get("file", "")
    if form.is_valid() and file in FILES:
        people = exports.chosen(event, form.wanted)
        return download(event, form.wanted, people, file, who=request.user.get_username())
    looks = event.changes.filter(what__in=(Change.What.PRINTED, Change.What.EXPORTED))
    return render_page(
        request,
        "admin/lists/lists.html",
        event,
        str(_("Lists")),
        status=422 if form.is_bound else 200,
        form=form,
        prints={
            name: one
            for name, one in PRINTS.items()
            if (name in FOR_READERS or not reads_along(request))
            and (name not in ABOUT_NEEDS or event.needs_question)
        },
        recent=[(look, _seen(look)) for look in looks.order_by("-pk")[:RECENT]],
    )


@require_safe
def to_print(request: HttpRequest, event: Event, name: str) -> HttpResponse:
    """A page that is laid out for A4."""
    if name not in (FOR_READERS if reads_along(request) else PRINTS):
        raise Http404
    one, at = PRINTS[name], timezone.now()
    shown, people = one.fill(event)
    if request.method == "GET":
        # Nobody waits for it, so it needs no lock and no new version.
        new = {"list": name, "people": people}
        history.record(event, None, Change.What.PRINTED, new=new, **by(request))
    context = {"event": event, "title": one.title, "at": at, **shown}
    return render(request, one.template, context)


@require_safe
def needs_file(request: HttpRequest, event: Event, *, kind: str) -> HttpResponse:
    """How often each need was mentioned, for those who cook: numbers, and nobody's name."""
    _rounds, found = prints.needs(event)
    headings: list[Cell] = [str(_("What they need")), str(_("People"))]
    texts = prints.needs_counted(need.text for need in found)
    counted: list[list[Cell]] = [[answer, people] for answer, people in texts]
    if request.method == "GET":
        new = {"file": kind, "list": NEEDS, "people": len(found)}
        history.record(event, None, Change.What.EXPORTED, new=new, **by(request))
    name = f"bijzonderheden-{event.day:%Y-%m-%d}.{kind}"
    return small_file(iter([headings, *counted]), str(_("Special needs")), name)


def _seen(look: Change) -> str:
    """'Badges, 212 people': what a line of the history tells."""
    name, people = look.new.get("list", ""), look.new.get("people", 0)
    what = str(PRINTS[name].title) if name in PRINTS else str(look.new.get("file", "")).upper()
    if not people:
        return what
    words = ngettext("%(count)s person", "%(count)s people", people) % {"count": people}
    return f"{what}, {words}"


pages: list[URLPattern] = [
    path("<int:pk>/lijsten/", event_page(lists, readers=True), name="event-lists"),
    *(
        path(
            f"<int:pk>/lijsten/bijzonderheden.{kind}",
            event_page(partial(needs_file, kind=kind), readers=True),
            name=f"event-needs-{kind}",
        )
        for kind in exports.WORKBOOKS
    ),
    path("<int:pk>/lijsten/<str:name>/", event_page(to_print, readers=True), name="event-print"),
]
