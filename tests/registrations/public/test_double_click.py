"""The same form of the same person within a minute is one sign-up, whatever sends it twice."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from program.models import Event
from registrations.booking import changing, signup
from registrations.booking.places import differences
from registrations.models import Registration, StoredMail
from registrations.queries.tokens import token_of
from tests.factories import NOW, make_event, make_person, make_slot

FORM = "/wijk/aanmelden/"
NUMBER = UUID("7e3cbd2c-54a0-4a2e-8b1e-5c7f0e3d9a11")
fork = multiprocessing.get_context("fork")
PATIENCE = 120


@pytest.fixture
def event(db: None) -> Event:
    """With one seat at the only table."""
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1, seats=1)
    return event


def typed(**changes: str) -> dict[str, str]:
    return {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": "noor@haarlem.example",
        "role": "raadslid",
        "round_1": "1a",
        "agree": "on",
    } | changes


def click(form: dict[str, str], network: str = "10.0.0.1"):
    """A browser of its own sends it."""
    answer = Client().post(FORM, form, REMOTE_ADDR=network)
    return answer.status_code, answer.get("Location"), answer.content


def test_form_that_is_sent_twice_signs_up_once_and_keeps_its_seat(event: Event):
    first, second = click(typed()), click(typed())

    assert first == second == (303, "/wijk/aanmelden/controleer-je-mail/", b"")
    assert [mail.kind for mail in Registration.objects.get().mails.all()] == ["confirm"]
    assert differences() == []


@pytest.mark.parametrize(
    "changes",
    [{"email": "noor@zaandam.example"}, {"organisation": "Buurt"}, {"first_name": "Nora"}],
)
def test_another_form_is_another_sign_up(event: Event, changes: dict[str, str]):
    click(typed(round_1=""))
    click(typed(round_1="") | changes)

    assert Registration.objects.count() == 2


def test_another_table_is_another_sign_up(event: Event):
    click(typed(round_1=""))
    click(typed())

    assert Registration.objects.count() == 2


def test_whoever_types_it_elsewhere_holds_places_of_their_own(event: Event):
    """Else the seats left would tell that the same form was sent a moment ago (rule 5)."""
    click(typed(round_1=""))
    click(typed(round_1=""), network="10.0.0.2")

    event.refresh_from_db()
    assert (event.taken, StoredMail.objects.filter(kind="confirm").count()) == (2, 2)


def test_confirming_in_between_changes_nothing_that_a_stranger_sees(event: Event):
    click(typed())
    Client().post(f"/aanmelding/{token_of(Registration.objects.get())}/bevestigen/")

    assert click(typed())[0] == 303
    assert Registration.objects.get().is_confirmed


def test_whoever_cancelled_meanwhile_signs_up_anew(event: Event):
    click(typed())
    changing.cancel(Registration.objects.get(), at=timezone.now())
    click(typed())

    assert sorted(one.status for one in Registration.objects.all()) == ["cancelled", "pending"]


# Seconds after a whole minute at which a form is sent, and how many sign-ups that makes.
@pytest.mark.parametrize(
    ("sent", "count"),
    [
        ([0, 59], 1),
        ([59, 61], 1),
        ([59, 118], 1),
        ([0, 60], 2),
        ([0, 59, 60], 2),
        ([0, 60, 61], 2),
        ([30, 95, 154], 2),
    ],
)
def test_it_is_a_matter_of_one_minute(event: Event, sent: list[int], count: int):
    minute = NOW.replace(second=0, microsecond=0)
    Event.objects.update(starts_at=minute + timedelta(days=14), ends_at=minute + timedelta(days=15))
    for seconds in sent:
        sign_up(event, minute + timedelta(seconds=seconds))

    assert Registration.objects.count() == count


def sign_up(event: Event, at: datetime) -> None:
    signup.sign_up(event, make_person("noor@haarlem.example"), {1: ""}, number=NUMBER, at=at)


def race(opening, barrier, outcomes) -> None:
    with opening:
        connection.ensure_connection()
    barrier.wait(PATIENCE)
    outcomes.put(click(typed())[0])
    connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.processes
def test_two_at_the_same_moment_are_one_too(transactional_db: None, event: Event):
    clicks = 4
    opening, barrier, outcomes = fork.Lock(), fork.Barrier(clicks), fork.Queue()
    connections.close_all()
    processes = [
        fork.Process(target=race, args=(opening, barrier, outcomes)) for _ in range(clicks)
    ]
    for process in processes:
        process.start()
    answers = [outcomes.get(timeout=PATIENCE) for _process in processes]
    for process in processes:
        process.join(PATIENCE)

    assert answers == [303] * clicks
    assert [mail.kind for mail in Registration.objects.get().mails.all()] == ["confirm"]
    assert differences() == []
