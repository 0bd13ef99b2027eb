# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import translation

from program.file.model import (
    FilePlace,
    Mistake,
    Programme,
    SessionEntry,
    SignupQuestionEntry,
    SlotEntry,
    ThemeEntry,
)
from program.file.parse import BrokenCell, RawEntry, entry_of, joined

HERE, CELL = FilePlace((1,), "here"), FilePlace((1, 1), "cell")
CLOCK, DAY = "This must be a time, such as 15:00.", "This must be a date, such as 31-10-2016."
MOMENT = "This must be a date with a time, such as 30-10-2016 18:00."
WHOLE, YES_NO = "This must be a whole number, such as 14.", "Fill in ‘ja’ or ‘nee’."
TEXT = "This must be a text. In a spreadsheet, give the cell the format Text first."
EMPTY = "This is empty: fill it in."


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def read(name: str, written: Any) -> object:
    """The value, or what is wrong with it; nothing else of the event is there."""
    mistakes: list[Mistake] = []
    raw = RawEntry(HERE, HERE, values={name: written}, places={name: CELL})
    programme = entry_of(Programme, raw, mistakes)
    wrong = [mistake.sentence for mistake in mistakes if mistake.place == CELL]
    if wrong:
        assert name in programme.unread
        assert getattr(programme, name) == Programme.definitions[name].default
        return wrong
    return getattr(programme, name)


@pytest.mark.parametrize(
    ("written", "clock"),
    [
        (time(15, 30), time(15, 30)),
        (datetime(1899, 12, 31, 15, 30), time(15, 30)),
        (datetime(2016, 10, 31, 15, 30), time(15, 30)),
        (timedelta(hours=15, minutes=30), time(15, 30)),
        (15.5 / 24, time(15, 30)),
        (15.3, time(15, 30)),
        (9.05, time(9, 5)),
        (15, time(15)),
        (0, time(0)),
        ("15.30", time(15, 30)),
        ("9:05", time(9, 5)),
        ("15u30", time(15, 30)),
        (" 15.30 uur ", time(15, 30)),
        ("15:30:20", time(15, 30, 20)),
    ],
)
def test_time_is_read_however_it_is_stored(written: Any, clock: time):
    assert read("starts", written) == clock


@pytest.mark.parametrize(
    "written",
    [
        *("25:00", "3 uur", 25, 15.75, True, -1, 31612345678, float("inf")),
        *(timedelta(days=1), datetime(1900, 1, 15, 7, 12)),
    ],
)
def test_what_is_not_a_time_is_reported(written: Any):
    assert read("ends", written) == [CLOCK]


@pytest.mark.parametrize(
    "written",
    [
        date(2016, 10, 31),
        datetime(2016, 10, 31),
        "31-10-2016",
        "31/10/2016",
        "31.10.2016",
        "2016-10-31",
        "31 oktober 2016",
        "maandag 31 oktober 2016",
        "Monday, 31 October 2016",
    ],
)
def test_date_is_read_however_it_is_stored(written: Any):
    assert read("date", written) == date(2016, 10, 31)


@pytest.mark.parametrize("written", ["31-13-2016", "31 oktober", "straks", 42674, time(1)])
def test_what_is_not_a_date_is_reported(written: Any):
    assert read("date", written) == [DAY]


@pytest.mark.parametrize(
    "written",
    [
        datetime(2016, 10, 1, 9, 30),
        "1-10-2016 9.30",
        "01-10-2016 09:30 uur",
        "2016-10-01T09:30",
        "zaterdag 1 oktober 2016 om 9:30",
    ],
)
def test_deadline_is_read_however_it_is_stored(written: Any):
    assert read("signup_opens", written) == datetime(2016, 10, 1, 9, 30)


@pytest.mark.parametrize("written", [date(2016, 10, 1), "1-10-2016"])
def test_deadline_without_a_time_is_at_midnight(written: Any):
    assert read("signup_opens", written) == datetime(2016, 10, 1)


@pytest.mark.parametrize("written", ["om negen uur", "1-10-2016 25:00", 9, time(9)])
def test_what_is_not_a_deadline_is_reported(written: Any):
    assert read("signup_opens", written) == [MOMENT]


@pytest.mark.parametrize("written", [96, 96.0, "96", " 96 ", "96,0", "+96"])
def test_number_is_read_however_it_is_stored(written: Any):
    assert read("capacity", written) == 96


@pytest.mark.parametrize("written", [1.5, "1,5", "veel", True, date(2016, 10, 31), "9" * 16])
def test_what_is_not_a_whole_number_is_reported(written: Any):
    assert read("capacity", written) == [WHOLE]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("ja", True), (" Ja ", True), ("yes", True), ("x", True), (True, True), (1, True)),
        *(("nee", False), ("No", False), (False, False), (0, False), ("", None), (None, None)),
    ],
)
def test_yes_and_no_are_read_however_they_are_stored(written: Any, meant: bool | None):
    assert read("published", written) is meant


@pytest.mark.parametrize("written", ["misschien", 2, 1.5])
def test_neither_yes_nor_no_is_reported(written: Any):
    assert read("published", written) == [YES_NO]


@pytest.mark.parametrize(
    ("written", "text"),
    [("1a", "1a"), (4, "4"), (4.0, "4"), (1.5, "1.5"), (" cafe\u0301\r\n", "café")],
)
def test_text_is_read_however_it_is_stored(written: Any, text: str):
    assert read("title", written) == text


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (date(2016, 10, 31), TEXT),
        (True, TEXT),
        (["een"], TEXT),
        ("een\ntwee", "This must fit on one line."),
        (
            "a\x07b",
            "This contains a character that we can’t show. Type it again without that character.",
        ),
        (BrokenCell("This cell holds an error: #REF!."), "This cell holds an error: #REF!."),
        ("  ", EMPTY),
        (None, EMPTY),
    ],
)
def test_what_is_not_a_text_on_one_line_is_reported_once(written: Any, message: str):
    assert read("title", written) == [message]


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("", ()),
        ("Noor", ("Noor",)),
        ("Noor;Jan ; ", ("Noor", "Jan")),
        ("Noor\nJan\n", ("Noor", "Jan")),
        ('"Jan; Piet"; Noor', ("Jan; Piet", "Noor")),
        ("d'Arc; 't Hart", ("d'Arc", "'t Hart")),
        (["Noor", " Jan "], ("Noor", "Jan")),
    ],
)
def test_several_texts_come_as_a_list_or_in_one_cell(written: Any, texts: tuple[str, ...]):
    raw = RawEntry(HERE, HERE, values={"options": written})
    assert entry_of(SignupQuestionEntry, raw, []).options == texts


def test_names_in_one_cell_come_back_whatever_is_in_them():
    names = ("Jan; Piet", '"Joop" de Vries', "Noor", "Jan Smit ()")
    assert joined(names) == '"Jan; Piet"; """Joop"" de Vries"; Noor; Jan Smit ()'
    raw = RawEntry(HERE, HERE, values={"hosts": joined(names)})
    assert entry_of(SessionEntry, raw, []).hosts == names


@pytest.mark.parametrize("written", ["één keuze", "One choice", "one", "EEN KEUZE"])
def test_kind_of_a_question_is_read_in_both_languages(written: str):
    raw = RawEntry(HERE, HERE, values={"question": "Hoe?", "kind": written})
    assert entry_of(SignupQuestionEntry, raw, []).kind == "one"


# What a file is silent of


def test_what_must_be_there_is_missed_where_it_should_stand():
    mistakes: list[Mistake] = []
    entry = entry_of(ThemeEntry, RawEntry(CELL, HERE, "nl", values={"number": 1}), mistakes)
    assert [str(mistake) for mistake in mistakes] == ["here: ‘Titel’ is missing here."]
    assert (entry.unread, entry.at("number")) == ({"title"}, CELL)


def test_what_is_stored_stands_for_what_the_file_does_not_mention():
    stored = ThemeEntry(number=1, title="Geld", text="Tekst.")
    mistakes: list[Mistake] = []
    raw = RawEntry(HERE, HERE, values={"number": 1, "text": None})
    assert entry_of(ThemeEntry, raw, mistakes, stored) == replace(stored, text="")
    assert mistakes == []


@pytest.mark.parametrize(
    ("name", "default", "empty"),
    [
        ("published", None, None),
        ("notice", None, ""),
        ("lead", "", ""),
        ("signup_opens", None, None),
        ("hold_minutes", 60, 60),
    ],
)
def test_left_out_and_empty_are_not_always_the_same(name: str, default: Any, empty: Any):
    assert getattr(entry_of(Programme, RawEntry(HERE, HERE), []), name) == default
    assert read(name, " ") == empty


def test_empty_cell_reserves_no_seats_and_no_cell_leaves_them():
    seats: dict[str, object] = {"round": 1, "seats": 9}
    silent, empty = (
        entry_of(SlotEntry, RawEntry(HERE, HERE, values=values), []).reserved
        for values in (seats, {**seats, "reserved": ""})
    )
    assert (silent, empty) == (None, 0)


def test_rounds_that_the_file_does_not_know_keep_their_tables():
    first, second = SlotEntry(round=1, seats=8), SlotEntry(round=2, seats=9)
    stored = SessionEntry(code="1a", title="T", theme=1, slots=[first, second])
    raw = RawEntry(HERE, HERE, values={"code": "1a"}, parts={"slots": []}, known={"slots": [1]})
    assert entry_of(SessionEntry, raw, [], stored).slots == (second,)


def test_places_sort_as_one_reads():
    places = [
        FilePlace((1, 2, 1), "b"),
        FilePlace((1, 1, 9), "a"),
        FilePlace((2, 1), "d"),
        FilePlace((1, 2, 3), "c"),
    ]
    assert [str(place) for place in sorted(places)] == ["a", "b", "c", "d"]
