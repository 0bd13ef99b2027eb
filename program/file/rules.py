"""The rules that a programme must obey on its own, each with its sentence.

They serve files and the admin alike: ``mistakes_in`` checks a file as a whole; a form calls the
functions that return why something is refused, if it is. The models say what one field may hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, NamedTuple, Protocol, TypeVar

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from program.file.dates import WEEKDAYS
from program.file.model import (
    DEADLINES,
    AgendaEntry,
    Entry,
    FieldKind,
    Mistake,
    Programme,
    SessionEntry,
    model_field,
)
from program.models import SignupQuestion
from program.models.event import evening_before


class Finding(NamedTuple):
    """What is wrong: with which entry, at which of its fields, and a sentence about it."""

    entry: Entry
    name: str
    sentence: str

    @property
    def mistake(self) -> Mistake:
        return Mistake(self.entry.at(self.name), self.sentence)


def mistakes_in(programme: Programme) -> list[Mistake]:
    """All of them, in the order of the file."""
    found = [*findings(programme, limits), *findings(programme, *RULES)]
    return sorted({finding.mistake for finding in found})


Rule = Callable[[Programme], Iterator[Finding]]


def findings(programme: Programme, *rules: Rule) -> list[Finding]:
    """Rule by rule, without those about a field that could not be read."""
    found = [Finding(*each) for rule in rules for each in rule(programme)]
    return [finding for finding in found if finding.name not in finding.entry.unread]


# What forms ask too


def far_away_refused(day: date) -> str:
    """It is a typing error, and too far away to calculate with."""
    return "" if 2000 <= day.year < 2200 else _("This date is too far away.")


def hours_refused(starts: time, ends: time) -> str:
    if ends > starts:
        return ""
    words = {"ends": f"{ends:%H:%M}", "starts": f"{starts:%H:%M}"}
    return _("The end, %(ends)s, is not after the start, %(starts)s.") % words


class Timed(Protocol):
    """A line of the timetable, typed, in a file or stored; ``round`` is its number."""

    @property
    def starts(self) -> time: ...
    @property
    def ends(self) -> time: ...
    @property
    def title(self) -> str: ...
    @property
    def round(self) -> int | None: ...


Line = TypeVar("Line", bound=Timed)


def lines_refused(
    starts: time, ends: time, lines: Iterable[Line]
) -> Iterator[tuple[Line, str, str]]:
    """The timetable of an event with these hours: a line, its field, and why it can't stay so.

    For whatever changes either of the two: the hours of an event, and its timetable.
    """
    lines = list(lines)
    yield from _outside_hours(starts, ends, lines)
    yield from _rounds_at_once(lines)


def _outside_hours(
    starts: time, ends: time, lines: Iterable[Line]
) -> Iterator[tuple[Line, str, str]]:
    hours = {"starts": f"{starts:%H:%M}", "ends": f"{ends:%H:%M}"}
    for line in lines:
        words = {"title": line.title, **hours}
        if line.starts < starts:
            message = _("‘%(title)s’ is before the event starts, at %(starts)s.")
            yield line, "starts", message % words
        if line.ends > ends:
            message = _("‘%(title)s’ is after the event ends, at %(ends)s.")
            yield line, "ends", message % words


def _rounds_at_once(lines: Iterable[Line]) -> Iterator[tuple[Line, str, str]]:
    rounds = sorted((line for line in lines if line.round), key=lambda line: line.starts)
    for before, after in pairwise(rounds):
        if after.starts < before.ends:
            message = _("Round %(after)s starts before round %(before)s has ended.")
            yield after, "starts", message % {"before": before.round, "after": after.round}


def deadlines_refused(
    start: datetime, given: Mapping[str, datetime | None]
) -> Iterator[tuple[str, str]]:
    """The order of deadlines (rule 9): a deadline's name and a sentence. None follows another."""
    closes, changes = given["signup_closes"] or start, given["changes_close"] or start
    waiting = given["waiting_closes"] or min(evening_before(start), changes)
    latest = {
        "signup_opens": (closes, _("Sign-up opens after it closes.")),
        "signup_closes": (start, _("Sign-up closes after the event starts.")),
        "changes_close": (start, _("Changes close after the event starts.")),
        "waiting_closes": (changes, _("The waiting lists close after changes close.")),
    }
    if given["wishes_close"] and given["wishes_close"] >= waiting:
        sentence = _("Choices have to close before the waiting lists do, so before %(moment)s.")
        yield "wishes_close", sentence % {"moment": _moment(waiting)}
    for name, (end, sentence) in latest.items():
        moment = given[name]
        if moment and (refused := far_away_refused(moment.date())):
            yield name, refused
        if moment and moment > end:
            yield name, sentence


def _moment(moment: datetime) -> str:
    """As the clock shows it where the event is; that of a file says nothing of a time zone."""
    local = moment if timezone.is_naive(moment) else timezone.localtime(moment)
    return date_format(local, "DATETIME_FORMAT")


def reserved_refused(seats: int, reserved: int) -> str:
    if reserved <= seats:
        return ""
    message = _("%(reserved)s seats are reserved, but there are %(seats)s.")
    return message % {"reserved": reserved, "seats": seats}


def options_refused(
    kind: str, options: Sequence[str], options_en: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """The answers to choose from of a question at sign-up: a field's name and a sentence."""
    if kind in SignupQuestion.WITH_OPTIONS:
        if not options:
            yield "options", _("Say which answers there are to choose from.")
        elif len(options) == 1 and "\n" not in options[0]:
            yield (
                "options",
                _(
                    "With one answer there is nothing to choose. Give at least two, or ask it as a "
                    "question of ‘yes or no’."
                ),
            )
    elif options:
        yield "options", _("There is nothing to choose in a question of this kind.")
    for name, given in (("options", options), ("options_en", options_en)):
        if "" in given or any("\n" in option for option in given):
            yield name, _("Every answer to choose must fit on one line.")
        elif len(set(given)) < len(given):
            yield name, _("An answer to choose stands there twice.")
    if options_en and len(options_en) != len(options):
        yield "options_en", _("Give as many English answers as Dutch ones, or none.")


class Once(NamedTuple):
    """``field`` is what no two entries may share; ``same`` gives equal values where they do."""

    field: str
    message: Promise
    same: Callable[[Any], Hashable] = lambda entry: entry.key

    def sentence(self, value: object) -> str:
        return str(self.message) % {"value": value}


ROUND_ONCE = Once(
    "round",
    gettext_lazy("Round %(value)s has a line in the timetable already."),
    lambda item: item.round,
)
ADDRESS_ONCE = gettext_lazy("There is an event at this address already. Choose another address.")
THEME_ONCE = Once("number", gettext_lazy("There is a theme %(value)s already."))
# An address in lower case must not lead to another table.
CODE_ONCE = Once(
    "code",
    gettext_lazy("There is a session with code %(value)s already."),
    lambda session: session.code.lower(),
)
SPEAKER_ONCE = Once(
    "name",
    gettext_lazy(
        "This host is already listed. Is this somebody else? Then fill in the organisation."
    ),
    lambda speaker: speaker.name and (speaker.name, speaker.organisation),
)
QUESTION_ONCE = Once("question", gettext_lazy("This question is asked already."))
ROLE_ONCE = Once(
    "label", gettext_lazy("There is a role ‘%(value)s’ already."), lambda role: role.key.lower()
)
ROLE_CODE_ONCE = Once(
    "code", gettext_lazy("There is a role with code ‘%(value)s’ already."), lambda role: role.code
)
SLOT_ONCE = Once("round", gettext_lazy("The session is in round %(value)s already."))


def no_theme(number: int) -> str:
    return _("There is no theme %(number)s.") % {"number": number}


def several_called(name: str, organisation: str) -> str:
    message = _("Several hosts are called ‘%(name)s’: write ‘%(longer)s’.")
    return message % {"name": name, "longer": f"{name} ({organisation or '…'})"}


def named_twice(name: str) -> str:
    return _("‘%(name)s’ is named twice.") % {"name": name}


# What a whole programme is checked for


def limits(programme: Programme) -> Iterator[Finding]:
    """What each field of a model may hold."""
    for entry in programme.entries:
        for name, definition in entry.definitions.items():
            field, value = model_field(entry, definition), getattr(entry, name)
            if definition.kind is FieldKind.SEVERAL:
                value = "\n".join(value)
            if field is None or value is None or definition.kind is FieldKind.MOMENT:
                continue
            try:
                field.clean(value, None)
            except ValidationError as error:
                for message in error.messages:
                    yield Finding(entry, name, message)


def _day(programme: Programme) -> Iterator[Finding]:
    if refused := far_away_refused(programme.date):
        yield Finding(programme, "date", refused)
    elif programme.weekday and programme.weekday.lower() not in WEEKDAYS[programme.date.weekday()]:
        message = _("The weekday does not fit: %(date)s is a %(right)s, not a %(wrong)s.")
        words = {
            "date": date_format(programme.date, "j F Y"),
            "right": date_format(programme.date, "l"),
            "wrong": programme.weekday,
        }
        yield Finding(programme, "weekday", message % words)


def _hours(programme: Programme) -> Iterator[Finding]:
    timed: list[Programme | AgendaEntry] = [programme, *programme.agenda]
    for entry in timed:
        if refused := hours_refused(entry.starts, entry.ends):
            yield Finding(entry, "ends", refused)
    for item, name, refused in _outside_hours(programme.starts, programme.ends, programme.agenda):
        yield Finding(item, name, refused)


def _deadlines(programme: Programme) -> Iterator[Finding]:
    start = datetime.combine(programme.date, programme.starts)
    given = {name: getattr(programme, name) for name in DEADLINES}
    for name, refused in deadlines_refused(start, given):
        yield Finding(programme, name, refused)


def _once(programme: Programme) -> Iterator[Finding]:
    """No two share a number, a code or a name."""
    yield from _repeated(ROUND_ONCE, programme.agenda)
    yield from _repeated(THEME_ONCE, programme.themes)
    yield from _repeated(CODE_ONCE, programme.sessions)
    yield from _repeated(SPEAKER_ONCE, programme.speakers)
    yield from _repeated(QUESTION_ONCE, programme.questions)
    yield from _repeated(QUESTION_ONCE, programme.signup_questions or ())
    yield from _repeated(ROLE_ONCE, programme.roles or ())
    yield from _repeated(ROLE_CODE_ONCE, programme.roles or ())
    for session in programme.sessions:
        yield from _repeated(SLOT_ONCE, session.slots)


def _repeated(once: Once, entries: Iterable[Entry]) -> Iterator[Finding]:
    seen = set()
    for entry in entries:
        value = once.same(entry)
        if value and value in seen:
            yield Finding(entry, once.field, once.sentence(value))
        seen.add(value)


def _overlapping_rounds(programme: Programme) -> Iterator[Finding]:
    readable = [item for item in programme.agenda if not {"starts", "ends"} & {*item.unread}]
    for item, name, refused in _rounds_at_once(readable):
        yield Finding(item, name, refused)


def _references(programme: Programme) -> Iterator[Finding]:
    """Themes and rounds that are named exist. One that could not be read may well be meant."""
    themes = {theme.number for theme in programme.themes}
    every_theme = "themes" not in programme.unread and 0 not in themes
    rounds = programme.rounds
    every_round = "agenda" not in programme.unread and 0 not in rounds
    for session in programme.sessions:
        if session.theme not in themes and every_theme:
            yield Finding(session, "theme", no_theme(session.theme))
        if not session.slots:
            message = _("This session is in no round: give it seats in at least one.")
            yield Finding(session, "slots", message)
    for _session, slot in programme.slots:
        if slot.round not in rounds and every_round:
            message = _("There is no round %(number)s in the timetable.")
            yield Finding(slot, "round", message % {"number": slot.round})


def _reserved(programme: Programme) -> Iterator[Finding]:
    for _session, slot in programme.slots:
        known = "seats" not in slot.unread and slot.seats >= 0
        if known and (refused := reserved_refused(slot.seats, slot.reserved or 0)):
            yield Finding(slot, "reserved", refused)


def _own_questions(programme: Programme) -> Iterator[Finding]:
    for own in programme.signup_questions or ():
        for name, refused in options_refused(own.kind, own.options, own.options_en):
            yield Finding(own, name, refused)


def _hosts(programme: Programme) -> Iterator[Finding]:
    every_speaker = "speakers" not in programme.unread and all(
        speaker.name for speaker in programme.speakers
    )
    for session in programme.sessions:
        for name, times in Counter(session.hosts).items():
            found = programme.speakers_called(name)
            if not found and every_speaker:
                message = _("There is no host ‘%(name)s’ in this file.")
                yield Finding(session, "hosts", message % {"name": name})
            if len({speaker.organisation for speaker in found}) > 1:
                yield Finding(session, "hosts", several_called(name, found[0].organisation))
            if times > 1:
                yield Finding(session, "hosts", named_twice(name))


def _two_tables_at_once(programme: Programme) -> Iterator[Finding]:
    tables: dict[tuple[str, str, int], SessionEntry] = {}
    for session in programme.sessions:
        for speaker in programme.hosts_of(session):
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
                    yield Finding(session, "hosts", message % words)


RULES: Sequence[Rule] = (
    _day,
    _hours,
    _deadlines,
    _once,
    _overlapping_rounds,
    _references,
    _reserved,
    _own_questions,
    _hosts,
    _two_tables_at_once,
)
