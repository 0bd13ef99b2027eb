"""What `make mutants` needs: a start of the tests in a moment, for it starts them for each mutant.

The tables are made once, in a file, and copied from there; static files are not collected.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker

TABLES = Path("tables.sqlite3").absolute()  # in the copy of the project that holds the mutants


@pytest.fixture(scope="session")
def django_db_setup(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    with django_db_blocker.unblock():
        before = connection.settings_dict["NAME"]
        if not TABLES.exists():
            use(TABLES)
            settings.MIGRATION_MODULES = NoMigrations()
            call_command("migrate", run_syncdb=True, verbosity=0)
            connection.close()
        use(Path(shutil.copy(TABLES, tmp_path_factory.mktemp("database"))))
        yield
        use(before)


@pytest.fixture(scope="session", autouse=True)
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": plain}}
    settings.STATIC_ROOT = tmp_path_factory.mktemp("static")
    return Path(settings.STATIC_ROOT)


class NoMigrations(dict):
    def __contains__(self, app: object) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


def use(file: Path | str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = str(file)
