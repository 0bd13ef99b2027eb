"""What visitors type: what the forms accept, and the sentence for what they do not."""

from __future__ import annotations

from datetime import datetime

import pytest
from django import forms
from django.core import validators
from django.utils.translation import override

from program.models import Event, Slot
from registrations.errors import EventFull, TablesRefused
from registrations.forms.tables import TableChoice, TableOption
from registrations.public.forms import ChangeTablesForm, MyLinkForm, SignUpForm, add_problems
from registrations.queries.waiting import Queues
from tests.factories import NOW, make_event, make_slot

pytestmark = pytest.mark.django_db

TYPED = {
    "first_name": "Noor",
    "last_name": "van der Meulen",
    "email": "noor@haarlem.example",
    "organisation": "",
    "role": "ambtenaar",
    "round_1": "1a",
    "round_2": "",
    "agree": "on",
}


@pytest.fixture
def event() -> Event:
    event = make_event()
    make_slot(event, "1a", 1)
    make_slot(event, "6", 1)
    make_slot(event, "1b", 2, seats=1)
    make_slot(event, "6", 2)
    return event


def slots(event: Event) -> list[Slot]:
    return list(
        event.slots.select_related("session__theme", "round__agenda_item").prefetch_related(
            "session__hostings__speaker"
        )
    )


def closed(event: Event) -> Queues:
    """The waiting lists of this event once they have closed."""
    return Queues(event, at=event.waiting_closes)


def sign_up(event: Event, **changes: str | None) -> SignUpForm:
    data = {name: value for name, value in (TYPED | changes).items() if value is not None}
    return SignUpForm(event, slots(event), closed(event), data)


def cards(form: TableChoice, number: int) -> list[TableOption]:
    return form.rounds[number - 1].cards


def fill_table(event: Event, code: str) -> None:
    for slot in event.slots.filter(session__code=code):
        event.slots.filter(pk=slot.pk).update(taken=slot.seats)


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
            "Fill in your first name.",
            "Fill in your last name.",
            "Enter your e-mail address, such as name@municipality.nl.",
            "Choose your role.",
            "Choose a table for round 1, or choose no table.",
            "Choose a table for round 2, or choose no table.",
            "Tick the agreement: your place is personal.",
        ]


def test_sign_up_links_each_problem_to_its_input(event: Event):
    fill_table(event, "1a")
    form = SignUpForm(event, slots(event), closed(event), {})

    assert [problem.target for problem in form.problems] == [
        "id_first_name",
        "id_last_name",
        "id_email",
        "id_role",
        "id_round_1_1",  # table 1a is full and has no radio
        "id_round_2_0",
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
            "first_name": ["Make your first name shorter: at most 100 characters."]
        }
    assert form["first_name"].value() == "a" * 10_000


def test_a_sentence_of_a_cleaner_says_which_field_it_is_about(event: Event):
    with override("en"):
        (sentence,) = sign_up(event, last_name="van\x07dam").errors["last_name"]

    assert str(sentence).startswith("Last name: ")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (None, "Choose a table for round 1, or choose no table."),
        ("1b", "Table 1b is in round 2. Choose another table for round 1, or choose no table."),
        ("99", "Choose a table from the list for round 1, or choose no table."),
    ],
)
def test_a_round_refuses_what_is_no_answer(event: Event, code: str | None, sentence: str):
    with override("en"):
        assert sign_up(event, round_1=code).errors == {"round_1": [sentence]}


def test_a_full_table_has_no_radio_but_its_code_reaches_the_action(event: Event):
    fill_table(event, "1a")
    form = sign_up(event, round_1="1a")

    assert form.is_valid()
    assert [(card.value, card.choosable, card.chosen) for card in cards(form, 1)] == [
        ("1a", False, False),
        ("6", True, False),
        ("", True, False),
    ]


def test_no_table_is_chosen_beforehand(event: Event):
    form = SignUpForm(event, slots(event), closed(event))

    assert [card.chosen for field in form.rounds for card in field.cards] == [False] * 6


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


def test_tables_form_keeps_ones_own_table_choosable_when_full(event: Event):
    fill_table(event, "1b")
    form = ChangeTablesForm(event, slots(event), closed(event), current={2: "1b"})

    assert [(card.value, card.choosable, card.mine, card.chosen) for card in cards(form, 2)] == [
        ("1b", True, True, True),
        ("6", True, False, False),
        ("", True, False, False),
    ]
    # In round 1 there is no table yet: 'no table' is the choice that stands.
    assert [card.chosen for card in cards(form, 1)] == [False, False, True]


def test_privacy_note_reckons_the_day_of_erasure_from_the_end(event: Event):
    assert f"{sign_up(event).erased_on:%Y-%m-%d}" == "2027-01-06"


def wishing(event: Event, at: datetime = NOW, **changes: str | list[str]) -> SignUpForm:
    fill_table(event, "1b")
    return SignUpForm(event, slots(event), Queues(event, at=at), {**TYPED, **changes})


def test_entries_come_by_round_in_the_order_of_the_form_each_once(event: Event):
    form = wishing(event, wish_1=["6", "1a", "6"], wish_2=["1b"])

    assert (form.errors, form.waitlists) == ({}, {1: ["6", "1a"], 2: ["1b"]})


def test_entries_of_a_wrong_round_are_left_out(event: Event):
    form = wishing(event, wish_1=["99"], wish_2=["1b"])

    assert (list(form.errors), form.waitlists) == (["wish_1"], {2: ["1b"]})


def test_entries_are_nothing_once_waiting_has_closed(event: Event):
    form = wishing(event, event.waiting_closes, wish_2=["1b"])

    assert (form.is_valid(), form.waitlists) == (True, {1: [], 2: []})


def test_full_table_has_a_radio_too_when_tables_are_requests(event: Event):
    event.capacity = 0
    form = wishing(event, round_2="1b")

    card = cards(form, 2)[0]
    assert (card.choosable, card.chosen, card.box is not None) == (True, True, True)
