"""Redis goes, hangs or refuses while people sign up, ask for their link and log in.

Nobody notices: without it each process counts for itself.
"""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from itertools import count
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.utils import timezone

from registrations.models import Registration
from registrations.public import limits
from tests.eventsite.accounts import LOGIN, PASSWORD, make_account
from tests.factories import make_event, make_registration, make_slot
from tests.processes import Program, found, free_port, running, served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

PAUSE = 5  # seconds between two questions to a Redis that is away
AWAY, BACK = "the shared cache is away", "the shared cache is back"
PEOPLE = count(1)
HELD = "vast@haarlem.example"


@dataclass
class Site:
    url: str
    log: Path
    browser: OpenerDirector = field(default_factory=lambda: build_opener())

    def ask(self, path: str, **typed: str) -> tuple[int, str]:
        body = urlencode(typed).encode() if typed else None
        try:
            with self.browser.open(self.url + path, body, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def sign_up(self) -> int:
        number = next(PEOPLE)
        typed = {
            "first_name": "Noor",
            "last_name": "Bos",
            "email": f"noor{number}@haarlem.example",
            "role": "inwoner",
            "round_1": "1a",
            "agree": "on",
        }
        return self.ask("/wijk/aanmelden/", **typed)[0]

    def ask_for_link(self, email: str = "") -> int:
        return self.ask("/wijk/mijn-link/", email=email or f"noor{next(PEOPLE)}@x.example")[0]

    def log_in(self, password: str = PASSWORD) -> int:
        # Cookies are for https; here the site speaks http.
        policy = DefaultCookiePolicy(secure_protocols=("http",))
        self.browser = build_opener(HTTPCookieProcessor(CookieJar(policy)))
        _status, page = self.ask(LOGIN)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        status, page = self.ask(
            LOGIN, login="beheer", password=password, csrfmiddlewaretoken=token[1]
        )
        assert status != 200 or password != PASSWORD or "account/logout" in page
        return status

    def works(self) -> None:
        assert [self.sign_up(), self.ask_for_link(), self.log_in()] == [200, 200, 200]

    def works_with(self, words: str) -> int:
        self.works()
        return self.lines(words)

    def lines(self, words: str) -> int:
        return self.log.read_text().count(words)


@contextmanager
def site_with(cache: str, env: dict[str, str], folder: Path) -> Iterator[Site]:
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1, seats=100)
    make_registration(event, email=HELD)
    # The site knows real hashes only; those of tests are quicker.
    make_account("beheer")
    User.objects.update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    log = folder / "gunicorn.log"
    env = env | {"CACHE_URL": cache, "WEB_CONCURRENCY": "1"}
    with served("eventsite.wsgi", env, log) as url:
        yield Site(url, log)
    assert "Traceback" not in log.read_text()


@pytest.fixture
def program(request: pytest.FixtureRequest) -> str:
    return found(request, "redis-server")


@contextmanager
def redis(program: str, port: int, folder: Path, *options: str) -> Iterator[Program]:
    plain = ("--port", str(port), "--save", "", "--dir", str(folder))
    env = {"PATH": "/usr/bin:/bin"}
    with running(program, *plain, *options, env=env, log=folder / "redis.log") as started:
        wait_for("redis", lambda: listens(port))
        yield started
        started.process.send_signal(signal.SIGCONT)  # a stopped one would not hear of its end


def listens(port: int) -> bool:
    with socket.socket() as plain:
        return plain.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def answering(answer: bytes, asked: list[float] | None = None) -> Iterator[int]:
    """The port of a server that says this to whatever it is asked; nothing, if that is empty.

    ``asked`` is when somebody came with a question, in monotonic seconds.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def talk() -> None:
            open_ones = []
            while True:
                try:
                    visitor, _address = listener.accept()
                except OSError:
                    break
                open_ones.append(visitor)
                if asked is not None:
                    asked.append(time.monotonic())
                if answer:
                    threading.Thread(target=reply, args=(visitor,), daemon=True).start()
            for visitor in open_ones:
                visitor.close()

        def reply(visitor: socket.socket) -> None:
            try:
                while asked := visitor.recv(4_096):
                    # One answer for each command: each of them is an array of its own.
                    visitor.sendall(answer * max(asked.count(b"*"), 1))
            except OSError:
                pass

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def broken_off(redis: Program) -> None:
    redis.process.kill()
    redis.process.wait()


def hanging(redis: Program) -> None:
    redis.process.send_signal(signal.SIGSTOP)


@pytest.mark.parametrize("breaks", [broken_off, hanging])
def test_people_go_on_while_redis_is_away_and_when_it_is_back(
    breaks: Callable[[Program], None], program: str, process_env: dict[str, str], tmp_path: Path
):
    port = free_port()
    with (
        redis(program, port, tmp_path) as first,
        site_with(f"redis://127.0.0.1:{port}/0", process_env, tmp_path) as site,
    ):
        site.works()
        breaks(first)
        for _time in range(3):
            site.works()
        assert site.ask("/healthz/") == (200, "ok")
        assert (site.lines(AWAY), site.lines(BACK)) == (1, 0)

        if breaks is hanging:
            first.process.send_signal(signal.SIGCONT)
            wait_for("Redis again", lambda: site.works_with(BACK))
        else:
            with redis(program, port, tmp_path):
                wait_for("Redis again", lambda: site.works_with(BACK))
        assert (site.lines(AWAY), site.lines(BACK)) in ((1, 1), (2, 1))  # gone again at the end


LONG = (pytest.mark.long,)
ANSWERS: dict[str, tuple[bytes, tuple[pytest.MarkDecorator, ...]]] = {
    "deaf": (b"", ()),
    "full": (b"-OOM command not allowed when used memory > 'maxmemory'.\r\n", ()),
    "loading": (b"-LOADING Redis is loading the dataset in memory\r\n", LONG),
    "read-only": (b"-READONLY You can't write against a read only replica.\r\n", LONG),
    "locked": (b"-NOAUTH Authentication required.\r\n", LONG),
    "no disk": (b"-MISCONF Redis is configured to save RDB snapshots\r\n", LONG),
    "no Redis": (b"HTTP/1.1 400 Bad Request\r\n\r\n", LONG),
    "garbage": (b"$11\r\nh\xffllo\xff\xfeworld\r\n", LONG),
}


@pytest.mark.parametrize(
    "answer",
    [pytest.param(said, id=name, marks=marks) for name, (said, marks) in ANSWERS.items()],
)
def test_redis_that_does_not_do_its_work(
    answer: bytes, process_env: dict[str, str], tmp_path: Path
):
    with (
        answering(answer) as port,
        site_with(f"redis://127.0.0.1:{port}/0", process_env, tmp_path) as site,
    ):
        site.works()
        site.works()
        assert site.lines(AWAY) == 1


@pytest.mark.long
@pytest.mark.parametrize("options", [("--maxmemory", "1"), ("--replicaof", "127.0.0.1 9")])
def test_redis_that_takes_nothing_in(
    options: tuple[str, ...], program: str, process_env: dict[str, str], tmp_path: Path
):
    port = free_port()
    with (
        redis(program, port, tmp_path, *options),
        site_with(f"redis://127.0.0.1:{port}/0", process_env, tmp_path) as site,
    ):
        site.works()
        assert site.lines(AWAY) == 1


def test_limits_stand_without_redis(process_env: dict[str, str], tmp_path: Path):
    """In each process: here there is one."""
    url = f"redis://127.0.0.1:{free_port()}/0"
    with site_with(url, process_env, tmp_path) as site:
        statuses = [site.ask_for_link(HELD) for _time in range(limits.ADDRESS_POSTS + 1)]
        assert statuses == [200] * limits.ADDRESS_POSTS + [429]

        most = int(settings.ACCOUNT_RATE_LIMITS["login_failed"].partition("/")[0])
        for _time in range(most):
            site.log_in("een ander wachtwoord")
        with pytest.raises(AssertionError):  # by now the right one is refused too
            site.log_in()


def test_redis_that_hangs_is_asked_once_in_five_seconds(
    process_env: dict[str, str], tmp_path: Path
):
    """Not for each of the questions of a request, nor for each request: it costs half a second."""
    asked: list[float] = []
    with (
        answering(b"", asked) as port,
        site_with(f"redis://127.0.0.1:{port}/0", process_env, tmp_path) as site,
    ):
        began = time.monotonic()
        for _person in range(30):
            site.ask_for_link()
        lasted = time.monotonic() - began
    assert 1 <= len(asked) <= 1 + lasted / PAUSE, asked
    assert Registration.objects.count() == 1
