"""Setting up an event in steps: day and place, sign-up, and publishing it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event, Venue
from program.models.event import EventQuerySet
from registrations.models import Answer, Change
from tests.factories import (
    AMSTERDAM,
    make_event,
    make_organiser,
    make_registration,
    make_slot,
)
from tests.program.admin.filling_in import Form, filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    return make_event(title="Bijeenkomst")


@pytest.fixture
def user(event: Event) -> User:
    return make_organiser(event)


@pytest.fixture
def organiser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def path_of(event: Event, step: str = "dag") -> str:
    return f"/en/admin/program/event/{event.pk}/{step}/"


def save(client: Client, event: Event, **changes: object) -> list[str]:
    """Send the first step with changes; returns the errors, none if it was saved."""
    return send(client, path_of(event), **changes)


def sign_up(client: Client, event: Event, **changes: object) -> list[str]:
    """The same of the step about sign-up."""
    return send(client, path_of(event, "aanmelden"), **changes)


def send(client: Client, path: str, **changes: object) -> list[str]:
    response = client.post(path, filled_in(client, path) | changes)
    if response.status_code in (302, 303):
        return []
    assert response.status_code == 422
    return [each.sentence for each in response.context["wrong"]]


# Day, address, state


def test_dutch_ways_of_writing_day_and_time_are_understood(organiser: Client, event: Event):
    assert save(organiser, event, day="8-12-2026", starts="13.30", ends="17:45") == []
    event.refresh_from_db()
    assert timezone.localtime(event.starts_at) == datetime(2026, 12, 8, 13, 30, tzinfo=AMSTERDAM)
    assert timezone.localtime(event.ends_at) == datetime(2026, 12, 8, 17, 45, tzinfo=AMSTERDAM)


def test_empty_address_is_made_of_the_title_and_never_twice(organiser: Client, event: Event):
    for _ in range(2):
        assert send(organiser, NEW, **typed(venue_name=event.venue.name)) == []
    made = Event.objects.exclude(pk=event.pk).order_by("pk")
    assert [each.slug for each in made] == ["ruimte-wonen", "ruimte-wonen-2"]
    assert [each.published for each in made] == [False, False]
    assert [each.organisers.count() for each in made] == [1, 1]


NEW = "/en/admin/program/event/nieuw/"


def typed(**more: str) -> dict[str, str]:
    return {
        **{"title": "Ruimte & wonen", "day": "2026-12-07", "starts": "14:00", "ends": "17:00"},
        **{"capacity": "40", "organiser": "Gemeente", "organiser_email": "info@gemeente.example"},
        **more,
    }


def test_venue_that_is_known_needs_its_name_alone(organiser: Client, event: Event):
    assert send(organiser, NEW, **typed(venue_name=event.venue.name.upper())) == []
    assert Event.objects.exclude(pk=event.pk).get().venue == event.venue


def test_venue_that_nobody_knows_needs_an_address(organiser: Client, event: Event):
    assert send(organiser, NEW, **typed(venue_name="Buurthuis", venue_city="Oss")) == [
        "Fill in the street and number of this venue.",
        "Fill in the postcode of this venue.",
    ]
    address = {"venue_street": "Plein 1", "venue_postcode": "5341 GM", "venue_city": "Oss"}
    assert send(organiser, NEW, **typed(venue_name="Buurthuis", **address)) == []
    assert Venue.objects.get(name="Buurthuis").address == "Plein 1, 5341 GM Oss"


def test_new_event_in_the_past_is_questioned(organiser: Client, event: Event):
    known = {"venue_name": event.venue.name, "day": "2020-12-07"}
    (told,) = send(organiser, NEW, **typed(**known))
    assert told == "The day is in the past: Monday 7 December 2020. Is the year right?"
    assert send(organiser, NEW, **typed(sure="on", **known)) == []


def test_venue_of_others_is_not_changed(organiser: Client, event: Event):
    other = make_event(title="Elders")
    Event.objects.filter(pk=other.pk).update(venue=event.venue)
    assert save(organiser, event, venue_getting_there="Bus 4") == []
    event.refresh_from_db()
    other.refresh_from_db()
    assert (event.venue.getting_there, other.venue.getting_there) == ("Bus 4", "")


def test_another_venue_is_chosen_by_its_name(organiser: Client, event: Event):
    where = {"street": "Plein 1", "postcode": "5341 GM", "city": "Oss"}
    other = Venue.objects.create(name="Buurthuis", **where)
    assert save(organiser, event, venue_name="Buurthuis") == []
    event.refresh_from_db()
    assert event.venue == other
    assert event.venue.street == "Plein 1"


# Questions


def asked(client: Client, event: Event, **more: str) -> list[str]:
    return sign_up(client, event, **{"signup_questions-0-question": "Wat eet je?", **more})


def test_question_at_sign_up_is_made_changed_retired_and_asked_again(
    organiser: Client, event: Event
):
    assert asked(organiser, event, **{"signup_questions-0-kind": "text"}) == []
    question = event.signup_questions.get()
    assert (question.position, question.kind, question.retired_at) == (1, "text", None)
    assert asked(organiser, event, **{"signup_questions-0-retired": "on"}) == []
    assert not event.signup_questions.asked().exists()
    values = filled_in(organiser, path_of(event, "aanmelden"))
    del values["signup_questions-0-retired"]
    assert organiser.post(path_of(event, "aanmelden"), values).status_code == 303
    assert event.signup_questions.asked().get() == question


def test_choice_without_answers_to_choose_from_is_refused(organiser: Client, event: Event):
    told = asked(organiser, event, **{"signup_questions-0-kind": "one"})
    assert told == ["Say which answers there are to choose from."]


def test_answered_question_is_neither_deleted_nor_made_another_kind(
    organiser: Client, event: Event
):
    question = event.signup_questions.create(question="Wat eet je?")
    for _ in range(2):
        Answer.objects.create(
            event=event, registration=make_registration(event), question=question, value="kaas"
        )
    told = sign_up(organiser, event, **{"signup_questions-0-DELETE": "on"})
    assert told == [
        "2 people answered this question, so it cannot be deleted. Tick ‘not asked any more’ "
        "instead, and add another question if you need one."
    ]
    (told_of_kind,) = sign_up(organiser, event, **{"signup_questions-0-kind": "yes_no"})
    assert told_of_kind.startswith("2 people answered this question, so its kind stays as it is.")
    assert sign_up(organiser, event, **{"signup_questions-0-retired": "on"}) == []
    assert event.signup_questions.get().answers.count() == 2


def test_answer_that_somebody_chose_stays_among_those_to_choose_from(
    organiser: Client, event: Event
):
    question = event.signup_questions.create(question="Hoe?", kind="one", options="Boot\nFiets")
    make_registration(event, answers={question.pk: "Fiets"})

    (told,) = sign_up(organiser, event, **{"signup_questions-0-options": "Boot\nRijwiel"})
    assert told == "People chose ‘Fiets’. Leave that answer as it is; you can add others."
    assert sign_up(organiser, event, **{"signup_questions-0-options": "Fiets\nTrein"}) == []


def test_question_nobody_answered_is_deleted(organiser: Client, event: Event):
    event.signup_questions.create(question="Wat eet je?")
    assert sign_up(organiser, event, **{"signup_questions-0-DELETE": "on"}) == []
    assert not event.signup_questions.exists()


# Previews of texts


def test_preview_of_a_text_is_a_page_or_data_for_the_script(organiser: Client, event: Event):
    path = "/en/admin/program/event/opmaak/"
    sent = {"field": "text", "text": "**Welkom** <script>x</script>", "title": "x"}
    page = organiser.post(path, sent).content.decode()
    assert "<strong>Welkom</strong>" in page
    assert "<script>x" not in page
    answer = organiser.post(path, sent, headers={"accept": "application/json"})
    assert answer.json()["html"].startswith("<p><strong>Welkom</strong>")
    assert organiser.get(path).status_code == 405
    assert Client().post(path, sent).status_code == 302


# What no day, number or address can be


FAR = "This date is too far away."


@pytest.mark.parametrize("day", ["01-01-0001", "31-12-9999"])
def test_day_that_no_event_can_be_on_is_refused(organiser: Client, event: Event, day: str):
    assert save(organiser, event, day=day) == [FAR]


def test_deadline_of_another_age_is_refused(organiser: Client, event: Event):
    early = {"signup_opens_at": "0001-01-01T09:00"}
    assert sign_up(organiser, event, **early) == [FAR]


@pytest.mark.parametrize(
    ("name", "most"),
    [("hold_minutes", 32_767), ("retention_days", 32_767), ("capacity", 2_147_483_647)],
)
def test_number_that_no_database_stores_is_refused(
    organiser: Client, event: Event, name: str, most: int
):
    sentence = f"Ensure this value is less than or equal to {most}."
    step = save if name == "capacity" else sign_up
    assert step(organiser, event, **{name: str(most + 1)}) == [sentence]


# Two organisers at once


def test_two_organisers_keep_each_other_s_work(organiser: Client, event: Event):
    mine = filled_in(organiser, path_of(event))
    hers = filled_in(organiser, path_of(event))
    assert organiser.post(path_of(event), hers | {"lead": "Van haar"}).status_code == 303
    assert organiser.post(path_of(event), mine | {"title": "Van mij"}).status_code == 303
    event.refresh_from_db()
    assert (event.title, event.lead) == ("Van mij", "Van haar")


def test_field_that_both_have_changed_is_asked_about(organiser: Client, event: Event):
    mine = filled_in(organiser, path_of(event))
    hers = filled_in(organiser, path_of(event))
    organiser.post(path_of(event), hers | {"title": "Van haar"})
    asked = organiser.post(path_of(event), mine | {"title": "Van mij"})
    assert "Somebody changed ‘Title’ after you opened this page." in asked.text
    event.refresh_from_db()
    assert event.title == "Van haar"
    agreed = dict(asked.context["sent_again"]) | {"_seen": asked.context["dry_run"].fingerprint}
    assert organiser.post(path_of(event), agreed).status_code == 303
    event.refresh_from_db()
    assert event.title == "Van mij"


def add_rows(event: Event) -> None:
    event.roles.all().delete()
    for position, words in enumerate(("Een?", "Twee?"), start=1):
        event.signup_questions.create(position=position, question=words)
        event.questions.create(position=position, question=words, answer="Ja.")
        event.roles.create(position=position, code=words[:-1], label=words)


@pytest.mark.parametrize(
    ("rows", "name"),
    [("signup_questions", "question"), ("questions", "question"), ("roles", "label")],
)
def test_row_that_somebody_removed_is_asked_about_and_locks_nothing(
    organiser: Client, event: Event, rows: str, name: str
):
    add_rows(event)
    path = path_of(event, "aanmelden")
    mine = filled_in(organiser, path) | {f"{rows}-0-{name}": "Mijn", f"{rows}-1-{name}": "Anders"}
    getattr(event, rows).get(**{name: "Een?"}).delete()
    asked = organiser.post(path, mine)
    assert "Somebody removed ‘Een?’ after you opened this page." in asked.text
    again = organiser.post(path, dict(asked.context["sent_again"]) | {"_edit": "1"})
    assert (again.status_code, 'value="Mijn"' in again.text) == (200, False)
    agreed = dict(asked.context["sent_again"]) | {"_seen": asked.context["dry_run"].fingerprint}
    assert organiser.post(path, agreed).status_code == 303
    assert list(getattr(event, rows).values_list(name, "position")) == [("Anders", 1)]


def test_row_that_somebody_removed_and_nobody_typed_in_is_let_go(organiser: Client, event: Event):
    add_rows(event)
    path = path_of(event, "aanmelden")
    mine = filled_in(organiser, path)
    event.signup_questions.get(question="Twee?").delete()
    version = Event.objects.get(pk=event.pk).version
    assert organiser.post(path, mine).status_code == 303
    assert Event.objects.get(pk=event.pk).version == version
    assert organiser.post(path, mine | {"questions-0-answer": "Nee."}).status_code == 303
    assert event.questions.values_list("answer", flat=True)[0] == "Nee."
    assert event.signup_questions.count() == 1


def test_refused_page_says_which_row_somebody_removed(organiser: Client, event: Event):
    add_rows(event)
    path = path_of(event, "aanmelden")
    typed = {"signup_questions-0-question": "Mijn", "hold_minutes": "0"}
    mine = filled_in(organiser, path) | typed
    event.signup_questions.get(question="Een?").delete()
    refused = organiser.post(path, mine)
    assert [each.sentence for each in refused.context["wrong"]] == [
        "Give people at least one minute, better sixty."
    ]
    assert "Somebody removed ‘Een?’ after you opened this page." in refused.text
    mended = Form(refused.text).values | {"hold_minutes": "60"}
    assert organiser.post(path, mended).status_code == 303
    assert list(event.signup_questions.values_list("question", flat=True)) == ["Twee?"]


def test_page_that_asks_first_leads_back_to_what_was_typed(organiser: Client, event: Event):
    make_registration(event)
    typed = filled_in(organiser, path_of(event)) | {"starts": "13:30", "lead": "Nieuw"}
    asked = organiser.post(path_of(event), typed)
    again = organiser.post(path_of(event), dict(asked.context["sent_again"]) | {"_edit": "1"})
    assert (again.status_code, 'value="13:30"' in again.text, "Nieuw" in again.text) == (
        200,
        True,
        True,
    )
    assert Event.objects.get().starts_at == event.starts_at


def test_nothing_changed_gives_no_new_version(organiser: Client, event: Event):
    version = Event.objects.get(pk=event.pk).version
    for step in ("dag", "aanmelden"):
        path = path_of(event, step)
        assert organiser.post(path, filled_in(organiser, path)).status_code == 303
    assert Event.objects.get(pk=event.pk).version == version
    assert not Change.objects.filter(event=event, what=Change.What.EDITED).exists()


# The page beside the form


def test_page_beside_shows_what_is_typed_and_keeps_nothing(organiser: Client, event: Event):
    sent = filled_in(organiser, path_of(event)) | {"title": "Heel anders", "_preview": "1"}
    page = organiser.post(path_of(event), sent)
    assert (page.status_code, "Heel anders" in page.text) == (200, True)
    assert "<main" not in page.text
    event.refresh_from_db()
    assert event.title == "Bijeenkomst"
    assert organiser.post(path_of(event), sent | {"ends": "09:00"}).status_code == 422


def test_page_beside_locks_the_events_at_the_venue_in_the_order_of_a_save(
    organiser: Client, event: Event
):
    other = make_event(title="Elders")
    other.organisers.set(event.organisers.all())
    Event.objects.filter(pk=other.pk).update(venue=event.venue)
    sent = filled_in(organiser, path_of(event)) | {"venue_getting_there": "Bus 4", "_preview": "1"}
    with CaptureQueriesContext(connection) as queries:
        assert organiser.post(path_of(event), sent).status_code == 200
    about = [query["sql"] for query in queries if '"program_event"' in query["sql"]]
    written = next(at for at, sql in enumerate(about) if sql.startswith("UPDATE"))
    order = 'ORDER BY "program_event"."id" ASC'
    locks = [sql for sql in about[:written] if order in sql and '"program_venue"."city"' in sql]
    assert len(locks) == 1
    if connection.features.has_select_for_update:
        assert "FOR UPDATE" in locks[0]
        assert about.index(locks[0]) == min(at for at, sql in enumerate(about) if "FOR UP" in sql)


def test_sign_up_form_stands_beside_its_questions(organiser: Client, event: Event):
    path = path_of(event, "aanmelden")
    sent = filled_in(organiser, path) | {"signup_questions-0-question": "Wat eet je?"}
    page = organiser.post(path, sent | {"_preview": "1"})
    assert "Wat eet je?" in page.text
    assert not event.signup_questions.exists()


# Publishing


def publish(client: Client, event: Event, published: str = "1") -> Any:
    return client.post(path_of(event, "publiceren"), {"published": published})


def test_event_is_published_and_taken_off_again(organiser: Client, event: Event):
    Event.objects.update(published=False)
    make_slot(event, "1a")
    for published in ("1", "0"):
        assert publish(organiser, event, published).status_code == 303
        event.refresh_from_db()
        assert event.published == (published == "1")
    done = Change.objects.filter(event=event, what=Change.What.EDITED)
    assert [change.new["steps"][0]["fields"] for change in done] == [["published"]] * 2


def test_event_with_a_mistake_is_not_published(organiser: Client, event: Event):
    Event.objects.update(published=False)
    event.agenda.update(starts="09:00", ends="09:30")
    answer = publish(organiser, event)
    assert answer.status_code == 422
    assert "Mend this first" in answer.text
    event.refresh_from_db()
    assert not event.published


def test_taking_an_event_with_people_off_the_site_is_asked_first(organiser: Client, event: Event):
    make_registration(event)
    asked = publish(organiser, event, "0")
    assert asked.status_code == 200
    assert "The pages of the event disappear" in asked.text
    event.refresh_from_db()
    assert event.published


# Order of questions


def test_question_moves_up_with_a_button_and_keeps_what_is_typed(organiser: Client, event: Event):
    for position, words in enumerate(("Een?", "Twee?", "Drie?"), start=1):
        event.questions.create(position=position, question=words, answer="Ja.")
    assert sign_up(organiser, event, move="questions-2-up", **{"questions-0-answer": "Nee."}) == []
    asked = list(event.questions.values_list("question", "answer"))
    assert asked == [("Een?", "Nee."), ("Drie?", "Ja."), ("Twee?", "Ja.")]


# Refused: what no event can be


def test_capacity_below_what_is_taken_is_refused_with_who_has_a_place(
    organiser: Client, event: Event
):
    for _ in range(2):
        make_registration(event)
    assert save(organiser, event, capacity="1") == ["1 places are too few: 2 are taken."]
    assert save(organiser, event, capacity="2") == []
    assert Event.objects.values_list("capacity", "taken").get() == (2, 2)


def test_all_that_is_wrong_stands_on_top_with_where_to_mend_it(organiser: Client, event: Event):
    make_registration(event)
    values = filled_in(organiser, path_of(event)) | {"capacity": "0", "ends": "laat"}
    response = organiser.post(path_of(event), values)

    assert response.context["wrong"] == [
        ("id_ends", "Until", "Enter a valid time."),
        ("id_capacity", "Places", "0 places are too few: 1 is taken."),
    ]
    page = response.content.decode()
    assert '<a href="#id_ends">' in page
    assert 'id="id_ends"' in page
    assert "<title>Error: " in " ".join(page.split())


def test_deadlines_and_hours_out_of_order_are_refused(organiser: Client, event: Event):
    late = {"signup_closes_at": "2026-12-08T14:00"}
    assert sign_up(organiser, event, **late) == ["Sign-up closes after the event starts."]
    early = {"ends": "13:00"}
    assert save(organiser, event, **early) == ["The end, 13:00, is not after the start, 14:00."]


def test_hours_that_the_timetable_does_not_fit_in_are_refused(organiser: Client, event: Event):
    advice = "Change the timetable first, or shift all of it on the Programme page."
    event.agenda.create(title="ontvangst", starts="14:00", ends="14:20")
    assert save(organiser, event, starts="14:10") == [
        f"‘ontvangst’ is before the event starts, at 14:10. {advice}"
    ]
    assert save(organiser, event, starts="13:00", day="8-12-2026") == []


def test_no_time_to_confirm_is_refused(organiser: Client, event: Event):
    told = ["Give people at least one minute, better sixty."]
    assert sign_up(organiser, event, hold_minutes="0") == told
    with pytest.raises(IntegrityError, match="event_hold_lasts_a_while"), transaction.atomic():
        Event.objects.update(hold_minutes=0)
    assert sign_up(organiser, event, hold_minutes="1") == []


TAKEN = "There is an event at this address already. Choose another address."


def test_address_of_another_event_is_refused(organiser: Client, event: Event):
    make_event(slug="elders")
    assert save(organiser, event, slug="elders") == [TAKEN]
    assert send(organiser, NEW, **typed(venue_name=event.venue.name, slug="elders")) == [TAKEN]


def test_new_event_is_in_english_too_or_is_not_made(
    organiser: Client, event: Event, monkeypatch: pytest.MonkeyPatch
):
    new = typed(venue_name=event.venue.name, bilingual="on")
    with monkeypatch.context() as patched:
        patched.setattr(EventQuerySet, "update", broken)
        patched.setattr(Event, "save", broken_for("bilingual", Event.save))
        with pytest.raises(RuntimeError):
            send(organiser, NEW, **new)
    assert Event.objects.get() == event
    assert send(organiser, NEW, **new) == []
    assert Event.objects.exclude(pk=event.pk).get().bilingual


def broken(*args: object, **kwargs: object) -> None:
    raise RuntimeError


def broken_for(column: str, save: Any) -> Any:
    def tried(event: Event, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("update_fields") == [column]:
            raise RuntimeError
        save(event, *args, **kwargs)

    return tried


@pytest.mark.parametrize(
    ("there", "wanted", "free"),
    [
        ((), "avond", "avond"),
        (("avond",), "avond", "avond-2"),
        (("avond", "avond-2"), "avond-2", "avond-3"),
        (("avond-2",), "avond-2", "avond-3"),
        (("a" * 45,), "a" * 50, "a" * 45 + "-2"),
    ],
)
def test_address_is_the_next_that_is_free(there: tuple[str, ...], wanted: str, free: str):
    for slug in there:
        make_event(slug=slug)
    assert Event.objects.free_slug(wanted) == free


def test_address_of_the_site_itself_is_refused(organiser: Client, event: Event):
    (error,) = save(organiser, event, slug="deur")
    assert error.startswith("The address ‘deur’ belongs to the site itself.")


@pytest.mark.parametrize("written", ["18", "18:00", "18.00"])
def test_time_is_read_as_people_write_it(organiser: Client, event: Event, written: str):
    assert save(organiser, event, ends=written) == []
    assert timezone.localtime(Event.objects.get().ends_at).hour == 18


def test_visitor_and_door_staff_cannot_edit(event: Event):
    assert Client().get(path_of(event)).status_code == 302
    door = Client()
    door.force_login(User.objects.create_user("deur", is_staff=True))
    assert door.get(path_of(event)).status_code == 404


def test_steps_ask_as_many_questions_for_more_rows(organiser: Client, event: Event):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            organiser.get(path_of(event, "aanmelden"))
        return len(queries)

    event.questions.create(question="Nul?", answer="Ja.")
    cost()
    few = cost()
    for number in range(5):
        event.questions.create(question=f"Vraag {number}?", answer="Ja.")
        event.signup_questions.create(question=f"Eigen {number}?")
    assert cost() == few


def test_organisation_and_address_are_changed_from_the_team(organiser: Client, event: Event):
    path = path_of(event, "team/organisatie")
    answer = organiser.post(path, filled_in(organiser, path) | {"organiser": "Gemeente Oss"})
    assert answer["Location"] == path_of(event, "team")
    event.refresh_from_db()
    assert event.organiser == "Gemeente Oss"
    assert send(organiser, path, organiser_email="geen adres") == ["Enter a valid email address."]
