"""What all tests share: settings as in production, and either database.

``pytest`` uses a SQLite file of its own; with DATABASE_URL set, a test database on that server.
"""

from __future__ import annotations

import os

# Before Django reads them. DEBUG stays off: the suite tests what visitors get.
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "eventsite.settings",
    "DEBUG": "0",
    "SECRET_KEY": "a key for the tests only, long enough for check --deploy",
    "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
    "SITE_URL": "http://testserver",
    "SECURE_SSL_REDIRECT": "0",
    "REQUIRE_SECOND_FACTOR": "0",
    "PAGE_CACHE_SECONDS": "0",  # what a test has just written is on the next page
}
for name in ("EMAIL_URL", "CACHE_URL", "MAIL_FROM", "BULK_MAIL_FROM", "STATIC_ROOT", "VAR_DIR"):
    os.environ.pop(name, None)

import gc  # noqa: E402
from collections.abc import Generator, Iterator  # noqa: E402
from pathlib import Path  # noqa: E402
from urllib.parse import quote  # noqa: E402

import pytest  # noqa: E402
import pytest_django  # noqa: E402
import time_machine  # noqa: E402
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.recorder import MigrationRecorder  # noqa: E402
from django.utils import translation  # noqa: E402
from whitenoise import compress  # noqa: E402
from whitenoise.base import WhiteNoise  # noqa: E402

import tests.examples  # noqa: E402, F401 - before hypothesis reads its profile
from tests import selection  # noqa: E402

# Seconds that a slow and busy machine may take for whatever a test waits for. A test goes on as
# soon as it is there; only one that fails waits this long.
PATIENCE = 60
IN_CI = os.environ.get("CI") == "true"
BROWSER_HELP = (
    "Chromium was not found. Install it (Debian: apt-get install chromium; elsewhere: "
    ".venv/bin/playwright install chromium) or set CHROMIUM to its path."
)
_left_out: dict[str, str] = {}  # why, by test


def pytest_configure(config: pytest.Config) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher",
        *settings.PASSWORD_HASHERS,
    ]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks by folder (selection.py), and tests for PostgreSQL only where there is one.

    Browser tests come last: once Playwright's event loop runs in this thread, Django takes it for
    an asynchronous one and keeps its connections elsewhere. A process that a later test forks would
    find the ones from before, still open, and share them with its siblings.
    """
    on_postgres = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    for item in items:
        selection.mark(item)
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="only on PostgreSQL"))
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The clock stands still at TODAY, for the days of the examples are fixed.

    Other processes and browsers have the clock of the machine, and so has a test that works with
    them: it makes what is coming from the day that it is.
    """
    if selection.has_real_clock(item):
        return (yield)
    from tests.factories import TODAY  # models can be read now

    with time_machine.travel(TODAY.timestamp(), tick=False):
        return (yield)


def pytest_collection_finish() -> None:
    """Spares the garbage collector from walking over all that was imported, time and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """A file instead of memory, so that other processes can work in the same database.

    On a server each of several test processes has a database with a suffix of its own.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        test = connection.settings_dict["TEST"]
        test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    """Programs start on migrated tables only; with ``--no-migrations`` nobody wrote that down."""
    with django_db_blocker.unblock():
        recorder = MigrationRecorder(connection)
        recorder.ensure_schema()
        if not recorder.migration_qs.exists():
            for app in apps.get_app_configs():
                for path in Path(app.path).glob("migrations/[0-9]*.py"):
                    recorder.record_applied(app.label, path.stem)


@pytest.fixture(scope="session", autouse=True)
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collected static files, with the hashed names that visitors get."""
    root = tmp_path_factory.mktemp("static")
    settings.STATIC_ROOT = root
    compress.brotli_available = False  # its best quality takes seconds
    call_command("collectstatic", interactive=False, verbosity=0)
    return root


@pytest.fixture(scope="session", autouse=True)
def _journal_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.JOURNAL = tmp_path_factory.mktemp("journal")


@pytest.fixture(scope="session", autouse=True)
def _static_files_read_once(static_root: Path) -> Iterator[None]:
    """WhiteNoise reads the folder for each site that is set up, and each Client sets one up."""
    read, known = WhiteNoise.update_files_dictionary, {}

    def once(self: WhiteNoise, root: str, prefix: str) -> None:
        if (root, prefix) not in known:
            found, self.files = self.files, {}
            read(self, root, prefix)
            known[root, prefix], self.files = self.files, found
        self.files.update(known[root, prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", once)
        yield


@pytest.fixture(autouse=True)
def _dutch() -> Iterator[None]:
    """Each test starts in the site's own language, whatever a request before it spoke."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """No test meets what another left in the cache or in memory."""
    from program.public import house_style, pictures, programme

    # As in a process that has just read that the site has no house style of its own; however slow
    # the machine, it is not read anew.
    house_style.SITE_SECONDS = 3600
    house_style.KNOWN.set(None)
    yield
    for name in settings.CACHES:
        caches[name].clear()
    programme.KNOWN.clear()
    programme.LATELY.clear()
    pictures.DRAWN.clear()


@pytest.fixture(autouse=True)
def _locks_wait(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite gives up on a lock in time, not in turn: on a busy machine one of fifty might."""
    if request.node.get_closest_marker("processes") and connection.vendor == "sqlite":
        monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", PATIENCE)


@pytest.fixture
def process_env(transactional_db: None, static_root: Path, tmp_path: Path) -> dict[str, str]:
    """The environment for a process that works in this test's database.

    Rows made by the test are seen by the process, and the other way round.
    """
    return environment(static_root, tmp_path)


def environment(static_root: Path, var: Path) -> dict[str, str]:
    """As ``process_env``, for fixtures that outlive a test."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        user = quote(database["USER"], safe="")
        password = quote(database["PASSWORD"], safe="")
        url = (
            f"postgres://{user}:{password}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
        )
    return os.environ | {
        "DATABASE_URL": url,
        "STATIC_ROOT": str(static_root),
        "VAR_DIR": str(var),
    }


def leave_out(request: pytest.FixtureRequest, what: str) -> None:
    """Skip a test that this machine cannot run, and say so at the end; in CI that fails."""
    if IN_CI:
        pytest.fail(f"CI leaves no test out. {what}")
    _left_out[request.node.nodeid] = what
    pytest.skip(what)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _left_out:
        terminalreporter.section(f"{len(_left_out)} tests were left out")
        for line in (*_left_out, *dict.fromkeys(_left_out.values())):
            terminalreporter.line(line)


if os.environ.get("MUTANTS"):
    from tests.mutants import django_db_setup, static_root  # noqa: F401
