"""Visitors who do not finish a request, or do not read the answer, hold up nobody else.

gunicorn runs as it is shipped, with two processes of four threads.
"""

from __future__ import annotations

import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from registrations.models import Registration
from tests.conftest import PATIENCE
from tests.factories import make_event, make_slot
from tests.faults.half import PIECE
from tests.faults.slow import answer, connect, connections, head
from tests.processes import served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

FORM = "/wijk/aanmelden/"
# Seconds in which somebody else has an answer: half of one on a quiet machine. With gunicorn's own
# worker they had none at all.
LIMIT = PATIENCE
TYPED = {
    "first_name": "Noor",
    "last_name": "Bos",
    "email": "noor@haarlem.example",
    "role": "inwoner",
    "round_1": "1a",
    "agree": "on",
}
BODY = urllib.parse.urlencode(TYPED).encode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "gunicorn.log"


@pytest.fixture
def site(process_env: dict[str, str], log: Path) -> Iterator[str]:
    """With few connections for each process, and little time, so that a test sees the limits."""
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    env = process_env | {
        "WEB_CONCURRENCY": "2",
        "REQUEST_SECONDS": "4",
        "GUNICORN_CMD_ARGS": "--worker-connections 100",
        "PAGE_CACHE_SECONDS": "1",
    }
    with served("eventsite.wsgi", env, log) as url:
        yield url


def read(url: str, seconds: float = LIMIT) -> int:
    with urllib.request.urlopen(f"{url}/wijk/", timeout=seconds) as page:
        return int(page.status)


def signs_up(url: str) -> None:
    with urllib.request.urlopen(url + FORM, BODY, timeout=LIMIT) as page:
        assert page.status == 200
    assert Registration.objects.filter(email=TYPED["email"]).exists()


def test_forms_that_never_end(site: str, log: Path):
    with connections(site, 40, head(site, FORM, 5_000) + b"first_name=") as visitors:
        assert read(site) == 200
        signs_up(site)
        status, words = answer(visitors[0])
        assert status == 408
        assert "Sending took too long" in words

    wait_for("a line about it", lambda: "requests were cut off" in log.read_text())
    assert "Traceback" not in log.read_text()


@pytest.mark.long
def test_heads_that_never_end(site: str):
    with connections(site, 40, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a=") as visitors:
        assert read(site) == 200
        assert answer(visitors[0])[0] == 408


@pytest.mark.parametrize(
    "say", [b"", pytest.param(b"first", marks=pytest.mark.long)], ids=["silent", "after a request"]
)
def test_connections_that_are_idle(site: str, say: bytes):
    """More of them than the site keeps: whoever is silent longest makes room."""
    with connections(site, 300, head(site, "/wijk/") if say else b""):
        assert read(site) == 200
        signs_up(site)


@pytest.mark.long
def test_forms_that_are_begun_on_more_connections_than_there_are(site: str):
    with connections(site, 300, head(site, FORM, 5_000) + b"first_name="):
        assert read(site) == 200
        signs_up(site)


def test_readers_who_do_not_read(site: str):
    """They ask for page after page, and take nothing: more than there are threads."""
    asked = head(site, "/wijk/") * 400
    with connections(site, 12, asked, receive=1_024):
        # What they asked for is work, until nothing more fits on the way to them.
        assert read(site, seconds=PATIENCE) == 200
        signs_up(site)


@pytest.mark.long
def test_visitors_who_do_not_hang_up(site: str):
    with connections(site, 40, head(site, "/wijk/", more="Connection: close\r\n")):
        assert read(site) == 200
        signs_up(site)


def test_visitor_who_is_merely_slow_is_served(site: str):
    with connections(site, 40, head(site, FORM, 5_000) + b"first_name=") as others:
        # Each in its own time: on a busy machine somebody slow may have had theirs.
        until = time.monotonic() + PATIENCE
        while (status := sent_slowly(site)) == 408 and time.monotonic() < until:
            pass
        assert status == 303
        assert answer(others[0])[0] == 408
    assert Registration.objects.filter(email=TYPED["email"]).exists()


def sent_slowly(site: str) -> int:
    """In eight pieces over a second, of the four that it may take."""
    whole = head(site, FORM, len(BODY)) + BODY
    step = len(whole) // 8 + 1
    with connect(site) as slow:
        for start in range(0, len(whole), step):
            slow.sendall(whole[start : start + step])
            time.sleep(0.12)
        return answer(slow)[0]


@pytest.mark.long
def test_large_file_over_a_slow_line_gets_the_time_it_takes(site: str):
    """64 kB a second, for longer than a small form may take."""
    size = 500_000
    with connect(site) as slow:
        slow.sendall(head(site, FORM, size))
        for _part in range(8):
            slow.sendall(b"x" * (size // 8))
            time.sleep(1)
        assert answer(slow)[0] == 422


def test_visitor_who_leaves_half_way_leaves_no_traceback(site: str, log: Path):
    with connect(site) as visitor:
        visitor.sendall(head(site, FORM, 5_000) + b"first_name=")
    with connect(site) as visitor:
        visitor.sendall(head(site, "/wijk/"))

    assert read(site) == 200
    assert "Traceback" not in log.read_text()
    assert "ERROR" not in log.read_text()


@pytest.mark.parametrize("path", ["/mistake/", "/disk/"])
def test_page_that_breaks_half_way_gets_no_second_answer(
    process_env: dict[str, str], log: Path, path: str
):
    """A browser takes what came for a broken download, and no error page for its last lines."""
    with served("tests.faults.half:application", process_env, log) as url, connect(url) as visitor:
        visitor.sendall(head(url, path))
        received = read_all(visitor)
    assert received.count(b"HTTP/1.1 ") == 1
    assert PIECE in received
    assert not received.endswith(b"0\r\n\r\n")
    assert log.read_text().count("Traceback") == 1


def test_answers_that_nobody_reads_do_not_pile_up(process_env: dict[str, str], log: Path):
    env = process_env | {"WEB_CONCURRENCY": "1"}
    with (
        served("tests.faults.half:application", env, log) as url,
        connections(url, 20, head(url, "/large/"), receive=1_024),
        connect(url) as visitor,
    ):
        wait_for("one who had to go", lambda: "requests were cut off" in log.read_text())
        visitor.sendall(head(url, "/"))
        assert answer(visitor)[0] == 200
    assert "Traceback" not in log.read_text()


def read_all(visitor: socket.socket) -> bytes:
    with visitor.makefile("rb") as stream:
        return stream.read()


def test_what_is_too_large_is_refused_before_it_comes(site: str):
    with connect(site) as visitor:
        visitor.sendall(head(site, FORM, 50_000_000) + b"x" * 100_000)
        status, words = answer(visitor)
    assert status == 413
    assert "12 MB" in words
    with connect(site) as visitor:
        visitor.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nCookie: " + b"x" * 100_000)
        assert answer(visitor)[0] == 431


def test_body_without_a_length_is_refused(site: str):
    """Django would take it for an empty one."""
    chunked = f"POST {FORM} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connect(site) as visitor:
        visitor.sendall(chunked.encode() + f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n")
        assert answer(visitor)[0] == 411


def test_client_that_asks_first_is_told_to_go_on(site: str):
    with connect(site) as visitor:
        visitor.sendall(head(site, FORM, len(BODY), "Expect: 100-continue\r\n"))
        assert visitor.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        visitor.sendall(BODY)
        assert answer(visitor)[0] == 303


def test_requests_in_a_row_are_answered_in_a_row(site: str):
    """On one connection, also where they come at once and in pieces."""
    said = head(site, "/wijk/") + head(site, FORM, len(BODY)) + BODY + head(site, "/nergens/")
    with connect(site) as visitor:
        for start in range(0, len(said), 50):
            visitor.sendall(said[start : start + 50])
        visitor.shutdown(socket.SHUT_WR)
        with visitor.makefile("rb") as stream:
            received = stream.read().decode()
    lines = [line for line in received.splitlines() if line.startswith("HTTP/1.1 ")]
    assert [line.split()[1] for line in lines] == ["200", "303", "404"]
