"""Something else keeps an event's row locked, or the whole of a SQLite file, for a long time."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from statistics import median

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from program.database import patience
from program.database.outages import LockBusy
from program.models import Event
from registrations.models import Registration
from registrations.queries import schema
from tests.conftest import PATIENCE
from tests.factories import make_event, make_registration, make_slot
from tests.faults.conftest import production
from tests.faults.visits import Answer, kept_fields, sign_up_form, sign_up_somehow, visit
from tests.processes import running, served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

IN_VAIN = 2 * patience.PAGES.lock + 2  # seconds, until somebody who waits in vain is told


@contextmanager
def locked(event: Event, env: dict[str, str]) -> Iterator[None]:
    """By something else: a program of the administrator's, or a process that hangs."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.rollback()
    else:
        with psycopg.connect(env["DATABASE_URL"]) as other:
            other.execute("SELECT FROM program_event WHERE id = %s FOR UPDATE", [event.pk])
            yield


def others_meanwhile(url: str, seconds: float) -> list[Answer]:
    """What everybody else gets to see in that time, one after the other."""
    answers, ends = [], time.monotonic() + seconds
    while time.monotonic() < ends:
        answers += [visit(f"{url}/andere/"), visit(f"{url}/wijk/"), visit(f"{url}/healthz/")]
        time.sleep(0.05)
    return answers


def crowd(pool: ThreadPoolExecutor, url: str, people: int) -> list[Future[Answer]]:
    page = f"{url}/wijk/aanmelden/"
    forms = [sign_up_form(f"n{number}@a.example") for number in range(people)]
    return [pool.submit(visit, page, form) for form in forms]


@pytest.fixture
def other(event: Event) -> Event:
    other = make_event(slug="andere", starts_at=event.starts_at)
    make_slot(other, "1a")
    return other


def test_stuck_event_stops_nothing_else(
    process_env: dict[str, str], event: Event, other: Event, log: Path
):
    env = production(process_env)
    with served("eventsite.wsgi", env, log) as url, ThreadPoolExecutor(12) as pool:
        others_meanwhile(url, 1)
        usual = max(answer.seconds for answer in others_meanwhile(url, 1))  # on this machine, now
        with locked(event, env):
            sent = crowd(pool, url, 12)
            answers = others_meanwhile(url, patience.PAGES.lock + 1)
            if connection.vendor == "postgresql":
                form = sign_up_form("els@a.example")
                assert visit(f"{url}/andere/aanmelden/", form).status == 303
            refused = [one.result(PATIENCE) for one in sent]
            more = [one.result(PATIENCE) for one in crowd(pool, url, 12)]

        assert {answer.status for answer in answers} == {200}
        # Half of them, so that a busy machine may stutter: a thread that waits would hold up most.
        assert median(answer.seconds for answer in answers) < usual + patience.STANDSTILL
        assert {answer.status for answer in refused + more} == {503}
        assert min(answer.seconds for answer in refused) < IN_VAIN + usual
        # It is known by now: few wait for it.
        waited = median(answer.seconds for answer in refused)
        assert median(answer.seconds for answer in more) < waited + usual
        words = "bezig met iets dat langer duurt dan normaal"
        assert all(words in answer.text for answer in refused)
        assert kept_fields(refused[0])["first_name"] == "Noor"
        assert refused[0].headers["Retry-After"] == "5"
        assert event.registrations.count() == 0

        sign_up_somehow(f"{url}/wijk/aanmelden/")
    assert event.registrations.count() == 1
    assert "Traceback" not in log.read_text()


@pytest.mark.long
@pytest.mark.postgres
def test_worker_goes_on_with_other_events(
    process_env: dict[str, str], event: Event, other: Event, tmp_path: Path
):
    """Whoever signed up for the stuck event waits for their mail; nobody else does."""

    at = timezone.now()
    for number in range(5):
        make_registration(event, email=f"n{number}@a.example", confirmed=False, at=at)
    els = make_registration(other, email="els@a.example", confirmed=False, at=at)
    command = (sys.executable, "manage.py", "work")
    with locked(event, process_env):
        with running(*command, env=process_env, log=tmp_path / "log") as worker:
            sent = els.mails.filter(sent_at__isnull=False)
            wait_for("her mail", sent.exists)
            assert "stays locked" in worker.said()
        assert not event.mails.filter(sent_at__isnull=False).exists()


@pytest.mark.postgres
def test_first_thing_that_the_worker_asks_has_an_end(monkeypatch: pytest.MonkeyPatch):
    """A connection keeps the limits that it was opened with."""

    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            return str(cursor.fetchone()[0])

    monkeypatch.setattr(schema, "refused", limit)
    connection.close()
    try:
        with pytest.raises(CommandError, match=f"^{patience.WORKER.lock}s$"):
            call_command("work", once=True, skip_checks=False)
    finally:
        connection.close()


def test_rush_is_no_stuck_lock():
    """Somebody gets it each time: then everybody waits for their turn."""
    line = patience.LockLine("event 1")
    turns = 12

    def one(_number: int) -> None:
        line.enter(patience.Patience(lock=PATIENCE, statement=0, transaction=0))
        time.sleep(patience.STANDSTILL / 3)
        line.leave(None)

    with ThreadPoolExecutor(turns) as pool:
        list(pool.map(one, range(turns)))
    assert line.served == turns


def test_lock_that_did_not_come_is_tried_by_one_at_a_time(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patience, "PAUSE", 0.0)
    line, pages = patience.LockLine("event 1"), patience.PAGES
    line.enter(pages)
    busy = LockBusy("event 1")
    line.leave(busy)

    line.enter(pages)  # the one that tries
    with pytest.raises(LockBusy):
        line.enter(pages)
    line.leave(None)
    line.enter(pages)
    line.enter(pages)


@pytest.mark.postgres
def test_whoever_has_the_lock_waits_in_no_line_for_it(event: Event):
    """Actions lock the event that the one around them has locked: as many wait as may."""

    def waits() -> None:
        try:
            with transaction.atomic():
                Event.objects.locked(event.pk)
        finally:
            connection.close()

    connection.close()  # the next one has an end to its waits
    with patience.waiting_at_most(patience.PAGES), ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Event.objects.locked(event.pk)
            others = [pool.submit(waits) for _other in range(2)]
            line = patience._lines[f"event {event.pk}"]
            wait_for("two in line", lambda: line.waiting == 2)

            with transaction.atomic():
                Event.objects.locked(event.pk)
            with suppress(RuntimeError), transaction.atomic():
                Event.objects.locked(event.pk)
                raise RuntimeError
            Event.objects.locked(event.pk)
        for other in others:
            other.result(PATIENCE)
    connection.close()


@pytest.mark.parametrize(("threads", "wait"), [(1, 1), (2, 1), (4, 2), (9, 4)])
def test_half_of_the_threads_may_wait_for_one_lock(
    monkeypatch: pytest.MonkeyPatch, threads: int, wait: int
):
    monkeypatch.setattr(patience, "_of_process", None)
    monkeypatch.setattr(patience, "_most_wait", 0)
    patience.wait_at_most(patience.PAGES, threads=threads)
    line, hasty = patience.LockLine("event 1"), patience.PAGES._replace(lock=0)

    for _thread in range(wait):
        line.enter(hasty)
    with pytest.raises(LockBusy):
        line.enter(hasty)


def test_sign_up_is_not_counted_as_a_wait_in_vain(event: Event):
    before = patience.WAITS.count, patience.WAITS.refused

    make_registration(event, confirmed=False)

    assert patience.WAITS.count > before[0]
    assert patience.WAITS.refused == before[1]
    assert Registration.objects.count() == 1
