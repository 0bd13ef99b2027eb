"""What those who watch over the site are told: alive, ready, and what is wrong."""

from __future__ import annotations

import shutil
import threading
from datetime import datetime, timedelta
from time import monotonic, sleep

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.utils import timezone
from time_machine import travel

from eventsite import health
from program.models import Event
from registrations.management.commands import work
from registrations.models import Heartbeat, StoredMail
from registrations.privacy import erasure
from registrations.queries import schema
from tests.factories import make_event, make_registration

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _works() -> None:
    health._last.clear()
    Heartbeat.objects.create(name="machine 1", at=timezone.now())


def told(client) -> tuple[int, str]:
    answer = client.get("/readyz/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.content.decode()


def test_ready_says_ok_if_everything_works(client):
    assert told(client) == (200, "ok\n")


def test_ready_is_open_to_machines_inside_without_https(client, settings):
    settings.SECURE_SSL_REDIRECT = True

    assert [client.get(path).status_code for path in ("/healthz/", "/readyz/", "/")][:2] == [
        200,
        200,
    ]


def test_ready_misses_the_worker_after_two_minutes(client):
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=3))
    assert told(client) == (503, "worker: none was seen for 3 minutes\n")

    Heartbeat.objects.create(name="machine 2", at=timezone.now())
    assert told(client) == (200, "ok\n")

    Heartbeat.objects.all().delete()
    assert told(client) == (503, "worker: none was ever seen\n")


@pytest.mark.django_db(transaction=True)
def test_worker_at_work_is_seen(client):
    Heartbeat.objects.all().delete()

    call_command("work", once=True)

    assert told(client) == (200, "ok\n")
    Heartbeat.objects.of_workers().update(
        at=timezone.now() - timedelta(days=2), name="another that stopped"
    )
    call_command("work", once=True)
    assert Heartbeat.objects.of_workers().count() == 1


@pytest.mark.django_db(transaction=True)
def test_ready_says_which_job_fails(client, monkeypatch, settings, tmp_path):
    call_command("work", once=True)
    jobs = Heartbeat.objects.of_jobs()
    assert {"job: journal", "job: erasure", "job: mail"} <= {one.name for one in jobs}
    settings.JOURNAL = tmp_path / "file"
    settings.JOURNAL.write_text("no folder")
    Heartbeat.objects.filter(name="job: journal").update(at=timezone.now() - timedelta(hours=1))
    with pytest.raises(CommandError):
        call_command("work", once=True)

    assert told(client) == (503, "journal: did not go well for 60 minutes; see the log\n")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("job", ["draws", "holds", "waiting"])
def test_a_job_that_people_wait_for_is_missed_soon(client, job):
    call_command("work", once=True)
    Heartbeat.objects.filter(name=f"job: {job}").update(at=timezone.now() - timedelta(minutes=16))

    assert told(client) == (503, f"{job}: did not go well for 16 minutes; see the log\n")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_never_went_well_is_missed_too(client, settings, tmp_path):
    settings.JOURNAL = tmp_path / "file"
    settings.JOURNAL.write_text("no folder")
    with pytest.raises(CommandError):
        call_command("work", once=True)

    assert Heartbeat.objects.of_jobs().filter(name="job: journal").exists()


@pytest.mark.django_db(transaction=True)
def test_a_long_job_does_not_look_like_a_dead_worker(monkeypatch):
    """The worker shows that it is there while one of its jobs takes its time."""
    ends = threading.Event()
    seen: list[Heartbeat] = []

    class Stop:
        def asked(self, seconds: float = 0) -> bool:
            return ends.wait(max(seconds, 0))

    def long(at: datetime) -> int:
        until = monotonic() + 10
        while monotonic() < until and not seen:
            seen.extend(Heartbeat.objects.of_workers().filter(at__gt=at))
            sleep(0.05)
        ends.set()
        return 0

    monkeypatch.setattr(work, "Stop", Stop)
    monkeypatch.setattr(work, "HEARTBEAT", 0.2)
    monkeypatch.setattr(erasure, "erase_due", long)

    with travel(timezone.now(), tick=True):
        work.Command()._run()

    assert seen


def test_ready_says_that_a_disk_cannot_be_looked_at(client, monkeypatch, settings, tmp_path):
    settings.VAR_DIR, settings.JOURNAL = tmp_path, tmp_path

    def gone(_path: object) -> None:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr(shutil, "disk_usage", gone)

    status, text = told(client)
    assert status == 503
    assert "disk: where the site writes cannot be looked at (Stale file handle)" in text


def test_ready_looks_at_the_disk_of_the_journal(client, monkeypatch, settings, tmp_path):
    settings.VAR_DIR, settings.JOURNAL = tmp_path / "none", tmp_path
    monkeypatch.setattr(health, "LEAST_FREE", 10**18)

    assert "free where the journal is" in told(client)[1]


def test_what_ready_answers_is_not_in_the_log(client, caplog):
    Heartbeat.objects.all().delete()

    assert told(client)[0] == 503

    assert "readyz" not in caplog.text


def test_ready_says_that_mail_piles_up(client):
    event = make_event(starts_at=timezone.now() + timedelta(days=14))
    make_registration(event, at=timezone.now())
    assert told(client)[0] == 200

    mail = StoredMail.objects.waiting()
    mail.update(send_after=timezone.now() - timedelta(minutes=20))
    assert told(client) == (503, "mail: some should have gone 20 minutes ago\n")

    mail.update(sent_at=timezone.now(), about={}, asked=False)
    assert told(client)[0] == 200


def test_ready_says_that_migrations_are_missing(client, monkeypatch):
    monkeypatch.setattr(schema, "missing", lambda: {("program", "0001_initial"), ("a", "0002_b")})

    assert told(client) == (503, "tables: 2 migrations of this release are not done\n")


def test_ready_says_that_the_disk_is_nearly_full(client, monkeypatch, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(health, "LEAST_FREE", 10**18)

    status, text = told(client)

    assert status == 503
    assert "where the site writes" in text


def test_ready_says_that_the_database_is_away_and_no_more(client, monkeypatch):
    def away() -> None:
        raise OperationalError("connection to server at 10.0.0.1, user tafelronde, failed")

    monkeypatch.setattr(schema, "missing", away)

    assert told(client) == (503, "database: it does not answer\n")


def test_ready_looks_once_a_second_at_most(client, settings, django_assert_num_queries):
    settings.PAGE_CACHE_SECONDS = 60
    told(client)

    with django_assert_num_queries(0):
        assert told(client) == (200, "ok\n")


def test_ready_names_nobody(client):
    event = make_event(slug="avond", starts_at=timezone.now() + timedelta(days=14))
    make_registration(event, email="noor@haarlem.example", at=timezone.now())
    StoredMail.objects.update(send_after=timezone.now() - timedelta(hours=20))
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=2))

    text = told(client)[1]

    assert [word for word in ("noor", "haarlem", "avond", "machine") if word in text] == []


def test_no_event_can_take_the_addresses_of_machines():
    for slug in ("readyz", "metrics", "healthz"):
        with pytest.raises(ValidationError):
            Event(slug=slug).clean_fields(
                exclude=[f.name for f in Event._meta.fields if f.name != "slug"]
            )


def test_a_release_is_refused_by_older_tables_and_not_by_a_database_that_is_away(monkeypatch):
    assert schema.refused() == ""
    monkeypatch.setattr(schema, "missing", lambda: {("registrations", "0015_running")})
    assert "Run manage.py migrate first" in schema.refused()

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(schema, "missing", away)
    assert schema.refused() == ""


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/metrics/"])
def test_a_machine_is_asked_by_its_own_address_as_clusters_do(client, settings, path):
    settings.METRICS_TOKEN = "a token of the test's own"

    assert client.get(path, headers={"host": "10.1.2.3:8000"}).status_code != 400
    assert client.get("/", headers={"host": "10.1.2.3:8000"}).status_code == 400
