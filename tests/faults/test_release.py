"""A release without down time: the one before goes on for a while on the tables of this one.

``docs/released.txt`` says where the tables of the last release end. Its programs know the columns
of then and no others: what they insert and change must work on the tables of now.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import Error, connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from program.models import Event, Venue
from registrations.booking import changing
from registrations.booking.places import differences
from registrations.door import passes
from registrations.models import Digest, Invitation
from tests.factories import (
    make_event,
    make_guest,
    make_host,
    make_proposal,
    make_question,
    make_reader,
    make_registration,
    make_slot,
)
from tests.processes import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

RELEASED = ROOT / "docs" / "released.txt"
Columns = dict[str, list[str]]  # by table


@pytest.fixture(autouse=True)
def _migrations(settings) -> None:
    """Also with ``--no-migrations``."""
    settings.MIGRATION_MODULES = {}


def released() -> list[tuple[str, str]]:
    lines = [line.split() for line in RELEASED.read_text().splitlines() if line.strip()]
    return [(app, name) for app, name in lines]


def columns_of_the_last_release() -> Columns:
    loader = MigrationLoader(None)
    for node in released():
        assert node in loader.disk_migrations, f"{node} of docs/released.txt is not there"
    found: Columns = {}
    state = loader.project_state(released())
    for model in state.apps.get_models(include_auto_created=True):
        if model._meta.app_label in ("program", "registrations"):
            table = model._meta.db_table
            found[table] = [str(field.column) for field in model._meta.local_concrete_fields]
    return found


def live(columns: Columns) -> None:
    """What programs of the last release do: read their columns, insert rows with those, and change
    them. Raises an Error of the database, or AssertionError where rows are not the same again.
    """
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        before: dict[str, list[tuple[Any, ...]]] = {}
        for table, names in columns.items():
            listed = ", ".join(map(quote, names))
            cursor.execute(f"SELECT {listed} FROM {quote(table)} ORDER BY {quote(names[0])}")
            before[table] = cursor.fetchall()
        for table in columns:
            cursor.execute(f"DELETE FROM {quote(table)}")
        for table, names in columns.items():
            listed, places = ", ".join(map(quote, names)), ", ".join(["%s"] * len(names))
            own = f"INSERT INTO {quote(table)} ({listed}) VALUES ({places})"
            cursor.executemany(own, [_adapted(row) for row in before[table]])
            same = ", ".join(f"{quote(name)} = {quote(name)}" for name in names)
            cursor.execute(f"UPDATE {quote(table)} SET {same}")
        connection.check_constraints()
        for table, names in columns.items():
            listed = ", ".join(map(quote, names))
            cursor.execute(f"SELECT {listed} FROM {quote(table)} ORDER BY {quote(names[0])}")
            assert cursor.fetchall() == before[table], table


def _adapted(row: tuple[Any, ...]) -> list[Any]:
    if connection.vendor == "sqlite":
        return [str(value) if isinstance(value, date | time) else value for value in row]
    from psycopg.types.json import Jsonb

    return [Jsonb(value) if isinstance(value, dict | list) else value for value in row]


def evening() -> Event:
    """Rows in nearly all tables."""
    at = timezone.now()
    event = make_event(slug="avond", capacity=3, starts_at=at + timedelta(days=14))
    make_slot(event, "1a", 1, seats=1)
    make_slot(event, "1b", 1)
    wijk = make_question(event, "Wijk?")
    first = make_registration(event, {1: "1a"}, answers={wijk.pk: "Zuid"}, at=at)
    make_registration(event, {1: "1b"}, waitlists={1: ["1a"]}, at=at)
    changing.cancel(make_registration(event, at=at), at=at)
    make_registration(event, at=at, confirmed=False)
    make_guest(event, at=at)
    make_proposal(make_host(event, "1a", at=at), at=at, function="Buurtwerker")
    door_pass = passes.make(event, "Ingang", who="o", at=at)
    reader = make_reader(event)
    Digest.objects.create(event=event, user=reader, often="daily", language="nl", told_until=at)
    Invitation.objects.create(
        event=event,
        email="collega@gemeente.example",
        role="door",
        secret="geheim",
        invited_by="o",
        created_at=at,
        expires_at=at + timedelta(days=7),
    )
    first.door_ops.create(
        id="1b4e28ba-2fa1-11d2-883f-0016d3cca427",
        event=event,
        door_pass=door_pass,
        seq=1,
        kind="in",
        at=at,
        received_at=at,
        outcome="ok",
        version=event.version,
    )
    return event


def test_programs_of_the_last_release_work_on_the_tables_of_this_one():
    evening()

    live(columns_of_the_last_release())


def test_rows_of_the_last_release_survive_the_migrations_to_this_one():
    """Back to the tables of then, where its programs write; then the migrations, under them."""
    evening()
    columns = columns_of_the_last_release()
    try:
        for app, name in released():
            call_command("migrate", app, name, interactive=False, verbosity=0)
        live(columns)
    finally:
        call_command("migrate", interactive=False, verbosity=0)

    live(columns)
    assert differences() == []


@contextmanager
def changed(before: models.Field | None, after: models.Field | None) -> Iterator[None]:
    """As a migration of venues would, and taken back."""
    for old, new in ((before, after), (after, before)):
        connection.disable_constraint_checking()
        with connection.schema_editor() as editor:
            if old is None and new is not None:
                editor.add_field(Venue, new)
            elif new is None and old is not None:
                editor.remove_field(Venue, old)
            elif old is not None and new is not None:
                editor.alter_field(Venue, old, new)
        connection.enable_constraint_checking()
        if (old, new) == (before, after):
            yield


def field(name: str, made: models.Field) -> models.Field:
    made.set_attributes_from_name(name)
    made.model = Venue
    return made


def test_a_column_that_the_last_release_does_not_know_needs_a_default_in_the_database():
    evening()
    columns = columns_of_the_last_release()
    with changed(None, field("made_up", models.IntegerField(default=0, db_default=0))):
        live(columns)
    with changed(None, field("made_up", models.IntegerField(null=True))):
        live(columns)
    with changed(None, field("made_up", models.IntegerField(default=0))), pytest.raises(Error):
        live(columns)


def test_a_column_of_the_last_release_cannot_go_or_get_another_name_at_once():
    evening()
    columns = columns_of_the_last_release()
    city = Venue._meta.get_field("city")
    renamed = field("town", models.CharField(max_length=100))
    with changed(city, renamed), pytest.raises(Error):
        live(columns)

    live(columns)
