"""Start: one's own events by phase, and nobody else's."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from program.models import Event
from registrations.models import Registration, StoredMail
from registrations.organising import dropping
from tests.factories import (
    NOW,
    START,
    make_event,
    make_organiser,
    make_reader,
    make_registration,
    make_slot,
)

pytestmark = pytest.mark.django_db

START_PAGE = "/en/admin/"


@pytest.fixture
def user() -> User:
    return make_organiser()


@pytest.fixture
def organiser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def mine(user: User, title: str = "Avond", at: datetime = START, **more: bool) -> Event:
    event = make_event(title=title, starts_at=at, **more)
    event.organisers.add(user)
    return event


def shown(client: Client) -> dict[str, list[str]]:
    context = client.get(START_PAGE).context
    phases = {phase.value: [event.title for event in events] for phase, events in context["phases"]}
    archived = [event.title for event in context["archived"]]
    return phases | ({"archived": archived} if archived else {})


def test_events_stand_under_their_phase_the_nearest_first(organiser: Client, user: User):
    now = timezone.now()
    mine(user, "Later", START + timedelta(days=70))
    mine(user, "Open")
    mine(user, "Concept", published=False)
    mine(user, "Net geweest", now - timedelta(days=3))
    mine(user, "Lang geleden", now - timedelta(days=90))
    make_event(title="Van een ander")
    assert shown(organiser) == {
        "open": ["Open", "Later"],
        "in_the_making": ["Concept"],
        "over": ["Net geweest"],
        "archived": ["Lang geleden"],
    }


def test_event_of_today_stands_on_top(organiser: Client, user: User):
    mine(user, "Later")
    now = timezone.now()
    mine(user, "Vandaag", now - timedelta(minutes=1))
    Event.objects.filter(title="Vandaag").update(ends_at=now + timedelta(minutes=1))
    assert next(iter(shown(organiser).items())) == ("today", ["Vandaag"])


def test_who_has_no_event_is_told_how_to_begin(organiser: Client):
    assert shown(organiser) == {}
    assert "You have no events yet." in organiser.get(START_PAGE).text


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        client.get(START_PAGE)
    return len(queries)


def test_queries_do_not_depend_on_the_number_of_events(organiser: Client, user: User):
    mine(user)
    organiser.get(START_PAGE)
    few = queries_of(organiser)
    for _ in range(4):
        mine(user)
    assert queries_of(organiser) == few


def test_queries_do_not_depend_on_the_number_of_events_with_a_dropped_table(
    organiser: Client, user: User
):
    def mine_without_a_table() -> None:
        event = mine(user)
        table = make_slot(event, "1a")
        make_registration(event, {1: "1a"})
        dropping.drop(event, [table.pk], who="o", at=NOW)

    mine_without_a_table()
    organiser.get(START_PAGE)
    few = queries_of(organiser)
    for _ in range(4):
        mine_without_a_table()
    assert queries_of(organiser) == few
    assert len(organiser.get(START_PAGE).context["attention"]) == 5


def test_what_needs_attention_is_told_over_all_events(organiser: Client, user: User):
    busy, calm = mine(user, "Druk"), mine(user, "Rustig")
    for event in (busy, calm, make_event(title="Van een ander")):
        make_registration(event)
    StoredMail.objects.all().delete()
    Registration.objects.exclude(event=calm).update(email_refused_at=timezone.now())
    attention = organiser.get(START_PAGE).context["attention"]
    assert [(event.title, len(notices)) for event, notices in attention] == [("Druk", 1)]
    ((_event, (notice,)),) = attention
    assert notice.sentence == "1 person did not get our mail: it was refused or came back."
    assert organiser.get(notice.address).context["cl"].result_count == 1


def test_event_that_is_called_off_stands_apart_from_those_one_can_sign_up_for(
    organiser: Client, user: User
):
    off = mine(user, "Afgelast")
    Event.objects.filter(pk=off.pk).update(called_off_at=timezone.now())
    assert shown(organiser) == {}
    context = organiser.get(START_PAGE).context
    assert [event.title for event in context["called_off"]] == ["Afgelast"]


def test_those_who_read_along_see_the_event_but_not_its_worries():
    event = make_event(title="Van een ander")
    reader = make_reader(event)
    make_registration(event)
    StoredMail.objects.all().delete()
    Registration.objects.update(email_refused_at=timezone.now())
    client = Client()
    client.force_login(reader)
    assert shown(client) == {"open": ["Van een ander"]}
    assert client.get(START_PAGE).context["attention"] == []
