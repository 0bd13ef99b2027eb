# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

import tomllib
from datetime import date, datetime, time

import pytest
from django.utils import translation

from program.programme import BadProgramme, Problem, SignupQuestionEntry
from program.toml import toml_file
from program.toml.lines import lines_of
from registrations.management.commands.load_demo import FILE

SMALL = """\
slug = "klein"
title = "Klein"
organiser = "Gemeente Oss"
organiser_email = "post@oss.example"
date = 2026-12-07
weekday = "maandag"
starts = "14:00"
ends = "17:00"
capacity = 20
venue = { name = "Stadhuis", street = "Raadhuislaan 2", postcode = "5341 GM", city = "Oss" }

[[agenda]]
starts = "14:00"
ends = "15:00"
title = "ronde 1"
round = 1

[[themes]]
number = 1
title = "Een"

[[speakers]]
name = "Peter Noten"

[[sessions]]
code = "1a"
theme = 1
title = "Gesprek"
hosts = ["Peter Noten"]
sittings = [
    { round = 1, seats = 8 },
]
"""


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadProgramme) as caught:
        toml_file.load(text)
    return [(problem.line, problem.message) for problem in caught.value.problems]


def test_small_file_is_read():
    programme = toml_file.load(SMALL)
    assert (programme.date, programme.starts, programme.ends) == (
        date(2026, 12, 7),
        time(14),
        time(17),
    )
    assert programme.venue.street == "Raadhuislaan 2"
    assert programme.sessions[0].hosts == ["Peter Noten"]
    assert programme.sessions[0].sittings[0].line == 31
    assert programme.published is None


def test_what_organisers_set_is_read_and_left_as_it_is_if_the_file_is_silent():
    silent = toml_file.load(SMALL)
    assert (silent.notice, silent.extras_allowed, silent.signup_questions) == (None, None, None)
    assert silent.sessions[0].sittings[0].reserved is None
    text = SMALL.replace(
        "capacity = 20",
        '''capacity = 20
notice = """
Er worden foto’s gemaakt.
"""
needs_question = ""
extras_allowed = true
signup_questions = [
    { question = "Hoe kom je?", kind = "one", options = ["fiets", "trein"], required = true },
    { question = "Nog iets?" },
]''',
    ).replace("seats = 8", "seats = 8, reserved = 2")
    programme = toml_file.load(text)
    assert (programme.notice, programme.notice_en, programme.needs_question) == (
        "Er worden foto’s gemaakt.",
        None,
        "",
    )
    assert programme.extras_allowed is True
    assert programme.sessions[0].sittings[0].reserved == 2
    assert programme.signup_questions == [
        SignupQuestionEntry(
            question="Hoe kom je?",
            kind="one",
            options=["fiets", "trein"],
            options_en=[],
            required=True,
        ),
        SignupQuestionEntry(question="Nog iets?", options=[], options_en=[]),
    ]


@pytest.mark.parametrize("written", ['"9.30"', '"09:30"', "09:30:00"])
def test_time_is_read_however_it_is_written(written: str):
    text = SMALL.replace('starts = "14:00"\nends = "17:00"', f'starts = {written}\nends = "17:00"')
    assert toml_file.load(text).starts == time(9, 30)


@pytest.mark.parametrize("written", ['"2026-12-07"', "2026-12-07"])
def test_date_is_read_with_or_without_quotation_marks(written: str):
    assert toml_file.load(SMALL.replace("2026-12-07", written)).date == date(2026, 12, 7)


def test_deadlines_are_wall_clock_times():
    written = "capacity = 20\nwaiting_closes = 2026-12-06 18:00:00"
    programme = toml_file.load(SMALL.replace("capacity = 20", written))
    assert programme.waiting_closes == datetime(2026, 12, 6, 18)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = \n", 1), ("a = 1\n\nb = [1, 2\n", 3), ("a = 1\na = 2\n", 2), ('a = 1\nb = "x\n', 2)],
)
def test_text_that_is_no_toml_names_its_line(text: str, line: int):
    ((found, message),) = problems(text)
    assert (found, message.split(":")[0]) == (line, "This line is not written as TOML wants it")


def test_empty_file_names_all_that_is_missing():
    missing = "capacity date ends organiser organiser_email slug starts title venue"
    assert sorted(problems("")) == sorted(
        (1, f"‘{name}’ is missing here.") for name in missing.split()
    )


def test_all_mistakes_of_shape_and_sense_are_told_at_once():
    text = (
        SMALL.replace('title = "Klein"', 'titel = "Klein"')
        .replace("capacity = 20", 'capacity = "20"')
        .replace('weekday = "maandag"', 'weekday = "dinsdag"')
        .replace('code = "1a"', "code = 1")
        .replace("theme = 1", "theme = 2")
        .replace("{ round = 1, seats = 8 }", "{ round = 3, seats = -1, chairs = 2 }")
    )
    assert problems(text) == [
        (1, "‘title’ is missing here."),
        (2, "‘titel’ is not known here. Do you mean ‘title’?"),
        (6, "The weekday does not fit: 7 December 2026 is a Monday, not a dinsdag."),
        (9, "‘capacity’ must be a whole number, without quotation marks."),
        (26, "‘code’ must be a text, between quotation marks."),
        (27, "There is no theme 2."),
        (31, "There is no round 3 in the timetable."),
        (31, "‘chairs’ is not known here."),
        (31, "‘seats’ must be between 0 and 32767."),
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "line", "message"),
    [
        ('slug = "klein"', "slug = true", 1, "‘slug’ must be a text, between quotation marks."),
        ('slug = "klein"', 'slug = " "', 1, "‘slug’ is empty."),
        ('title = "Klein"', 'title = "Kl\\u0000ein"', 2,
         "‘title’ holds a character that cannot be shown."),
        ('title = "Klein"', 'title = """Klein\n"""\nlead = """een\ntwee"""', 4,
         "‘lead’ must fit on one line."),
        ("date = 2026-12-07", "date = 7", 5, "‘date’ must be a date, such as 2026-12-07."),
        ("date = 2026-12-07", 'date = "7 dec"', 5, "‘date’ must be a date, such as 2026-12-07."),
        ('starts = "14:00"\nends = "17:00"', 'starts = "2 pm"\nends = "17:00"', 7,
         "‘starts’ must be a time, such as \"14:00\"."),
        ("capacity = 20", "capacity = true", 9,
         "‘capacity’ must be a whole number, without quotation marks."),
        ("capacity = 20", "capacity = 20\npublished = 1", 10, "‘published’ must be true or false."),
        ("capacity = 20", 'capacity = 20\nsignup_opens = "soon"', 10,
         "‘signup_opens’ must be a date with a time, such as 2026-12-06 18:00:00."),
        ('hosts = ["Peter Noten"]', 'hosts = "Peter Noten"', 29,
         "‘hosts’ must be a list of texts, such as [\"one\", \"two\"]."),
        ("[[speakers]]", "[[persons]]", 22, "‘persons’ is not known here."),
        ("[[themes]]", "[themes]", 18,
         "‘themes’ must be written as [[themes]], with its lines below it."),
        ("venue = {", 'venue = "Stadhuis" # {', 10,
         "‘venue’ must be written as [venue], with its lines below it."),
    ],
)  # fmt: skip
def test_value_of_the_wrong_kind_is_told_once(right: str, wrong: str, line: int, message: str):
    assert (line, message) in problems(SMALL.replace(right, wrong, 1))
    others = [told for told in problems(SMALL.replace(right, wrong, 1)) if told != (line, message)]
    # Only speakers that are not there can be missed elsewhere.
    assert others == (
        [(29, "There is no speaker ‘Peter Noten’ in this file.")] if "persons" in wrong else []
    )


def test_windows_line_ends_keep_the_lines_right():
    text = SMALL.replace('weekday = "maandag"', 'weekday = "vrijdag"').replace("\n", "\r\n")
    assert [line for line, _message in problems(text)] == [6]


def test_lines_are_found_in_every_way_of_writing():
    text = '''\
a.b = 1 # x = 2
"c d" = """
e = 3 \\""" f = 4
"""
g = [
  { h = 5, i.j = [1, 2] },
  # k = 6
  { h = \'\'\'
l = 7\'\'\' },
]
[m."n.o"]
p = 2026-12-07 18:00:00
[[q]]
r = 8
[q.s]
t = "[[q]]"
[[q]]
[[q.u]]
v = 1
[[q.u]]
v = 2
'''
    assert tomllib.loads(text)
    assert lines_of(text) == {
        ("a",): 1,
        ("a", "b"): 1,
        ("c d",): 2,
        ("g",): 5,
        ("g", 0): 6,
        ("g", 0, "h"): 6,
        ("g", 0, "i"): 6,
        ("g", 0, "i", "j"): 6,
        ("g", 0, "i", "j", 0): 6,
        ("g", 0, "i", "j", 1): 6,
        ("g", 1): 8,
        ("g", 1, "h"): 8,
        ("m", "n.o"): 11,
        ("m", "n.o", "p"): 12,
        ("q",): 13,
        ("q", 0): 13,
        ("q", 0, "r"): 14,
        ("q", 0, "s"): 15,
        ("q", 0, "s", "t"): 16,
        ("q", 1): 17,
        ("q", 1, "u"): 18,
        ("q", 1, "u", 0): 18,
        ("q", 1, "u", 0, "v"): 19,
        ("q", 1, "u", 1): 20,
        ("q", 1, "u", 1, "v"): 21,
    }


def test_every_value_of_the_demo_file_is_found_on_a_line_that_names_it():
    text = FILE.read_text(encoding="utf-8")
    lines, source = lines_of(text), text.split("\n")
    wrong = [
        path
        for path, line in lines.items()
        if isinstance(path[-1], str) and path[-1] not in source[line - 1]
    ]
    assert wrong == []
    assert len(lines) > 300


def test_problems_stand_in_the_order_of_the_file():
    error = BadProgramme([Problem(2, "b"), Problem(3, "a")])
    assert str(error) == "2: b\n3: a"
