"""What an organiser still has to do about an event: mistakes first, then what may be meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from program.checks import Finding, found
from program.hints import noticed
from program.models import Event
from program.programme import Entry, Programme
from program.stored import programme_of


@dataclass(frozen=True)
class ToDo:
    """A sentence, and the row that it is about. A mistake must be mended, a hint may be meant."""

    sentence: str
    what: Model
    mistake: bool

    @property
    def address(self) -> str:
        """Where the row is edited: on its own page of the admin or on that of what it is in."""
        session, event = (getattr(self.what, name, None) for name in ("session", "event"))
        for row in (self.what, session, event):
            if row is not None and admin.site.is_registered(type(row)):
                page = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
                return reverse(page, args=[row.pk])
        return ""


def to_do(event: Event) -> list[ToDo]:
    """All of it. The number of queries does not depend on how large the programme is."""
    programme = programme_of(event)
    mistakes = _todos(event, [*found(programme), *_more_mistakes(event, programme)], mistake=True)
    return mistakes + _todos(event, [*noticed(programme), *_more_hints(event)], mistake=False)


def _todos(event: Event, findings: list[Finding], *, mistake: bool) -> list[ToDo]:
    todos = [ToDo(message, entry.row or event, mistake) for entry, _name, message in findings]
    return list(dict.fromkeys(todos))


def _more_mistakes(event: Event, programme: Programme) -> Iterator[Finding]:
    if timezone.localdate(event.ends_at) != event.day:
        yield programme, "ends", _("The event ends on another day than it starts.")


def _more_hints(event: Event) -> Iterator[Finding]:
    for round_ in event.rounds.filter(agenda_item=None, slots=None):
        message = _("Round %(number)s has no line in the timetable.")
        yield Entry(row=round_), "number", message % {"number": round_.number}
    if not event.organisers.exists():
        message = _("Nobody organises this event here yet: choose organisers.")
        yield Entry(row=event), "organisers", message
