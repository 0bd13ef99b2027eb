from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from program.file import files
from program.file.from_db import programme_of
from program.file.model import Programme, RoleEntry, SignupQuestionEntry
from program.file.rules import mistakes_in
from program.file.save import save
from program.file.to_do import to_do
from program.models import (
    AgendaItem,
    Event,
    Hosting,
    Round,
    SignupQuestion,
    Slot,
    Speaker,
    TableSession,
)
from registrations.management.commands.load_demo import FILE
from tests.factories import make_event, make_organiser, make_slot

pytestmark = pytest.mark.django_db

AT = datetime(2016, 10, 1, tzinfo=UTC)
NONE: list[str] = []
OWN = [
    SignupQuestionEntry(
        question="Hoe kom je?", kind="one", options=["fiets", "trein"], options_en=NONE
    ),
    SignupQuestionEntry(
        question="Wat wil je weten?",
        question_en="What?",
        options=NONE,
        options_en=NONE,
        required=True,
    ),
]
ROLES = [
    RoleEntry(code="inwoner", label="bewoner", label_en="resident"),
    RoleEntry(code="rol-2", label="ondernemer", label_en=""),
]
FULL = replace(
    files.load_toml(FILE.read_bytes()),
    weekday="",
    notice="Er worden *foto’s* gemaakt.\n\nZeg het als je dat niet wilt.",
    notice_en="Photos.",
    needs_question="Heb je een dieet?",
    needs_question_en="",
    extras_allowed=True,
    confirm_first=True,
    signup_opens=datetime.combine(date(2016, 10, 1), time(9)),
    signup_questions=OWN,
    role_question="Wie ben je?",
    role_question_en="",
    roles=ROLES,
)


def load(programme: Programme) -> Event:
    found = Event.objects.filter(slug=programme.slug).first()
    return save(programme, found or Event(slug=programme.slug), at=AT).event


def in_order(programme: Programme) -> Programme:
    """As the database orders it: a file may list people in any order."""
    return replace(
        programme,
        speakers=sorted(programme.speakers, key=lambda entry: (entry.name, entry.organisation)),
        sessions=[
            replace(session, slots=[replace(each, reserved=0) for each in session.slots])
            for session in programme.sessions
        ],
    )


def test_programme_comes_back_from_the_database_as_it_went_in():
    assert programme_of(load(FULL)) == in_order(FULL)


def test_programme_of_the_database_loads_without_a_step():
    event = load(FULL)
    assert save(programme_of(event), event, at=AT).steps == []


def test_line_ends_of_a_browser_make_no_difference():
    event = load(FULL)
    Event.objects.update(text=event.text.replace("\n", "\r\n") + "\r\n")
    SignupQuestion.objects.filter(kind="one").update(options="fiets\r\ntrein")
    event.refresh_from_db()
    assert programme_of(event) == in_order(FULL)
    assert save(FULL, event, at=AT).steps == []


def test_two_hosts_of_one_name_are_told_apart():
    event = make_event()
    make_slot(event, "1a")
    session = TableSession.objects.get()
    for position, organisation in enumerate(["", "Breda"], start=2):
        jan = Speaker.objects.create(event=event, name="Jan Smit", organisation=organisation)
        Hosting.objects.create(event=event, session=session, speaker=jan, position=position)
    (entry,) = programme_of(event).sessions
    assert entry.hosts == ("Gastheer 1a", "Jan Smit ()", "Jan Smit (Breda)")
    assert mistakes_in(programme_of(event)) == []


def test_every_entry_knows_its_row():
    event = load(FULL)
    programme = programme_of(event)
    session = programme.sessions[0]
    assert [entry.row for entry in (programme, programme.venue, session, session.slots[0])] == [
        event,
        event.venue,
        TableSession.objects.get(code=session.code),
        Slot.objects.get(session__code=session.code),
    ]


def queries(event: Event) -> int:
    event = Event.objects.select_related("venue").get(pk=event.pk)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        programme_of(event)
        to_do(event)
    return len(seen)


def test_number_of_queries_does_not_grow_with_the_programme():
    small = make_event()
    make_slot(small, "1a")
    assert queries(small) == queries(load(FULL))


# What there is to do


def told(event: Event) -> list[tuple[str, object, bool]]:
    with translation.override("en"):
        return [(todo.sentence, todo.what, todo.mistake) for todo in to_do(event)]


def test_nothing_is_left_to_do_for_the_demo_event():
    event = load(FULL)
    make_organiser(event)
    assert told(event) == []


@pytest.fixture
def event() -> Event:
    event = make_event(capacity=10)
    make_organiser(event)
    for number in (1, 2):
        make_slot(event, "1a", number)
    TableSession.objects.update(text="Tekst.")
    return event


def test_event_without_mistakes_has_nothing_to_do(event: Event):
    assert told(event) == []


def test_speaker_at_two_tables_in_one_round_is_reported_with_the_table(event: Event):
    make_slot(event, "1b", location="Burgerzaal")
    TableSession.objects.update(text="Tekst.")
    Hosting.objects.filter(session__code="1b").update(
        speaker=Speaker.objects.get(name="Gastheer 1a")
    )
    Speaker.objects.filter(name="Gastheer 1b").delete()
    second = TableSession.objects.get(code="1b")
    assert told(event) == [("Gastheer 1a hosts two tables in round 1: 1a and 1b.", second, True)]


def test_table_in_a_round_without_a_timetable_line_is_a_mistake(event: Event):
    AgendaItem.objects.filter(round__number=2).delete()
    slot = Slot.objects.get(round__number=2)
    assert told(event) == [("There is no round 2 in the timetable.", slot, True)]


def test_empty_round_without_a_timetable_line_is_a_hint(event: Event):
    third = Round.objects.create(event=event, number=3)
    assert told(event) == [("Round 3 has no line in the timetable.", third, False)]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"capacity": 0}, "Nobody can sign up: there are no places."),
        ({"capacity": 7}, "There are 7 places, and in every round at least 10 seats."),
        ({"capacity": 8}, ""),
        (
            {"text": "Kom op maandag 8 december."},
            "‘maandag 8 december’ does not fit: 8 December 2026 is a Tuesday.",
        ),
        (
            {"text": "Tot maandag 31 februari."},
            "‘maandag 31 februari’ is a day that does not exist.",
        ),
        ({"text": "Meld je aan voor vrijdag 4 december 2026."}, ""),
        ({"text": "Na maandag 4 januari."}, ""),
    ],
)
def test_what_an_event_says_may_be_overlooked(event: Event, change: dict[str, Any], sentence: str):
    Event.objects.update(**change)
    event.refresh_from_db()
    assert told(event) == ([(sentence, event, False)] if sentence else [])


def test_event_that_ends_on_another_day_is_reported(event: Event):
    Event.objects.update(ends_at=event.ends_at + timedelta(days=1))
    event.refresh_from_db()
    assert told(event) == [("The event ends on another day than it starts.", event, True)]


def test_table_without_host_text_or_seats_is_reported(event: Event):
    Hosting.objects.all().delete()
    Speaker.objects.all().delete()
    TableSession.objects.update(text="")
    Slot.objects.filter(round__number=2).update(seats=0)
    session, slot = TableSession.objects.get(), Slot.objects.get(round__number=2)
    line = AgendaItem.objects.get(round__number=2)
    assert (
        told(event)
        == [
            ("Nobody hosts session 1a.", session, False),
            ("Session 1a has no text.", session, False),
            ("Session 1a has no seats in round 2.", slot, False),
            ("Round 2 has 0 seats for 10 people.", line, False),
            ("There are 10 places, and in every round at least 0 seats.", event, False),
        ][:4]
    )


def test_theme_speaker_and_round_that_lead_to_no_table_are_reported(event: Event):
    theme = event.themes.create(number=2, title="Over")
    speaker = event.speakers.create(name="Noor")
    Slot.objects.filter(round__number=2).delete()
    line = AgendaItem.objects.get(round__number=2)
    assert told(event) == [
        ("Theme 2 has no session.", theme, False),
        ("Noor hosts no table.", speaker, False),
        ("Round 2 has no tables.", line, False),
    ]


def test_lines_and_tables_that_may_have_been_meant_so_are_hints(event: Event):
    event.agenda.create(starts=time(14), ends=time(15, 30), title="Markt")
    first = AgendaItem.objects.get(round__number=1)
    slot = make_slot(event, "1c", 1, location="RAADZAAL")
    TableSession.objects.update(text="Tekst.")
    assert told(event) == [
        ("‘Ronde 1’, from 15:00, starts before ‘Markt’ has ended.", first, False),
        ("In round 1 more than one table stands in ‘Raadzaal’: 1a, 1c.", slot, False),
    ]


def test_event_with_nothing_in_it_says_so():
    event = make_event(rounds=0)
    AgendaItem.objects.all().delete()
    assert told(event) == [
        ("The timetable is empty.", event, False),
        ("There are no sessions yet.", event, False),
        ("Nobody organises this event here yet: choose organisers.", event, False),
    ]


def test_each_thing_to_do_leads_to_the_page_where_it_is_edited(event: Event):
    event.themes.create(number=2, title="Over")
    Slot.objects.filter(round__number=2).update(seats=0)
    AgendaItem.objects.filter(round__number=1).update(ends=time(23))
    event.speakers.create(name="Ria")
    TableSession.objects.update(text="")
    page = f"/admin/program/event/{event.pk}"
    assert [todo.address for todo in to_do(event)] == [
        *(f"{page}/programma/", f"{page}/programma/"),
        f"{page}/programma/{TableSession.objects.get().pk}/",
        f"{page}/programma/themas/",
        f"{page}/programma/gastheren/",
        *(f"{page}/programma/", f"{page}/programma/"),
    ]
