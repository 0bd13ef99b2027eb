# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import translation

from program.programme import Place, Problem
from program.spreadsheet.cells import Broken, Row

PLACE = Place("here")
CLOCK, DAY = "This must be a time, such as 15:00.", "This must be a date, such as 31-10-2016."
MOMENT = "This must be a date with a time, such as 30-10-2016 18:00."
WHOLE, YES_NO = "This must be a whole number, such as 14.", "Fill in ‘ja’ or ‘nee’."
TEXT = "This must be a text. Give the cell the format Text and type it again."
EMPTY = "This cell is empty."


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def row(value: Any) -> Row:
    return Row({"x": value}, PLACE, {"x": PLACE}, {}, [])


def told(read: Row) -> list[str]:
    assert all(problem.line == PLACE for problem in read.problems)
    assert read.unread == ({"x"} if read.problems else set())
    return [problem.message for problem in read.problems]


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
    read = row(written)
    assert (read.clock("x", otherwise=time.min), told(read)) == (clock, [])


@pytest.mark.parametrize(
    "written",
    [
        *("25:00", "3 uur", 25, 15.75, True, -1, 31612345678, float("inf")),
        *(timedelta(days=1), datetime(1900, 1, 15, 7, 12)),
    ],
)
def test_what_is_no_time_is_told(written: Any):
    read = row(written)
    assert (read.clock("x", otherwise=time.max), told(read)) == (time.max, [CLOCK])


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
    read = row(written)
    assert (read.day("x"), told(read)) == (date(2016, 10, 31), [])


@pytest.mark.parametrize("written", ["31-13-2016", "31 oktober", "straks", 42674, time(1)])
def test_what_is_no_date_is_told(written: Any):
    read = row(written)
    assert (read.day("x"), told(read)) == (date.max, [DAY])


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
    read = row(written)
    assert (read.moment("x"), told(read)) == (datetime(2016, 10, 1, 9, 30), [])


@pytest.mark.parametrize("written", [date(2016, 10, 1), "1-10-2016"])
def test_deadline_without_a_time_is_at_midnight(written: Any):
    assert row(written).moment("x") == datetime(2016, 10, 1)


@pytest.mark.parametrize("written", ["om negen uur", "1-10-2016 25:00", 9, time(9)])
def test_what_is_no_deadline_is_told(written: Any):
    read = row(written)
    assert (read.moment("x"), told(read)) == (None, [MOMENT])


@pytest.mark.parametrize("written", [96, 96.0, "96", " 96 ", "96,0", "+96"])
def test_number_is_read_however_it_is_stored(written: Any):
    read = row(written)
    assert (read.number("x"), told(read)) == (96, [])


@pytest.mark.parametrize("written", [1.5, "1,5", "veel", True, date(2016, 10, 31), "9" * 16])
def test_what_is_no_whole_number_is_told(written: Any):
    read = row(written)
    assert (read.number("x"), told(read)) == (0, [WHOLE])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("ja", True), (" Ja ", True), ("yes", True), ("x", True), (True, True), (1, True)),
        *(("nee", False), ("No", False), (False, False), (0, False), ("", None), (None, None)),
    ],
)
def test_yes_and_no_are_read_however_they_are_stored(written: Any, meant: bool | None):
    read = row(written)
    assert (read.choice("x"), told(read)) == (meant, [])


def test_neither_yes_nor_no_is_told():
    read = row("misschien")
    assert (read.choice("x"), told(read)) == (None, [YES_NO])


@pytest.mark.parametrize(
    ("written", "text"),
    [("1a", "1a"), (4, "4"), (4.0, "4"), (1.5, "1.5"), (" cafe\u0301\r\n", "café")],
)
def test_text_is_read_however_it_is_stored(written: Any, text: str):
    read = row(written)
    assert (read.words("x"), told(read)) == (text, [])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (date(2016, 10, 31), TEXT),
        (True, TEXT),
        ("een\ntwee", "This must fit on one line."),
        ("a\x07b", "This holds a character that cannot be shown."),
        (Broken("This cell holds an error: #REF!."), "This cell holds an error: #REF!."),
        ("  ", EMPTY),
        (None, EMPTY),
    ],
)
def test_what_is_no_text_on_one_line_is_told_once(written: Any, message: str):
    read = row(written)
    assert (read.words("x", required=True), told(read)) == ("", [message])


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        ("", []),
        ("Noor", ["Noor"]),
        ("Noor;Jan ; ", ["Noor", "Jan"]),
        ("Noor\nJan\n", ["Noor", "Jan"]),
        ('"Jan; Piet"; Noor', ["Jan; Piet", "Noor"]),
        ("d'Arc; 't Hart", ["d'Arc", "'t Hart"]),
    ],
)
def test_several_texts_stand_in_one_cell(written: str, texts: list[str]):
    assert row(written).texts("x") == texts


def test_what_has_no_column_is_neither_missing_nor_empty():
    read = row(1)
    assert (read.words("y", required=True), read.maybe_text("y"), read.problems) == ("", None, [])
    assert read.place()["unread"] == {"y"}


def test_place_of_a_cell_is_told_in_words_and_sorts_as_one_reads():
    places = [Place(words, *at) for words, at in [
        ("b", (1, 2, 1)), ("a", (1, 1, 9)), ("d", (2, 1, 1)), ("c", (1, 2, 3)),
    ]]  # fmt: skip
    problems = [Problem(place, "x") for place in places]
    assert [str(problem.line) for problem in sorted(problems)] == ["a", "b", "c", "d"]
