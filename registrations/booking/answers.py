"""Answers to the organiser's own questions, and special needs (rule 12 in docs/rules.md).

What writes here needs the lock on the event, as all that changes a registration does.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from program.models import Event, SignupQuestion
from program.models.bilingual import Dutch, in_dutch
from program.public.programme import kept_programme
from registrations.errors import AnswersRefused
from registrations.models import Answer, Registration, SpecialNeeds
from registrations.queries.kept import Tallies, kept_figures

Kind = SignupQuestion.Kind
# A text, a choice in Dutch or a list of those, or yes or no.
Value = str | list[str] | bool

LINE_LENGTH = 200
TEXT_LENGTH = 2_000
LONGEST = {Kind.TEXT: LINE_LENGTH, Kind.LONG_TEXT: TEXT_LENGTH}

# Rule 12 says seven; one day is for a worker that stands still.
NEEDS_KEPT = timedelta(days=6)
# Somebody whose hold ran out can still confirm late (rule 4), but few do after a day.
NEEDS_OF_LATE_KEPT = timedelta(days=1)


def needs_kept_until(event: Event) -> datetime:
    """When the special needs of those who come are erased, at the latest (rule 12)."""
    return min(event.kept_for(NEEDS_KEPT), event.kept_until)


@dataclass(frozen=True)
class Answers:
    """Answers by the key of their question, and the special needs that somebody agreed to tell."""

    answers: Mapping[int, Value] = field(default_factory=lambda: MappingProxyType({}))
    needs: str = ""

    @property
    def as_json(self) -> dict[str, Any]:
        """For a page that hands back what it showed."""
        answers = {str(pk): value for pk, value in self.answers.items()}
        return {"answers": answers, "needs": self.needs}


NOTHING = Answers()


def check(event: Event, told: Answers) -> list[SignupQuestion]:
    """The questions as they are now, if these answers fit them. Raises AnswersRefused."""
    asked = {question.pk: question for question in kept_programme(event).signup_questions}
    wrong = [
        pk for pk, value in told.answers.items() if pk not in asked or not _fits(asked[pk], value)
    ]
    wrong += [pk for pk, own in asked.items() if own.required and pk not in told.answers]
    names = [f"question_{pk}" for pk in wrong]
    if told.needs and not event.needs_question:
        names.append("special_needs")
    if names:
        sentence = _("The questions have just changed. Check them and send the form again.")
        raise AnswersRefused([(name, sentence) for name in names])
    return list(asked.values())


def _fits(question: SignupQuestion, value: Value) -> bool:
    if question.kind == Kind.YES_NO:
        return isinstance(value, bool)
    if question.kind in LONGEST:
        return isinstance(value, str) and 0 < len(value) <= LONGEST[Kind(question.kind)]
    stored = [text for text, _shown in question.choices]
    if question.kind == Kind.ONE:
        return value in stored
    return isinstance(value, list) and bool(value) and set(value) <= set(stored)


def store(
    registration: Registration, told: Answers, questions: Iterable[SignupQuestion], *, at: datetime
) -> bool:
    """Make these the answers to all ``questions``; returns whether that changed anything.

    Answers to retired questions stay, and so do needs that are no longer asked. Judges nothing:
    ``check`` does.
    """
    event = registration.event
    keys = [question.pk for question in questions]
    changed: list[int] = []
    if keys:
        mine = Answer.objects.filter(registration=registration)
        old = dict(mine.values_list("question", "value"))
        changed = [pk for pk in keys if told.answers.get(pk) != old.get(pk)]
        mine.filter(question__in=[pk for pk in changed if pk in old]).delete()
        Answer.objects.bulk_create(
            Answer(event=event, registration=registration, question_id=pk, value=told.answers[pk])
            for pk in changed
            if pk in told.answers
        )
    other_needs = bool(event.needs_question) and _store_needs(registration, told.needs, at=at)
    return bool(changed) or other_needs


def _store_needs(registration: Registration, text: str, *, at: datetime) -> bool:
    if not text:
        return forget_needs([registration]) > 0
    if SpecialNeeds.objects.filter(registration=registration, text=text).exists():
        return False
    new = {"text": text, "consented_at": at}
    SpecialNeeds.objects.update_or_create(registration=registration, defaults=new)
    return True


def forget_needs(people: Iterable[Registration]) -> int:
    """Erase their special needs; returns how many people had any."""
    keys = [registration.pk for registration in people]
    gone, _rows = SpecialNeeds.objects.filter(registration__in=keys).delete()
    return gone


# Reading: each costs the same few queries, however many people answered.


@dataclass(frozen=True)
class AnswerLine:
    """A question and what somebody answered, both to be read."""

    question: str
    text: str


@dataclass(frozen=True)
class Mine:
    """What one person answered. ``asked``: whether there is anything to answer."""

    told: Answers
    lines: list[AnswerLine]
    asked: bool

    @property
    def any(self) -> bool:
        return bool(self.lines or self.told.needs)


def any_asked(event: Event) -> bool:
    """Whether there is anything to answer."""
    return bool(event.needs_question or kept_programme(event).signup_questions)


def of_person(registration: Registration) -> Mine:
    event = registration.event
    rows = list(Answer.objects.filter(registration=registration).select_related("question"))
    needs = SpecialNeeds.objects.filter(registration=registration).first()
    told = Answers({row.question_id: row.value for row in rows}, needs.text if needs else "")
    lines = [
        AnswerLine(row.question.local_question, text_of(row.question, row.value)) for row in rows
    ]
    return Mine(told, lines, any_asked(event))


def text_of(question: SignupQuestion, value: Value) -> str:
    """An answer to be read in the active language; several choices with a semicolon between."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if question.kind not in SignupQuestion.WITH_OPTIONS:
        return str(value)
    shown = dict(question.choices)
    chosen = [value] if isinstance(value, str) else value
    words = [shown.get(text, in_dutch(text)) for text in chosen]
    answer = "; ".join(words)
    return in_dutch(answer) if any(isinstance(word, Dutch) for word in words) else answer


def of_event(event: Event) -> dict[int, dict[int, str]]:
    """What everybody answered: by registration, by question. Two queries, no special needs."""
    questions = {question.pk: question for question in event.signup_questions.all()}
    rows = Answer.objects.filter(event=event).order_by()
    found: dict[int, dict[int, str]] = {}
    for registration, pk, value in rows.values_list("registration", "question", "value").iterator():
        found.setdefault(registration, {})[pk] = text_of(questions[pk], value)
    return found


@dataclass(frozen=True)
class Figure:
    """How many people answered a question, and of a choice how many chose what."""

    question: SignupQuestion
    answered: int
    counts: list[tuple[str, int]]


# In a tally: how many answered. No option has this name, for none is empty.
ANSWERED = ""
YES = "yes"


def tallies(event: Event, questions: Iterable[SignupQuestion]) -> Tallies:
    """By question how many of those who come answered it, and how many chose what. One query.

    Of a question with a text nothing but how many: the texts are theirs.
    """
    kinds = {question.pk: question.kind for question in questions}
    rows = Answer.objects.filter(event=event, registration__status=Registration.Status.CONFIRMED)
    found: Tallies = defaultdict(Counter)
    for pk, value in rows.order_by().values_list("question", "value").iterator():
        found[pk][ANSWERED] += 1
        if kinds[pk] == Kind.YES_NO:
            found[pk][YES] += value is True
        elif kinds[pk] in SignupQuestion.WITH_OPTIONS:
            found[pk].update(value if isinstance(value, list) else [str(value)])
    return found


def figures(event: Event) -> list[Figure]:
    """A figure for each question asked or answered, of all who come. Three queries."""
    questions = list(event.signup_questions.all())
    found = tallies(event, questions)
    for pk, tally in kept_figures(event).answers.items():
        found[pk].update(tally)
    return [
        _figure(question, found[question.pk])
        for question in questions
        if not question.retired_at or question.pk in found
    ]


def _figure(question: SignupQuestion, tally: Counter[str]) -> Figure:
    chosen = tally.copy()
    answered = chosen.pop(ANSWERED, 0)
    counts: list[tuple[str, int]] = []
    if question.kind == Kind.YES_NO:
        counts = [(_("Yes"), chosen[YES]), (_("No"), answered - chosen[YES])]
    elif question.kind in SignupQuestion.WITH_OPTIONS:
        counts = [(shown, chosen.pop(stored, 0)) for stored, shown in question.choices]
        counts += sorted(chosen.items())  # what can no longer be chosen
    return Figure(question, answered, counts)


def needs_of(event: Event) -> QuerySet[SpecialNeeds]:
    """The special needs of those who come, A-Z: for organisers alone, and in no other list."""
    rows = SpecialNeeds.objects.filter(
        registration__event=event, registration__status=Registration.Status.CONFIRMED
    )
    return rows.select_related("registration").order_by("registration__sort_key", "registration")
