"""Answers to the organiser's own questions: stored, changed, counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.utils.translation import override
from pytest_django import DjangoAssertNumQueries

from program.models import Event
from program.models.bilingual import Dutch
from registrations.booking import answers, changing, signup
from registrations.booking.answers import Answers, Value
from registrations.errors import AnswersClosed, AnswersRefused, NotRegistered, TablesRefused
from registrations.models import Answer, Registration, StoredMail
from tests.factories import (
    NOW,
    START,
    make_event,
    make_person,
    make_question,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_event()


def stored(registration: Registration) -> dict[str, object]:
    return dict(registration.answers.values_list("question__question", "value"))


def test_sign_up_stores_every_kind_of_answer(event: Event):
    options = ["Te voet", "Met de fiets"]
    given: dict[int, Value] = {
        make_question(event, "Wijk?").pk: "Poelenburg",
        make_question(event, "Vraag?", "long_text").pk: "Hoe?\n\nWaarom?",
        make_question(event, "Hoe kom je?", "one", options=options).pk: "Te voet",
        make_question(event, "Wat eet je?", "several", options=["Soep", "Brood"]).pk: ["Brood"],
        make_question(event, "Eerder geweest?", "yes_no").pk: False,
    }

    registration = make_registration(event, answers=given)

    assert stored(registration) == {
        "Wijk?": "Poelenburg",
        "Vraag?": "Hoe?\n\nWaarom?",
        "Hoe kom je?": "Te voet",
        "Wat eet je?": ["Brood"],
        "Eerder geweest?": False,
    }


@pytest.mark.parametrize(("kind", "longest"), [("text", 200), ("long_text", 2_000)])
def test_an_answer_may_be_as_long_as_that(event: Event, kind: str, longest: int):
    question = make_question(event, "Hoe?", kind)

    registration = make_registration(event, answers={question.pk: "a" * longest})

    assert stored(registration) == {"Hoe?": "a" * longest}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("text", ""),
        ("text", "a" * 201),
        ("text", ["a"]),
        ("long_text", "a" * 2001),
        ("one", "Boot"),
        ("one", ["Fiets"]),
        ("one", True),
        ("several", "Fiets"),
        ("several", []),
        ("several", ["Fiets", "Boot"]),
        ("yes_no", "ja"),
    ],
)
def test_sign_up_refuses_an_answer_that_does_not_fit(event: Event, kind: str, value: Any):
    options = ["Fiets"] if kind in ("one", "several") else []
    question = make_question(event, "Hoe?", kind, options=options)

    with pytest.raises(AnswersRefused) as refused:
        signup.sign_up(
            event,
            make_person(),
            {},
            told=Answers({question.pk: value}),
            at=NOW,
        )

    assert [field for field, _sentence in refused.value.problems] == [f"question_{question.pk}"]
    assert not Registration.objects.exists()


def test_sign_up_refuses_questions_of_others_retired_ones_and_missing_answers(event: Event):
    elsewhere = make_question(make_event(), "Hoe?")
    retired = make_question(event, "Vroeger?", retired_at=NOW)
    required = make_question(event, "Nu?", required=True)
    told = Answers({elsewhere.pk: "a", retired.pk: "a"}, needs="Geen noten")

    with pytest.raises(AnswersRefused) as refused:
        signup.sign_up(event, make_person(), {}, told=told, at=NOW)

    assert [field for field, _sentence in refused.value.problems] == [
        f"question_{elsewhere.pk}",
        f"question_{retired.pk}",
        f"question_{required.pk}",
        "special_needs",
    ]
    said = "De vragen zijn net veranderd. Bekijk ze en verstuur het formulier nog een keer."
    assert {sentence for _field, sentence in refused.value.problems} == {said}


def test_a_table_that_is_full_leaves_no_answers_behind(event: Event):
    make_slot(event, "1a", seats=0)
    question = make_question(event, "Wijk?")

    with pytest.raises(TablesRefused):
        signup.sign_up(event, make_person(), {1: "1a"}, told=Answers({question.pk: "a"}), at=NOW)

    assert not Answer.objects.exists()


def test_a_second_sign_up_keeps_answers_of_its_own(event: Event):
    question = make_question(event, "Wijk?")
    first = make_registration(event, email="noor@haarlem.example", answers={question.pk: "a"})
    second = make_registration(
        event, email="noor@haarlem.example", answers={question.pk: "b"}, confirmed=False
    )

    assert [stored(first), stored(second)] == [{"Wijk?": "a"}, {"Wijk?": "b"}]


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_an_answer_to_another_events_question(event: Event):
    registration = make_registration(event)
    elsewhere = make_question(make_event(), "Hoe?")

    with pytest.raises(IntegrityError):
        Answer.objects.create(event=event, registration=registration, question=elsewhere, value="a")


def test_change_answers_replaces_them_and_keeps_those_to_retired_questions(event: Event):
    wijk, later = make_question(event, "Wijk?"), make_question(event, "Vraag?")
    gone = make_question(event, "Vroeger?")
    registration = make_registration(event, answers={wijk.pk: "a", gone.pk: "b"})
    event.signup_questions.filter(pk=gone.pk).update(retired_at=NOW)
    before = Event.objects.get(pk=event.pk).version

    changing.change_answers(registration, Answers({later.pk: "c"}), at=NOW)

    registration.refresh_from_db()
    change = registration.changes.last()
    assert stored(registration) == {"Vraag?": "c", "Vroeger?": "b"}
    assert registration.version == before + 1
    assert change is not None
    assert (change.what, change.old, change.new) == ("answered", {}, {})
    assert list(StoredMail.objects.values_list("kind", flat=True)) == ["confirm", "registered"]


def test_change_answers_to_the_same_changes_nothing(event: Event):
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, answers={wijk.pk: "a"})
    key = registration.answers.get().pk

    changing.change_answers(registration, Answers({wijk.pk: "a"}), at=NOW)

    assert registration.answers.get().pk == key
    assert not registration.changes.filter(what="answered").exists()


def test_change_answers_is_possible_on_the_waiting_list(event: Event):
    Event.objects.filter(pk=event.pk).update(capacity=0)
    wijk = make_question(event, "Wijk?")
    registration = make_registration(event, waiting_too=True)

    changing.change_answers(registration, Answers({wijk.pk: "a"}), at=NOW)

    assert stored(registration) == {"Wijk?": "a"}


def test_change_answers_has_its_time_and_its_people(event: Event):
    wijk = make_question(event, "Wijk?", required=True)
    told = Answers({wijk.pk: "a"})
    here = make_registration(event, answers={wijk.pk: "a"})
    pending = make_registration(event, answers={wijk.pk: "a"}, confirmed=False)

    with pytest.raises(AnswersClosed):
        changing.change_answers(here, told, at=START)
    with pytest.raises(NotRegistered):
        changing.change_answers(pending, told, at=NOW)
    with pytest.raises(AnswersRefused):
        changing.change_answers(here, Answers(), at=NOW)
    changing.change_answers(here, told, at=START - timedelta(seconds=1))


def test_a_question_with_answers_cannot_be_deleted(event: Event):
    wijk = make_question(event, "Wijk?")
    make_registration(event, answers={wijk.pk: "a"})

    with pytest.raises(ProtectedError):
        wijk.delete()


def test_answers_read_in_the_language_of_the_reader(event: Event):
    how = make_question(
        event,
        "Hoe kom je?",
        "several",
        question_en="How do you come?",
        options=["Te voet", "Met de fiets"],
        options_en="On foot\nBy bicycle",
    )
    yes = make_question(event, "Eerder?", "yes_no")
    registration = make_registration(
        event, answers={how.pk: ["Te voet", "Met de fiets"], yes.pk: True}
    )

    other = make_registration(event, answers={yes.pk: False})
    with override("nl"):
        assert answers.of_event(event) == {
            registration.pk: {how.pk: "Te voet; Met de fiets", yes.pk: "Ja"},
            other.pk: {yes.pk: "Nee"},
        }
    with override("en"):
        lines = answers.of_person(registration).lines
    assert [(line.question, line.text) for line in lines] == [
        ("How do you come?", "On foot; By bicycle"),
        ("Eerder?", "Yes"),
    ]


def test_answers_stay_when_options_are_reordered_or_retranslated(event: Event):
    how = make_question(event, "Hoe?", "one", options=["Te voet", "Fiets"])
    registration = make_registration(event, answers={how.pk: "Te voet"})

    event.signup_questions.update(options="Fiets\n\n Te  voet\nAuto", options_en="Bike\nFoot\nCar")

    with override("en"):
        assert answers.of_event(event) == {registration.pk: {how.pk: "Foot"}}


def test_an_option_that_is_no_more_is_read_as_it_was_chosen(event: Event):
    """In Dutch, so a page in English says so of the words."""
    how = make_question(event, "Hoe?", "one", options=["Te voet", "Fiets"], options_en="Foot\nBike")
    registration = make_registration(event, answers={how.pk: "Te voet"})
    event.signup_questions.update(options="Fiets\nAuto", options_en="Bike\nCar")

    with override("en"):
        (line,) = answers.of_person(registration).lines
    assert (line.text, isinstance(line.text, Dutch)) == ("Te voet", True)


def test_options_are_dutch_while_their_english_does_not_match(event: Event):
    how = make_question(event, "Hoe?", "one", options=["Te voet", "Fiets"], options_en="Foot")

    with override("en"):
        assert how.choices == [("Te voet", "Te voet"), ("Fiets", "Fiets")]


def test_of_event_costs_the_same_for_many_people(
    event: Event, django_assert_num_queries: DjangoAssertNumQueries
):
    wijk = make_question(event, "Wijk?")
    for count in (1, 3):
        while event.registrations.count() < count:
            make_registration(event, answers={wijk.pk: "a"})
        with django_assert_num_queries(2):
            assert len(answers.of_event(event)) == count
        with django_assert_num_queries(3):
            assert [figure.answered for figure in answers.figures(event)] == [count]


def test_figures_count_those_who_come(event: Event):
    how = make_question(event, "Hoe?", "one", options=["Te voet", "Fiets"])
    what = make_question(event, "Wat?", "several", options=["Soep", "Brood"])
    yes = make_question(event, "Eerder?", "yes_no")
    text = make_question(event, "Wijk?")
    make_question(event, "Nooit beantwoord?", retired_at=NOW)
    make_question(event, "Nieuw?")
    elsewhere = make_event()
    also = make_question(elsewhere, "Eerder?", "yes_no")
    make_registration(elsewhere, answers={also.pk: True})
    make_registration(
        event, answers={how.pk: "Fiets", what.pk: ["Soep", "Brood"], yes.pk: True, text.pk: "a"}
    )
    make_registration(event, answers={how.pk: "Fiets", what.pk: ["Soep"], yes.pk: False})
    make_registration(event, answers={yes.pk: False})
    make_registration(event, answers={how.pk: "Te voet"}, confirmed=False)
    changing.cancel(make_registration(event, answers={how.pk: "Te voet"}), at=NOW)
    event.signup_questions.filter(pk=text.pk).update(retired_at=NOW)

    with override("nl"):
        figures = answers.figures(event)

    assert [(one.question.question, one.answered, one.counts) for one in figures] == [
        ("Hoe?", 2, [("Te voet", 0), ("Fiets", 2)]),
        ("Wat?", 2, [("Soep", 2), ("Brood", 1)]),
        ("Eerder?", 3, [("Ja", 1), ("Nee", 2)]),
        ("Wijk?", 1, []),
        ("Nieuw?", 0, []),
    ]
