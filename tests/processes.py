"""Programs that tests start for themselves, and wait for: the site, the worker, servers of mail,
a PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError

import psycopg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.conftest import PATIENCE, leave_out

ROOT = Path(__file__).resolve().parents[1]
T = TypeVar("T")


def wait_for(what: str, ready: Callable[[], T | None]) -> T:
    """What ``ready`` returns as soon as that is true; fails after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := ready():
            return found
        time.sleep(0.02)
    pytest.fail(f"{what} did not happen within {PATIENCE} seconds")


def stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz/", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@dataclass
class Inbox:
    """An SMTP server that keeps what it is given. ``refuse`` makes it answer that instead."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    refuse: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refuse:
            return self.refuse
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        self.messages.append(message_from_bytes(raw, policy=policy.default))
        return "250 OK"

    def wait(self, to: str, subject: str = "") -> EmailMessage:
        """The newest message to ``to`` with ``subject`` in its subject, once it has come."""

        def newest() -> EmailMessage | None:
            fitting = [m for m in self.messages if to in m["To"] and subject in m["Subject"]]
            return fitting[-1] if fitting else None

        return wait_for(f"mail to {to} ({subject})", newest)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def found(request: pytest.FixtureRequest, program: str) -> str:
    """Where this program is, also where Debian keeps servers: that is not on everybody's path."""
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        leave_out(request, f"{program} was not found; .ci/run installs it on Debian.")
    return str(path)


@dataclass
class Program:
    """A program that runs beside the test; what it says goes to a file."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def running(*command: str, env: Mapping[str, str], log: Path) -> Iterator[Program]:
    """``command`` until the end of the block; then it gets SIGTERM."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        yield Program(process, log)
    finally:
        stop(process)


@contextmanager
def served(app: str, env: Mapping[str, str], log: Path | None = None) -> Iterator[str]:
    """The address of a gunicorn that runs as in production."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", app]

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"{url}/healthz/"):
                return True
        except HTTPError:
            return True  # it answers, if only that there is no such page
        except OSError:
            return False

    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        bound = {**env, "BIND": url.removeprefix("http://")}
        process = subprocess.Popen(command, cwd=ROOT, env=bound, stdout=output, stderr=output)
        stack.callback(stop, process)
        wait_for(f"the start of {app}", answers)
        yield url


@dataclass
class Postgres:
    """A PostgreSQL of the test's own, to be stopped, frozen and killed; as .ci/with-postgres."""

    programs: Path
    folder: Path
    port: int
    as_owner: tuple[str, ...]
    database: str = "site"

    @property
    def url(self) -> str:
        return f"postgres://tafelronde@127.0.0.1:{self.port}/{self.database}"

    def run(self, program: str, *args: str, check: bool = True) -> bytes:
        command = [*self.as_owner, str(self.programs / program), *args]
        done = subprocess.run(command, cwd="/", capture_output=True, timeout=60, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout

    def control(self, action: str, *args: str, check: bool = True) -> None:
        """Its output goes to a file: the server would keep a pipe open."""
        data, log = str(self.folder / "data"), str(self.folder / "log")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 "
            f"-c unix_socket_directories={self.folder} -c fsync=off -c max_connections=50"
        )
        more = ("-l", log, "-o", options) if action in ("start", "restart") else ()
        command = [*self.as_owner, str(self.programs / "pg_ctl"), "-D", data, "-w", *more]
        with (self.folder / "control").open("ab") as output:
            done = subprocess.run(
                [*command, *args, action], cwd="/", stdout=output, stderr=output, timeout=60
            )
        assert not check or done.returncode == 0, self.said()

    def start(self) -> None:
        self.control("start")

    def stop(self, how: str = "fast") -> None:
        self.control("stop", "-m", how)

    def restart(self) -> None:
        self.control("restart", "-m", "fast")

    def freeze(self) -> None:
        """It takes whatever is sent to it, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            found = connection.execute(sql)
            return found.fetchall() if found.description else []

    def connect(self, database: str = "") -> psycopg.Connection[tuple[Any, ...]]:
        url = self.url.removesuffix(self.database) + (database or self.database)
        return psycopg.connect(url, autocommit=True)

    def fill(self, settings: Mapping[str, Any], options: str = "") -> None:
        """Give it the tables and rows of another database, as Django knows that one."""
        address = ["-h", settings["HOST"] or "127.0.0.1", "-p", str(settings["PORT"])]
        name = f"--dbname={settings['NAME']}"
        dump = self.run("pg_dump", *address, "-U", settings["USER"], "--no-owner", name)
        with self.connect("postgres") as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {self.database} {options}")
        script = self.folder / "dump.sql"
        script.write_bytes(dump)
        self.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(script), self.url)

    def said(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        try:
            main = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        except FileNotFoundError:
            return  # it was stopped
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(main)], capture_output=True)
        for process in [main, *map(int, listed.stdout.split())]:
            with suppress(ProcessLookupError):
                os.kill(process, number)


@contextmanager
def own_postgres(request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """Running; gone at the end."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    places += sorted(Path("/opt/homebrew/opt").glob("postgresql@*/bin/initdb"))
    programs = places[-1].parent if places else Path(found(request, "initdb")).parent
    # PostgreSQL refuses to run as root, and its owner must reach the folder.
    folder = Path(tempfile.mkdtemp(prefix="postgres."))
    as_owner: tuple[str, ...] = ()
    if os.getuid() == 0:
        as_owner = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    server = Postgres(programs, folder, free_port(), as_owner)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        trust = ("-U", "tafelronde", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        server.run("initdb", "-D", str(folder / "data"), *trust)
        server.start()
        stack.callback(server.control, "stop", "-m", "immediate", check=False)
        stack.callback(server.thaw)
        yield server
