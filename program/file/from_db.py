"""The programme that is in the database, to be checked, copied or written to a file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from program.file.model import Entry, FieldKind, Programme, SessionEntry, SlotEntry, VenueEntry
from program.file.parse import newlines
from program.models import Event, Hosting
from program.models.questions import lines

E = TypeVar("E", bound=Entry)


def programme_of(event: Event) -> Programme:
    """Everything about an event, every entry with its row; nine queries at most.

    A round without a line in the timetable is not in ``rounds``; a table in it is a mistake
    that the rules find.
    """
    starts, ends = (timezone.localtime(moment) for moment in (event.starts_at, event.ends_at))
    rows: dict[str, Iterable[Model]] = {
        "agenda": event.agenda.select_related("round").order_by("starts", "ends", "pk"),
        "themes": event.themes.all(),
        "speakers": event.speakers.order_by("name", "organisation", "pk"),
        "questions": event.questions.all(),
        "signup_questions": event.signup_questions.asked(),
        "roles": event.roles.filter(retired_at=None),
    }
    slots = defaultdict(list)
    for slot in event.slots.select_related("session", "round").order_by("round__number"):
        slots[slot.session_id].append(_entry(SlotEntry, slot))
    hosts = _hosts(event)
    return _entry(
        Programme,
        event,
        date=starts.date(),
        starts=starts.time(),
        ends=ends.time(),
        venue=_entry(VenueEntry, event.venue),
        sessions=[
            _entry(SessionEntry, session, hosts=hosts[session.pk], slots=slots[session.pk])
            for session in event.sessions.select_related("theme")
        ],
        **{
            name: [_entry(Programme.parts[name].entry, row) for row in found]
            for name, found in rows.items()
        },
    )


def _entry(kind: type[E], row: Model, **more: Any) -> E:
    """The entry that a row says; ``more`` has what is stored elsewhere."""
    values = {
        name: _value(row, definition.column or name, definition.kind)
        for name, definition in kind.definitions.items()
        if definition.stored
    }
    return kind(row=row, **{**values, **more})


def _value(row: Model, column: str, kind: FieldKind) -> object:
    value = getattr(row, column)
    if value is None:
        return None
    if isinstance(value, Model):
        return getattr(value, "number", None)
    if kind is FieldKind.MOMENT:  # what the clock shows in the event's town
        return timezone.localtime(value).replace(tzinfo=None)
    if kind is FieldKind.SEVERAL:
        return tuple(lines(value))
    return newlines(value) if isinstance(value, str) else value


def _hosts(event: Event) -> Mapping[int, list[str]]:
    """By session, the names as a programme writes them: longer if two speakers share one."""
    # Speakers without a table count too: the name alone would be ambiguous.
    shared = Counter(event.speakers.order_by().values_list("name", flat=True))
    hosts = defaultdict(list)
    for hosting in Hosting.objects.filter(event=event).select_related("speaker"):
        speaker = hosting.speaker
        alone = shared[speaker.name] == 1
        name = speaker.name if alone else f"{speaker.name} ({speaker.organisation})"
        hosts[hosting.session_id].append(name)
    return hosts
