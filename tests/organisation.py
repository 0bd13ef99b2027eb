"""An organisation whose staff log in with its own accounts, as the tests see it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.conftest import PATIENCE
from tests.processes import free_port, running, wait_for
from tests.provider import PASSWORD


@contextmanager
def provider_running(folder: Path) -> Iterator[OwnProvider]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = (sys.executable, "-m", "tests.provider", str(port), str(folder))
    with running(*command, env=env, log=folder / "provider.log") as program:

        def answers() -> bool:
            assert program.process.poll() is None, program.said()
            try:
                return requests.get(f"{url}/.well-known/openid-configuration", timeout=PATIENCE).ok
            except requests.ConnectionError:
                return False

        wait_for("the start of the provider", answers)
        yield OwnProvider(url)


@dataclass
class OwnProvider:
    """The process, seen from a test."""

    url: str

    def person(self, name: str, **claims: Any) -> None:
        self._put(f"people/{name}", claims)

    def send_back_to(self, *addresses: str) -> None:
        self._put("client", {"redirect_uris": addresses})

    def _put(self, path: str, sent: Any) -> None:
        requests.put(f"{self.url}/{path}", json=sent, timeout=PATIENCE).raise_for_status()


class Visitor:
    """A browser at the provider."""

    def __init__(self) -> None:
        self.session = requests.Session()

    def log_in(self, address: str, name: str, *, consent: str = "grant") -> str:
        """From the address that our site sent the browser to; returns where it is sent back to."""
        form = self.session.get(address, timeout=PATIENCE)
        typed = {"login": name, "password": PASSWORD}
        asked = self._send(form, typed) if 'name="password"' in form.text else form
        answer = self._send(asked, {"action": consent}, follow=False)
        return str(answer.headers["Location"])

    def _send(
        self, page: requests.Response, typed: dict[str, str], *, follow: bool = True
    ) -> requests.Response:
        """Its form, with what is hidden or ticked in it."""
        page.raise_for_status()
        fields: list[tuple[str, str]] = []
        for tag in re.findall(r"<input[^>]*>", page.text):
            found = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
            if found.get("type") == "hidden" or " checked" in tag:
                fields.append((found["name"], found.get("value", "")))
        (action,) = re.findall(r'action="([^"]*)"', page.text)[-1:]
        return self.session.post(
            urljoin(page.url, unescape(action)),
            data=[*fields, *typed.items()],
            allow_redirects=follow,
            timeout=PATIENCE,
        )


def query_of(address: str) -> dict[str, str]:
    return {name: value[0] for name, value in parse_qs(urlsplit(address).query).items()}
