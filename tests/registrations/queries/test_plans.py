"""What people wait for under a lock, or many times a second, reads few rows of a large event; and
a large event that the database does not know yet is read as often as one that it knows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sized
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from program.models import Event
from program.public.programme import slots_of
from registrations.booking import changing, holds, signup
from registrations.door import rows
from registrations.mail import outbox, strangers
from registrations.mailing.audience import Audience
from registrations.mailing.audience import people as to_mail
from registrations.models import Answer, Presence, Registration, StoredMail, WaitlistEntry
from registrations.queries import tokens
from registrations.queries.coming import first_listed
from registrations.queries.tokens import token_of
from tests.factories import (
    NOW,
    make_crowd,
    make_event,
    make_organiser,
    make_person,
    make_question,
    make_registration,
    make_slot,
)
from tests.registrations.door.tapping import AT, make_pass, send, tap

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MANY, FEW = 4_000, 60
# Those that grow with the people of all events. Of those who wait all may be read: settling does.
LARGE = {
    f"registrations_{name}"
    for name in ("registration", "seat", "change", "storedmail", "presence", "doorop")
}


@pytest.fixture
def event(settings: Any) -> Event:
    """A large event beside others, on tables that the database knows well."""
    settings.PROGRAMME_SECONDS = 60
    for people in (MANY, MANY // 2):
        event = make_event(capacity=3 * MANY)
        for code, number in (("1a", 1), ("1b", 1), ("2a", 2), ("2b", 2)):
            make_slot(event, code, number, seats=MANY)
        make_crowd(event, people)
        StoredMail.objects.bulk_create(
            StoredMail(
                event=event,
                registration=one,
                kind="registered",
                to=one.email,
                message_id=f"<{one.pk}@testserver>",
                created_at=NOW - timedelta(days=1),
                send_after=NOW - timedelta(days=1),
                sent_at=NOW - timedelta(days=1),
            )
            for one in event.registrations.all()
        )
        crowd = list(event.registrations.all())
        slot = make_slot(event, "3", 2, seats=0)
        WaitlistEntry.objects.bulk_create(
            WaitlistEntry.at(slot, one.pk, since=NOW) for one in crowd[: people // 4]
        )
        Presence.objects.bulk_create(
            Presence(event=event, registration=one, present=True, at=event.starts_at)
            for one in crowd[: people // 2]
        )
    slots_of(event)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return event


def reads(act: Callable[[], object]) -> dict[str, int]:
    """The statements of this act that read many rows of large tables, and how many."""
    with CaptureQueriesContext(connection) as queries:
        act()
    found = {sql: sum(rows_of(plan)) for sql, plan in plans(queries)}
    return {sql: number for sql, number in found.items() if number > FEW}


def plans(queries: CaptureQueriesContext) -> Iterator[tuple[str, Any]]:
    """Each of these statements that reads, and how the database goes about it."""
    with connection.cursor() as cursor:
        for sql in (one["sql"] for one in queries if one["sql"].lstrip().startswith("SELECT")):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
            plan = cursor.fetchone()[0]
            yield sql, json.loads(plan) if isinstance(plan, str) else plan


def rows_of(plan: Any) -> Iterator[int]:
    """What each step that reads a large table took out of it, kept or not."""
    if isinstance(plan, list):
        for part in plan:
            yield from rows_of(part)
    elif isinstance(plan, dict):
        if plan.get("Relation Name") in LARGE:
            left = plan.get("Rows Removed by Filter", 0) + plan.get("Heap Fetches", 0)
            yield plan["Actual Loops"] * (plan["Actual Rows"] + left)
        for part in plan.values():
            yield from rows_of(part)


def test_an_attendee_reads_few_rows(event: Event):
    person = make_person()
    asked = {1: "1a", 2: "2b"}
    assert not reads(lambda: signup.sign_up(event, person, asked, digest=uuid4(), at=NOW))
    mine = Registration.objects.get(email=person.email)
    assert not reads(lambda: tokens.find(token_of(mine)))
    assert not reads(lambda: signup.confirm(mine, at=NOW))
    assert not reads(lambda: changing.change_tables(mine, {1: "1b", 2: ""}, at=NOW))
    assert not reads(lambda: changing.cancel(mine, at=NOW))


def test_the_worker_reads_few_rows(event: Event):
    make_registration(event, {}, confirmed=False)
    strangers.ask_link(event, "noor@haarlem.example", language="nl", at=NOW)
    assert not reads(lambda: strangers.answer(NOW))
    assert not reads(lambda: outbox.claim(NOW))
    assert not reads(lambda: holds.free_expired(NOW))


def test_who_is_coming_reads_few_rows(event: Event):
    event.registrations.filter(pk__in=event.registrations.all()[:3]).update(listed=True)
    # Everybody who comes is counted, in an index.
    assert sum(reads(lambda: first_listed(event, 9)).values()) <= MANY + FEW


def test_the_list_of_organisers_reads_few_rows(event: Event):
    client = Client()
    client.force_login(make_organiser(event))
    page = reverse("admin:registrations_registration_changelist")

    found = reads(lambda: client.get(f"{page}?event__id__exact={event.pk}"))

    # Fifty people with two seats each. Beside them everybody is counted, for the number of pages
    # and for the organisations to choose from.
    many = [sql for sql, rows in found.items() if rows > 2 * FEW]
    assert len([sql for sql in many if "COUNT(" in sql]) == len(many) == 2


def test_the_door_reads_few_rows(event: Event):
    door, person = make_pass(event), event.registrations.latest("pk")
    event.refresh_from_db()
    since = event.version
    assert not reads(lambda: send(door, tap("in", person), at=AT))
    assert not reads(lambda: rows.rows(event, since=since))


PEOPLE = 1_000


def steps(plan: Any) -> int:
    """How many rows this plan takes in hand, kept or not: in a join each pair that it compares."""
    if isinstance(plan, list):
        return sum(steps(part) for part in plan)
    if not isinstance(plan, dict):
        return 0
    rows = plan.get("Actual Rows", 0)
    rows += plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Join Filter", 0)
    return int(rows * plan.get("Actual Loops", 0)) + sum(steps(part) for part in plan.values())


@pytest.fixture
def unknown_event() -> Event:
    """Brought in a moment ago: all that the database knows is two small events before it.

    It takes an event that it does not know for one of a single person, so that any way to read
    it seems good, also everybody once more for each person.
    """
    for _number in range(2):
        small = make_event()
        make_slot(small, "1a"), make_slot(small, "2a", 2)
        make_crowd(small, 20)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    event = make_event(capacity=PEOPLE)
    for code, number in (("1a", 1), ("1b", 1), ("2a", 2), ("2b", 2)):
        make_slot(event, code, number, seats=PEOPLE)
    make_crowd(event, PEOPLE)
    return event


def test_a_large_event_is_read_quickly_before_the_database_knows_it(unknown_event: Event):
    event, client = unknown_event, Client()
    client.force_login(make_organiser(event))
    page = reverse("admin:registrations_registration_changelist")
    first, second = event.rounds.all()
    table = event.slots.first()
    assert table is not None
    people = f"{page}?event__id__exact={event.pk}"
    question = make_question(event, "Eet je mee?", "yes_no")
    Answer.objects.bulk_create(
        Answer(event=event, registration=one, question=question, value=True)
        for one in event.registrations.all()[1:]
    )
    registered = Audience(statuses=("confirmed",))
    acts: dict[str, Callable[[], Sized]] = {
        "door": lambda: rows.rows(event),
        "door, news": lambda: rows.rows(event, since=1),
        "people": lambda: client.get(people).content,
        "at a table": lambda: client.get(f"{people}&table={table.pk}").content,
        "in a round": lambda: client.get(f"{people}&round=1").content,
        "not in a round": lambda: client.get(f"{people}&round=-2").content,
        "without a table": lambda: client.get(f"{people}&special=no-tables").content,
        "overview": lambda: client.get(reverse("admin:event-overview", args=[event.pk])).content,
    }
    for name, chosen in {
        "with": replace(registered, with_table=(first.pk,)),
        "without": replace(registered, without_table=(second.pk,)),
        "table": replace(registered, tables=(table.pk,)),
        "unanswered": replace(registered, unanswered=(question.pk,)),
    }.items():
        acts[f"mail, {name}"] = partial(to_mail, event, chosen)
    event.registrations.update(version=2)
    Event.objects.filter(pk=event.pk).update(version=2)

    found = {}
    for name, act in acts.items():
        with CaptureQueriesContext(connection) as queries:
            len(act())
        found[name] = max(steps(plan) for _sql, plan in plans(queries)) // PEOPLE

    # A few dozen rows for each person: their seats, times the tables and roles of the event.
    assert {name: times for name, times in found.items() if times > 60} == {}
