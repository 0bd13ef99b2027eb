"""A worker that is killed while it draws: nothing is half done, and it comes out the same."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from program.models import Event
from registrations.booking.places import differences
from registrations.drawing.recount import recount
from registrations.management.commands.work import STOP_WITHIN
from registrations.models import Draw, Registration, StoredMail
from tests.conftest import PATIENCE
from tests.factories import make_event, make_registration
from tests.processes import ROOT, wait_for
from tests.registrations.booking.test_drawing import RESULT, WISHES, got
from tests.registrations.drawn import draw_event, rank

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes, pytest.mark.long]

COMMAND = (sys.executable, "manage.py", "work", "--once")
STEP = 0.15  # seconds that each worker lives longer than the one before


def ranked_event(now: datetime) -> Event:
    """People can rank its tables now."""
    event = draw_event(capacity=4, starts_at=now + timedelta(days=14))
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now + timedelta(days=1))
    event.refresh_from_db()
    return event


def test_a_draw_survives_a_kill_at_any_moment(process_env: dict[str, str]):
    now = timezone.now()
    event = ranked_event(now)
    for number, wishes in WISHES.items():
        rank(event, wishes, number=number, at=now - timedelta(hours=1))
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now - timedelta(minutes=1))

    killed = 0
    while not Draw.objects.exists():
        killed += 1
        with subprocess.Popen(COMMAND, cwd=ROOT, env=process_env, stderr=subprocess.DEVNULL) as one:
            try:
                one.wait(min(killed * STEP, PATIENCE))
            except subprocess.TimeoutExpired:
                one.kill()
        event.refresh_from_db()
        whole = event.drawn_at is not None
        assert event.taken == (4 if whole else 0)
        assert event.registrations.filter(lot__isnull=False).exists() is whole
        assert StoredMail.objects.filter(kind="drawn").exists() is whole
        assert differences() == []

    assert killed > 3
    assert got(event) == RESULT
    assert recount(event.draw.file).holds


def test_two_workers_draw_once(process_env: dict[str, str]):
    now = timezone.now()
    event = ranked_event(now)
    for number, wishes in WISHES.items():
        rank(event, wishes, number=number, at=now - timedelta(hours=1))
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now - timedelta(minutes=1))

    workers = [subprocess.Popen(COMMAND, cwd=ROOT, env=process_env) for _each in range(2)]
    for worker in workers:
        worker.wait(PATIENCE)

    assert got(event) == RESULT
    drawn = StoredMail.objects.filter(kind="drawn").values_list("registration", flat=True)
    assert sorted(drawn) == sorted(event.registrations.values_list("pk", flat=True))
    assert differences() == []


def test_a_solver_that_hangs_keeps_nothing_else_waiting(
    process_env: dict[str, str], tmp_path: Path
):
    """Mail goes, holds are freed, and a stop is heard, which ends the solver as well."""
    pid = tmp_path / "pid"
    (tmp_path / "highspy.py").write_text(
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    )
    now = timezone.now()
    event = ranked_event(now)
    rank(event, {1: ["a"]}, at=now - timedelta(hours=1))
    other = make_registration(make_event(starts_at=now + timedelta(days=14)), confirmed=False)
    Event.objects.filter(pk=event.pk).update(wishes_close_at=now - timedelta(minutes=1))
    Registration.objects.filter(pk=other.pk).update(hold_expires_at=now - timedelta(minutes=1))

    env = process_env | {"PYTHONPATH": str(tmp_path)}
    command = (sys.executable, "manage.py", "work")
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) as worker:
        wait_for("mail", lambda: not StoredMail.objects.filter(sent_at=None).exists())
        wait_for("holds", lambda: Registration.objects.filter(pk=other.pk, status="expired"))
        wait_for("the draw begins", lambda: pid.exists() and pid.read_text())
        worker.send_signal(signal.SIGTERM)
        said, _nothing = worker.communicate(timeout=STOP_WITHIN + PATIENCE)

    assert worker.returncode == 0
    assert b"A draw was broken off" in said
    wait_for("the end of the solver", lambda: not Path(f"/proc/{pid.read_text()}").exists())
    assert not Draw.objects.exists()
