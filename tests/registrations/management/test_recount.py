"""The command by which anybody checks a draw."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from registrations.drawing.draw import draw
from registrations.drawing.lot import numbered
from registrations.drawing.report import as_file
from tests.registrations.drawing.made_up import made_up

NOT_CHECKED = (
    "Titel, datum en namen van de tafels zijn niet nagegaan: vergelijk die met het programma."
)
ROOT = Path(__file__).resolve().parents[3]


def run(file: str, given: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """With a database that nobody can reach, and without any setting of the site."""
    nowhere = {"DATABASE_URL": "postgres://nobody:x@nowhere.invalid/none"}
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "recount", file],
        cwd=ROOT,
        env=kept | nowhere | environment,
        input=given,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="module")
def data():
    problem, _keys = numbered(made_up(30, 2, 0.1), "5eed")
    at = datetime(2026, 12, 1, tzinfo=UTC)
    return as_file(problem, "5eed", draw(problem, "5eed"), title="A day", drawn_at=at, names={})


@pytest.mark.processes
def test_file_that_holds_ends_with_0(tmp_path, data):
    file = tmp_path / "uitslag.json"
    file.write_text(json.dumps(data))

    done = run(str(file))

    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("De uitslag van ‘A day’, geloot op 1 december 2026 om 1.00.")
    assert lines[-2] == "De uitslag klopt."
    assert lines[-1] == NOT_CHECKED


@pytest.mark.processes
def test_file_that_does_not_hold_ends_with_1(data):
    done = run("-", json.dumps(data | {"cost": data["cost"] + 1}).encode())

    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.decode().splitlines()[-2:] == ["De uitslag klopt niet.", NOT_CHECKED]


@pytest.mark.processes
def test_what_cannot_be_read_ends_with_2_and_a_sentence(tmp_path):
    for done in (run("-", b"{"), run(str(tmp_path / "none.json")), run(str(tmp_path))):
        assert (done.returncode, done.stdout) == (2, b"")
        assert len(done.stderr.decode().splitlines()) == 1
