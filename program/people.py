"""People hold places: what an organiser may not take away by accident (rule 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.utils.translation import ngettext

from program.asked import change_refused
from program.models import Event, Slot
from program.programme import BadProgramme, Problem, Programme


class PeopleInTheWay(BadProgramme):
    """The programme would take somebody's place; every problem says how many people it is.

    ``slots`` are the tables whose people it is about.
    """

    def __init__(self, problems: Sequence[Problem], slots: Sequence[Slot] = ()) -> None:
        super().__init__(problems)
        self.slots = list(slots)


def refuse_to_displace(programme: Programme, event: Event) -> None:
    """Raises PeopleInTheWay. Needs the lock on the event, for its counters to stand still."""
    problems, slots = [], []
    if message := too_few_places(programme.capacity, event.taken):
        problems.append(Problem(programme.at("capacity"), message))
    for problem, slot in _displaced(programme, event):
        problems.append(problem)
        slots.append(slot)
    problems += _answered(programme, event)
    if problems:
        raise PeopleInTheWay(sorted(problems), slots)


def _displaced(programme: Programme, event: Event) -> Iterator[tuple[Problem, Slot]]:
    sessions = {session.code: session for session in programme.sessions}
    wanted = {
        (session.code, slot.round): slot for session in programme.sessions for slot in session.slots
    }
    held = Q(taken__gt=0) | Q(reserved__gt=0)
    for slot in event.slots.filter(held).select_related("session", "round"):
        code = slot.session.code
        entry = wanted.get((code, slot.round.number))
        if entry is None and slot.taken:
            line = sessions[code].at("slots") if code in sessions else programme.at("sessions")
            yield Problem(line, in_use(slot)), slot
        elif entry and (message := too_few_seats(slot, entry.seats, entry.reserved)):
            yield Problem(entry.at("seats"), message), slot


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


def too_few_seats(slot: Slot, seats: int, reserved: int | None = None) -> str:
    """Why a slot can't have this many seats; empty if it can.

    ``reserved`` of them are kept out of sign-up; None is as many as now.
    """
    if reserved is None:
        reserved = slot.reserved
    if seats - reserved >= slot.taken:
        return ""
    if reserved:
        message = ngettext(
            "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
            "%(taken)s is taken and %(reserved)s reserved.",
            "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
            "%(taken)s are taken and %(reserved)s reserved.",
            slot.taken,
        )
        return message % {"seats": seats, "reserved": reserved, **_words(slot)}
    message = ngettext(
        "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
        "%(taken)s is taken.",
        "%(seats)s seats are too few for table session %(code)s in round %(round)s: "
        "%(taken)s are taken.",
        slot.taken,
    )
    return message % {"seats": seats, **_words(slot)}


def in_use(slot: Slot) -> str:
    """Why a slot that has people can't be removed or moved to another round."""
    message = ngettext(
        "Table session %(code)s has to stay in round %(round)s: %(taken)s person has a seat there.",
        "Table session %(code)s has to stay in round %(round)s: "
        "%(taken)s people have a seat there.",
        slot.taken,
    )
    return message % _words(slot)


def _words(slot: Slot) -> dict[str, str | int]:
    return {
        "code": slot.session.code,
        "round": slot.round.number,
        "taken": slot.taken,
    }
