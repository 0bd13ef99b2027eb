"""People hold places: what an organiser may not take away by accident (rule 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.utils.translation import ngettext

from program.asked import change_refused
from program.models import Event, Sitting
from program.programme import BadProgramme, Problem, Programme


class PeopleInTheWay(BadProgramme):
    """The programme would take somebody's place; every problem says how many people it is.

    ``sittings`` are the tables whose people it is about.
    """

    def __init__(self, problems: Sequence[Problem], sittings: Sequence[Sitting] = ()) -> None:
        super().__init__(problems)
        self.sittings = list(sittings)


def refuse_to_displace(programme: Programme, event: Event) -> None:
    """Raises PeopleInTheWay. Needs the lock on the event, for its counters to stand still."""
    problems, sittings = [], []
    if message := too_few_places(programme.capacity, event.taken):
        problems.append(Problem(programme.at("capacity"), message))
    for problem, sitting in _displaced(programme, event):
        problems.append(problem)
        sittings.append(sitting)
    problems += _answered(programme, event)
    if problems:
        raise PeopleInTheWay(sorted(problems), sittings)


def _displaced(programme: Programme, event: Event) -> Iterator[tuple[Problem, Sitting]]:
    sessions = {session.code: session for session in programme.sessions}
    wanted = {
        (session.code, sitting.round): sitting
        for session in programme.sessions
        for sitting in session.sittings
    }
    held = Q(taken__gt=0) | Q(reserved__gt=0)
    for sitting in event.sittings.filter(held).select_related("session", "round"):
        code = sitting.session.code
        entry = wanted.get((code, sitting.round.number))
        if entry is None and sitting.taken:
            line = sessions[code].at("sittings") if code in sessions else programme.at("sessions")
            yield Problem(line, in_use(sitting)), sitting
        elif entry and (message := too_few_seats(sitting, entry.seats, entry.reserved)):
            yield Problem(entry.at("seats"), message), sitting


def _answered(programme: Programme, event: Event) -> Iterator[Problem]:
    """Questions whose answers would no longer be what people said."""
    entries = {entry.question: entry for entry in programme.signup_questions or ()}
    for question in event.signup_questions.filter(question__in=entries):
        entry = entries[question.question]
        options = "\n".join(entry.options)
        for name, message in change_refused(question, kind=entry.kind, options=options).items():
            yield Problem(entry.at(name), message)


def too_few_places(capacity: int, taken: int) -> str:
    """Why an event can't have this capacity; empty if it can."""
    if capacity >= taken:
        return ""
    message = ngettext(
        "%(capacity)s places are too few: %(taken)s is taken.",
        "%(capacity)s places are too few: %(taken)s are taken.",
        taken,
    )
    return message % {"capacity": capacity, "taken": taken}


def too_few_seats(sitting: Sitting, seats: int, reserved: int | None = None) -> str:
    """Why a sitting can't have this many seats; empty if it can.

    ``reserved`` of them are kept out of sign-up; None is as many as now.
    """
    if reserved is None:
        reserved = sitting.reserved
    if seats - reserved >= sitting.taken:
        return ""
    if reserved:
        message = ngettext(
            "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
            "%(taken)s is taken and %(reserved)s reserved.",
            "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
            "%(taken)s are taken and %(reserved)s reserved.",
            sitting.taken,
        )
        return message % {"seats": seats, "reserved": reserved, **_words(sitting)}
    message = ngettext(
        "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
        "%(taken)s is taken.",
        "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
        "%(taken)s are taken.",
        sitting.taken,
    )
    return message % {"seats": seats, **_words(sitting)}


def in_use(sitting: Sitting) -> str:
    """Why a sitting that has people can't be removed or moved to another round."""
    message = ngettext(
        "Table session %(code)s has to stay in round %(round)s: %(taken)s person has a seat there.",
        "Table session %(code)s has to stay in round %(round)s: "
        "%(taken)s people have a seat there.",
        sitting.taken,
    )
    return message % _words(sitting)


def _words(sitting: Sitting) -> dict[str, str | int]:
    return {
        "code": sitting.session.code,
        "round": sitting.round.number,
        "taken": sitting.taken,
    }
