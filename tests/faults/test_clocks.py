"""Clocks that differ by an hour, and the nights in which the clocks change."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from program.models import Event
from registrations.booking import holds, waiting
from registrations.booking.places import differences
from registrations.models import Registration
from registrations.privacy import erasure
from registrations.queries.tokens import token_of
from tests.factories import make_event, make_registration, make_slot
from tests.faults.conftest import production
from tests.faults.visits import sign_up_form, visit
from tests.processes import found, running, served, wait_for

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
# Summer begins at 2.00 on 28 March 2027, and ends at 3.00 on 31 October 2027.
AMSTERDAM = timezone.get_default_timezone()
NIGHTS = [
    pytest.param(datetime(2027, 3, 28, 1, 30, tzinfo=AMSTERDAM), id="summer begins"),
    pytest.param(datetime(2027, 10, 31, 2, 30, tzinfo=AMSTERDAM), id="summer ends"),
]
WORKER = (sys.executable, "manage.py", "work")


def clock(request: pytest.FixtureRequest, says: str) -> dict[str, str]:
    """Variables that give a program this clock on the wall, in the words of faketime; how long
    something takes stays as it is.

    faketime itself would stand between us and the program, and leave it behind when it is stopped.
    """
    command = [found(request, "faketime"), "-f", says, "printenv", "LD_PRELOAD"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    own = {"FAKETIME": says, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return own | {"LD_PRELOAD": told.stdout.strip()}


@pytest.mark.processes
@pytest.mark.long
@pytest.mark.parametrize("worker_is", ["-1h", "+1h"])
def test_worker_whose_clock_is_an_hour_off_loses_nothing(
    request: pytest.FixtureRequest,
    process_env: dict[str, str],
    event: Event,
    tmp_path: Path,
    worker_is: str,
):
    """Fast, it frees a hold before its time; whoever confirms then has a place all the same."""
    env = process_env | clock(request, worker_is)
    with (
        served("eventsite.wsgi", production(process_env)) as url,
        running(*WORKER, env=env, log=tmp_path / "worker") as worker,
    ):
        assert visit(f"{url}/wijk/aanmelden/", sign_up_form()).status == 303
        noor = Registration.objects.get()
        wait_for("the mail", lambda: noor.mails.filter(sent_at__isnull=False).exists())
        if worker_is == "+1h":
            expired = Registration.objects.filter(status="expired")
            wait_for("the hold to end", expired.exists)
        path = f"/aanmelding/{token_of(noor)}/bevestigen/"
        assert visit(f"{url}{path}", {}).status == 303
        assert worker.process.poll() is None
        assert "ERROR" not in worker.said()
    noor.refresh_from_db()
    assert noor.is_confirmed
    assert noor.table_seats.count() == 1
    event.refresh_from_db()
    assert (event.taken, differences()) == (1, [])


@pytest.mark.processes
@pytest.mark.long
@pytest.mark.parametrize("night", NIGHTS)
def test_worker_lives_through_the_night_in_which_the_clocks_change(
    request: pytest.FixtureRequest,
    process_env: dict[str, str],
    tmp_path: Path,
    night: datetime,
):
    """A real one, whose clock starts ten seconds before; faster, so that it sees an hour pass."""
    begins = night.astimezone(UTC) - timedelta(seconds=10)
    event = make_event(slug="wijk", starts_at=night + timedelta(days=14))
    noor = make_registration(event, confirmed=False, at=begins)
    started = begins.astimezone(AMSTERDAM)
    env = process_env | clock(request, f"@{started:%Y-%m-%d %H:%M:%S} x200")
    env["TZ"] = "Europe/Amsterdam"
    with running(*WORKER, env=env, log=tmp_path / "worker") as worker:
        wait_for("the mail", lambda: noor.mails.filter(sent_at__isnull=False).exists())
        ended = Registration.objects.filter(status="expired")
        wait_for("the hold to end", ended.exists)
        # Not that its log has no error: SQLite waits for a lock by that clock, so hardly at all.
        assert worker.process.poll() is None
    noor.refresh_from_db()
    assert noor.ended_at is not None
    assert noor.hold_expires_at is not None
    assert noor.ended_at >= noor.hold_expires_at == begins + HOUR


@pytest.mark.parametrize("night", NIGHTS)
def test_hold_lasts_its_hour_through_the_night(db: None, night: datetime):
    """By the clock on the wall it ends two hours later, or at the same time."""
    event = make_event(starts_at=night + timedelta(days=14))
    begun = night.astimezone(UTC)
    noor = make_registration(event, confirmed=False, at=begun)

    assert noor.hold_expires_at == begun + HOUR
    assert holds.free_expired(begun + HOUR - timedelta(seconds=1)) == 0
    assert holds.free_expired(begun + HOUR) == 1


@pytest.mark.parametrize("night", NIGHTS)
def test_waiting_closes_at_six_by_the_clock_on_the_wall(db: None, night: datetime):
    """On the eve of an event after the change, and of one two days later."""
    for days in (0, 1, 2):
        starts = datetime.combine(night.date() + timedelta(days=days), datetime.min.time())
        event = make_event(starts_at=starts.replace(hour=14, tzinfo=AMSTERDAM))
        closes = timezone.localtime(event.waiting_closes)

        assert (closes.hour, closes.minute) == (18, 0)
        assert closes.date() == event.day - timedelta(days=1)


@pytest.mark.parametrize("night", NIGHTS)
def test_nobody_is_erased_or_told_twice_in_the_hour_that_comes_twice(db: None, night: datetime):
    """Whatever is due in the night is done once, and not before its time."""
    begun = night.astimezone(UTC)
    event = make_event(capacity=1, starts_at=begun + timedelta(hours=12), waiting_closes_at=begun)
    make_slot(event, "1a")
    at = begun - timedelta(days=2)
    make_registration(event, at=at)
    waits = make_registration(event, email="els@a.example", waiting_too=True, at=at)
    assert waits.is_waiting

    told = [waiting.tell_waiters(begun + step * HOUR / 2) for step in range(-1, 5)]
    assert told == [0, 1, 0, 0, 0, 0]
    event.refresh_from_db()
    last = event.kept_until
    erased = [erasure.erase_due(last + step * HOUR / 2) for step in range(-1, 5)]
    assert erased == [0, 2, 0, 0, 0, 0]
