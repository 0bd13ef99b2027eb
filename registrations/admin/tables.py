"""The page with all tables of an event: what is held in which round, with how many seats."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.models import Event, Sitting
from program.organisers import render_page
from program.people import in_use
from program.tables_form import TablesForm
from program.tables_saving import save_tables
from registrations import history, writing
from registrations.models import Change, Seat, Wish

EMPTY_ROWS, MOST_ROWS = 3, 30
MOST_NAMES = 8


def tables(request: HttpRequest, event: Event) -> HttpResponse:
    rows = empty_rows(request)
    if request.method == "POST":
        who = request.user.get_username()
        form = save(event, request.POST, rows, who=who, at=timezone.now())
        if form.is_valid:
            messages.success(request, _("The tables are saved."))
            return HttpResponseRedirect(request.path, status=303)
    else:
        form = TablesForm(event, empty_rows=rows)
    return render_page(
        request,
        "admin/program/event/tables.html",
        event,
        _("Tables"),
        status=422 if request.method == "POST" else 200,
        form=form,
        rows=rows,
        most_rows=MOST_ROWS,
    )


@transaction.atomic
def save(
    event: Event, data: Mapping[str, Any], empty_rows: int, *, who: str, at: datetime
) -> TablesForm:
    """Store what was changed, all of it or, with any error, nothing. Returns the form."""
    event = Event.objects.locked(event.pk)
    form = TablesForm(event, data, empty_rows=empty_rows, refusal=why_it_stays)
    if form.is_valid and form.has_changed():
        save_tables(form)
        history.record(event, None, Change.What.EDITED, who=who, at=at, new={"page": "tables"})
        writing.settle(event, at=at)
    return form


def why_it_stays(sitting: Sitting) -> str:
    """Why a sitting may not go, with who is there or waits for it (rule 10); empty if it may."""
    seats = Seat.objects.filter(sitting=sitting).select_related("registration")
    if sitting.taken:
        names = [str(seat.registration) for seat in seats[:MOST_NAMES]]
        more = sitting.taken - len(names)
        words = ngettext("and %(count)s more", "and %(count)s more", more) % {"count": more}
        return f"{in_use(sitting)} {', '.join(names)}{f' {words}' if more > 0 else ''}."
    waiting = Wish.objects.filter(sitting=sitting).count()
    if not waiting:
        return ""
    message = ngettext(
        "%(count)s person waits for this table.", "%(count)s people wait for this table.", waiting
    )
    return message % {"count": waiting}


def empty_rows(request: HttpRequest) -> int:
    """How many rows for new tables there are, or were on the page that was sent."""
    asked = request.POST.get("rows") or request.GET.get("rows", "")
    return min(int(asked), MOST_ROWS) if asked.isdecimal() else EMPTY_ROWS
