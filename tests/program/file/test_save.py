# ruff: noqa: DTZ001 - a file holds wall-clock times, without a time zone
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from program.file import files
from program.file.model import FilePlace, Programme, RoleEntry, SlotEntry
from program.file.refusals import PeopleInTheWay
from program.file.rules import mistakes_in
from program.file.save import save
from program.models import AgendaItem, Event, Slot, Speaker, TableSession, Venue
from program.models.roles import DEFAULTS
from registrations.management.commands.load_demo import FILE
from tests.factories import make_registration

pytestmark = pytest.mark.django_db

AT = datetime(2016, 10, 1, tzinfo=UTC)


@pytest.fixture
def programme() -> Programme:
    return files.load_toml(FILE.read_bytes())


@pytest.fixture
def event(programme: Programme) -> Event:
    return load(programme)


def load(programme: Programme) -> Event:
    found = Event.objects.filter(slug=programme.slug).first()
    return save(programme, found or Event(slug=programme.slug), at=AT).event


def steps(programme: Programme) -> list[tuple[str, str, str, tuple[str, ...]]]:
    outcome = save(programme, Event.objects.get(slug=programme.slug), at=AT)
    return [(step.did, step.model, step.name, tuple(step.fields)) for step in outcome.steps]


def with_session(programme: Programme, code: str, **changes: Any) -> Programme:
    return replace(
        programme,
        sessions=[
            replace(session, **changes) if session.code == code else session
            for session in programme.sessions
        ],
    )


def with_slot(programme: Programme, code: str, **changes: Any) -> Programme:
    """Changes the first slot of a session."""
    (session,) = (session for session in programme.sessions if session.code == code)
    first, *others = session.slots
    return with_session(programme, code, slots=[replace(first, **changes), *others])


def take(code: str, number: int, people: int) -> Slot:
    slot = Slot.objects.get(session__code=code, round__number=number)
    Slot.objects.filter(pk=slot.pk).update(taken=people)
    return slot


def refusal(programme: Programme) -> list[tuple[FilePlace, str]]:
    with pytest.raises(PeopleInTheWay) as caught:
        load(programme)
    return [(problem.place, problem.sentence) for problem in caught.value.mistakes]


@pytest.mark.usefixtures("event")
def test_same_programme_again_takes_no_step(programme: Programme):
    assert steps(programme) == []


@pytest.mark.usefixtures("event")
def test_new_text_is_one_step_in_the_same_row(programme: Programme):
    before = TableSession.objects.get(code="2b")
    changed = with_session(programme, "2b", title="Zonder burger", text="Nieuw.")
    assert steps(changed) == [("changed", "tablesession", "2b Zonder burger", ("title", "text"))]
    assert TableSession.objects.get(title="Zonder burger").pk == before.pk


@pytest.mark.usefixtures("event")
def test_table_moves_to_another_place_with_its_people(programme: Programme):
    slot = take("6", 1, 3)
    changed = with_slot(programme, "6", location="Hal", seats=3)
    ((did, model, _name, fields),) = steps(changed)
    assert (did, model, fields) == ("changed", "slot", ("seats", "location"))
    slot.refresh_from_db()
    assert (slot.location, slot.seats, slot.taken) == ("Hal", 3, 3)


@pytest.mark.usefixtures("event")
def test_seats_below_what_is_taken_are_refused_with_the_numbers(programme: Programme):
    slot = take("4", 2, 5)
    changed = with_slot(programme, "4", seats=4)
    (session,) = (session for session in programme.sessions if session.code == "4")
    ((line, message),) = refusal(changed)
    assert line == session.slots[0].at("seats")
    assert "5" in message
    assert "4" in message
    slot.refresh_from_db()
    assert slot.seats == 8


def test_capacity_below_what_is_taken_is_refused_with_the_numbers(
    programme: Programme, event: Event
):
    Event.objects.filter(pk=event.pk).update(taken=17)
    ((line, message),) = refusal(replace(programme, capacity=16))
    assert line == programme.at("capacity")
    assert "17" in message
    assert "16" in message
    assert load(replace(programme, capacity=17)).capacity == 17


def test_counters_are_not_written_back_from_an_old_copy(programme: Programme, event: Event):
    Event.objects.filter(pk=event.pk).update(taken=3)
    save(replace(programme, title="Anders"), event, at=AT)
    assert Event.objects.values_list("title", "taken").get() == ("Anders", 3)


@pytest.mark.usefixtures("event")
def test_removing_or_moving_slots_with_people_is_refused_all_at_once(programme: Programme):
    for code, number, people in (("1a", 1, 2), ("6", 2, 3), ("8", 1, 1)):
        take(code, number, people)
    changed = replace(programme, sessions=[s for s in programme.sessions if s.code != "1a"])
    changed = with_session(changed, "6", slots=[SlotEntry(round=1, seats=12)])
    changed = with_session(changed, "8", slots=[SlotEntry(round=2, seats=12)])
    refused = sorted(message for _line, message in refusal(changed))
    assert [[word for word in ("1a", "6", "8") if f" {word} " in told] for told in refused] == [
        ["1a"],
        ["6"],
        ["8"],
    ]
    assert [("2" in refused[0]), ("3" in refused[1]), ("1" in refused[2])] == [True] * 3
    assert Slot.objects.count() == 16


@pytest.mark.usefixtures("event")
def test_removing_a_session_without_people_takes_all_of_it(programme: Programme):
    changed = replace(
        programme,
        sessions=[s for s in programme.sessions if s.code != "4"],
        themes=[t for t in programme.themes if t.number != 4],
        speakers=[s for s in programme.speakers if s.name != "Samuel Kaspers"],
    )
    assert sorted(step[:2] for step in steps(changed)) == [
        ("removed", "hosting"),
        ("removed", "slot"),
        ("removed", "speaker"),
        ("removed", "tablesession"),
        ("removed", "theme"),
    ]
    assert steps(changed) == []


@pytest.mark.usefixtures("event")
def test_rounds_can_change_places_in_the_timetable(programme: Programme):
    swapped = {None: None, 1: 2, 2: 1}
    agenda = [replace(item, round=swapped[item.round]) for item in programme.agenda]
    assert sorted(steps(replace(programme, agenda=agenda))) == [
        ("changed", "agendaitem", "15.00 ronde 1 tafelsessies", ("round_id",)),
        ("changed", "agendaitem", "16.00 ronde 2 tafelsessies", ("round_id",)),
    ]
    assert AgendaItem.objects.get(round__number=2).starts == time(15)


@pytest.mark.usefixtures("event")
def test_round_can_move_to_the_line_of_another_time(programme: Programme):
    take("6", 1, 3)
    agenda = [
        replace(item, starts=time(15, 5)) if item.round == 1 else item for item in programme.agenda
    ]
    load(replace(programme, agenda=agenda))
    assert AgendaItem.objects.get(round__number=1).starts == time(15, 5)
    assert AgendaItem.objects.count() == 5


@pytest.mark.usefixtures("event")
def test_round_can_give_its_line_to_another_round(programme: Programme):
    sessions = [s for s in programme.sessions if all(x.round == 1 for x in s.slots)]
    agenda = [
        replace(item, round={time(15): None, time(16): 1}.get(item.starts))
        for item in programme.agenda
    ]
    changed = replace(programme, agenda=agenda, sessions=sessions)
    load(changed)
    assert AgendaItem.objects.get(round__number=1).starts == time(16)
    assert steps(changed) == []


@pytest.mark.usefixtures("event")
def test_speaker_who_changes_organisation_stays_the_same_row(programme: Programme):
    before = Speaker.objects.get(name="Erwin Stam")
    speakers = [
        replace(s, organisation="Zaanse Wijken") if s.name == "Erwin Stam" else s
        for s in programme.speakers
    ]
    assert steps(replace(programme, speakers=speakers)) == [
        ("changed", "speaker", "Erwin Stam", ("organisation",))
    ]
    assert Speaker.objects.get(name="Erwin Stam").pk == before.pk


@pytest.mark.usefixtures("event")
def test_hosts_can_change_their_order(programme: Programme):
    load(with_session(programme, "7", hosts=["Hans Kessens", "Jornt van Zuylen"]))
    session = TableSession.objects.get(code="7")
    assert [str(hosting) for hosting in session.hostings.all()] == [
        "Hans Kessens",
        "Jornt van Zuylen",
    ]


def test_question_can_come_and_go(programme: Programme, event: Event):
    first, *others = programme.questions
    changed = replace(programme, questions=[*others, replace(first, question="Nieuw?")])
    load(changed)
    assert [q.question for q in event.questions.all()] == [
        *(q.question for q in others),
        "Nieuw?",
    ]


def test_own_venue_is_renamed_in_place(programme: Programme, event: Event):
    load(replace(programme, venue=replace(programme.venue, street="Plein 2")))
    assert list(Venue.objects.values_list("pk", "street")) == [(event.venue_id, "Plein 2")]


def test_shared_venue_stays_for_the_other_event(programme: Programme, event: Event):
    load(replace(programme, slug="ander-evenement"))
    moved = load(replace(programme, venue=replace(programme.venue, street="Plein 2")))
    assert moved.venue_id != event.venue_id
    assert Event.objects.get(slug="ander-evenement").venue_id == event.venue_id


def test_publishing_by_hand_lasts_if_the_file_is_silent(programme: Programme, event: Event):
    assert load(replace(programme, published=False)).published is False
    Event.objects.filter(pk=event.pk).update(published=True)
    assert load(replace(programme, published=None)).published is True


def test_new_event_is_not_published_unless_the_file_says_so(programme: Programme):
    assert load(replace(programme, published=None)).published is False


def test_deadlines_are_amsterdam_wall_clock_times(programme: Programme):
    changed = replace(programme, signup_opens=datetime(2016, 10, 29, 9))
    load(changed)
    event = Event.objects.get()
    # Summertime still, two hours ahead; the event itself is in wintertime.
    assert event.signup_opens_at == datetime(2016, 10, 29, 7, tzinfo=UTC)
    assert event.starts_at == datetime(2016, 10, 31, 13, tzinfo=UTC)
    assert event.signup_closes_at is None


def test_event_in_the_hour_that_comes_twice_does_not_change_by_itself(programme: Programme):
    changed = replace(
        programme,
        date=date(2026, 10, 25),
        starts=time(2, 30),
        agenda=[],
        sessions=[],
    )
    load(changed)
    assert steps(changed) == []


def role(label: str, code: str = "") -> RoleEntry:
    return RoleEntry(label=label, label_en="", code=code)


def codes(event: Event) -> dict[str, str]:
    return dict(event.roles.filter(retired_at=None).values_list("code", "label"))


def test_file_without_roles_gives_a_new_event_the_usual_ones(event: Event):
    assert list(codes(event)) == [code for code, _label, _english in DEFAULTS]
    assert (event.role_question, event.role_question_en) == ("Je bent", "You are")


def test_file_without_roles_leaves_those_of_an_event_alone(programme: Programme, event: Event):
    event.roles.exclude(code="inwoner").delete()
    event.roles.update(label="bewoner")

    assert steps(programme) == []
    assert codes(event) == {"inwoner": "bewoner"}


def test_roles_are_found_by_code_and_else_by_what_they_are_called(
    programme: Programme, event: Event
):
    before = {row.code: row.pk for row in event.roles.all()}
    load(replace(programme, roles=[role("bewoner", "inwoner"), role("student"), role("Nieuw")]))

    assert codes(event) == {"inwoner": "bewoner", "student": "student", "nieuw": "Nieuw"}
    assert {row.pk for row in event.roles.all()} > {before["inwoner"], before["student"]}


def test_roles_can_trade_names(programme: Programme, event: Event):
    load(replace(programme, roles=[role("student", "inwoner"), role("inwoner", "student")]))

    assert codes(event) == {"inwoner": "student", "student": "inwoner"}


def test_a_role_that_somebody_chose_is_only_retired(programme: Programme, event: Event):
    Event.objects.update(published=True, signup_opens_at=None)
    signed_up = make_registration(event, role="inwoner", at=AT)
    load(replace(programme, roles=[role("student", "student")]))

    assert codes(event) == {"student": "student"}
    assert event.registrations.get() == signed_up
    assert event.roles.get(code="inwoner").retired_at == AT
    assert not event.roles.filter(code="raadslid").exists()
    again = replace(programme, roles=[role("student", "student")])
    assert steps(again) == [], "nor is it removed once more"
    load(replace(programme, roles=[role("inwoner", "inwoner")]))
    assert codes(event) == {"inwoner": "inwoner"}


def test_two_roles_of_one_name_or_code_are_mistakes(programme: Programme):
    wrong = replace(programme, roles=[role("A", "a"), role("a", "b"), role("C", "b")])

    assert {mistake.sentence for mistake in mistakes_in(wrong)} == {
        "Er is al een rol ‘a’.",
        "Er is al een rol met de code ‘b’.",
    }


def test_a_file_can_leave_the_question_out(programme: Programme):
    assert load(replace(programme, role_question="", role_question_en="")).role_question == ""
