"""Imports no model at the top: pytest reads this file before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from tests.processes import Postgres, own_postgres

if TYPE_CHECKING:
    from program.models import Event


@dataclass
class OwnSite:
    """The environment of programs that work in a database of the test's own, and that database."""

    env: dict[str, str]
    postgres: Postgres

    def people(self) -> int:
        ((count,),) = self.postgres.ask("SELECT count(*) FROM registrations_registration")
        return int(count)


@pytest.fixture(scope="session")
def _server(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    with own_postgres(request) as server:
        yield server


@pytest.fixture
def postgres(_server: Postgres) -> Iterator[Postgres]:
    """A server that a test may stop, freeze and kill."""
    yield _server
    _server.thaw()
    _server.control("start", check=False)  # unless it runs


@pytest.fixture
def event(transactional_db: None) -> Event:
    """Sign-up is open, by the clock on the wall."""
    from tests.factories import make_event, make_slot

    soon = timezone.now() + timedelta(days=14)
    event = make_event(slug="wijk", title="Werken in de wijk", starts_at=soon)
    make_slot(event, "1a")
    return event


@pytest.fixture
def own_site(process_env: dict[str, str], event: Event, postgres: Postgres) -> OwnSite:
    """What the test's database holds now, in the one that may break."""
    postgres.fill(connection.settings_dict)
    return OwnSite(production(process_env) | {"DATABASE_URL": postgres.url}, postgres)


def production(env: dict[str, str]) -> dict[str, str]:
    """One process, so that what it has in memory is what every visitor gets."""
    return env | {"PAGE_CACHE_SECONDS": "1", "WEB_CONCURRENCY": "1"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "site.log"
