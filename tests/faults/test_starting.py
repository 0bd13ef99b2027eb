"""On old tables, or in a database that holds no Ş, nothing starts; why stands in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import PATIENCE, environment
from tests.processes import ROOT, free_port, served

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


@pytest.fixture
def database_in_latin(process_env: dict[str, str]) -> Iterator[str]:
    """Its address. In LATIN1 there is no Ş, and no Ž."""
    url, name = process_env["DATABASE_URL"], f"latin_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.postgres
@pytest.mark.django_db
@pytest.mark.parametrize(
    "command",
    [["manage.py", "migrate"], ["-m", "gunicorn", "eventsite.wsgi"], ["manage.py", "work"]],
    ids=["tables", "site", "worker"],
)
def test_programs_do_not_start_on_a_database_in_other_letters(
    command: list[str], process_env: dict[str, str], database_in_latin: str
):
    env = process_env | {
        "DATABASE_URL": database_in_latin,
        "BIND": f"127.0.0.1:{free_port()}",
    }
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE
    )

    said = done.stderr.decode()
    assert done.returncode not in (0, None)
    assert "has the encoding LATIN1" in said
    assert "createdb --encoding UTF8" in said
    assert "Traceback" not in said
    with psycopg.connect(database_in_latin) as database:
        tables = database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_another_application_starts_under_the_same_configuration(process_env: dict[str, str]):
    """The bare Django that `make bench` compares with: it has no tables of ours to look at."""
    with (
        served("tests.benchmarks.floor:application", process_env) as url,
        urlopen(f"{url}/constant/5/", timeout=PATIENCE) as answer,
    ):
        assert len(answer.read()) == 5
