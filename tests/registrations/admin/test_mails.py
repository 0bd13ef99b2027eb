"""What organisers see of people and their mail."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from program.models import Event
from registrations.models import Registration, StoredMail
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_organiser, make_registration
from tests.mailed import DONE, words_of

pytestmark = pytest.mark.django_db
PEOPLE = "/en/admin/registrations/registration/"
MAILS = "/en/admin/registrations/storedmail/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def event() -> Event:
    return make_event()


@pytest.fixture
def organiser(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def found(client: Client, path: str) -> list[object]:
    return list(client.get(path).context["cl"].queryset)


def test_organiser_finds_whose_mail_was_refused(organiser: Client, event: Event):
    make_registration(event)
    refused = make_registration(event)
    Registration.objects.filter(pk=refused.pk).update(email_refused_at=NOW)

    assert found(organiser, f"{PEOPLE}?email_refused_at__isempty=0") == [refused]
    assert organiser.get(PEOPLE).content.decode().count('<span class="flag">mail refused') == 1


def test_organiser_finds_the_mail_that_failed_and_why(organiser: Client, event: Event):
    make_registration(event)
    failed = StoredMail.objects.get(kind="registered")
    StoredMail.objects.filter(pk=failed.pk).update(failed_at=NOW, error="554 5.7.1", **DONE)

    assert found(organiser, f"{MAILS}?outcome=failed") == [failed]
    assert "554 5.7.1" in organiser.get(f"{MAILS}?outcome=failed").content.decode()


@pytest.mark.parametrize("column", ["status__exact", "role__exact", "organisation"])
def test_list_refuses_what_no_database_takes(organiser: Client, event: Event, column: str):
    make_registration(event, organisation="Buurthuis")
    assert organiser.get(f"{PEOPLE}?{column}=a%00").status_code == 400


def test_organiser_reads_nobodys_mail(organiser: Client, event: Event):
    token = token_of(make_registration(event))
    mail = StoredMail.objects.get(kind="registered")
    assert token in words_of(mail).text

    answer = organiser.get(f"{MAILS}{mail.pk}/change/")

    assert answer.status_code == 200
    assert token not in answer.content.decode()
    # Nor guesses it letter by letter, from how many mails a list finds.
    assert organiser.get(MAILS, {"text__contains": token[:4]}).status_code == 400
    assert organiser.get(PEOPLE, {"secret__startswith": token[0]}).status_code == 400
    assert organiser.post(f"{MAILS}{mail.pk}/change/", {"to": "x"}).status_code == 403
    assert organiser.get(f"{MAILS}add/").status_code == 403


@pytest.mark.parametrize("path", [PEOPLE, MAILS])
def test_list_asks_as_many_questions_for_one_person_as_for_three(
    organiser: Client, event: Event, path: str
):
    counts = []
    for _more in range(2):
        make_registration(event)
        with CaptureQueriesContext(connection) as queries:
            assert organiser.get(path).status_code == 200
        counts.append(len(queries))
        make_registration(event)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", [PEOPLE, MAILS])
def test_list_is_closed_to_those_who_may_not_see_people(path: str):
    client = Client()
    client.force_login(get_user_model().objects.create_user("deur", is_staff=True))

    assert client.get(path).status_code == 403


def test_mail_is_listed_in_words_of_organisers(organiser: Client, event: Event):
    make_registration(event)

    text = organiser.get(MAILS).content.decode()

    assert [heading in text for heading in ("Person", "Stored at", "Outcome")] == [True] * 3
    assert "about to be sent" in text


def test_cancelling_many_names_who_it_is(organiser: Client, event: Event):
    people = [
        make_registration(event, first_name="Noor", last_name="Bakker"),
        make_registration(event, first_name="Jan", last_name="de Vries"),
    ]
    chosen = {"action": "cancel_people", "_selected_action": [each.pk for each in people]}

    page = organiser.post(PEOPLE, chosen)

    assert page.context["people"] == ["Noor Bakker", "Jan de Vries"]
    assert "Noor Bakker, Jan de Vries" in page.content.decode()


def test_freeing_leaves_those_alone_who_hold_no_place(organiser: Client, event: Event):
    Event.objects.filter(pk=event.pk).update(capacity=1)
    held = make_registration(event, confirmed=False, at=timezone.now())
    asks = make_registration(event, confirmed=False, waiting_too=True, at=timezone.now())
    chosen = {"action": "free_holds", "_selected_action": [held.pk, asks.pk]}

    answer = organiser.post(PEOPLE, chosen, follow=True)

    assert "1 place is free again." in answer.text
    held.refresh_from_db()
    asks.refresh_from_db()
    assert (held.status, asks.status) == ("expired", "pending")
