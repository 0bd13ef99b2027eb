"""‘You are’ is the event's own question: renamed, left out, or with other answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.admin.roles import roles
from program.models import Event, Role
from program.models.roles import DEFAULTS, free_code
from registrations.models import Change, Registration
from tests.factories import AMSTERDAM, make_event, make_organiser, make_registration
from tests.program.admin.filling_in import filled_in

pytestmark = pytest.mark.django_db
CODES = [code for code, _label, _english in DEFAULTS]


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    day = timezone.now().astimezone(AMSTERDAM) + timedelta(days=20)
    return make_event(
        slug="wijk", starts_at=day.replace(hour=14, minute=0, second=0, microsecond=0)
    )


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def save(client: Client, event: Event, **changes: object) -> str:
    """Send the event's form with these changes, and agree to what it does; the answer's text."""
    path = f"/en/admin/program/event/{event.pk}/aanmelden/"
    response = client.post(path, filled_in(client, path) | changes)
    return "" if response.status_code == 303 else response.content.decode()


def row(event: Event, code: str) -> int:
    return [role.code for role in event.roles.all()].index(code)


def labels(event: Event) -> list[str]:
    return [role.label for role in event.roles.filter(retired_at=None)]


def sign_up(event: Event, role: str = "inwoner", **person: Any) -> Registration:
    return make_registration(event, role=role, at=timezone.now(), **person)


def form_of(event: Event) -> str:
    return Client().get(f"/en/{event.slug}/aanmelden/?kies=1").content.decode()


def post(event: Event, **typed: str) -> Any:
    form = {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": "noor@haarlem.example",
        "role": "inwoner",
        "agree": "on",
        "round_1": "",
        "round_2": "",
    }
    return Client().post(f"/en/{event.slug}/aanmelden/", {**form, **typed})


def test_a_new_event_asks_for_the_eight_roles_with_their_codes(organiser):
    path = "/en/admin/program/event/nieuw/"
    typed = filled_in(organiser, path) | {
        "title": "Nieuw",
        "day": "2027-01-11",
        "starts": "14:00",
        "ends": "18:00",
        "venue_name": Event.objects.get().venue.name,
        "capacity": "20",
        "organiser": "Gemeente",
        "organiser_email": "info@gemeente.example",
    }

    assert organiser.post(path, typed).status_code == 302

    made = Event.objects.get(title="Nieuw")
    assert [role.code for role in made.roles.all()] == CODES
    assert (made.role_question, made.role_question_en) == ("Je bent", "You are")


def test_a_role_that_is_called_otherwise_keeps_its_code_and_its_people(organiser, event):
    noor = sign_up(event)

    assert save(organiser, event, **{f"roles-{row(event, 'inwoner')}-label": "bewoner"}) == ""

    noor.refresh_from_db()
    assert noor.role == event.roles.get(code="inwoner", label="bewoner")
    assert "bewoner" in Client().get(f"/{event.slug}/aanmelden/").content.decode()


def test_two_roles_can_trade_what_they_are_called(organiser, event):
    changes = {
        f"roles-{row(event, 'inwoner')}-label": "student",
        f"roles-{row(event, 'student')}-label": "inwoner",
    }

    assert save(organiser, event, **changes) == ""

    assert dict(event.roles.values_list("code", "label"))["inwoner"] == "student"
    assert dict(event.roles.values_list("code", "label"))["student"] == "inwoner"


def test_a_role_of_ones_own_can_be_chosen_and_stands_before_something_else(organiser, event):
    assert save(organiser, event, **{"roles-8-label": "Ondernemer", "roles-8-asked": "on"}) == ""

    assert labels(event)[-2:] == ["Ondernemer", "anders"]
    assert '<option value="ondernemer">Ondernemer</option>' in form_of(event).replace(
        '<bdi lang="nl">', ""
    )
    assert post(event, role="ondernemer").status_code == 303
    assert event.registrations.get().role.label == "Ondernemer"


def test_a_role_left_out_is_offered_no_more_and_refused(organiser, event):
    wrong = row(event, "wethouder")
    typed = filled_in(organiser, f"/en/admin/program/event/{event.pk}/aanmelden/")
    typed.pop(f"roles-{wrong}-asked")
    organiser.post(f"/en/admin/program/event/{event.pk}/aanmelden/", typed)

    assert 'value="wethouder"' not in form_of(event)
    answer = post(event, role="wethouder")
    assert answer.status_code == 422
    assert "Choose from the list at ‘You are’." in answer.content.decode()
    assert not event.registrations.exists()


def test_a_role_that_somebody_chose_can_only_be_retired(organiser, event):
    noor = sign_up(event)
    number = row(event, "inwoner")

    page = save(organiser, event, **{f"roles-{number}-DELETE": "on"})

    assert "1 person chose ‘inwoner’, so it stays." in page
    assert event.roles.filter(code="inwoner").exists()
    typed = filled_in(organiser, f"/en/admin/program/event/{event.pk}/aanmelden/")
    typed.pop(f"roles-{number}-asked")
    organiser.post(f"/en/admin/program/event/{event.pk}/aanmelden/", typed)
    noor.refresh_from_db()
    assert noor.role == event.roles.get(code="inwoner", retired_at__isnull=False)
    assert 'value="inwoner"' not in form_of(event)


def test_a_role_that_nobody_chose_is_removed(organiser, event):
    number = row(event, "student")

    assert save(organiser, event, **{f"roles-{number}-DELETE": "on"}) == ""

    assert "student" not in labels(event)


def test_the_question_can_be_asked_in_other_words(organiser, event):
    assert save(organiser, event, role_question="Wie ben je?", role_question_en="") == ""

    page = Client().get(f"/{event.slug}/aanmelden/").content.decode()
    assert "Wie ben je?" in page
    refused = Client().post(f"/{event.slug}/aanmelden/", {"agree": "on"}).content.decode()
    assert "‘Wie ben je?’" in refused


def test_without_the_question_nobody_is_asked(organiser, event):
    sign_up(event)
    assert save(organiser, event, role_question="", role_question_en="") == ""

    assert "id_role" not in form_of(event)
    assert post(event).status_code == 303, "what an old page sends is passed over"
    newest = event.registrations.latest("pk")
    assert newest.role is None
    overview = organiser.get(f"/en/admin/program/event/{event.pk}/overzicht/").content.decode()
    assert "resident" in overview, "what was told stays"


def test_nothing_about_roles_is_shown_where_they_were_never_asked(organiser, event):
    Event.objects.filter(pk=event.pk).update(role_question="")
    make_registration(event, role="", at=timezone.now())

    overview = organiser.get(f"/en/admin/program/event/{event.pk}/overzicht/").content.decode()
    lists = organiser.get(f"/en/admin/program/event/{event.pk}/lijsten/").content.decode()

    assert "no role" not in overview
    assert 'value="role"' not in lists


def test_a_question_without_answers_is_refused(organiser, event):
    typed = filled_in(organiser, f"/en/admin/program/event/{event.pk}/aanmelden/")
    for number in range(len(CODES)):
        typed.pop(f"roles-{number}-asked")

    page = organiser.post(f"/en/admin/program/event/{event.pk}/aanmelden/", typed).content.decode()

    assert "There is no role to choose. Empty this question, or tick a role." in page
    assert len(labels(event)) == len(CODES)


def test_two_roles_have_two_names(organiser, event):
    page = save(organiser, event, **{f"roles-{row(event, 'student')}-label": "INWONER"})

    assert "There is a role ‘inwoner’ already." in page


def test_what_was_done_to_roles_is_in_the_history(organiser, event):
    save(organiser, event, **{f"roles-{row(event, 'inwoner')}-label": "bewoner"})

    steps = event.changes.get(what=Change.What.EDITED).new["steps"]
    assert steps == [{"did": "changed", "model": "role", "fields": ["label"], "name": "resident"}]


def test_saving_without_a_change_does_nothing_to_roles(organiser, event):
    key = event.programme_key
    save(organiser, event)

    event.refresh_from_db()
    assert event.programme_key == key


def test_rows_cost_two_queries_however_many(event):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            str(roles(event))
        return len(queries)

    few = cost()
    for number in range(10):
        Role.objects.create(event=event, code=f"r{number}", label=f"Rol {number}")

    assert cost() == few == 1


@transaction.atomic
def give(registration: Registration, role: Role | None) -> None:
    Registration.objects.filter(pk=registration.pk).update(role=role)
    connection.check_constraints()


def test_the_database_refuses_a_role_of_another_event(event):
    other = make_event()
    noor = sign_up(event)

    with pytest.raises(IntegrityError):
        give(noor, other.roles.first())


def test_codes_are_made_of_words_and_differ():
    assert free_code("Ondernemer!", set()) == "ondernemer"
    assert free_code("Ondernemer", {"ondernemer"}) == "ondernemer-2"
    assert free_code("市民", set()) == "rol"
    assert len(free_code("a" * 60, {"a" * 16})) <= 20
