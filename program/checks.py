"""Every rule that a programme must keep by itself, whatever it was read from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TypeVar

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from program.dates import WEEKDAYS, far_away
from program.deadlines import out_of_order
from program.field_checks import wrong_fields
from program.models import SignupQuestion
from program.programme import AgendaEntry, Entry, Problem, Programme, SessionEntry, SpeakerEntry

# What is wrong: with which entry, at which of its fields, and a sentence about it.
Finding = tuple[Entry, str, str]


def findings(programme: Programme) -> list[Problem]:
    """All mistakes, in the order of the file."""
    return sorted({Problem(entry.at(name), message) for entry, name, message in found(programme)})


def found(programme: Programme) -> list[Finding]:
    """All mistakes, by subject. A field that could not be read is passed over."""
    return [
        (entry, name, message)
        for check in _CHECKS
        for entry, name, message in check(programme)
        if name not in entry.unread
    ]


def _day(programme: Programme) -> Iterator[Finding]:
    if far_away(programme.date):
        yield programme, "date", _("This date is too far away.")
    elif programme.weekday and programme.weekday.lower() not in WEEKDAYS[programme.date.weekday()]:
        message = _("The weekday does not fit: %(date)s is a %(right)s, not a %(wrong)s.")
        words = {
            "date": date_format(programme.date, "j F Y"),
            "right": date_format(programme.date, "l"),
            "wrong": programme.weekday,
        }
        yield programme, "weekday", message % words


def _hours(programme: Programme) -> Iterator[Finding]:
    timed: list[Programme | AgendaEntry] = [programme, *programme.agenda]
    for entry in timed:
        if entry.ends <= entry.starts:
            words = {"ends": f"{entry.ends:%H:%M}", "starts": f"{entry.starts:%H:%M}"}
            yield entry, "ends", _("The end, %(ends)s, is not after the start, %(starts)s.") % words
    hours = {"starts": f"{programme.starts:%H:%M}", "ends": f"{programme.ends:%H:%M}"}
    for item in programme.agenda:
        words = {"title": item.title, **hours}
        if item.starts < programme.starts and "starts" not in item.unread:
            message = _("‘%(title)s’ is before the event starts, at %(starts)s.")
            yield item, "starts", message % words
        if item.ends > programme.ends and "ends" not in item.unread:
            message = _("‘%(title)s’ is after the event ends, at %(ends)s.")
            yield item, "ends", message % words


def _deadlines(programme: Programme) -> Iterator[Finding]:
    for name, message in out_of_order(
        datetime.combine(programme.date, programme.starts),
        signup_opens=programme.signup_opens,
        signup_closes=programme.signup_closes,
        waiting_closes=programme.waiting_closes,
        changes_close=programme.changes_close,
    ):
        yield programme, name, message


def _twice(programme: Programme) -> Iterator[Finding]:
    """What has a number, a code or a name has it alone."""
    yield from _repeated(
        [item for item in programme.agenda if item.round],
        "round",
        lambda item: item.round,
        _("Round %(value)s has a line in the timetable already."),
    )
    yield from _repeated(
        programme.themes,
        "number",
        lambda theme: theme.number,
        _("There is a theme %(value)s already."),
    )
    yield from _repeated(
        programme.sessions,
        "code",
        # An address in lower case must not lead to another table.
        lambda session: session.code.lower(),
        _("There is a table session with code %(value)s already."),
    )
    yield from _repeated(
        programme.speakers,
        "name",
        lambda speaker: speaker.name and (speaker.name, speaker.organisation),
        _("This speaker is listed already. Is it somebody else? Then fill in the organisation."),
    )
    yield from _repeated(
        programme.questions,
        "question",
        lambda question: question.question,
        _("This question is asked already."),
    )
    yield from _repeated(
        programme.signup_questions or (),
        "question",
        lambda own: own.question,
        _("This question is asked already."),
    )
    for session in programme.sessions:
        yield from _repeated(
            session.slots,
            "round",
            lambda slot: slot.round,
            _("The session sits in round %(value)s already."),
        )


E = TypeVar("E", bound=Entry)


def _repeated(
    entries: Iterable[E], name: str, key: Callable[[E], Hashable], message: str
) -> Iterator[Finding]:
    seen = set()
    for entry in entries:
        value = key(entry)
        if value and value in seen:
            yield entry, name, message % {"value": value}
        seen.add(value)


def _overlapping_rounds(programme: Programme) -> Iterator[Finding]:
    lines = sorted((item for item in programme.agenda if item.round), key=lambda item: item.starts)
    for before, after in pairwise(lines):
        readable = not {"starts", "ends"} & {*before.unread, *after.unread}
        if after.starts < before.ends and readable:
            words = {"before": before.round, "after": after.round}
            message = _("Round %(after)s starts before round %(before)s has ended.")
            yield after, "starts", message % words


def _themes_and_slots(programme: Programme) -> Iterator[Finding]:
    themes = {theme.number for theme in programme.themes}
    # Where a theme or round could not be read, a reference to it may well be right.
    every_theme = "themes" not in programme.unread and 0 not in themes
    every_round = "agenda" not in programme.unread and 0 not in programme.rounds
    for session in programme.sessions:
        if session.theme not in themes and every_theme:
            yield session, "theme", _("There is no theme %(number)s.") % {"number": session.theme}
        if not session.slots:
            message = _("This table session sits in no round: give it seats in at least one.")
            yield session, "slots", message
        for slot in session.slots:
            if slot.round not in programme.rounds and every_round:
                message = _("There is no round %(number)s in the timetable.")
                yield slot, "round", message % {"number": slot.round}


def _reserved(programme: Programme) -> Iterator[Finding]:
    for session in programme.sessions:
        for slot in session.slots:
            known = "seats" not in slot.unread
            if known and slot.reserved and 0 <= slot.seats < slot.reserved:
                message = _("%(reserved)s seats are reserved, but there are %(seats)s.")
                words = {"reserved": slot.reserved, "seats": slot.seats}
                yield slot, "reserved", message % words


def _own_questions(programme: Programme) -> Iterator[Finding]:
    for own in programme.signup_questions or ():
        if own.kind in SignupQuestion.WITH_OPTIONS:
            if not own.options:
                yield own, "options", _("Say which answers there are to choose from.")
        elif own.options:
            yield own, "options", _("There is nothing to choose in a question of this kind.")
        for name, options in (("options", own.options), ("options_en", own.options_en)):
            if "" in options or any("\n" in option for option in options):
                yield own, name, _("Every answer to choose must fit on one line.")
            elif len(set(options)) < len(options):
                yield own, name, _("An answer to choose stands there twice.")
        if own.options_en and len(own.options_en) != len(own.options):
            yield own, "options_en", _("Give as many English answers as Dutch ones, or none.")


def _hosts(programme: Programme) -> Iterator[Finding]:
    every_speaker = "speakers" not in programme.unread and all(
        speaker.name for speaker in programme.speakers
    )
    for session in programme.sessions:
        for name, times in Counter(session.hosts).items():
            found = programme.speakers_called(name)
            if not found and every_speaker:
                message = _("There is no speaker ‘%(name)s’ in this file.")
                yield session, "hosts", message % {"name": name}
            if len({speaker.organisation for speaker in found}) > 1:
                message = _("Several speakers are called ‘%(name)s’: write ‘%(longer)s’.")
                longer = f"{name} ({found[0].organisation or '…'})"
                yield session, "hosts", message % {"name": name, "longer": longer}
            if times > 1:
                yield session, "hosts", _("‘%(name)s’ is named twice.") % {"name": name}


def _two_tables_at_once(programme: Programme) -> Iterator[Finding]:
    tables: dict[tuple[str, str, int], SessionEntry] = {}
    for session in programme.sessions:
        for speaker in hosting(programme, session):
            for number in {slot.round for slot in session.slots if slot.round > 0}:
                first = tables.setdefault((speaker.name, speaker.organisation, number), session)
                if first is not session:
                    message = _(
                        "%(name)s hosts two tables in round %(number)s: %(first)s and %(second)s."
                    )
                    words = {
                        "name": speaker.name,
                        "number": number,
                        "first": first.code or first.title,
                        "second": session.code or session.title,
                    }
                    yield session, "hosts", message % words


def hosting(programme: Programme, session: SessionEntry) -> Sequence[SpeakerEntry]:
    return [speaker for name in session.hosts for speaker in programme.speakers_called(name)[:1]]


_CHECKS: Sequence[Callable[[Programme], Iterator[Finding]]] = (
    wrong_fields,
    _day,
    _hours,
    _deadlines,
    _twice,
    _overlapping_rounds,
    _themes_and_slots,
    _reserved,
    _own_questions,
    _hosts,
    _two_tables_at_once,
)
