"""What was done to an event, by whom and why; people have their own history on their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program.admin.sheet import Sheet
from program.models import Event, Hosting, Slot, Speaker
from program.organisers import event_page, render_page
from registrations.admin import words

COUNTED = ("seats", "reserved")  # told as they were and as they are now
HistoryStep = dict[str, object]


def steps(form: Any, formsets: Any) -> list[HistoryStep]:
    """What was saved on a page of the admin: its row, and the rows below it."""
    found = []
    if form.changed_data:
        found.append(step("changed", form.instance, form.changed_data))
    for formset in formsets:
        were = {each.instance.pk: each.initial for each in formset.initial_forms}
        found += [step("added", row) for row in formset.new_objects]
        found += [
            step("changed", row, fields, were.get(row.pk, {}))
            for row, fields in formset.changed_objects
        ]
        found += [step("removed", row) for row in formset.deleted_objects]
    return found


def step(
    did: str, row: Model, fields: Iterable[str] = (), was: Mapping[str, Any] | None = None
) -> HistoryStep:
    """History names nobody: of people it keeps the key."""
    about: HistoryStep = {"did": did, "model": row._meta.model_name, "fields": list(fields)}
    if isinstance(row, Slot):
        return about | _table(did, row, row.session.code, row.round.number, fields, was or {})
    name = str(row.pk) if isinstance(row, Speaker | Hosting) else str(row)
    return about | {"name": name}


def steps_of_sheet(sheet: Sheet) -> Iterator[HistoryStep]:
    """What a sheet of the programme will save. Needs one without errors, not saved yet."""
    for form in sheet.changes:
        row, fields = form.instance, form.changed_data
        did = "removed" if form.going else "changed" if row.pk else "added"
        if isinstance(row, Slot):
            about = _table(did, row, row.session.code, row.round.number, fields, form.initial)
            yield {"did": did, "model": "slot", "fields": fields, **about}
        else:
            yield step(did, row, fields) | ({} if row.pk else {"name": _new(row)})


def _new(row: Model) -> str:
    """A row without a key: somebody new is not named."""
    return "" if isinstance(row, Speaker) else str(row)


def _table(
    did: str, slot: Slot, code: str, number: int, fields: Iterable[str], was: Mapping[str, Any]
) -> HistoryStep:
    """Which table it is, with its numbers: all of a new table, else those that changed."""
    about: HistoryStep = {"table": {"code": code, "round": number}}
    for name in COUNTED:
        new = getattr(slot, name)
        if did == "added" and new:
            about[name] = [None, new]
        elif did == "changed" and name in fields and new != (was.get(name) or 0):
            about[name] = [was.get(name) or 0, new]
    return about


LINES = 100  # a page


@event_page
@require_safe
def event_history(request: HttpRequest, event: Event) -> HttpResponse:
    lines = event.changes.filter(registration=None).order_by("-pk")
    page = Paginator(lines, LINES).get_page(request.GET.get("p"))
    return render_page(
        request,
        "admin/event_history.html",
        event,
        _("History"),
        changes=words.history_lines(page),
        page=page,
    )


pages = [path("<int:pk>/geschiedenis/", event_history, name="event-history")]
