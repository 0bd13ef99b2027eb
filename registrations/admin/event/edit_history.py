"""What was done to an event, by whom and why; people have their own history on their pages.

It also tells two organisers on the page of one event about each other: the one who saves last is
told what the other has saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from program.admin.tables_form import TablesSheet
from program.models import Event, Hosting, Slot, Speaker
from program.organisers import event_page, render_page
from program.public.calendars import moment
from registrations.admin import words
from registrations.models import Change

COUNTED = ("seats", "reserved")  # told as they were and as they are now
OPENED = "_opened"  # the field in which a page remembers the newest edit that it shows
# The rows on the page of an event; the page of all tables keeps apart what two people do.
PARTS = {"event", "agendaitem", "question", "signupquestion"}
Step = dict[str, object]


def steps(form: Any, formsets: Any, change: bool) -> list[Step]:
    """What was saved on a page of the admin: its row, and the rows below it."""
    found = []
    if not change:
        found.append(step("added", form.instance))
    elif form.changed_data:
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
) -> Step:
    """History names nobody: of people it keeps the key."""
    about: Step = {"did": did, "model": row._meta.model_name, "fields": list(fields)}
    if isinstance(row, Slot):
        return about | _table(did, row, row.session.code, row.round.number, fields, was or {})
    name = str(row.pk) if isinstance(row, Speaker | Hosting) else str(row)
    return about | {"name": name}


def steps_of_tables(form: TablesSheet) -> Iterator[Step]:
    """What the page with all tables will save. Needs a form without errors, not saved yet."""
    for row in (*(theme.form for theme in form.all_themes), *(each.form for each in form.rows)):
        if row.has_changed():
            did = "changed" if row.instance.pk else "added"
            yield {"did": did, "model": "tables", "name": str(row.instance)}
    for session in form.rows:
        for cell in session.cells:
            fields, was = cell.form.changed_data, cell.form.initial
            if not fields:
                continue
            stored = cell.slot.pk is not None
            did = "removed" if cell.form.removed else "changed" if stored else "added"
            code, number = session.session.code, cell.round.number
            about = _table(did, cell.slot, code, number, fields, was)
            yield {"did": did, "model": "tables", "fields": fields, **about}


def _table(
    did: str, slot: Slot, code: str, number: int, fields: Iterable[str], was: Mapping[str, Any]
) -> Step:
    """Which table it is, with its numbers: all of a new table, else those that changed."""
    about: Step = {"table": {"code": code, "round": number}}
    for name in COUNTED:
        new = getattr(slot, name)
        if did == "added" and new:
            about[name] = [None, new]
        elif did == "changed" and name in fields and new != (was.get(name) or 0):
            about[name] = [was.get(name) or 0, new]
    return about


def newest_edit(event: Event) -> int:
    newest: int | None = _edits(event).aggregate(newest=Max("pk"))["newest"]
    return newest or 0


def meanwhile(event: Event, opened: str) -> list[str]:
    """What to say of edits after ``opened``, as the page sent it; nothing if there are none."""
    if not opened.isdecimal() or len(opened) > 18:
        return []
    later = [
        edit
        for edit in _edits(event).filter(pk__gt=int(opened)).order_by("pk")
        if PARTS & {step["model"] for step in edit.new["steps"]}
    ]
    if not later:
        return []
    message = _(
        "%(who)s saved this event on %(at)s, after you opened this page. If you save, it becomes "
        "as on your page, and what they changed is lost. Open the page again to see theirs first."
    )
    return [message % {"who": later[-1].who, "at": moment(later[-1].at)}]


def _edits(event: Event) -> QuerySet[Change]:
    return event.changes.filter(what__in=(Change.What.EDITED, Change.What.PROGRAMME))


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
        changes=[(row, words.change(row), words.who(row)) for row in page],
        page=page,
    )


pages = [path("<int:pk>/geschiedenis/", event_history, name="event-history")]
