"""Slow visitors, and keys in logs, at nginx and Caddy with the files of deploy/."""

from __future__ import annotations

import json
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

import pytest
from django.utils import timezone

from registrations.models import Registration
from tests.conftest import PATIENCE
from tests.factories import make_event, make_slot
from tests.faults.proxies import proxy
from tests.faults.slow import head
from tests.faults.test_slow_requests import BODY, FORM, LIMIT, TYPED
from tests.processes import found, free_port, served, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

KEY = "k" * 32


@dataclass
class Front:
    """The site behind a proxy."""

    port: int
    plain: int
    trust: ssl.SSLContext
    folder: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def open(self, path: str, body: bytes | None = None, **headers: str) -> HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(self.url + path, body, named)
        answer: HTTPResponse = urllib.request.urlopen(asked, timeout=LIMIT, context=self.trust)
        return answer

    def answers(self) -> bool:
        try:
            with self.open("/healthz/"):
                return True
        except HTTPError as error:
            error.close()
            return True
        except OSError:
            return False

    def connect(self) -> ssl.SSLSocket:
        with ExitStack() as stack:  # the plain one is ours until TLS has it
            plain = stack.enter_context(
                socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            )
            secure = self.trust.wrap_socket(plain, server_hostname="127.0.0.1")
            stack.pop_all()
            return secure


@pytest.fixture(params=["nginx", "caddy"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def app() -> str:
    return "eventsite.wsgi"


@pytest.fixture
def front(
    kind: str, app: str, process_env: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Front]:
    program, port, plain = found(request, kind), free_port(), free_port()
    event = make_event(slug="wijk", starts_at=timezone.now() + timedelta(days=14))
    make_slot(event, "1a", 1)
    env = process_env | {
        "SITE_URL": f"https://127.0.0.1:{port}",
        "PROXIES": "1",
        "WEB_CONCURRENCY": "2",
        "GUNICORN_CMD_ARGS": "--worker-connections 50",
    }
    with served(app, env) as node:
        name = node.removeprefix("http://")
        with proxy(program, kind, tmp_path, port, plain, name) as trust:
            site = Front(port, plain, trust, tmp_path)
            wait_for(kind, site.answers)
            yield site


def test_forms_that_never_end_stop_nobody(front: Front):
    with ExitStack() as stack:
        for _visitor in range(120):
            visitor = stack.enter_context(front.connect())
            visitor.sendall(head(front.url, FORM, 5_000) + b"first_name=")
        time.sleep(1)
        with front.open("/wijk/") as page:
            assert page.status == 200
        with front.open(FORM, BODY) as page:
            assert page.status == 200
    assert Registration.objects.filter(email=TYPED["email"]).exists()


def test_key_in_an_address_is_in_no_log(front: Front, kind: str):
    with pytest.raises(HTTPError) as refused:
        front.open(f"/aanmelding/{KEY}/", Referer=f"{front.url}/aanmelding/{KEY}/")
    refused.value.close()
    wait_for("a line in the log", lambda: (front.folder / "access.log").stat().st_size)

    logs = [path for path in front.folder.rglob("*.log") if path.is_file()]
    assert len(logs) >= 2
    assert [path.name for path in logs if KEY in path.read_text()] == []


def test_key_is_in_no_log_while_the_site_is_away(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
):
    program, port, nobody = found(request, kind), free_port(), free_port()
    with proxy(program, kind, tmp_path, port, free_port(), f"127.0.0.1:{nobody}") as trust:
        front = Front(port, 0, trust, tmp_path)
        wait_for(kind, front.answers)
        with pytest.raises(HTTPError, match="502") as refused:
            front.open(f"/aanmelding/{KEY}/", Referer=f"{front.url}/aanmelding/{KEY}/")
        refused.value.close()
    logs = [path for path in tmp_path.rglob("*.log") if path.is_file()]
    assert [path.name for path in logs if KEY in path.read_text()] == []


@pytest.mark.long
def test_forms_and_their_answers_are_not_compressed(front: Front):
    with pytest.raises(HTTPError) as refused:
        front.open(FORM, b"first_name=Noor", Accept_Encoding="br, gzip")
    refused.value.close()
    assert refused.value.status == 422
    assert "Content-Encoding" not in refused.value.headers
    with front.open("/wijk/", Accept_Encoding="gzip") as page:
        assert page.headers["Content-Encoding"] == "gzip"


@pytest.mark.long
def test_what_is_too_large_is_refused(front: Front):
    """Before all of it has come: Caddy says so once it has passed on as much as it may."""
    with front.connect() as visitor, HTTPResponse(visitor) as response:
        visitor.sendall(head(front.url, FORM, 50_000_000))
        with suppress(OSError):
            for _megabyte in range(20):
                visitor.sendall(b"x" * 1_000_000)
        response.begin()
        assert response.status == 413


@pytest.mark.parametrize("app", ["tests.faults.echo:application"])
def test_site_hears_who_is_there_from_the_proxy_alone(front: Front, app: str):
    with front.open("/", X_Forwarded_For="192.0.2.66", X_Forwarded_Proto="ftp") as answer:
        assert json.load(answer) == {
            "HTTP_HOST": f"127.0.0.1:{front.port}",
            "HTTP_X_FORWARDED_FOR": "127.0.0.1",
            "HTTP_X_FORWARDED_PROTO": "https",
        }


@pytest.mark.parametrize("kind", ["nginx"])
def test_http_leads_to_https(front: Front, kind: str):
    with socket.create_connection(("127.0.0.1", front.plain), timeout=60) as visitor:
        visitor.sendall(b"GET /wijk/?a=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        with HTTPResponse(visitor) as response:
            response.begin()
            assert response.status == 301
            assert response.headers["Location"] == "https://127.0.0.1/wijk/?a=1"
