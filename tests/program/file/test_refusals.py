"""A question that people have answered stays the question they answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.utils.translation import override

from program.file.from_db import programme_of
from program.file.model import FilePlace, SignupQuestionEntry
from program.file.refusals import PeopleInTheWay, answers_refused, refuse_to_displace
from program.models import Event
from registrations.booking import changing
from tests.factories import NOW, make_event, make_question, make_registration

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event(rounds=0)


def test_a_question_without_answers_may_become_any_other(event: Event):
    question = make_question(event, "Hoe?", "one", options=["Te voet"])

    assert answers_refused(question, kind="text", options="") == {}


@pytest.mark.parametrize(("kind", "value"), [("one", "Te voet"), ("several", ["Te voet", "Fiets"])])
def test_chosen_answers_stay_and_others_may_come_and_go(event: Event, kind: str, value: Any):
    question = make_question(event, "Hoe?", kind, options=["Te voet", "Fiets", "Auto"])
    make_registration(event, answers={question.pk: value})

    assert answers_refused(question, kind=kind, options="Boot\nFiets\n\nTe  voet") == {}
    with override("en"):
        refused = answers_refused(question, kind=kind, options="Fiets\nAuto")
    assert refused == {
        "options": "People chose ‘Te voet’. Leave that answer as it is; you can add others."
    }


def test_the_kind_of_an_answered_question_stays(event: Event):
    question = make_question(event, "Hoe?")
    make_registration(event, answers={question.pk: "a"})
    question.kind = "yes_no"  # as a form leaves it

    assert list(answers_refused(question, kind="yes_no", options="")) == ["kind"]
    assert answers_refused(question, kind="text", options="") == {}


def test_answers_of_a_cancelled_sign_up_count_too(event: Event):
    question = make_question(event, "Hoe?", "one", options=["Te voet"])
    changing.cancel(make_registration(event, answers={question.pk: "Te voet"}), at=NOW)

    assert list(answers_refused(question, kind="one", options="Fiets")) == ["options"]


def test_a_new_question_has_nothing_to_keep(event: Event):
    assert answers_refused(event.signup_questions.model(), kind="text", options="") == {}


def test_a_loaded_programme_may_not_change_what_people_answered(event: Event):
    """Rule 10: the file is refused, and the place of the question is told."""
    question = make_question(event, "Hoe?", "one", options=["Te voet", "Fiets"])
    make_registration(event, answers={question.pk: "Te voet"})
    programme = programme_of(event)
    entry = SignupQuestionEntry(
        question="Hoe?", kind="one", options=["Fiets"], place=FilePlace((7,), "here")
    )

    refuse_to_displace(programme, event)
    with pytest.raises(PeopleInTheWay) as refused:
        refuse_to_displace(replace(programme, signup_questions=[entry]), event)

    assert [problem.place for problem in refused.value.mistakes] == [FilePlace((7,))]
