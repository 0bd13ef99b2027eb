from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from program.file import files
from program.file.from_db import programme_of
from program.file.model import BadProgramme, Programme, moved
from program.file.refusals import PeopleInTheWay
from program.file.spreadsheet.ods import ods_of
from program.file.spreadsheet.writing import pages
from program.file.spreadsheet.xlsx import xlsx_of
from program.models import AgendaItem, Event, Round, SignupQuestion, Slot
from registrations.management.commands.load_demo import FILE
from registrations.models import Answer, Change
from registrations.organising import programmes
from registrations.organising.programmes import By, load_programme
from tests.factories import make_organiser, make_registration
from tests.registrations.organising.test_dry_run import everything

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONDAY = date(2026, 12, 7)
DEMO = moved(files.load_toml(FILE.read_bytes()), MONDAY)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    return load_programme(DEMO, who="test", at=AT).event


def by() -> By:
    return {"own": Event.objects.all(), "who": "noor", "at": AT}


def with_seats(programme: Programme, code: str, seats: int) -> Programme:
    return replace(
        programme,
        sessions=[
            replace(each, slots=[replace(table, seats=seats) for table in each.slots])
            if each.code == code
            else each
            for each in programme.sessions
        ],
    )


def test_a_hold_that_a_file_frees_goes_to_the_first_in_the_queue(event: Event):
    """Also if the file changes nothing."""
    Event.objects.update(capacity=1)
    late = make_registration(event, confirmed=False, at=AT)
    waits = make_registration(event, waiting_too=True, at=AT)
    same = programme_of(Event.objects.get())

    assert not load_programme(same, who="test", at=AT + timedelta(hours=2)).changed
    late.refresh_from_db()
    waits.refresh_from_db()
    assert (late.status, waits.status) == ("expired", "confirmed")


# There and back


@pytest.mark.parametrize("write", [xlsx_of, ods_of])
def test_exported_programme_loads_into_an_empty_site_and_exports_the_same(write):
    with transaction.atomic():
        event = load_programme(DEMO, who="test", at=AT).event
        Slot.objects.filter(session__code="6").update(reserved=2)
        SignupQuestion.objects.create(
            event=event, question="Hoe?", kind="one", options="fiets\nauto"
        )
        first = pages(programme_of(event))
        transaction.set_rollback(True)
    assert not Event.objects.exists()
    loaded = files.load(write(first), "programma").programme
    again = programmes.make_event(loaded, organisers=make_organisers(), **by()).event
    assert pages(programme_of(again)) == first


def test_export_loaded_again_changes_nothing(event: Event):
    make_registration(event, {1: "6"}, at=AT)
    before = everything()
    loaded = files.load(xlsx_of(pages(programme_of(event))), "x", programme_of(event))
    assert loaded.notes == []
    assert not programmes.see_first(loaded.programme, **by()).result.changed
    assert not load_programme(loaded.programme, who="noor", at=AT).changed
    assert everything() == before


def make_organisers():
    return type(make_organiser()).objects.filter(pk=make_organiser().pk)


# See it first


def test_dry_run_tells_steps_people_and_mails_and_writes_nothing(event: Event):
    noor = make_registration(event, {1: "6"}, at=AT)
    full = with_seats(DEMO, "6", 1)
    load_programme(full, who="test", at=AT)
    waits = make_registration(event, {}, waitlists={1: ["6"]}, at=AT)
    before = everything()
    seen = programmes.see_first(with_seats(DEMO, "6", 2), **by())
    assert everything() == before
    assert [(step.did, step.model) for step in seen.result.steps] == [("changed", "slot")] * 2
    assert seen.people == [waits]
    assert seen.mails_by_kind == [("you have another table", 1)]
    assert noor not in seen.people


def test_step_names_fields_as_the_admin_does(event: Event):
    seen = programmes.see_first(with_seats(DEMO, "4", 9), **by())
    assert [str(step) for step in seen.result.steps] == ["Changed: table ‘4 · Round 2’ (seats)"]


def test_what_was_shown_is_done(event: Event):
    changed = replace(DEMO, title="Anders")
    seen = programmes.see_first(changed, **by())
    done = programmes.see_first(changed, seen.fingerprint, **by())
    assert (done.done, done.result.steps) == (True, seen.result.steps)
    assert Event.objects.get().title == "Anders"
    assert event.changes.get(who="noor").what == Change.What.PROGRAMME


def test_something_with_other_effects_by_now_is_not_done(event: Event):
    changed = replace(DEMO, title="Anders")
    seen = programmes.see_first(changed, **by())
    load_programme(replace(DEMO, lead="Nieuw"), who="test", at=AT)
    before = everything()
    assert not programmes.see_first(changed, seen.fingerprint, **by()).done
    assert everything() == before


def test_sign_up_in_between_does_not_make_one_look_again(event: Event):
    changed = replace(DEMO, title="Anders")
    seen = programmes.see_first(changed, **by())
    make_registration(event, {1: "8"}, at=AT)
    assert programmes.see_first(changed, seen.fingerprint, **by()).done


def test_people_in_the_way_are_refused_in_the_dry_run_with_their_tables(event: Event):
    make_registration(event, {1: "6"}, at=AT)
    with pytest.raises(PeopleInTheWay) as caught:
        programmes.see_first(with_seats(DEMO, "6", 0), **by())
    assert [str(slot) for slot in caught.value.slots] == ["6 · Round 1"]


def test_seats_that_are_reserved_are_not_given_away_by_fewer_seats(event: Event):
    make_registration(event, {1: "6"}, at=AT)
    Slot.objects.filter(session__code="6").update(reserved=3)
    with pytest.raises(PeopleInTheWay) as caught:
        programmes.see_first(with_seats(DEMO, "6", 3), **by())
    assert [problem.sentence for problem in caught.value.mistakes] == [
        "3 seats are too few for table 6 in round 1: 1 is taken and 3 reserved."
    ]


def test_question_that_was_answered_is_retired_when_it_is_left_out(event: Event):
    noor = make_registration(event, at=AT)
    for text in ("Hoe?", "Wat?"):
        SignupQuestion.objects.create(event=event, question=text)
    hoe = SignupQuestion.objects.get(question="Hoe?")
    Answer.objects.create(event=event, registration=noor, question=hoe, value="fiets")
    asked = programme_of(event)
    load_programme(replace(asked, signup_questions=[]), who="noor", at=AT)
    assert list(SignupQuestion.objects.values_list("question", "retired_at")) == [("Hoe?", AT)]
    load_programme(asked, who="noor", at=AT)
    assert [own.question for own in SignupQuestion.objects.asked()] == ["Hoe?", "Wat?"]


def test_older_file_leaves_what_it_does_not_know(event: Event):
    Event.objects.update(notice="Foto’s", needs_question="Dieet?", extras_allowed=True)
    Slot.objects.filter(session__code="6").update(reserved=2)
    SignupQuestion.objects.create(event=event, question="Hoe?")
    assert not load_programme(DEMO, who="test", at=AT).changed


# New events


def test_new_event_belongs_to_its_maker():
    organisers = make_organisers()
    made = programmes.make_event(DEMO, organisers=organisers, **by()).event
    assert list(made.organisers.all()) == list(organisers)


def test_address_that_is_taken_is_refused(event: Event):
    before = everything()
    with pytest.raises(BadProgramme, match="There is an event at this address already"):
        programmes.make_event(replace(DEMO, title="Anders"), organisers=make_organisers(), **by())
    assert everything() == before


# Copies


def copy(event: Event, slug: str = "nog-eens", day: date = date(2027, 3, 29)) -> Event:
    return programmes.copy_event(
        event, slug=slug, title="Nog eens", title_en="Again", day=day, who="noor", at=AT
    )


def test_copy_has_the_programme_on_another_day_and_nobody_in_it(event: Event):
    Event.objects.update(
        notice="Foto’s",
        needs_question="Dieet?",
        extras_allowed=True,
        signup_opens_at=datetime(2026, 11, 9, 8, tzinfo=UTC),
    )
    event.refresh_from_db()
    Slot.objects.filter(session__code="6").update(reserved=2)
    SignupQuestion.objects.create(event=event, question="Hoe?", kind="one", options="fiets\nauto")
    organiser = make_organiser(event)
    make_registration(event, {1: "8"}, at=AT)
    made = copy(event)
    assert programme_of(made) == replace(
        moved(programme_of(event), date(2027, 3, 29)),
        slug="nog-eens",
        title="Nog eens",
        title_en="Again",
        published=False,
    )
    # The same clock, 112 days later; summertime has begun the day before.
    assert made.starts_at == datetime(2027, 3, 29, 12, tzinfo=UTC)
    assert made.signup_opens_at == datetime(2027, 3, 1, 8, tzinfo=UTC)
    assert (made.published, made.taken, made.registrations.count()) == (False, 0, 0)
    assert made.venue == event.venue
    assert list(made.organisers.all()) == [organiser]
    assert [
        (change.what, change.who, change.old)
        for change in made.changes.exclude(what=Change.What.PROGRAMME)
    ] == [("copied", "noor", {"slug": "werken-in-de-wijk"})]


def test_copy_leaves_the_original_as_it_is(event: Event):
    def rows() -> object:
        return Event.objects.filter(pk=event.pk).values().get(), programme_of(event)

    before = rows()
    copy(event)
    assert rows() == before


def test_copy_at_an_address_that_is_taken_is_refused(event: Event):
    with pytest.raises(BadProgramme, match="There is an event at this address already"):
        copy(event, slug=event.slug)
    assert Event.objects.count() == 1


def test_event_with_mistakes_is_not_copied(event: Event):
    AgendaItem.objects.filter(round__number=2).delete()
    with pytest.raises(BadProgramme, match="There is no round 2 in the timetable"):
        copy(event)
    assert (Event.objects.count(), Round.objects.count()) == (1, 2)
