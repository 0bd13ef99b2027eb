"""The page with all tables of an event: which are held in which round, with how many seats."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _

from program.admin.tables_form import TablesSheet, save_tables
from program.models import Event
from program.organisers import acts, render_page
from registrations.admin.event.edit_history import steps_of_tables
from registrations.admin.event.preview import see_first
from registrations.admin.event.refusals import in_the_way
from registrations.admin.pages import by
from registrations.models import Change, history

EMPTY_ROWS, MOST_ROWS = 3, 30


def tables(request: HttpRequest, event: Event) -> HttpResponse:
    if request.method != "POST":
        return _page(request, event, TablesSheet(event, empty_rows=_empty_rows(request)))
    response = see_first(
        request, Event.objects.filter(pk=event.pk), lambda: _save(request, event), event=event
    )
    if response.status_code == 303:
        messages.success(request, _("The tables are saved."))
    return response


@transaction.atomic
def _save(request: HttpRequest, event: Event) -> HttpResponse:
    """Store everything that was changed or, with any error, nothing."""
    locked = Event.objects.locked(event.pk)
    form = TablesSheet(locked, request.POST, empty_rows=_empty_rows(request))
    if not form.is_valid:
        return _page(request, event, form, status=422)
    if form.has_changed():
        new = {"steps": list(steps_of_tables(form))}
        save_tables(form)
        history.record(locked, None, Change.What.EDITED, new=new, **by(request))
    return HttpResponseRedirect(request.path, status=303)


def _page(request: HttpRequest, event: Event, form: TablesSheet, status: int = 200) -> HttpResponse:
    return render_page(
        request,
        "admin/program/event/tables.html",
        event,
        _("Tables"),
        status=status,
        form=form,
        rows=form.empty_rows,
        most_rows=MOST_ROWS,
        people=[in_the_way(slot) for slot in form.refused] if form.errors else [],
    )


def _empty_rows(request: HttpRequest) -> int:
    """How many rows for new tables there are, or were on the page that was sent."""
    asked = request.POST.get("rows") or request.GET.get("rows", "")
    # Python refuses to read a number of thousands of digits.
    return min(int(asked[:9]), MOST_ROWS) if asked.isdecimal() else EMPTY_ROWS


pages = [path("<int:pk>/tafels/", acts(tables), name="event-tables")]
