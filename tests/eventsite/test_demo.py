"""`manage.py demo` as a person runs it: started, looked at, and ended with Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.processes


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def page(url: str) -> tuple[int, str, str]:
    """Status, security policy and text of whatever is answered."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return read(response)
    except urllib.error.HTTPError as error:
        with error:
            return read(error)


def read(response: Any) -> tuple[int, str, str]:
    policy = response.headers["Content-Security-Policy"]
    return response.status, policy, response.read().decode()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def demo(var: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A demo of its own, in a process group of its own, as a terminal would start it.

    What it says is in the file ``said`` of ``var``.
    """
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | {
        "DEMO": "1",
        "SITE_URL": f"http://127.0.0.1:{port}",
        "VAR_DIR": str(var),
    }
    with (var / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"],
            cwd=ROOT,
            env=env,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def wait_until_told(process: subprocess.Popen[bytes], var: Path) -> None:
    """Until the demo has seen by itself that its site answers, and said where."""
    until = time.monotonic() + PATIENCE
    while "Ctrl-C stops the site" not in (said := (var / "said").read_text()):
        assert process.poll() is None, said
        assert time.monotonic() < until, f"the demo did not start: {said}"
        time.sleep(0.05)


def test_demo_serves_the_event_and_ends_with_ctrl_c_and_can_be_repeated(tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    passwords = []
    for _time in range(2):
        with demo(tmp_path, port) as process:
            wait_until_told(process, tmp_path)
            wrong = page(f"{url}/no/such/page/")
            style = page(f"{url}/static/css/base.css")
            served = [answers(f"{url}{path}") for path in ("/", "/postvak/", "/admin/login/")]
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE)
        said = (tmp_path / "said").read_text()

        # What goes wrong looks as it does for visitors, styled from files that nobody collected.
        assert (wrong[0], style[0]) == (404, 200)
        assert "Deze pagina bestaat niet" in wrong[2]
        assert "DEBUG" not in wrong[2]
        assert "default-src 'none'" in wrong[1]
        assert served == [True, True, True]
        assert f"{url}/postvak/" in said
        # Told once, and in one language.
        assert said.count("organisator") == said.count("password") == 1
        assert "wachtwoord" not in said
        assert process.returncode == 0
        # Site and worker are gone too.
        assert not answers(f"{url}/healthz/")
        assert "The worker has stopped." in said
        passwords.append((tmp_path / "demo-password").read_text())
        assert said.count(passwords[0]) == 1
    assert passwords[0] == passwords[1]


def test_demo_says_that_its_port_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(tmp_path, port) as process:
            process.wait(PATIENCE)

    said = (tmp_path / "said").read_text()
    assert process.returncode == 1
    assert said.strip().endswith(f"Port {port} is taken. Choose another: make demo PORT={port + 1}")
