"""Every fact of the demo event, written out once more by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from program.file import files
from program.models import Event
from registrations.management.commands.load_demo import FILE
from registrations.organising.programmes import load_programme

pytestmark = pytest.mark.django_db

THEMES = [
    (1, "Buurtbudgetten. Hoe ga je ermee om?"),
    (2, "Representativiteit & unusual suspects"),
    (3, "Ontwikkelplannen voor de wijk"),
    (4, "Jongeren en lokale democratie"),
    (5, "Buurtcoöperatie, wat komt er bij kijken?"),
    (6, "Doen wat goed en nodig is"),
    (7, "Reikwijdte lokale democratie"),
    (8, "Co-creëren met de wijk"),
]

# Code, theme, title, hosts, and the rounds in which it sits.
SESSIONS = [
    ("1a", 1, "Breda Begroot", ["Suzanne van Eerden"], [1]),
    ("1b", 1, "Buurtbegroten in Amsterdam", ["Sander Siegmann", "Herbert Koops"], [2]),
    ("2a", 2, "Over boze burgers en andere unusual suspects", ["Juliette Santegoeds"], [1]),
    ("2b", 2, "Elimineer de burger!", ["Ferenc van Damme"], [2]),
    (
        "3a",
        3,
        "Gebiedonline - Hoe gebruik je een onlineplatform bij het vormen van je plannen?",
        ["Justus Vermeulen"],
        [1],
    ),
    ("3b", 3, "Opgave gericht werken op wijkniveau", ["Froukje Idsardi"], [2]),
    ("3c", 3, "Gebiedsgericht werken van de toekomst", ["Simon Franssen", "Peter Noten"], [2]),
    ("4", 4, "Ruimte pakken is best spannend", ["Samuel Kaspers"], [2]),
    (
        "5a",
        5,
        "Hoe maak je een buurtcoöperatie economisch volhoudbaar?",
        ["Jurgen van der Heijden"],
        [1],
    ),
    ("5b", 5, "Buurtcoöperatie wat komt erbij kijken?", ["David Kooi", "Erwin Stam"], [2]),
    ("6", 6, "Doen wat goed en nodig is", ["Jan van Ginkel"], [1, 2]),
    ("7", 7, "Hoe democratisch is jouw wijk?", ["Jornt van Zuylen", "Hans Kessens"], [1, 2]),
    (
        "8",
        8,
        "Mooi, mooier, Middelland: Hoe verleid je een ambtelijke organisatie om te co-creëren?",
        ["Niels Hoogwerf", "Amina Hiba"],
        [1, 2],
    ),
]

# Name, function, organisation.
HOSTS = [
    ("Amina Hiba", "Buurtversterker/innovatie door participatie", "gemeente Rotterdam"),
    ("David Kooi", "wijkmanager", "gemeente Zaanstad"),
    ("Erwin Stam", "", "Bewonersbedrijven Zaanstad"),
    ("Ferenc van Damme", "", "provincie Overijssel"),
    ("Froukje Idsardi", "", "gemeente Zwolle"),
    ("Hans Kessens", "", "Buurtkiep Den Bosch"),
    ("Herbert Koops", "", "Indische Buurt Community"),
    ("Jan van Ginkel", "gemeentesecretaris", "gemeente Zaanstad"),
    ("Jornt van Zuylen", "", "Democratic Challenge"),
    ("Juliette Santegoeds", "", "Haagse Hogeschool"),
    ("Jurgen van der Heijden", "", "AT Osborne"),
    ("Justus Vermeulen", "", "gemeente Amsterdam"),
    ("Niels Hoogwerf", "Buurtversterker/innovatie door participatie", "gemeente Rotterdam"),
    (
        "Peter Noten",
        "afdelingshoofd Mens en Maatschappij/Programmamanager Sport, Ontmoeten en Cultuur",
        "gemeente Oss",
    ),
    ("Samuel Kaspers", "", "gemeente Zaanstad"),
    ("Sander Siegmann", "", "gemeente Amsterdam"),
    (
        "Simon Franssen",
        "directeur Co Creatie en leefbaarheid/Gemeentebedrijven",
        "gemeente Oss",
    ),
    ("Suzanne van Eerden", "", "gemeente Breda"),
]

AGENDA = [
    ("14:00", "14:30", "ontvangst", None),
    ("14:30", "15:00", "welkom met plenair interview", None),
    ("15:00", "15:45", "ronde 1 tafelsessies", 1),
    ("16:00", "16:45", "ronde 2 tafelsessies", 2),
    ("16:45", "18:00", "gezamenlijke afsluiting en borrel", None),
]

# Each question, with what its answer has to say, in Dutch and in English.
QUESTIONS = [
    (
        "Voor wie is het evenement bedoeld?",
        ["bestuurder", "raadslid", "wethouder", "ambtenaar", "student", "initiatiefnemer"],
        ["executive", "council member", "alderman", "civil servant", "student", "initiative"],
    ),
    (
        "Hoe kan ik de organisatie bereiken?",
        ["Mail naar info@omooc.nl.", "binnen twee werkdagen"],
        ["e-mail to info@omooc.nl.", "within two working days"],
    ),
    (
        "Kan ik mijn registratie/ticket overdragen aan een andere persoon?",
        ["Nee, ", "Annuleer dan zelf", "mail dan naar info@omooc.nl."],
        ["No, ", "cancel it yourself", "write to info@omooc.nl."],
    ),
    (
        "Moet ik mijn ticket afgedrukt meenemen?",
        ["Nee. ", "Je naam staat op de deelnemerslijst"],
        ["No. ", "Your name is on the attendee list"],
    ),
]

# What the opening and the texts of sessions have to say, as told when it was announced.
OPENING = {
    "text": [
        "Moderator Natasja van den Berg",
        "inwoners, wijkmanagers",
        "gemeentesecretaris Jan van Ginkel",
        "wethouder Rita Visscher-Noordzij, beiden van Zaanstad",
        "twee rondes met tafelsessies, verdeeld over acht thema’s",
    ],
    "text_en": [
        "Moderator Natasja van den Berg",
        "residents, neighbourhood managers",
        "municipal secretary Jan van Ginkel",
        "alderman Rita Visscher-Noordzij, both of Zaanstad",
        "two rounds of table sessions on eight themes",
    ],
}
TOLD = {
    "1a": (
        ["mei 2015 met een verkenning", "In december 2015 en januari 2016 startte een proef"],
        ["May 2015", "In December 2015 and January 2016 a trial started"],
    ),
    "1b": (["Indische Buurt", "sinds 2014"], ["Indische Buurt", "Since 2014"]),
    "3b": (["Zwolle", "elke twee jaar"], ["Zwolle", "Every two years"]),
    "5b": (["bewonersbedrijf in Poelenburg"], ["residents’ company in Poelenburg"]),
    "8": (["Middelland"], ["Middelland"]),
}


@pytest.fixture
def event() -> Event:
    programme = files.load_toml(FILE.read_bytes())
    load_programme(programme, who="test", at=datetime(2016, 9, 1, tzinfo=UTC))
    return Event.objects.get(slug="werken-in-de-wijk")


def test_demo_event_has_its_title_day_and_hours(event: Event):
    assert event.title == "Werken in de wijk en nieuwe vormen van lokale democratie"
    # Wintertime began the day before: Amsterdam is one hour ahead.
    assert event.starts_at == datetime(2016, 10, 31, 13, 0, tzinfo=UTC)
    assert event.ends_at == datetime(2016, 10, 31, 17, 0, tzinfo=UTC)
    assert event.day.weekday() == 0
    assert event.published


def test_demo_event_has_its_place_organiser_and_video(event: Event):
    assert event.venue.name == "Gemeente Zaanstad"
    assert event.venue.address == "Stadhuisplein 100, 1506 MZ Zaandam"
    assert event.organiser == "Gemeente Zaanstad"
    assert event.organiser_email == "info@omooc.nl"
    assert event.video_url == "https://youtu.be/JN01kfQCTv4"
    assert event.video_title == "Challenging Government"


@pytest.mark.parametrize("text", OPENING)
def test_demo_event_names_who_opens_it_and_as_what(event: Event, text: str):
    assert missing(OPENING[text], getattr(event, text)) == []


@pytest.mark.parametrize("code", TOLD)
def test_demo_session_tells_its_facts(event: Event, code: str):
    session = event.sessions.get(code=code)
    dutch, english = TOLD[code]
    assert missing(dutch, session.text) + missing(english, session.text_en) == []


def missing(facts: list[str], text: str) -> list[str]:
    return [fact for fact in facts if fact not in text]


def test_demo_event_has_eight_themes(event: Event):
    assert list(event.themes.values_list("number", "title")) == THEMES


def test_demo_event_has_thirteen_sessions_in_sixteen_slots(event: Event):
    sessions = [
        (
            session.code,
            session.theme.number,
            session.title,
            [hosting.speaker.name for hosting in session.hostings.all()],
            [slot.round.number for slot in session.slots.all()],
        )
        for session in event.sessions.all()
    ]
    assert sessions == SESSIONS
    assert event.slots.count() == 16


def test_demo_event_has_eighteen_hosts(event: Event):
    assert list(event.speakers.values_list("name", "function", "organisation")) == HOSTS


def test_demo_event_has_five_timetable_lines_and_no_line_for_the_break(event: Event):
    lines = [
        (f"{item.starts:%H:%M}", f"{item.ends:%H:%M}", item.title, item.round and item.round.number)
        for item in event.agenda.all()
    ]
    assert lines == AGENDA


def test_demo_event_answers_four_questions_in_order(event: Event):
    questions = list(event.questions.all())
    assert [each.question for each in questions] == [question for question, _nl, _en in QUESTIONS]
    for each, (_question, dutch, english) in zip(questions, QUESTIONS, strict=True):
        assert missing(dutch, each.answer) + missing(english, each.answer_en) == []


def test_demo_event_can_seat_everybody_in_each_round(event: Event):
    for round_ in event.rounds.all():
        assert sum(round_.slots.values_list("seats", flat=True)) >= event.capacity


def test_demo_event_gives_each_session_one_table(event: Event):
    places = set(event.slots.values_list("session", "location"))
    assert len(places) == len({location for _session, location in places}) == 13


def test_demo_event_is_in_english_too(event: Event):
    rows = [
        (event, "title lead text video_title"),
        *[(theme, "title") for theme in event.themes.all()],
        *[(session, "title text") for session in event.sessions.all()],
        *[(slot, "location") for slot in event.slots.all()],
        *[(item, "title") for item in event.agenda.all()],
        *[(question, "question answer") for question in event.questions.all()],
    ]
    untold = [
        (row, name)
        for row, names in rows
        for name in names.split()
        if not getattr(row, f"{name}_en")
    ]
    assert untold == []
