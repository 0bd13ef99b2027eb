# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from django.utils import translation

from program.file.model import (
    AgendaEntry,
    FilePlace,
    Programme,
    QuestionEntry,
    SessionEntry,
    SignupQuestionEntry,
    SlotEntry,
    SpeakerEntry,
    ThemeEntry,
    VenueEntry,
)
from program.file.rules import mistakes_in

PROGRAMME = Programme(
    slug="klein",
    title="Klein",
    organiser="Gemeente Oss",
    organiser_email="post@oss.example",
    date=date(2026, 12, 7),
    weekday="maandag",
    starts=time(14),
    ends=time(17),
    capacity=20,
    venue=VenueEntry(
        place=FilePlace((10,)), name="Stadhuis", street="Plein 1", postcode="5341 GM", city="Oss"
    ),
    agenda=[
        AgendaEntry(
            place=FilePlace((20,)), starts=time(14), ends=time(14, 45), title="een", round=1
        ),
        AgendaEntry(
            place=FilePlace((21,)), starts=time(15), ends=time(15, 45), title="twee", round=2
        ),
    ],
    themes=[ThemeEntry(place=FilePlace((30,)), number=1, title="Thema")],
    speakers=[
        SpeakerEntry(place=FilePlace((40,)), name="Jan de Vries", organisation="gemeente Oss"),
        SpeakerEntry(place=FilePlace((41,)), name="Noor Bakker"),
    ],
    sessions=[
        SessionEntry(
            place=FilePlace((50,)),
            code="1a",
            theme=1,
            title="Gesprek",
            hosts=["Jan de Vries"],
            slots=[SlotEntry(place=FilePlace((51,)), round=1, seats=8)],
        ),
        SessionEntry(
            place=FilePlace((60,)),
            code="1b",
            theme=1,
            title="Ander gesprek",
            hosts=["Noor Bakker"],
            slots=[
                SlotEntry(place=FilePlace((61,)), round=1, seats=8),
                SlotEntry(place=FilePlace((62,)), round=2, seats=8),
            ],
        ),
    ],
    questions=[QuestionEntry(place=FilePlace((70,)), question="Waar?", answer="Hier.")],
)
FIRST, SECOND = PROGRAMME.sessions
JAN, NOOR = PROGRAMME.speakers


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def told(**changes: Any) -> list[tuple[int, str]]:
    mistakes = mistakes_in(replace(PROGRAMME, **changes))
    return [(sum(mistake.place.order) or 1, mistake.sentence) for mistake in mistakes]


def told_of_sessions(*sessions: SessionEntry) -> list[tuple[int, str]]:
    return told(sessions=sessions)


def test_programme_without_mistakes_has_no_mistakes_in():
    assert told() == []


@pytest.mark.parametrize("weekday", ["maandag", "Maandag", "monday", "Monday", ""])
def test_right_weekday_may_be_written_in_two_languages_or_left_out(weekday: str):
    assert told(weekday=weekday) == []


@pytest.mark.parametrize("weekday", ["dinsdag", "sunday", "maandaag"])
def test_wrong_weekday_is_reported(weekday: str):
    message = f"The weekday does not fit: 7 December 2026 is a Monday, not a {weekday}."
    assert told(weekday=weekday) == [(1, message)]


@pytest.mark.parametrize("day", [date(216, 10, 31), date(2226, 1, 1)])
def test_date_far_away_is_a_slip_of_the_pen(day: date):
    assert told(date=day) == [(1, "This date is too far away.")]


def test_event_that_ends_before_it_starts_is_reported():
    assert (1, "The end, 13:00, is not after the start, 14:00.") in told(ends=time(13))


def test_timetable_line_that_ends_when_it_starts_is_reported():
    line = replace(PROGRAMME.agenda[1], ends=time(15))
    assert told(agenda=[PROGRAMME.agenda[0], line]) == [
        (21, "The end, 15:00, is not after the start, 15:00.")
    ]


def test_timetable_lines_outside_the_event_are_reported():
    assert told(starts=time(14, 15), ends=time(15, 30)) == [
        (20, "‘een’ is before the event starts, at 14:15."),
        (21, "‘twee’ is after the event ends, at 15:30."),
    ]


def test_rounds_that_overlap_are_reported():
    first = replace(PROGRAMME.agenda[0], ends=time(15, 1))
    assert told(agenda=[first, PROGRAMME.agenda[1]]) == [
        (21, "Round 2 starts before round 1 has ended.")
    ]


@pytest.mark.parametrize(
    ("deadlines", "message"),
    [
        (
            {"signup_opens": datetime(2026, 12, 7, 14, 1)},
            "Sign-up opens after it closes.",
        ),
        (
            {
                "signup_opens": datetime(2026, 12, 3),
                "signup_closes": datetime(2026, 12, 2),
            },
            "Sign-up opens after it closes.",
        ),
        ({"signup_closes": datetime(2026, 12, 8)}, "Sign-up closes after the event starts."),
        ({"changes_close": datetime(2026, 12, 8)}, "Changes close after the event starts."),
        (
            {"waiting_closes": datetime(2026, 12, 8)},
            "The waiting lists close after changes close.",
        ),
        (
            {
                "waiting_closes": datetime(2026, 12, 6),
                "changes_close": datetime(2026, 12, 5),
            },
            "The waiting lists close after changes close.",
        ),
    ],
)
def test_deadlines_out_of_order_are_reported(deadlines: dict[str, datetime], message: str):
    assert told(**deadlines) == [(1, message)]


def test_deadline_far_away_is_a_slip_of_the_pen():
    assert told(signup_opens=datetime(1, 1, 1)) == [(1, "This date is too far away.")]


def test_deadlines_at_the_start_are_in_order():
    start = datetime(2026, 12, 7, 14)
    names = ("signup_opens", "signup_closes", "waiting_closes", "changes_close")
    assert told(**dict.fromkeys(names, start)) == []


def test_round_with_two_lines_is_reported():
    again = replace(PROGRAMME.agenda[1], starts=time(16), ends=time(16, 45), place=FilePlace((22,)))
    assert told(agenda=[*PROGRAMME.agenda, again]) == [
        (22, "Round 2 has a line in the timetable already.")
    ]


def test_theme_number_twice_is_reported():
    again = ThemeEntry(place=FilePlace((31,)), number=1, title="Nog een")
    assert told(themes=[*PROGRAMME.themes, again]) == [(31, "There is a theme 1 already.")]


def test_code_twice_is_reported_also_in_capitals():
    again = replace(SECOND, code="1A")
    assert told_of_sessions(FIRST, again) == [(60, "There is a session with code 1a already.")]


def test_question_twice_is_reported():
    again = replace(PROGRAMME.questions[0], place=FilePlace((71,)))
    assert told(questions=[*PROGRAMME.questions, again]) == [
        (71, "This question is asked already.")
    ]


def test_speaker_twice_is_reported():
    message = "This host is already listed. Is this somebody else? Then fill in the organisation."
    assert told(speakers=[JAN, NOOR, replace(JAN, place=FilePlace((42,)))]) == [(42, message)]


def test_two_speakers_of_one_name_are_told_apart_by_organisation():
    other = SpeakerEntry(place=FilePlace((42,)), name="Jan de Vries", organisation="gemeente Breda")
    assert told(speakers=[JAN, NOOR, other]) == [
        (50, "Several hosts are called ‘Jan de Vries’: write ‘Jan de Vries (gemeente Oss)’.")
    ]
    clear = replace(FIRST, hosts=["Jan de Vries (gemeente Breda)"])
    assert told(speakers=[JAN, NOOR, other], sessions=[clear, SECOND]) == []


def test_unknown_theme_round_and_speaker_are_reported():
    lost = replace(
        FIRST, theme=4, hosts=["Piet"], slots=[SlotEntry(place=FilePlace((51,)), round=3, seats=8)]
    )
    assert told_of_sessions(lost, SECOND) == [
        (50, "There is no host ‘Piet’ in this file."),
        (50, "There is no theme 4."),
        (51, "There is no round 3 in the timetable."),
    ]


def test_session_without_a_slot_is_reported():
    assert told_of_sessions(replace(FIRST, slots=[]), SECOND) == [
        (50, "This session is in no round: give it seats in at least one.")
    ]


def test_session_twice_in_one_round_is_reported():
    twice = replace(FIRST, slots=[*FIRST.slots, replace(FIRST.slots[0], place=FilePlace((52,)))])
    assert told_of_sessions(twice, SECOND) == [(52, "The session is in round 1 already.")]


def test_host_named_twice_is_reported():
    assert told_of_sessions(replace(FIRST, hosts=["Jan de Vries"] * 2), SECOND) == [
        (50, "‘Jan de Vries’ is named twice.")
    ]


def test_speaker_at_two_tables_in_one_round_is_reported():
    both = replace(SECOND, hosts=["Noor Bakker", "Jan de Vries"])
    assert told_of_sessions(FIRST, both) == [
        (60, "Jan de Vries hosts two tables in round 1: 1a and 1b.")
    ]


def test_speaker_at_two_tables_in_two_rounds_is_fine():
    later = replace(SECOND, hosts=["Jan de Vries"], slots=SECOND.slots[1:])
    assert told_of_sessions(FIRST, later) == []


@pytest.mark.parametrize("seats", [-1, 32_768])
def test_seats_that_cannot_be_are_reported(seats: int):
    wrong = replace(FIRST, slots=[replace(FIRST.slots[0], seats=seats)])
    ((place, message),) = told_of_sessions(wrong, SECOND)
    assert (place, message[:18]) == (51, "Ensure this value ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slug": "deur"}, "The address ‘deur’ belongs to the site itself. "),
        ({"slug": "en-nu"}, "The address ‘en-nu’ begins like a language code. "),
        ({"slug": "twee woorden"}, ""),
        ({"title": "x" * 201}, ""),
        ({"organiser_email": "info@"}, ""),
        ({"video_url": "javascript:alert(1)"}, ""),
        ({"capacity": -1}, "Ensure this value is greater than or equal to 0"),
        ({"hold_minutes": 0}, "Give people at least one minute"),
    ],
)
def test_field_that_the_event_cannot_store_is_reported(changes: dict[str, object], message: str):
    ((line, found),) = told(**changes)
    assert (line, found[: len(message)]) == (1, message)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"kind": "one"}, "Say which answers there are to choose from."),
        ({"options": ["a"]}, "There is nothing to choose in a question of this kind."),
        ({"kind": "one", "options": ["a", "a"]}, "An answer to choose stands there twice."),
        (
            {"kind": "one", "options": ["a\nb"]},
            "Every answer to choose must fit on one line.",
        ),
        (
            {"kind": "several", "options": ["a", "b"], "options_en": ["a"]},
            "Give as many English answers as Dutch ones, or none.",
        ),
        (
            {"kind": "several", "options": ["a"]},
            "With one answer there is nothing to choose. Give at least two, or ask it as a "
            "question of ‘yes or no’.",
        ),
        ({"kind": "rating"}, "Value 'rating' is not a valid choice."),
        (
            {"question": "x" * 301},
            "Ensure this value has at most 300 characters (it has 301).",
        ),
        ({"kind": "yes_no"}, ""),
        ({"kind": "several", "options": ["a", "b"], "options_en": ["c", "d"]}, ""),
    ],
)
def test_own_question_that_cannot_be_asked_is_reported(own: dict[str, Any], message: str):
    entry = SignupQuestionEntry(**{"place": FilePlace((80,)), "question": "Hoe kom je?", **own})
    assert told(signup_questions=[entry]) == ([(80, message)] if message else [])


def test_more_reserved_seats_than_seats_are_reported():
    slot = replace(FIRST.slots[0], reserved=9)
    assert told_of_sessions(replace(FIRST, slots=[slot]), SECOND) == [
        (51, "9 seats are reserved, but there are 8.")
    ]
    assert told_of_sessions(replace(FIRST, slots=[replace(slot, reserved=8)]), SECOND) == []


@pytest.mark.parametrize("code", ["1 a", "a" * 11, "1/a"])
def test_code_that_fits_no_address_is_reported(code: str):
    ((line, message),) = told_of_sessions(replace(FIRST, code=code), SECOND)
    assert (line, message[:2]) in [(50, "En")]


def test_field_that_could_not_be_read_is_not_reported_again():
    assert told(slug="deur", unread={"slug"}) == []


def test_theme_that_could_not_be_read_is_not_missed_elsewhere():
    unread = ThemeEntry(place=FilePlace((30,)), number=0, title="Thema", unread={"number"})
    assert told(themes=[unread]) == []


def test_problem_stands_on_the_line_of_its_field():
    slot = replace(FIRST.slots[0], seats=-1, places={"seats": FilePlace((55,))})
    assert [line for line, _ in told_of_sessions(replace(FIRST, slots=[slot]), SECOND)] == [55]
