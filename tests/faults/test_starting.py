"""New code on old tables does not start, and says why in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, environment
from tests.processes import ROOT, free_port

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    "command", [["-m", "gunicorn", "eventsite.wsgi"], ["manage.py", "work"]], ids=["site", "worker"]
)
def test_programs_do_not_start_on_tables_that_are_not_there(
    command: list[str], static_root: Path, tmp_path: Path
):
    env = environment(static_root, tmp_path) | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.sqlite3'}",
        "BIND": f"127.0.0.1:{free_port()}",
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE
    )

    said = done.stderr.decode()
    assert done.returncode not in (0, None)
    assert "Run manage.py migrate first." in said
    assert "Traceback" not in said
