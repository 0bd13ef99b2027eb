"""What visitors type: what the forms accept, and the sentence for what they do not."""

from __future__ import annotations

import pytest
from django import forms
from django.core import validators
from django.utils.translation import override

from program.models import Event
from registrations.errors import EventFull, TablesRefused
from registrations.public.forms import MyLinkForm, SignUpForm, add_problems
from tests.registrations.forms.filled_in import (
    TYPED,
    cards,
    closed,
    fill_table,
    make_form_event,
    sign_up,
    slots,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def event() -> Event:
    return make_form_event()


def django_sentences(language: str) -> set[str]:
    """The beginnings of Django's own messages, up to the first thing filled in."""
    fields = [forms.CharField, forms.EmailField, forms.ChoiceField, forms.BooleanField]
    with override(language):
        messages = [text for field in fields for text in field().error_messages.values()]
        messages += [
            validators.EmailValidator.message,
            validators.ProhibitNullCharactersValidator.message,
            validators.MaxLengthValidator.message["other"]
            if isinstance(validators.MaxLengthValidator.message, dict)
            else "Ensure this value has at most",
        ]
        return {str(text).split("%(")[0].strip() for text in messages} - {""}


def test_sign_up_gives_the_tables_by_round(event: Event):
    form = sign_up(event)

    assert (form.errors, form.tables) == ({}, {1: "1a", 2: ""})


@pytest.mark.parametrize(
    ("first", "last"),
    [("Gülşen", "Çelik-van 't Hof"), ("Ó", "Ó"), ("Iris", "d'Ancona"), ("李", "小龙")],
)
def test_sign_up_accepts_names_as_people_have_them(event: Event, first: str, last: str):
    form = sign_up(event, first_name=first, last_name=last)

    assert form.is_valid()
    assert (form.cleaned_data["first_name"], form.cleaned_data["last_name"]) == (first, last)


def test_sign_up_without_answers_says_what_to_do_in_every_field(event: Event):
    form = SignUpForm(event, slots(event), closed(event), {})

    with override("en"):
        assert [problem.sentence for problem in form.problems] == [
            "Choose a table for round 1, or choose no table.",
            "Choose a table for round 2, or choose no table.",
            "Fill in your first name.",
            "Fill in your last name.",
            "Enter your e-mail address, such as name@municipality.nl.",
            "Choose from the list at ‘Je bent’.",
            "Tick the box to show that you know your place is personal.",
        ]


def test_sign_up_links_each_problem_to_its_input(event: Event):
    fill_table(event, "1a")
    form = SignUpForm(event, slots(event), closed(event), {})

    assert [problem.target for problem in form.problems] == [
        "id_round_1_1",  # table 1a is full and has no radio
        "id_round_2_0",
        "id_first_name",
        "id_last_name",
        "id_email",
        "id_role",
        "id_agree",
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize(
    "wrong",
    [
        dict.fromkeys(TYPED),
        dict.fromkeys(TYPED, ""),
        {"first_name": "a\x00b", "last_name": "a\x00b", "email": "a\x00b", "role": "a\x00b"},
        {"first_name": "\u202enoor", "organisation": "\u202eBV", "round_1": "\x00"},
        {"first_name": "a" * 10_000, "last_name": "b" * 101, "organisation": "c" * 101},
        {"email": "noor", "role": "koning", "round_1": "1b", "round_2": "99"},
    ],
    ids=["nothing", "empty", "nul", "direction", "long", "wrong"],
)
def test_no_form_speaks_with_the_words_of_django(
    event: Event, language: str, wrong: dict[str, str | None]
):
    with override(language):
        shown = [problem.sentence for problem in sign_up(event, **wrong).problems]
        shown += [problem.sentence for problem in MyLinkForm(wrong).problems]

        assert shown
        assert [
            sentence
            for sentence in shown
            for theirs in django_sentences(language)
            if sentence.startswith(theirs)
        ] == []


def test_a_name_of_ten_thousand_characters_is_refused_and_still_there(event: Event):
    form = sign_up(event, first_name="a" * 10_000)

    with override("en"):
        assert form.errors == {
            "first_name": ["Make your first name shorter: 100 characters at most."]
        }
    assert form["first_name"].value() == "a" * 10_000


def test_a_sentence_of_a_cleaner_says_which_field_it_is_about(event: Event):
    with override("en"):
        (sentence,) = sign_up(event, last_name="van\x07dam").errors["last_name"]

    assert str(sentence).startswith("Last name: ")


def test_add_problems_shows_the_table_that_filled_up_as_full(event: Event):
    form = sign_up(event)
    assert form.is_valid()
    fill_table(event, "1a")

    add_problems(form, TablesRefused([("round_1", "Table 1a is full.")]))

    card = cards(form, 1)[0]
    assert form.problems == [("id_round_1_1", "Table 1a is full.")]
    assert (card.choosable, card.refused) == (False, True)


def test_add_problems_without_a_field_stands_above_the_form(event: Event):
    form = sign_up(event)
    assert form.is_valid()

    add_problems(form, EventFull())

    assert form.problems == [("", str(EventFull()))]


def test_privacy_note_reckons_the_day_of_erasure_from_the_end(event: Event):
    assert f"{sign_up(event).erased_on:%Y-%m-%d}" == "2027-01-06"
