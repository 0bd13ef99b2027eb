"""What an organiser makes of an event on its own page: rounds, questions, people, publishing."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation

from program.models import AgendaItem, Event, Speaker
from registrations.models import Answer
from tests.factories import (
    AMSTERDAM,
    START,
    make_event,
    make_organiser,
    make_registration,
    make_slot,
)
from tests.program.admin.filling_in import filled_in

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


def path_of(event: Event) -> str:
    return f"/en/admin/program/event/{event.pk}/change/"


def save(client: Client, event: Event, **changes: object) -> list[str]:
    """Send the form with changes; returns the errors, none if it was saved."""
    return send(client, path_of(event), **changes)


def send(client: Client, path: str, **changes: object) -> list[str]:
    response = client.post(path, filled_in(client, path) | changes)
    if response.status_code == 302:
        return []
    errors = response.context["errors"]
    return [told for item in errors for told in ([item] if isinstance(item, str) else item)]


def lines(event: Event) -> list[tuple[str, int | None]]:
    return [
        (item.title, item.round.number if item.round else None)
        for item in AgendaItem.objects.filter(event=event).select_related("round")
    ]


def added_line(client: Client, event: Event, number: str = "") -> dict[str, str]:
    values = filled_in(client, path_of(event))
    index = int(str(values["agenda-INITIAL_FORMS"]))
    fields = {"starts": "17.00", "ends": "17:30", "title": "break", "number": number}
    return {f"agenda-{index}-{name}": value for name, value in fields.items()}


# Rounds


def test_number_on_a_new_line_makes_a_round(organiser: Client, event: Event):
    assert save(organiser, event, **added_line(organiser, event, "3")) == []
    assert lines(event) == [("Ronde 1", 1), ("Ronde 2", 2), ("break", 3)]
    assert list(event.rounds.values_list("number", flat=True)) == [1, 2, 3]


def test_two_lines_can_trade_their_rounds(organiser: Client, event: Event):
    make_slot(event, "1a", 1)
    assert save(organiser, event, **{"agenda-0-number": "2", "agenda-1-number": "1"}) == []
    assert lines(event) == [("Ronde 1", 2), ("Ronde 2", 1)]
    assert event.slots.get().round.agenda_item.title == "Ronde 2"


def test_round_without_tables_goes_with_its_number(organiser: Client, event: Event):
    assert save(organiser, event, **{"agenda-1-number": ""}) == []
    assert lines(event) == [("Ronde 1", 1), ("Ronde 2", None)]
    assert list(event.rounds.values_list("number", flat=True)) == [1]


@pytest.mark.parametrize("change", [{"agenda-1-number": ""}, {"agenda-1-DELETE": "on"}])
def test_round_with_tables_keeps_a_line(organiser: Client, event: Event, change: dict[str, str]):
    make_slot(event, "1a", 2)
    assert save(organiser, event, **change) == [
        "Round 2 has tables: give it a line, or remove its tables first."
    ]
    assert lines(event) == [("Ronde 1", 1), ("Ronde 2", 2)]


def test_one_round_on_two_lines_is_refused(organiser: Client, event: Event):
    told = save(organiser, event, **{"agenda-1-number": "1"})
    assert told == ["Round 1 has a line in the timetable already."]


# Day, address, state


def test_dutch_ways_of_writing_day_and_time_are_understood(organiser: Client, event: Event):
    assert save(organiser, event, day="8-12-2026", starts="13.30", ends="17:45") == []
    event.refresh_from_db()
    assert timezone.localtime(event.starts_at) == datetime(2026, 12, 8, 13, 30, tzinfo=AMSTERDAM)
    assert timezone.localtime(event.ends_at) == datetime(2026, 12, 8, 17, 45, tzinfo=AMSTERDAM)


def test_empty_address_is_made_of_the_title_and_never_twice(organiser: Client, event: Event):
    values = {
        **{"title": "Ruimte & wonen", "day": "7-12-2026", "starts": "14.00", "ends": "17.00"},
        **{"venue": str(event.venue_id), "capacity": "40", "organiser": "Gemeente"},
        **{"organiser_email": "info@gemeente.example"},
    }
    for _ in range(2):
        assert send(organiser, "/en/admin/program/event/add/", **values) == []
    made = Event.objects.exclude(pk=event.pk).order_by("pk")
    assert [each.slug for each in made] == ["ruimte-wonen", "ruimte-wonen-2"]
    assert [each.published for each in made] == [False, False]
    assert [each.organisers.count() for each in made] == [1, 1]


def test_button_publishes_with_whatever_else_was_typed(organiser: Client, event: Event):
    Event.objects.update(published=False)
    assert save(organiser, event, title="Klaar", _publish="1") == []
    event.refresh_from_db()
    assert (event.published, event.title) == (True, "Klaar")


def test_list_has_what_comes_first_with_its_state(organiser: Client, event: Event, user: User):
    later = make_event(title="Later", starts_at=START + timedelta(days=70), published=False)
    past = make_event(title="Voorbij", starts_at=timezone.now() - timedelta(days=3))
    older = make_event(title="Lang voorbij", starts_at=timezone.now() - timedelta(days=30))
    off = make_event(title="Afgelast", starts_at=START + timedelta(days=100))
    Event.objects.filter(pk=off.pk).update(called_off_at=timezone.now())
    make_event(title="Van een ander")
    user.organised_events.add(later, past, older, off)
    page = organiser.get("/en/admin/program/event/")
    listed = page.context["cl"].result_list
    assert [each.title for each in listed] == [
        *("Bijeenkomst", "Later", "Afgelast"),
        *("Voorbij", "Lang voorbij"),
    ]
    words = page.content.decode()
    states = {state: words.count(f">{state}<") for state in ("published", "draft", "past")}
    assert states == {"published": 1, "draft": 1, "past": 2}
    assert words.count(">called off<") == 1
    assert "0 of 100" in words


def test_page_names_what_there_is_to_do(organiser: Client, event: Event):
    page = organiser.get(path_of(event)).content.decode()
    assert "There are no table sessions yet." in page


# Who works for it


def test_only_people_of_the_groups_can_be_chosen(organiser: Client, event: Event):
    User.objects.create_user("niemand", is_staff=True)
    values = filled_in(organiser, path_of(event))
    page = organiser.get(path_of(event)).content.decode()
    assert "niemand" not in page
    assert values["organisers"] == [str(event.organisers.get().pk)]


def test_nobody_locks_themselves_out(organiser: Client, event: Event, user: User):
    assert save(organiser, event, organisers=[]) == ["Choose at least one organiser."]
    colleague = make_organiser()
    assert save(organiser, event, organisers=[colleague.pk]) == [
        "Somebody else has to take you off: you could not come back."
    ]
    assert save(organiser, event, organisers=[colleague.pk, user.pk]) == []
    assert set(event.organisers.all()) == {colleague, user}


# Questions


def asked(client: Client, event: Event, **more: str) -> list[str]:
    return save(client, event, **{"signup_questions-0-question": "Wat eet je?", **more})


def test_question_at_sign_up_is_made_changed_retired_and_asked_again(
    organiser: Client, event: Event
):
    assert asked(organiser, event, **{"signup_questions-0-kind": "text"}) == []
    question = event.signup_questions.get()
    assert (question.position, question.kind, question.retired_at) == (1, "text", None)
    assert asked(organiser, event, **{"signup_questions-0-retired": "on"}) == []
    assert not event.signup_questions.asked().exists()
    values = filled_in(organiser, path_of(event))
    del values["signup_questions-0-retired"]
    assert organiser.post(path_of(event), values).status_code == 302
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
    told = save(organiser, event, **{"signup_questions-0-DELETE": "on"})
    assert told == [
        "2 people answered this question, so it cannot be deleted. Tick ‘not asked any more’ "
        "instead, and add another question if you need one."
    ]
    (told_of_kind,) = save(organiser, event, **{"signup_questions-0-kind": "yes_no"})
    assert told_of_kind.startswith("2 people answered this question, so its kind stays as it is.")
    assert save(organiser, event, **{"signup_questions-0-retired": "on"}) == []
    assert event.signup_questions.get().answers.count() == 2


def test_answer_that_somebody_chose_stays_among_those_to_choose_from(
    organiser: Client, event: Event
):
    question = event.signup_questions.create(question="Hoe?", kind="one", options="Boot\nFiets")
    make_registration(event, answers={question.pk: "Fiets"})

    (told,) = save(organiser, event, **{"signup_questions-0-options": "Boot\nRijwiel"})
    assert told == "People chose ‘Fiets’. Leave that answer as it is; you can add others."
    assert save(organiser, event, **{"signup_questions-0-options": "Fiets\nTrein"}) == []


def test_question_nobody_answered_is_deleted(organiser: Client, event: Event):
    event.signup_questions.create(question="Wat eet je?")
    assert save(organiser, event, **{"signup_questions-0-DELETE": "on"}) == []
    assert not event.signup_questions.exists()


# Hosts


def hosted_by(client: Client, event: Event, **typed: str) -> list[str]:
    path = f"/en/admin/program/tablesession/{event.sessions.get(code='1a').pk}/change/"
    index = int(str(filled_in(client, path)["hostings-INITIAL_FORMS"]))
    return send(client, path, **{f"hostings-{index}-{name}": each for name, each in typed.items()})


def test_typed_name_is_somebody_known_or_somebody_new(organiser: Client, event: Event):
    make_slot(event, "1a")
    make_slot(event, "1b")
    known = Speaker.objects.get(name="Gastheer 1b")
    assert hosted_by(organiser, event, who="Gastheer 1b") == []
    assert hosted_by(organiser, event, who="Nieuw Iemand", organisation="Gemeente") == []
    hostings = list(event.sessions.get(code="1a").hostings.select_related("speaker"))
    assert [each.speaker.name for each in hostings] == [
        *("Gastheer 1a", "Gastheer 1b", "Nieuw Iemand")
    ]
    assert hostings[1].speaker == known
    assert hostings[2].speaker.organisation == "Gemeente"
    assert Speaker.objects.count() == 3


def test_name_of_two_people_asks_which_one(organiser: Client, event: Event):
    make_slot(event, "1a")
    for organisation in ("Breda", "Oss"):
        Speaker.objects.create(event=event, name="Jan Jansen", organisation=organisation)
    assert hosted_by(organiser, event, who="Jan Jansen") == [
        "Several speakers are called ‘Jan Jansen’: write ‘Jan Jansen (Breda)’."
    ]
    assert hosted_by(organiser, event, who="Jan Jansen (Oss)") == []
    assert [each.speaker.organisation for each in event.sessions.get().hostings.all()] == [
        "",
        "Oss",
    ]


def test_host_is_named_once(organiser: Client, event: Event):
    make_slot(event, "1a")
    assert hosted_by(organiser, event, who="Gastheer 1a") == ["‘Gastheer 1a’ is named twice."]


# Previews of texts


def test_preview_of_a_text_is_a_page_or_data_for_the_script(organiser: Client, event: Event):
    path = "/en/admin/program/event/markdown/"
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
    early = {"signup_opens_at_0": "01-01-0001", "signup_opens_at_1": "09:00"}
    assert save(organiser, event, **early) == [FAR]


@pytest.mark.parametrize(
    ("name", "most"),
    [("hold_minutes", 32_767), ("retention_days", 32_767), ("capacity", 2_147_483_647)],
)
def test_number_that_no_database_stores_is_refused(
    organiser: Client, event: Event, name: str, most: int
):
    sentence = f"Ensure this value is less than or equal to {most}."
    assert save(organiser, event, **{name: str(most + 1)}) == [sentence]
