"""The choice of a table in each round, and of those to wait for."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils.translation import override

from program.models import Event
from registrations.public.forms import ChangeTablesForm, SignUpForm
from registrations.queries.waiting import Queues
from tests.factories import NOW
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


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (None, "Choose a table for round 1, or choose no table."),
        ("1b", "Session 1b is in round 2. Choose another for round 1, or choose no table."),
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


def test_a_full_table_asked_for_on_the_list_comes_to_waiting_for_it(event: Event):
    event.capacity = 0
    form = wishing(event, round_2="1b")

    card = cards(form, 2)[0]
    assert (card.choosable, card.box and card.box.ticked) == (False, True)


def test_to_wait_for_a_table_is_an_answer_for_its_round(event: Event):
    form = wishing(event, wish_2=["1b"])
    form.data = {name: value for name, value in form.data.items() if name != "round_2"}

    assert (form.errors, form.tables[2], form.waitlists[2]) == ({}, "", ["1b"])
