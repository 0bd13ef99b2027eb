"""Requests that no browser sends: each is refused with a page, and is one short line in the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from tests.factories import make_event, make_slot
from tests.faults.slow import answer, connect, whole_answer
from tests.processes import served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

FORM = "/wijk/aanmelden/"
PARTS = "multipart/form-data; boundary=x"
FIELDS = "application/x-www-form-urlencoded"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "gunicorn.log"


@pytest.fixture
def site(process_env: dict[str, str], log: Path) -> Iterator[str]:
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    with served("eventsite.wsgi", process_env | {"WEB_CONCURRENCY": "1"}, log) as url:
        yield url


def post(
    kind: str, body: bytes, more: str = "", path: str = FORM, host: str = "127.0.0.1"
) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + body


def plain(line: str, more: str = "", host: str = "127.0.0.1") -> bytes:
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode("latin-1")


MALFORMED: dict[str, tuple[bytes, int]] = {
    "parts without a boundary": (post("multipart/form-data", b"x"), 400),
    "parts that end too soon": (post(PARTS, b"--x\r\nContent-Disposition: form-data\r\n"), 422),
    "parts in base64 that is none": (
        post(
            PARTS,
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n!\r\n--x--\r\n",
        ),
        422,
    ),
    "parts in other letters": (post(f"{PARTS}; charset=utf-7", b"--x--\r\n"), 400),
    "letters that there are not": (post(f"{FIELDS}; charset=klingon", b"a=1"), 422),
    "a byte that is no letter": (post(FIELDS, b"first_name=No%ffor"), 422),
    "too many fields": (post(FIELDS, b"a=1&" * 20_000), 400),
    "too much": (post(FIELDS, b"a=" + b"x" * 3_000_000), 413),
    "host of somebody else": (plain("GET /wijk/", host="evil.example"), 400),
    "host that is none": (plain("GET /wijk/", host="a b/c"), 400),
    "cookies that are none": (plain("GET /wijk/", "Cookie: =;;sessionid=\xff\xfe;a\r\n"), 200),
    "door without words": (post("application/json", b"{", path="/deur/wijk/sync/"), 403),
    "another method": (plain("DELETE /wijk/"), 405),
    "trace": (plain("TRACE /wijk/"), 405),
    "method that there is not": (plain("BREW /wijk/"), 405),
    "method in small letters": (plain("get /wijk/"), 400),
    "no version": (b"GET /wijk/\r\n\r\n", 400),
    "header without a name": (plain("GET /wijk/", ": x\r\n"), 400),
    "header with a null": (plain("GET /wijk/", "X-A: \0\r\n"), 400),
    "two lengths": (plain(f"POST {FORM}", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400),
    "length below zero": (plain(f"POST {FORM}", "Content-Length: -1\r\n"), 400),
    "length and pieces": (
        plain(f"POST {FORM}", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
        400,
    ),
    "long address": (plain(f"GET /{'x' * 20_000}"), 414),
    "address with a null": (plain("GET /wijk/%00/"), 404),
    "letters that are none": (plain("GET /%ff%fe/"), 404),
}


def test_each_is_refused_and_is_one_line_in_the_log(site: str, log: Path):
    found = {}
    for name, (said, _expected) in MALFORMED.items():
        before = log.read_text()
        with connect(site) as visitor:
            visitor.sendall(said)
            status, headers, words = whole_answer(visitor)
        found[name] = status
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert "default-src 'none'" in headers["Content-Security-Policy"], name
        assert len(words) > 40, name
        lines = log.read_text().removeprefix(before).splitlines()
        assert len(lines) <= 1, (name, lines)
        assert "Traceback" not in "".join(lines), name
    assert found == {name: expected for name, (_said, expected) in MALFORMED.items()}


def test_form_that_breaks_off_leaves_no_trace(site: str, log: Path):
    with connect(site) as visitor:
        visitor.sendall(post(FIELDS, b"first_name=" + b"x" * 100)[:-50])
    with connect(site) as visitor:
        visitor.sendall(plain("BREW /wijk/"))
        answer(visitor)

    wait_for("a line", lambda: "Method Not Allowed" in log.read_text())
    assert len(log.read_text().split("Method Not Allowed")[0].splitlines()[-1]) < 200
    assert "Unreadable" not in log.read_text()
    assert "Traceback" not in log.read_text()
