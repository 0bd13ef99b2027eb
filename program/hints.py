"""What an organiser may have overlooked. Unlike a mistake it may be meant: nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.checks import Finding, hosting
from program.dates import wrong_weekdays
from program.programme import Entry, Problem, Programme


def hints(programme: Programme) -> list[Problem]:
    """All of them, in the order of the file. The programme must have no mistakes."""
    return sorted({Problem(entry.at(name), message) for entry, name, message in noticed(programme)})


def noticed(programme: Programme) -> list[Finding]:
    """The same by subject, with the entry that each is about."""
    return [finding for check in _CHECKS for finding in check(programme)]


def _missing(programme: Programme) -> Iterator[Finding]:
    if not programme.agenda:
        yield programme, "agenda", _("The timetable is empty.")
    if not programme.sessions:
        yield programme, "sessions", _("There are no table sessions yet.")
    for session in programme.sessions:
        words = {"code": session.code}
        if not session.hosts:
            yield session, "hosts", _("Nobody hosts table session %(code)s.") % words
        if not session.text:
            yield session, "text", _("Table session %(code)s has no text.") % words


def _unused(programme: Programme) -> Iterator[Finding]:
    """Themes, speakers and rounds that lead to no table."""
    if not programme.sessions:
        return
    themes = {session.theme for session in programme.sessions}
    for theme in programme.themes:
        if theme.number not in themes:
            message = _("Theme %(number)s has no table session.")
            yield theme, "number", message % {"number": theme.number}
    busy = {
        (speaker.name, speaker.organisation)
        for session in programme.sessions
        for speaker in hosting(programme, session)
    }
    for speaker in programme.speakers:
        if (speaker.name, speaker.organisation) not in busy:
            yield speaker, "name", _("%(name)s hosts no table.") % {"name": speaker.name}
    rounds = {slot.round for session in programme.sessions for slot in session.slots}
    for item in programme.agenda:
        if item.round and item.round not in rounds:
            message = _("Round %(number)s has no tables.")
            yield item, "round", message % {"number": item.round}


def _seats(programme: Programme) -> Iterator[Finding]:
    if not programme.capacity:
        yield programme, "capacity", _("Nobody can sign up: there are no places.")
        return
    seats: dict[int, int] = {}
    for session in programme.sessions:
        for slot in session.slots:
            seats[slot.round] = seats.get(slot.round, 0) + slot.seats
            if not slot.seats:
                message = _("Table session %(code)s has no seats in round %(number)s.")
                yield slot, "seats", message % {"code": session.code, "number": slot.round}
    for item in programme.agenda:
        if item.round in seats and seats[item.round] < programme.capacity:
            message = _("Round %(number)s has %(seats)s seats for %(capacity)s people.")
            words = {"number": item.round, "seats": seats[item.round]}
            yield item, "round", message % {**words, "capacity": programme.capacity}
    # A few seats more than places give people a choice; many more is a slip of the pen.
    if seats and programme.capacity * 4 < min(seats.values()) * 3:
        message = _("There are %(capacity)s places, and in every round at least %(seats)s seats.")
        words = {"capacity": programme.capacity, "seats": min(seats.values())}
        yield programme, "capacity", message % words


def _weekdays(programme: Programme) -> Iterator[Finding]:
    """A text that was written for another year, most often."""
    for entry, names in _texts(programme):
        for name in names.split():
            for written, day in wrong_weekdays(getattr(entry, name) or "", programme.date):
                yield entry, name, _weekday(written, day)


def _weekday(written: str, day: date | None) -> str:
    if day is None:
        return _("‘%(written)s’ is a day that does not exist.") % {"written": written}
    message = _("‘%(written)s’ does not fit: %(date)s is a %(right)s.")
    words = {"date": date_format(day, "j F Y"), "right": date_format(day, "l")}
    return message % {"written": written, **words}


def _texts(programme: Programme) -> Iterator[tuple[Entry, str]]:
    yield programme, "title title_en lead lead_en text text_en notice notice_en"
    yield programme.venue, "getting_there getting_there_en"
    for item in programme.agenda:
        yield item, "title title_en"
    for theme in programme.themes:
        yield theme, "title title_en text text_en"
    for session in programme.sessions:
        yield session, "title title_en text text_en"
    for question in programme.questions:
        yield question, "question question_en answer answer_en"


_CHECKS: Sequence[Callable[[Programme], Iterator[Finding]]] = (
    _missing,
    _unused,
    _seats,
    _weekdays,
)
