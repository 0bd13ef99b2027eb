"""gunicorn's processes end in the middle of a rush: what was promised stands, once."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event as Bell
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from program.models import Event
from registrations.booking.places import differences
from registrations.models import Registration
from tests.conftest import PATIENCE
from tests.factories import make_event, make_slot
from tests.faults.slow import answer, connect, head
from tests.processes import Program, free_port, healthy, running, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

FORM = "/wijk/aanmelden/"
ROUNDS = 4  # kills in one rush


@pytest.fixture
def event(transactional_db: None) -> Event:
    event = make_event(slug="wijk", capacity=100_000, starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1, seats=30_000)
    return event


@contextmanager
def gunicorn(env: dict[str, str], log: Path) -> Iterator[Program]:
    port = free_port()
    env = env | {"BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": "2", "PROXIES": "1"}
    command = [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "eventsite.wsgi"]
    with running(*command, env=env, log=log) as site:
        site.url = f"http://127.0.0.1:{port}"
        wait_for("the start of the site", lambda: healthy(site.url))
        yield site


def workers(site: Program) -> list[int]:
    pid = site.process.pid
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def form(email: str) -> dict[str, str]:
    return {
        "first_name": "Noor",
        "last_name": "Bos",
        "email": email,
        "role": "inwoner",
        "round_1": "1a",
        "agree": "on",
    }


@dataclass
class Rush:
    """People who sign up one after the other, until the bell rings."""

    url: str
    bell: Bell = field(default_factory=Bell)
    promised: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)  # without an answer

    def run(self, number: int) -> None:
        person = 0
        while not self.bell.is_set():
            person += 1
            email = f"noor{number}.{person}@haarlem.example"
            try:
                status = self.sign_up(email, f"10.{number}.0.1")
            except (OSError, HTTPException):
                self.lost.append(email)
                time.sleep(0.05)
            else:
                # On a busy machine a lock may not come in time: that is said, and they are not in.
                assert status in (303, 503)
                if status == 303:
                    self.promised.append(email)

    def sign_up(self, email: str, network: str) -> int:
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=PATIENCE)
        try:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Forwarded-For": network,
            }
            connection.request("POST", FORM, urlencode(form(email)), headers)
            return connection.getresponse().status
        finally:
            connection.close()


@contextmanager
def rush(url: str, people: int = 6) -> Iterator[Rush]:
    come = Rush(url)
    with ThreadPoolExecutor(people) as pool:
        running = [pool.submit(come.run, number) for number in range(people)]
        try:
            wait_for("the first of them", lambda: len(come.promised) > people)
            yield come
        finally:
            come.bell.set()
        for each in running:
            each.result()


def go_on(site: Program, come: Rush, killed: int, before: int) -> None:
    """Wait until another worker is there, and more people than ``before`` have signed up."""
    wait_for("another worker", lambda: killed not in workers(site))
    wait_for("more people", lambda: len(come.promised) > before + 3)


def kept(come: Rush) -> None:
    """Whoever was told that it worked is there; nobody is there twice, no place is miscounted."""
    there = Counter(Registration.objects.values_list("email", flat=True))
    assert [email for email in come.promised if email not in there] == []
    assert [email for email, times in there.items() if times > 1] == []
    assert {*there} <= {*come.promised, *come.lost}
    assert differences() == []


def listens(address: tuple[str, int]) -> bool:
    with socket.socket() as visitor:
        visitor.settimeout(PATIENCE)
        return visitor.connect_ex(address) == 0


def test_worker_that_is_killed_in_a_rush(event: Event, process_env: dict[str, str], tmp_path: Path):
    with gunicorn(process_env, tmp_path / "log") as site:
        with rush(site.url) as come:
            for _round in range(ROUNDS):
                (killed, *_others) = workers(site)
                os.kill(killed, signal.SIGKILL)
                before = len(come.promised)
                go_on(site, come, killed, before)
        kept(come)
        assert healthy(site.url)


def test_stop_in_a_rush(event: Event, process_env: dict[str, str], tmp_path: Path):
    """SIGTERM: what is under way is finished, and the site ends by itself."""
    with gunicorn(process_env, tmp_path / "log") as site:
        with rush(site.url) as come:
            site.process.send_signal(signal.SIGTERM)
            assert site.process.wait(PATIENCE) == 0
        kept(come)
        assert "Traceback" not in site.said()
        # Those who were not answered were not let in: the door was shut before them.
        there = {*Registration.objects.values_list("email", flat=True)}
        assert there == {*come.promised}


def test_stop_while_a_form_is_coming_in(event: Event, process_env: dict[str, str], tmp_path: Path):
    body = urlencode(form("noor@haarlem.example")).encode()
    with gunicorn(process_env, tmp_path / "log") as site, connect(site.url) as slow:
        slow.sendall(head(site.url, FORM, len(body), "Expect: 100-continue\r\n"))
        assert slow.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"  # it has come in that far
        slow.sendall(body[:40])
        site.process.send_signal(signal.SIGTERM)
        wait_for("the door to shut", lambda: not listens(slow.getpeername()))
        slow.sendall(body[40:])
        assert answer(slow)[0] == 303
        assert site.process.wait(PATIENCE) == 0
    assert Registration.objects.get().email == "noor@haarlem.example"
