"""What an organiser still has to do about an event: mistakes first, then what may be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from program.file.from_db import programme_of
from program.file.model import Entry, Programme, model_field
from program.file.rules import RULES, Finding, findings, limits
from program.file.warnings import WARNINGS
from program.models import Event


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
    wrong = [
        *map(_named, findings(programme, limits)),
        *findings(programme, *RULES),
        *_more_mistakes(event, programme),
    ]
    noticed = [*findings(programme, *WARNINGS), *_more_hints(event)]
    return _todos(event, wrong, mistake=True) + _todos(event, noticed, mistake=False)


def _todos(event: Event, found: Iterable[Finding], *, mistake: bool) -> list[ToDo]:
    todos = [ToDo(each.sentence, each.entry.row or event, mistake) for each in found]
    return list(dict.fromkeys(todos))


def _named(finding: Finding) -> Finding:
    """With the field, as the admin calls it, in a sentence that has no other place."""
    field = model_field(finding.entry, finding.entry.definitions[finding.name])
    words = {"name": field and field.verbose_name, "why": finding.sentence}
    return finding._replace(sentence=_("‘%(name)s’: %(why)s") % words)


def _more_mistakes(event: Event, programme: Programme) -> Iterator[Finding]:
    if timezone.localdate(event.ends_at) != event.day:
        yield Finding(programme, "ends", _("The event ends on another day than it starts."))


def _more_hints(event: Event) -> Iterator[Finding]:
    for round_ in event.rounds.filter(agenda_item=None, slots=None):
        message = _("Round %(number)s has no line in the timetable.")
        yield Finding(Entry(row=round_), "number", message % {"number": round_.number})
    if not event.organisers.exists():
        message = _("Nobody organises this event here yet: choose organisers.")
        yield Finding(Entry(row=event), "organisers", message)
