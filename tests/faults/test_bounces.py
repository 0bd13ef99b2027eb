"""A report of a mail that came back, while the database is away: the mail server keeps it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from registrations.models import Registration, StoredMail
from tests.conftest import leave_out
from tests.factories import NOW, make_event, make_registration
from tests.mailed import DONE
from tests.processes import ROOT, free_port
from tests.registrations.mail.test_bounced import deep, postfix

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def report(process_env: dict[str, str]) -> bytes:
    """About a mail that a server took."""
    make_registration(make_event(), email="noor@haarlem.example")
    StoredMail.objects.filter(kind="registered").update(sent_at=NOW, **DONE)
    return postfix(StoredMail.objects.get(kind="registered").message_id)


def pipe(report: bytes, env: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "manage.py", "bounced"]
    return subprocess.run(command, cwd=ROOT, env=env, input=report, capture_output=True)


def stopped_postgres(request: pytest.FixtureRequest) -> str:
    """The address of one that ran a moment ago."""
    started = subprocess.run(
        [".ci/with-postgres", "printenv", "DATABASE_URL"], cwd=ROOT, capture_output=True, text=True
    )
    if started.returncode == 69:
        leave_out(request, started.stderr)
    return started.stdout.strip()


@pytest.mark.parametrize("away", ["stopped", "never there"])
def test_report_is_kept_while_the_database_is_away_and_noted_afterwards(
    report: bytes, process_env: dict[str, str], request: pytest.FixtureRequest, away: str
):
    nowhere = f"postgres://tafelronde@127.0.0.1:{free_port()}/tafelronde"
    url = stopped_postgres(request) if away == "stopped" else nowhere
    refused = pipe(report, process_env | {"DATABASE_URL": url})
    assert refused.returncode == os.EX_TEMPFAIL, refused.stderr.decode()
    assert b"bounced: OperationalError" in refused.stderr
    assert b"haarlem" not in refused.stderr + refused.stdout

    assert pipe(report, process_env).returncode == 0
    assert Registration.objects.exclude(email_refused_at=None).count() == 1


def test_tables_that_are_not_there_keep_the_report_too(
    report: bytes, process_env: dict[str, str], tmp_path
):
    env = process_env | {"DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}"}
    assert pipe(report, env).returncode == os.EX_TEMPFAIL


def test_twenty_megabytes_are_read_to_the_end(report: bytes, process_env: dict[str, str]):
    line = b"x" * 75 + b"\n"
    huge = report.replace(b"--=_B--", line * (20_000_000 // len(line)) + b"--=_B--")
    assert len(huge) > 20_000_000
    assert pipe(huge, process_env).returncode == 0
    assert Registration.objects.exclude(email_refused_at=None).count() == 1


def test_parts_within_parts_without_end_lose_no_report(report: bytes, process_env: dict[str, str]):
    done = pipe(deep(report), process_env)
    assert done.returncode == 0, done.stderr.decode()
    assert Registration.objects.exclude(email_refused_at=None).count() == 1
