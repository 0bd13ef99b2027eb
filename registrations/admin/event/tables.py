"""The pages of a programme: its timetable and tables, one session, the themes, the hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _

from program.admin.parts_sheets import HostsSheet, SessionSheet, ThemesSheet
from program.admin.programme_sheet import ProgrammeSheet
from program.admin.sheet import Data, Sheet
from program.models import Event
from program.organisers import acts, render_page
from program.public.preview import page_of, preview_url
from registrations.admin.event.dry_run_page import EDIT, see_first
from registrations.admin.event.edit_history import steps_of_sheet
from registrations.admin.event.refusals import in_the_way
from registrations.admin.pages import by
from registrations.models import Change, history

GO_ON = "_next"  # the button that leads on to the next step
MORE = "_more"  # the button for more empty rows
Make = Callable[..., Sheet]  # (event, data, keep=…) -> Sheet
Show = Callable[..., HttpResponse]  # (sheet, status=…)


def programme(request: HttpRequest, event: Event) -> HttpResponse:
    shown, opens = page_of(request, event), preview_url(event)
    title = _("Programme")
    show = partial(_page, request, event, "programme.html", title, shown=shown, opens=opens)
    return _sheet(request, event, ProgrammeSheet, show)


def session(request: HttpRequest, event: Event, session: int) -> HttpResponse:
    row = get_object_or_404(event.sessions, pk=session)
    row.event = event
    address = row.get_absolute_url() if event.published else preview_url(event, row.code)

    def make(locked: Event, data: Data = None, *, keep: bool = False) -> Sheet:
        again = get_object_or_404(locked.sessions, pk=session)
        again.event = locked
        return SessionSheet(again, data, keep=keep)

    show = partial(_page, request, event, "session.html", str(row), session=row, address=address)
    return _sheet(request, event, make, show)


def themes(request: HttpRequest, event: Event) -> HttpResponse:
    show = partial(_page, request, event, "themes.html", _("Themes"))
    return _sheet(request, event, ThemesSheet, show)


def hosts(request: HttpRequest, event: Event) -> HttpResponse:
    show = partial(_page, request, event, "hosts.html", _("Hosts"))
    return _sheet(request, event, HostsSheet, show)


def _sheet(
    request: HttpRequest, event: Event, make: Make, show: Callable[..., HttpResponse]
) -> HttpResponse:
    """Show a sheet, save what was typed once it was seen, or show that again with more rows."""
    if request.method != "POST":
        return show(make(event))
    if MORE in request.POST or EDIT in request.POST:
        return show(make(event, request.POST, keep=True))
    notes: list[str] = []
    response = see_first(
        request,
        Event.objects.filter(pk=event.pk),
        lambda: _save(request, event, make, show, notes),
        event=event,
        notes=notes,
        editable=True,
    )
    if response.status_code == 303:
        messages.success(request, _("The programme is saved."))
    return response


@transaction.atomic
def _save(
    request: HttpRequest,
    event: Event,
    make: Make,
    show: Show,
    notes: list[str],
) -> HttpResponse:
    """Store everything that was changed or, with any error, nothing.

    ``notes`` gets what the page that asks first has to say.
    """
    locked = Event.objects.locked(event.pk)
    sheet = make(locked, request.POST)
    if not sheet.is_valid:
        return show(sheet, status=422)
    if sheet.has_changed():
        notes[:] = sheet.notes
        steps = [*steps_of_sheet(sheet), *_shifted(sheet)]
        sheet.store()
        locked.bump_programme()
        history.record(locked, None, Change.What.EDITED, new={"steps": steps}, **by(request))
    following = reverse("admin:event-sign-up", args=[event.pk])
    return HttpResponseRedirect(following if GO_ON in request.POST else request.path, status=303)


def _shifted(sheet: Sheet) -> list[dict[str, object]]:
    if not (isinstance(sheet, ProgrammeSheet) and sheet.minutes):
        return []
    fields = ["starts_at", "ends_at"]
    return [{"did": "changed", "model": "event", "name": str(sheet.event), "fields": fields}]


def _page(
    request: HttpRequest,
    event: Event,
    template: str,
    title: str,
    sheet: Sheet,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    people: Sequence[object] = [in_the_way(slot) for slot in sheet.refused] if sheet.errors else []
    return render_page(
        request,
        f"admin/program/event/{template}",
        event,
        title,
        status=status,
        sheet=sheet,
        people=people,
        **context,
    )


pages = [
    path("<int:pk>/programma/", acts(programme), name="event-tables"),
    path("<int:pk>/programma/<int:session>/", acts(session), name="event-session"),
    path("<int:pk>/programma/themas/", acts(themes), name="event-themes"),
    path("<int:pk>/programma/gastheren/", acts(hosts), name="event-hosts"),
]
