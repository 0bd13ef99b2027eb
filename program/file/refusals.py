"""Places that people hold and answers that they gave may not be lost by accident (rule 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from program.file.model import BadProgramme, Mistake, Programme
from program.models import Event, SignupQuestion, Slot
from program.models.questions import lines


class PeopleInTheWay(BadProgramme):
    """The programme would take people's places; ``slots`` are the tables where they sit."""

    def __init__(self, mistakes: Collection[Mistake], slots: Sequence[Slot] = ()) -> None:
        super().__init__(mistakes)
        self.slots = list(slots)


def refuse_to_displace(programme: Programme, event: Event) -> None:
    """Raises PeopleInTheWay. Needs the lock on the event, so that its counters stand still."""
    mistakes, slots = [], []
    if message := too_few_places(programme.capacity, event.taken):
        mistakes.append(Mistake(programme.at("capacity"), message))
    for mistake, slot in _displaced(programme, event):
        mistakes.append(mistake)
        slots.append(slot)
    mistakes += _answered(programme, event)
    mistakes += _ranked(programme, event)
    if mistakes:
        raise PeopleInTheWay(mistakes, slots)


def _displaced(programme: Programme, event: Event) -> Iterator[tuple[Mistake, Slot]]:
    sessions = {session.code: session for session in programme.sessions}
    wanted = {(session.code, slot.round): slot for session, slot in programme.slots}
    held = Q(taken__gt=0) | Q(reserved__gt=0)
    for slot in event.slots.filter(held).select_related("session", "round"):
        code = slot.session.code
        entry = wanted.get((code, slot.round.number))
        if entry is None and slot.taken:
            place = sessions[code].at("slots") if code in sessions else programme.at("sessions")
            yield Mistake(place, in_use(slot)), slot
        elif entry and (message := too_few_seats(slot, entry.seats, entry.reserved)):
            yield Mistake(entry.at("seats"), message), slot


def _answered(programme: Programme, event: Event) -> Iterator[Mistake]:
    """Questions whose answers would no longer be what people said."""
    entries = {entry.question: entry for entry in programme.signup_questions or ()}
    for question in event.signup_questions.filter(question__in=entries):
        entry = entries[question.question]
        options = "\n".join(entry.options)
        for name, message in answers_refused(question, kind=entry.kind, options=options).items():
            yield Mistake(entry.at(name), message)


def _ranked(programme: Programme, event: Event) -> Iterator[Mistake]:
    """Another way of giving out places than the one for which people signed up."""
    closes = programme.wishes_close and timezone.make_aware(programme.wishes_close)
    if message := draw_refused(event, closes, programme.wishes_a_round):
        yield Mistake(programme.at("wishes_close"), message)


def draw_refused(event: Event, wishes_close_at: datetime | None, wishes_a_round: int) -> str:
    """Why the way of giving out places can't become this; empty if it can (rule 16).

    ``event`` as it is stored, under its lock. An organiser who added people can change it still.
    """
    same_number = wishes_close_at is None or wishes_a_round == event.wishes_a_round
    if wishes_close_at == event.wishes_close_at and same_number:
        return ""
    return draw_fixed(event)


def draw_fixed(event: Event) -> str:
    """Why the way of giving out places stays as it is; empty if it can be changed."""
    if event.drawn_at:
        return _("The tables have been drawn, so this stays as it is.")
    people = event.registrations.cancellable().exclude(origin="hand").count()
    if not people:
        return ""
    message = ngettext(
        "%(count)s person has signed up knowing how places are given out, so this stays as it is.",
        "%(count)s people have signed up knowing how places are given out, so this stays as it is.",
        people,
    )
    return message % {"count": people}


def day_before_choices_close(event: Event) -> str:
    """Why the day can't come before choices close, and what can be done; empty if they can move."""
    if not event.wishes_close_at or not draw_fixed(event):
        return ""
    message = _(
        "People can make their choices until %(moment)s, and that stays as it is now that they "
        "have signed up. So the day has to be later. If it can’t be, call this event off and make "
        "a copy of it for the other day."
    )
    return message % {"moment": _moment(event.wishes_close_at)}


def lists_before_choices_close(event: Event) -> str:
    """Why waiting lists and changes can't close before choices do; empty if those can move."""
    if not event.wishes_close_at or not draw_fixed(event):
        return ""
    message = _(
        "People can make their choices until %(moment)s, and that stays as it is. Choose a time "
        "after that."
    )
    return message % {"moment": _moment(event.wishes_close_at)}


def _moment(moment: datetime) -> str:
    """By the clock where the event is."""
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


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
    """Why a slot can't have so many seats; empty if it can. ``reserved`` None is as now."""
    if reserved is None:
        reserved = slot.reserved
    if seats - reserved >= slot.taken:
        return ""
    if reserved:
        message = ngettext(
            "%(seats)s seats are too few for table %(code)s in round %(round)s: "
            "%(taken)s is taken and %(reserved)s reserved.",
            "%(seats)s seats are too few for table %(code)s in round %(round)s: "
            "%(taken)s are taken and %(reserved)s reserved.",
            slot.taken,
        )
        return message % {"seats": seats, "reserved": reserved, **_words(slot)}
    message = ngettext(
        "%(seats)s seats are too few for table %(code)s in round %(round)s: %(taken)s is taken.",
        "%(seats)s seats are too few for table %(code)s in round %(round)s: %(taken)s are taken.",
        slot.taken,
    )
    return message % {"seats": seats, **_words(slot)}


def in_use(slot: Slot) -> str:
    """Why a slot that has people can't be removed or moved to another round."""
    message = ngettext(
        "Session %(code)s has to stay in round %(round)s: %(taken)s person has a seat there.",
        "Session %(code)s has to stay in round %(round)s: %(taken)s people have a seat there.",
        slot.taken,
    )
    return message % _words(slot)


def _words(slot: Slot) -> dict[str, str | int]:
    return {"code": slot.session.code, "round": slot.round.number, "taken": slot.taken}


def answers_refused(question: SignupQuestion, *, kind: str, options: str) -> dict[str, str]:
    """By field, why the question cannot become this; empty if it can.

    Answers stay what people said: the kind stays, and so does every option that somebody chose.
    The row is read again, so ``question`` may hold new values already. Hold the lock on the
    event, so that nobody answers in the meantime.
    """
    stored = SignupQuestion.objects.filter(pk=question.pk).first()
    if stored is None or not stored.answers.exists():
        return {}
    if kind != stored.kind:
        return {
            "kind": _(
                "People have answered this question. Stop asking it, and ask another one instead."
            )
        }
    gone = sorted(_chosen(stored) - set(lines(options)))
    if not gone:
        return {}
    message = _("People chose ‘%(answer)s’. Leave that answer as it is; you can add others.")
    return {"options": message % {"answer": "’, ‘".join(gone)}}


def _chosen(question: SignupQuestion) -> set[str]:
    """The answers that somebody chose."""
    if question.kind not in SignupQuestion.WITH_OPTIONS:
        return set()
    values = question.answers.order_by().values_list("value", flat=True)
    return {text for value in values for text in ([value] if isinstance(value, str) else value)}
