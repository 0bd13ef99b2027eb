"""What organisers look at most asks the database as little for 5,000 people as for five."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from program.models import Event
from registrations.models import Answer, Presence, WaitlistEntry
from registrations.reports import export_columns
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_guest,
    make_organiser,
    make_question,
    make_slot,
)

pytestmark = pytest.mark.django_db
FEW, MANY = 5, 5_000


def make_large_event(people: int, sessions: int = 5) -> Event:
    """So many people with tables, an answer and a tick at the door, of whom one in ten waits."""
    event = make_event(capacity=2 * people + 1_000)
    seats = people // (sessions // 2) + 1_000
    for number in range(sessions - 1):
        make_slot(event, f"{number // 2 + 1}{'ab'[number % 2]}", number % 2 + 1, seats=seats)
    wished = make_slot(event, "0", 2, seats=0)
    question = make_question(event, "Eet je mee?", "yes_no")
    make_crowd(event, people)
    make_guest(event)
    crowd = list(event.registrations.all())
    Answer.objects.bulk_create(
        Answer(event=event, registration=one, question=question, value=True) for one in crowd
    )
    WaitlistEntry.objects.bulk_create(
        WaitlistEntry.at(wished, one.pk, since=NOW) for one in crowd[::10]
    )
    Presence.objects.bulk_create(
        Presence(
            event=event,
            registration=one,
            present=True,
            at=event.starts_at - timedelta(minutes=number % 60),
        )
        for number, one in enumerate(crowd)
    )
    return event


def people(client: Client, event: Event, query: str = "") -> bytes:
    page = reverse("admin:registrations_registration_changelist")
    return client.get(f"{page}?event__id__exact={event.pk}{query}").content


def _export(client: Client, event: Event, file: str) -> bytes:
    every = [key for key, _name in export_columns.choices(event)]
    wanted = {"file": file, "statuses": ["confirmed"], "columns": every, "guests": "on"}
    response: Any = client.post(reverse("admin:event-lists", args=[event.pk]), wanted)
    return b"".join(response.streaming_content)


PAGES: dict[str, Callable[[Client, Event], bytes]] = {
    "list": people,
    "search": lambda client, event: people(client, event, "&q=van+der+meulen1"),
    "overview": lambda client, event: (
        client.get(reverse("admin:event-overview", args=[event.pk])).content
    ),
    "xlsx": lambda client, event: _export(client, event, "xlsx"),
    "ods": lambda client, event: _export(client, event, "ods"),
    "csv": lambda client, event: _export(client, event, "csv"),
}


def organiser_of(event: Event) -> Client:
    client = Client()
    client.force_login(make_organiser(event))
    return client


def queries_of(event: Event) -> dict[str, int]:
    """How many queries each page takes; in English, as its words are those of the code."""
    found = {}
    with translation.override("en"):
        for name, ask in PAGES.items():
            client = organiser_of(event)  # a session of a minute ago would be prolonged
            with CaptureQueriesContext(connection) as queries:
                assert ask(client, event)
            found[name] = len(queries)
    return found


def test_pages_ask_as_many_queries_for_five_people_as_for_five_thousand():
    few = queries_of(make_large_event(FEW))

    assert queries_of(make_large_event(MANY)) == few
    assert max(few.values()) <= 50
