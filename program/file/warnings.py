"""What an organiser may have overlooked, or intended: unlike a mistake it is not refused."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import combinations
from typing import NamedTuple
from unicodedata import normalize

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.file.dates import wrong_weekdays
from program.file.model import FieldKind, Mistake, Programme
from program.file.rules import Finding, Line, Rule, findings


def warnings_about(programme: Programme) -> list[Mistake]:
    """All of them, in the order of the file. The programme must have no mistakes."""
    return sorted({finding.mistake for finding in findings(programme, *WARNINGS)})


def lines_at_once(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """Lines of the timetable that overlap, which some do on purpose; two rounds never may."""
    in_order = sorted(lines, key=lambda line: (line.starts, line.ends))
    for first, second in combinations(in_order, 2):
        if second.starts < first.ends and not (first.round and second.round):
            message = _("‘%(second)s’, from %(starts)s, starts before ‘%(first)s’ has ended.")
            words = {"first": first.title, "second": second.title}
            yield second, message % {**words, "starts": f"{second.starts:%H:%M}"}


class TableAt(NamedTuple):
    """The table of a session, by its code, in a round."""

    round: int
    code: str
    place: str


def tables_together(tables: Iterable[TableAt]) -> list[list[TableAt]]:
    """The tables that share a place in a round, by the name of the place."""
    groups = defaultdict(list)
    for table in tables:
        if place := _loosely(table.place):
            groups[table.round, place].append(table)
    return [group for group in groups.values() if len(group) > 1]


def _loosely(place: str) -> tuple[str, ...]:
    """'Raadzaal, tafel 7' and 'raadzaal tafel7' are one place."""
    plain = normalize("NFKD", place).casefold()
    return tuple(re.findall(r"[^\W\d_]+|\d+", re.sub(r"[\u0300-\u036f]", "", plain)))


def together(tables: Sequence[TableAt]) -> str:
    message = _("In round %(number)s more than one table stands in ‘%(place)s’: %(codes)s.")
    codes = ", ".join(table.code for table in tables)
    return message % {"number": tables[0].round, "place": tables[0].place, "codes": codes}


def _missing(programme: Programme) -> Iterator[Finding]:
    if not programme.agenda:
        yield Finding(programme, "agenda", _("The timetable is empty."))
    if not programme.sessions:
        yield Finding(programme, "sessions", _("There are no sessions yet."))
    for session in programme.sessions:
        words = {"code": session.code}
        if not session.hosts:
            yield Finding(session, "hosts", _("Nobody hosts session %(code)s.") % words)
        if not session.text:
            yield Finding(session, "text", _("Session %(code)s has no text.") % words)


def _unused(programme: Programme) -> Iterator[Finding]:
    """Themes, speakers and rounds that lead to no table."""
    if not programme.sessions:
        return
    themes = {session.theme for session in programme.sessions}
    for theme in programme.themes:
        if theme.number not in themes:
            message = _("Theme %(number)s has no session.")
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
    for session, slot in programme.slots:
        if not slot.seats:
            message = _("Session %(code)s has no seats in round %(number)s.")
            words = {"code": session.code, "number": slot.round}
            yield Finding(slot, "seats", message % words)
    seats = _seats_by_round(programme)
    # A few more seats than places give people a choice; many more are probably a typing error.
    if seats and programme.capacity * 4 < min(seats.values()) * 3:
        message = _("There are %(capacity)s places, and in every round at least %(seats)s seats.")
        numbers = {"capacity": programme.capacity, "seats": min(seats.values())}
        yield Finding(programme, "capacity", message % numbers)


def few_seats(programme: Programme, besides: Container[int] = ()) -> Iterator[Finding]:
    """Rounds in which a full event has people without a table, ``besides`` those said already."""
    seats = _seats_by_round(programme)
    for item in programme.agenda:
        if item.round not in seats or item.round in besides:
            continue
        if seats[item.round] < programme.capacity:
            message = _("Round %(number)s has %(seats)s seats for %(capacity)s people.")
            numbers = {"number": item.round, "seats": seats[item.round]}
            yield Finding(item, "round", message % {**numbers, "capacity": programme.capacity})


def _seats_by_round(programme: Programme) -> dict[int, int]:
    seats: dict[int, int] = {}
    for _session, slot in programme.slots:
        seats[slot.round] = seats.get(slot.round, 0) + slot.seats
    return seats


def _draw(programme: Programme) -> Iterator[Finding]:
    """A draw in which there is nothing to choose, or that some people can't take part in."""
    if programme.wishes_close is None:
        return
    rounds: dict[int, int] = {}
    for _session, slot in programme.slots:
        rounds[slot.round] = rounds.get(slot.round, 0) + 1
    if not any(item.round for item in programme.agenda):
        message = _("Tables are drawn, but there is no round yet.")
        yield Finding(programme, "wishes_close", message)
    elif not rounds:
        message = _("Tables are drawn, but there is no table yet to choose.")
        yield Finding(programme, "wishes_close", message)
    closes = programme.signup_closes or datetime.combine(programme.date, programme.starts)
    if closes < programme.wishes_close:
        message = _(
            "Sign-up closes before choices do: who has signed up can still choose, and nobody else "
            "can take part in the draw."
        )
        yield Finding(programme, "wishes_close", message)
    opens = programme.signup_opens
    if opens and opens >= programme.wishes_close:
        message = _("Sign-up opens after choices have closed, so nobody can take part in the draw.")
        yield Finding(programme, "wishes_close", message)


def _weekdays(programme: Programme) -> Iterator[Finding]:
    """Most often in a text that was written for another year."""
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


def _at_once(programme: Programme) -> Iterator[Finding]:
    for item, sentence in lines_at_once(programme.agenda):
        yield Finding(item, "starts", sentence)


def _together(programme: Programme) -> Iterator[Finding]:
    entries = {
        TableAt(slot.round, session.code, slot.location): slot for session, slot in programme.slots
    }
    for tables in tables_together(entries):
        yield Finding(entries[tables[-1]], "location", together(tables))


WARNINGS: Sequence[Rule] = (
    *(_missing, _unused, _seats, few_seats, _draw),
    *(_weekdays, _at_once, _together),
)
