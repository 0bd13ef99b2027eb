"""What an organiser may have overlooked. Unlike a mistake it may be meant: nothing is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.file.dates import wrong_weekdays
from program.file.model import FieldKind, Mistake, Programme
from program.file.rules import Finding, Rule, findings


def warnings_about(programme: Programme) -> list[Mistake]:
    """All of them, in the order of the file. The programme must have no mistakes."""
    return sorted({finding.mistake for finding in findings(programme, *WARNINGS)})


def _missing(programme: Programme) -> Iterator[Finding]:
    if not programme.agenda:
        yield Finding(programme, "agenda", _("The timetable is empty."))
    if not programme.sessions:
        yield Finding(programme, "sessions", _("There are no table sessions yet."))
    for session in programme.sessions:
        words = {"code": session.code}
        if not session.hosts:
            yield Finding(session, "hosts", _("Nobody hosts table session %(code)s.") % words)
        if not session.text:
            yield Finding(session, "text", _("Table session %(code)s has no text.") % words)


def _unused(programme: Programme) -> Iterator[Finding]:
    """Themes, speakers and rounds that lead to no table."""
    if not programme.sessions:
        return
    themes = {session.theme for session in programme.sessions}
    for theme in programme.themes:
        if theme.number not in themes:
            message = _("Theme %(number)s has no table session.")
            yield Finding(theme, "number", message % {"number": theme.number})
    busy = {
        (host.name, host.organisation)
        for session in programme.sessions
        for host in programme.hosts_of(session)
    }
    for speaker in programme.speakers:
        if (speaker.name, speaker.organisation) not in busy:
            message = _("%(name)s hosts no table.")
            yield Finding(speaker, "name", message % {"name": speaker.name})
    rounds = {slot.round for _session, slot in programme.slots}
    for item in programme.agenda:
        if item.round and item.round not in rounds:
            message = _("Round %(number)s has no tables.")
            yield Finding(item, "round", message % {"number": item.round})


def _seats(programme: Programme) -> Iterator[Finding]:
    if not programme.capacity:
        yield Finding(programme, "capacity", _("Nobody can sign up: there are no places."))
        return
    seats: dict[int, int] = {}
    for session, slot in programme.slots:
        seats[slot.round] = seats.get(slot.round, 0) + slot.seats
        if not slot.seats:
            message = _("Table session %(code)s has no seats in round %(number)s.")
            words = {"code": session.code, "number": slot.round}
            yield Finding(slot, "seats", message % words)
    for item in programme.agenda:
        if item.round in seats and seats[item.round] < programme.capacity:
            message = _("Round %(number)s has %(seats)s seats for %(capacity)s people.")
            numbers = {"number": item.round, "seats": seats[item.round]}
            yield Finding(item, "round", message % {**numbers, "capacity": programme.capacity})
    # A few seats more than places give people a choice; many more is a slip of the pen.
    if seats and programme.capacity * 4 < min(seats.values()) * 3:
        message = _("There are %(capacity)s places, and in every round at least %(seats)s seats.")
        numbers = {"capacity": programme.capacity, "seats": min(seats.values())}
        yield Finding(programme, "capacity", message % numbers)


def _weekdays(programme: Programme) -> Iterator[Finding]:
    """A text that was written for another year, most often."""
    for entry in programme.entries:
        for name, definition in entry.definitions.items():
            if definition.kind in (FieldKind.WORDS, FieldKind.TEXT) and name != "weekday":
                for written, day in wrong_weekdays(getattr(entry, name) or "", programme.date):
                    yield Finding(entry, name, _weekday(written, day))


def _weekday(written: str, day: date | None) -> str:
    if day is None:
        return _("‘%(written)s’ is a day that does not exist.") % {"written": written}
    message = _("‘%(written)s’ does not fit: %(date)s is a %(right)s.")
    words = {"date": date_format(day, "j F Y"), "right": date_format(day, "l")}
    return message % {"written": written, **words}


WARNINGS: Sequence[Rule] = (_missing, _unused, _seats, _weekdays)
