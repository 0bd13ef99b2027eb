"""What a visitor does by hand: ask for a page, send a form, and look at the answer."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from html import unescape
from http.client import HTTPResponse
from itertools import count
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tests.conftest import PATIENCE
from tests.processes import wait_for


@dataclass
class Answer:
    status: int
    headers: Message
    text: str
    seconds: float


class _Stay(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """A form that succeeded answers 303: that is what a test wants to see."""


_visitor = build_opener(_Stay())


def visit(url: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
    """Read a page, or send a form; where a redirect leads is not followed."""
    body = None if form is None else urlencode(form).encode()
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return _ask(urllib.request.Request(url, body, sent))


def send_json(url: str, body: bytes, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return _ask(urllib.request.Request(url, body, {**sent, "Content-Type": "application/json"}))


def _ask(request: Request) -> Answer:
    began = time.monotonic()
    answer: HTTPResponse | HTTPError
    try:
        answer = _visitor.open(request, timeout=PATIENCE)
    except HTTPError as error:
        answer = error
    with answer:
        text = answer.read().decode(errors="replace")
    return Answer(int(answer.status or 0), answer.headers, text, time.monotonic() - began)


def sign_up_form(email: str = "noor@haarlem.example", **changes: str) -> dict[str, str]:
    """For an event with two rounds and a table 1a."""
    return {
        "first_name": "Noor",
        "last_name": "van der Meulen",
        "email": email,
        "role": "inwoner",
        "round_1": "1a",
        "round_2": "",
        "agree": "on",
        **changes,
    }


def kept_fields(answer: Answer) -> dict[str, str]:
    """What the page holds of a form that was sent, to be sent once more."""
    found = re.findall(r'type="hidden"\s+name="([^"]*)"\s+value="([^"]*)"', answer.text)
    return {unescape(name): unescape(value) for name, value in found}


def sign_up_somehow(page: str) -> None:
    """Once the site can again, and each time as somebody else: nobody may ask for many mails."""
    numbers = count()

    def signed_up() -> bool:
        time.sleep(0.2)
        return visit(page, sign_up_form(f"somebody{next(numbers)}@a.example")).status == 303

    wait_for("a sign-up", signed_up)
