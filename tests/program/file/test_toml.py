# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

from datetime import date, datetime, time
from time import process_time

import pytest
from django.utils import translation

from program.file import files
from program.file.model import BadProgramme, Programme, SignupQuestionEntry
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
slots = [
    { round = 1, seats = 8 },
]
"""


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def read(text: str) -> Programme:
    return files.load_toml(text.encode())


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadProgramme) as caught:
        read(text)
    return [str(mistake) for mistake in caught.value.mistakes]


def test_small_file_is_read():
    programme = read(SMALL)
    assert (programme.date, programme.starts, programme.ends) == (
        date(2026, 12, 7),
        time(14),
        time(17),
    )
    assert programme.venue.street == "Raadhuislaan 2"
    assert programme.sessions[0].hosts == ("Peter Noten",)
    assert str(programme.sessions[0].slots[0].at("seats")) == "sessions 1a, slots 1, seats"
    assert programme.published is None


def test_what_organisers_set_is_read_and_left_as_it_is_if_the_file_is_silent():
    silent = read(SMALL)
    assert (silent.notice, silent.extras_allowed, silent.signup_questions) == (None, None, None)
    assert silent.sessions[0].slots[0].reserved is None
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
    programme = read(text)
    assert (programme.notice, programme.notice_en, programme.needs_question) == (
        "Er worden foto’s gemaakt.",
        None,
        "",
    )
    assert programme.extras_allowed is True
    assert programme.sessions[0].slots[0].reserved == 2
    assert programme.signup_questions == (
        SignupQuestionEntry(
            question="Hoe kom je?", kind="one", options=["fiets", "trein"], required=True
        ),
        SignupQuestionEntry(question="Nog iets?"),
    )


@pytest.mark.parametrize("written", ['"9.30"', '"09:30"', "09:30:00"])
def test_time_is_read_however_it_is_written(written: str):
    text = SMALL.replace('starts = "14:00"\nends = "17:00"', f'starts = {written}\nends = "17:00"')
    assert read(text).starts == time(9, 30)


@pytest.mark.parametrize("written", ['"2026-12-07"', "2026-12-07"])
def test_date_is_read_with_or_without_quotation_marks(written: str):
    assert read(SMALL.replace("2026-12-07", written)).date == date(2026, 12, 7)


def test_deadlines_are_wall_clock_times():
    written = "capacity = 20\nwaiting_closes = 2026-12-06 18:00:00"
    programme = read(SMALL.replace("capacity = 20", written))
    assert programme.waiting_closes == datetime(2026, 12, 6, 18)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a = \n", 1), ("a = 1\n\nb = [1, 2\n", 3), ("a = 1\na = 2\n", 2), ('a = 1\nb = "x\n', 2)],
)
def test_text_that_is_not_toml_names_its_line(text: str, line: int):
    (message,) = mistakes(text)
    assert message.startswith(f"Line {line}: This is not valid TOML. ")


def test_text_that_is_not_utf8_says_so():
    with pytest.raises(BadProgramme, match="The file: Save this file as UTF-8"):
        files.load_toml(b"title = \xff")


def test_empty_file_names_all_that_is_missing():
    missing = "slug title organiser organiser_email date starts ends venue capacity"
    assert sorted(mistakes("")) == sorted(
        f"The file: ‘{name}’ is missing here." for name in missing.split()
    )


def test_all_mistakes_of_shape_and_sense_are_reported_at_once():
    text = (
        SMALL.replace('title = "Klein"', 'titel = "Klein"')
        .replace("capacity = 20", 'capacity = "veel"')
        .replace('weekday = "maandag"', 'weekday = "dinsdag"')
        .replace('code = "1a"', "code = 2026-12-07")
        .replace("theme = 1", "theme = 2")
        .replace("{ round = 1, seats = 8 }", "{ round = 3, seats = -1, chairs = 2 }")
    )
    assert mistakes(text) == [
        "titel: ‘titel’ is not known here. Do you mean ‘title’?",
        "weekday: The weekday does not fit: 7 December 2026 is a Monday, not a dinsdag.",
        "capacity: This must be a whole number, such as 14.",
        "sessions number 1, code: "
        "This must be a text. In a spreadsheet, give the cell the format Text first.",
        "sessions number 1, theme: There is no theme 2.",
        "sessions number 1, slots 3, round: There is no round 3 in the timetable.",
        "sessions number 1, slots 3, seats: Ensure this value is greater than or equal to 0.",
        "sessions number 1, slots 3, chairs: ‘chairs’ is not known here.",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('slug = "klein"', 'slug = " "', "slug: This is empty: fill it in."),
        ("date = 2026-12-07", "date = 7", "date: This must be a date, such as 31-10-2016."),
        ("capacity = 20", "capacity = 20\npublished = 2", "published: Fill in ‘ja’ or ‘nee’."),
        ('hosts = ["Peter Noten"]', "hosts = [1, true]",
         "sessions 1a, hosts: "
         "This must be a text. In a spreadsheet, give the cell the format Text first."),
        ("[[speakers]]", "[[persons]]", "persons: ‘persons’ is not known here."),
        ("[[speakers]]", "[[speaker]]",
         "speaker: ‘speaker’ is not known here. Do you mean ‘speakers’?"),
        ("[[themes]]", "[themes]", "themes: ‘themes’ must be written as [[themes]]."),
        ("venue = {", 'venue = "Stadhuis" # {', "venue: ‘venue’ must be written as [venue]."),
        ("venue = { name", "venue = { naam", "venue, naam: ‘naam’ is not known here."),
        ("[[agenda]]", "[[agenda]]\nseats = 2", "agenda 14:00, seats: ‘seats’ is not known here."),
    ],
)  # fmt: skip
def test_value_of_the_wrong_kind_is_reported_once(right: str, wrong: str, message: str):
    told = mistakes(SMALL.replace(right, wrong, 1))
    assert message in told
    told.remove(message)
    # Only what is not there can be missed elsewhere.
    assert told == {
        "[[persons]]": ["sessions 1a, hosts: There is no host ‘Peter Noten’ in this file."],
        "venue = { naam": ["venue: ‘name’ is missing here."],
    }.get(wrong, [])


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("a = " + "[" * 50_000, "Line 1: This is not valid TOML. "),
        ("a = " + "9" * 5_000, "Line 1: This is not valid TOML. "),
        ("a" + "=1\na".join(map(str, range(60_000))) + "=1", "The file: This file is too large."),
    ],
)
def test_file_that_would_take_for_ever_is_refused(written: str, message: str):
    began = process_time()
    (told,) = mistakes(written)
    assert told.startswith(message)
    assert process_time() - began < 15


@pytest.mark.parametrize("name", ["capacity", "title", "published", "starts", "signup_opens"])
def test_number_of_a_million_digits_is_reported(name: str):
    told = mistakes(f"{name} = 0x{'f' * 900_000}")
    assert f"{name}: This is too long." in told


def test_text_of_a_megabyte_is_no_date_and_takes_no_time():
    began = process_time()
    assert "signup_opens: This is too long." in mistakes(f'signup_opens = "x{" " * 900_000}x"')
    assert process_time() - began < 5


def test_code_of_a_megabyte_is_not_repeated_for_each_of_its_slots():
    code = "x" * 500_000
    told = mistakes(SMALL.replace('"1a"', f'"{code}"').replace("seats = 8", "seats = -1"))
    assert max(map(len, told)) < 200


def test_deadline_with_a_time_zone_is_reported():
    written = "capacity = 20\nwaiting_closes = 2026-12-06T18:00:00Z"
    assert mistakes(SMALL.replace("capacity = 20", written)) == [
        "waiting_closes: This must be a date with a time, such as 30-10-2016 18:00."
    ]


def test_every_place_in_the_demo_file_has_a_name_of_its_own():
    programme = files.load_toml(FILE.read_bytes())
    places = [place for entry in programme.entries for place in entry.places.values()]
    assert len(set(map(str, places))) == len(places) > 300
