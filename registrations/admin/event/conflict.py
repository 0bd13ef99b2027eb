"""Two organisers on the page of one event: who saves last is told what the other saved."""

from __future__ import annotations

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from program.models import Event
from program.public.calendars import moment
from registrations.models import Change

OPENED = "_opened"  # the field in which a page remembers the newest edit that it shows
# The rows on the page of an event; the page of all tables keeps apart what two people do.
PARTS = {"event", "agendaitem", "question", "signupquestion"}


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
