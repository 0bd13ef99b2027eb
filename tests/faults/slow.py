"""Visitors who do not finish what they begin, as plain sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPMessage, HTTPResponse
from urllib.parse import urlsplit

FORM = (
    "POST {path} HTTP/1.1\r\nHost: {host}\r\n{more}"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)
READ = "GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n"


def connect(url: str, receive: int = 0) -> socket.socket:
    """A connection to the site; ``receive`` is how many bytes the kernel takes for its reader."""
    parts = urlsplit(url)
    plain = socket.socket()
    if receive:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    plain.settimeout(60)
    plain.connect((parts.hostname, parts.port))
    return plain


def head(url: str, path: str, length: int = 0, more: str = "") -> bytes:
    """The head of a request: of a form with so many bytes, or else of a page."""
    host = urlsplit(url).netloc
    return (
        (FORM if length else READ).format(path=path, host=host, length=length, more=more).encode()
    )


@contextmanager
def connections(
    url: str, number: int, say: bytes = b"", receive: int = 0
) -> Iterator[list[socket.socket]]:
    """So many visitors who each say this and then nothing."""
    with ExitStack() as stack:
        visitors = [stack.enter_context(connect(url, receive)) for _visitor in range(number)]
        for visitor in visitors:
            visitor.sendall(say)
        time.sleep(0.5)  # until the site has taken them all in
        yield visitors


def answer(visitor: socket.socket) -> tuple[int, str]:
    """Status and text of what the site says to this visitor."""
    status, _headers, text = whole_answer(visitor)
    return status, text


def whole_answer(visitor: socket.socket) -> tuple[int, HTTPMessage, str]:
    with HTTPResponse(visitor) as response:
        response.begin()
        return response.status, response.headers, response.read().decode()
