"""Real browsers, real servers, a real SMTP server: for tests of whole chains."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright
from pytest_django import Settings

from tests.conftest import BROWSER_HELP, PATIENCE, environment, leave_out
from tests.processes import Inbox, free_port, healthy, stop, wait_for

# Playwright keeps an event loop in this thread; the ORM calls beside it are not async at all.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# Playwright's own limit for what a page is to show is five seconds.
expect.set_options(timeout=PATIENCE * 1000)

ROOT = Path(__file__).resolve().parents[2]
# Chromium without a window takes two thirds of the processor time of one that has an unseen window.
WINDOWLESS = ("chromium-headless-shell", "chrome-headless-shell")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What a console may say: a page that answers 404, 422, 500 or 503 is what some tests are about, and
# this browser on Linux has no share sheet.
ACCEPTED = (
    "Failed to load resource: the server responded with a status of 4",
    "Failed to load resource: the server responded with a status of 50",
    "Error with Permissions-Policy header: Unrecognized feature: 'web-share'",
)
T = TypeVar("T")


# Mail


@pytest.fixture(scope="session")
def _smtp_server() -> Iterator[Inbox]:
    inbox = Inbox(port=free_port())
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    controller.start()
    yield inbox
    controller.stop()


@pytest.fixture
def smtp(_smtp_server: Inbox) -> Inbox:
    """The inbox that the site's worker delivers to, empty at the start of each test."""
    _smtp_server.messages.clear()
    _smtp_server.refuse = ""
    return _smtp_server


# The site


@pytest.fixture(autouse=True)
def _hashes_the_site_knows(settings: Settings) -> None:
    """The site is no test and checks no MD5 passwords."""
    settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]


@dataclass
class Server:
    """A running site: real gunicorn on this test run's own database."""

    url: str
    env: dict[str, str]
    cache: Path
    process: subprocess.Popen[bytes]
    gate: BinaryIO

    def open_gate(self) -> None:
        """From here on the site answers."""
        fcntl.flock(self.gate, fcntl.LOCK_UN)

    def shut_gate(self) -> None:
        """Returns once every request is done. What still comes waits until the gate opens."""
        wait_for("the end of the last request", self._is_shut)

    def _is_shut(self) -> bool:
        try:
            fcntl.flock(self.gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="session")
def _server(
    django_db_setup: None,
    static_root: Path,
    _smtp_server: Inbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    var = tmp_path_factory.mktemp("site")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = environment(static_root, var) | {
        "SITE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{_smtp_server.port}",
        "CACHE_URL": f"filecache://{var}/cache",
        "GATE": str(var / "gate"),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "tests/browser/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "eventsite.wsgi"]
    with (var / "server.log").open("wb") as log, (var / "gate").open("wb") as gate:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            wait_for("the start of the site", lambda: process.poll() is not None or healthy(url))
            if process.poll() is not None:
                pytest.fail(f"the site did not start: {(var / 'server.log').read_text()}")
            server = Server(url, env, var / "cache", process, gate)
            server.shut_gate()
            yield server
            server.open_gate()
        finally:
            stop(process)


@pytest.fixture
def site(_server: Server, transactional_db: None, smtp: Inbox) -> Iterator[Server]:
    """The site on an empty database and cache; rows that the test makes are on its pages."""
    _server.open_gate()
    yield _server
    _server.shut_gate()
    shutil.rmtree(_server.cache, ignore_errors=True)


@pytest.fixture
def worker(site: Server) -> Iterator[subprocess.Popen[bytes]]:
    """``manage.py work`` beside the site: mail goes out, holds expire."""
    command = [sys.executable, "manage.py", "work"]
    process = subprocess.Popen(command, cwd=ROOT, env=site.env)
    yield process
    died = process.poll()
    stop(process)
    if died is not None:
        pytest.fail(f"the worker stopped by itself with code {died}")


# The browser


def find_chromium(playwright: Playwright, names: Iterable[str] = CHROMIUM) -> str:
    """The path of the first of these Chromiums that is there; "" when there is none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named) or ""
    for name in names:
        if found := shutil.which(name):
            return found
    own = playwright.chromium.executable_path
    return own if Path(own).exists() else ""


@pytest.fixture(scope="session")
def _playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def how_to_launch(executable: str) -> dict[str, Any]:
    flags = [*CHROMIUM_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return {"executable_path": executable, "args": flags}


@pytest.fixture(scope="session")
def _browser(_playwright: Playwright) -> Iterator[Browser | None]:
    executable = find_chromium(_playwright, WINDOWLESS + CHROMIUM)
    if not executable:
        yield None
        return
    browser = _playwright.chromium.launch(**how_to_launch(executable))
    yield browser
    browser.close()


@pytest.fixture
def chromium(_playwright: Playwright, request: pytest.FixtureRequest) -> dict[str, Any]:
    """How to launch a browser as people have it, for what one without a window cannot do."""
    executable = find_chromium(_playwright)
    if not executable:
        leave_out(request, BROWSER_HELP)
    return how_to_launch(executable)


@pytest.fixture
def browser(_browser: Browser | None, request: pytest.FixtureRequest) -> Browser:
    if _browser is None:
        leave_out(request, BROWSER_HELP)
        raise AssertionError  # not reached: leave_out always raises
    return _browser


@pytest.fixture
def new_page(browser: Browser, site: Server) -> Iterator[Callable[..., Page]]:
    """Makes pages of their own context: ``new_page(java_script_enabled=False, …)``.

    Whatever a page says on its console (a breach of the CSP, an error in a script) and each
    request to another host fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    wrong: list[str] = []
    homes = {site.url}  # the site has more than one name: passkeys want one without numbers

    def make(**options: Any) -> Page:
        homes.add(options.get("base_url", site.url))
        context = browser.new_context(
            **{"base_url": site.url, "locale": "nl-NL", "timezone_id": "Europe/Amsterdam"} | options
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE * 1000)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("console", lambda said: heard(said.type, said.text))
        page.on("request", lambda request: asked(request.url))
        return page

    def heard(kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(ACCEPTED):
            wrong.append(f"console: {text}")

    def asked(url: str) -> None:
        if not url.startswith((*(f"{home}/" for home in homes), "blob:" + site.url)):
            wrong.append(f"request to another host: {url}")

    yield make
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page with scripts, 1280 by 800."""
    return new_page(viewport={"width": 1280, "height": 800})


@pytest.fixture
def plain_page(new_page: Callable[..., Page]) -> Page:
    """A page without scripts, as wide as a phone."""
    return new_page(java_script_enabled=False, viewport={"width": 360, "height": 740})
