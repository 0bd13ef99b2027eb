# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
"""A draw in the file of a programme: its two columns, and what an organiser may overlook."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from program.file import files
from program.file.from_db import programme_of
from program.file.model import Programme
from program.file.refusals import PeopleInTheWay
from program.file.rules import mistakes_in
from program.file.spreadsheet.ods import ods_of
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import xlsx_of
from program.file.to_do import to_do
from program.file.warnings import warnings_about
from program.models import Event
from registrations.management.commands.load_demo import FILE
from registrations.organising import programmes
from tests.factories import NOW, make_event, make_organiser, make_slot
from tests.registrations.drawn import rank

DEMO = files.load_toml(FILE.read_bytes())  # on 31 October 2016, in two rounds
CLOSES = datetime(2016, 10, 24, 20)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


def drawn(**fields: Any) -> Programme:
    return replace(replace(DEMO, wishes_close=CLOSES, wishes_a_round=4), **fields)


def about_draws(programme: Programme) -> list[str]:
    return [
        mistake.sentence
        for mistake in warnings_about(programme)
        if "draw" in mistake.sentence or "choices" in mistake.sentence
    ]


@pytest.mark.parametrize("write", [xlsx_of, ods_of])
def test_a_spreadsheet_says_until_when_and_how_many(write: Any):
    programme = drawn()

    again = files.load(write(pages(programme)), "programma").programme

    assert (again.wishes_close, again.wishes_a_round) == (CLOSES, 4)


def test_a_file_says_until_when_and_how_many():
    text = FILE.read_text().replace(
        "capacity =", "wishes_close = 2016-10-24T20:00:00\nwishes_a_round = 4\ncapacity =", 1
    )

    programme = files.load_toml(text.encode())

    assert (programme.wishes_close, programme.wishes_a_round) == (CLOSES, 4)


@pytest.mark.django_db
def test_what_is_stored_comes_out_as_it_went_in_and_moves_along_with_the_day():
    programmes.load_programme(drawn(), who="test", at=NOW)
    event = Event.objects.get(slug=DEMO.slug)

    assert (event.wishes_close_at, event.wishes_a_round) == (timezone.make_aware(CLOSES), 4)
    again = programme_of(event)
    assert (again.wishes_close, again.wishes_a_round) == (CLOSES, 4)
    copy = programmes.copy_event(
        event,
        slug="opnieuw",
        title="Opnieuw",
        day=event.day + timedelta(days=10),
        who="test",
        at=NOW,
    )
    assert copy.wishes_close_at == timezone.make_aware(CLOSES + timedelta(days=10))
    assert copy.draw_seed != event.draw_seed
    assert copy.draw_to_come


@pytest.mark.django_db
def test_a_file_cannot_take_the_draw_from_those_who_ranked():
    event = make_event(wishes_close_at=NOW + timedelta(days=7))
    make_slot(event, "a")
    rank(event, {1: ["a"]})
    make_organiser(event)

    with pytest.raises(PeopleInTheWay) as refused:
        programmes.load_programme(
            replace(programme_of(event), wishes_close=None), who="test", at=NOW
        )

    assert [mistake.sentence for mistake in refused.value.mistakes] == [
        "1 person has signed up knowing how places are given out, so this stays as it is."
    ]


def test_choices_have_to_close_before_the_waiting_lists():
    sentences = [
        mistake.sentence for mistake in mistakes_in(drawn(wishes_close=datetime(2016, 10, 30, 18)))
    ]

    assert sentences == [
        "Choices have to close before the waiting lists do, so before "
        "Sunday 30 October 2016, 18:00."
    ]


def test_a_draw_with_all_that_it_needs_has_no_hint():
    assert about_draws(drawn()) == []
    assert about_draws(drawn(signup_closes=CLOSES)) == []


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"sessions": []}, "Tables are drawn, but there is no table yet to choose."),
        ({"sessions": [], "agenda": []}, "Tables are drawn, but there is no round yet."),
        (
            {"signup_closes": CLOSES - timedelta(hours=1)},
            "Sign-up closes before choices do: who has signed up can still choose, and nobody else "
            "can take part in the draw.",
        ),
        (
            {"signup_opens": CLOSES},
            "Sign-up opens after choices have closed, so nobody can take part in the draw.",
        ),
    ],
)
def test_what_a_draw_lacks_is_a_hint(fields: dict[str, Any], hint: str):
    assert about_draws(drawn(**fields)) == [hint]
    assert about_draws(replace(drawn(**fields), wishes_close=None)) == []


@pytest.mark.django_db
def test_what_a_draw_lacks_leads_to_where_it_is_chosen():
    event = make_event(rounds=0, wishes_close_at=NOW + timedelta(days=7))

    (found,) = [one for one in to_do(event) if "drawn" in one.sentence]

    assert found.address == f"/en/admin/program/event/{event.pk}/aanmelden/"
    assert not found.mistake
