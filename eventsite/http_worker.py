"""gunicorn's worker with threads, which get a request once it is whole.

In gunicorn's own, the thread that answers a request also waits for whoever sends it and for whoever
reads the answer: as many stuck visitors as there are threads stop a process. Here the main loop
does the waiting, for any number of them. It reads a request, head and body; hands it to a thread;
and sends what the visitor was too slow to take at once. Threads only work.

A request that is not whole in its time is refused with a sentence, and so is one that is too large.
When there are more connections than ``worker_connections``, those that do nothing make room.
"""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from enum import IntEnum
from functools import partial
from io import BytesIO
from typing import Any

from gunicorn.config import Config
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import Request
from gunicorn.http.unreader import IterUnreader
from gunicorn.workers.gthread import ThreadWorker

# What a request may take to come and its answer to be read, in seconds: so long, and longer the
# larger it is, down to a bad mobile connection.
SECONDS = float(os.environ.get("REQUEST_SECONDS", "60"))
SLOWEST = 32_000  # bytes a second
MOST_HEAD = 64_000  # bytes
MOST_BODY = 12_000_000  # bytes; the proxy's limit in docs/deploy.md
# Bytes of requests that are not whole, and of answers that are not read, in one process: above it
# the largest of them has to go.
MOST_KEPT = 64_000_000
SMALL = 100_000  # bytes; whoever takes no more than this never has to go for that
PIECE = 256_000  # bytes that are read at a time
LINGER = 2.0  # seconds in which a refused visitor can read why
SAY_EVERY = 60.0  # seconds between two lines in the log

TOO_SLOW = (
    "Het versturen duurde te lang. Er is niets bewaard. Probeer het opnieuw.",
    "Sending took too long. Nothing was kept. Please try again.",
)
TOO_LARGE = (
    f"Wat je stuurt is te groot: {MOST_BODY // 1_000_000} MB is het meeste.",
    f"What you send is too large: {MOST_BODY // 1_000_000} MB is the most.",
)
LONG_HEAD = (
    "Je browser stuurde te veel gegevens mee. Wis de cookies van deze site en probeer het opnieuw.",
    "Your browser sent too much along. Delete the cookies of this site and try again.",
)
NO_LENGTH = (
    "Je browser zei niet hoeveel er kwam. Probeer het met een andere browser.",
    "Your browser did not say how much would come. Try it with another browser.",
)
NOT_UNDERSTOOD = (
    "Je browser stuurde iets dat we niet begrijpen. Ga terug en probeer het opnieuw.",
    "Your browser sent something we don’t understand. Go back and try again.",
)
STATUSES: dict[type[Exception], str] = {
    LimitRequestLine: "414 URI Too Long",
    LimitRequestHeaders: "431 Request Header Fields Too Large",
    ExpectationFailed: "417 Expectation Failed",
    UnsupportedTransferCoding: "501 Not Implemented",
}


class Stage(IntEnum):
    """What a connection is at; when there are too many, those of the first stages go first."""

    CLOSING = 1  # was refused; may read why
    IDLE = 2  # nothing of a request has come
    READING = 3
    SENDING = 4
    WORKING = 5  # a thread has it


class Outlet:
    """Stands for the socket while a thread writes; keeps what is not taken at once."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.left = bytearray()
        self.has_begun = False  # the answer of the thread that writes now

    def sendall(self, data: bytes) -> None:
        """Raises OSError if nobody is there any more."""
        self.has_begun = True
        sent = 0
        if not self.left:
            with suppress(BlockingIOError):
                sent = self.sock.send(data)
        self.left += memoryview(data)[sent:]

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def send_left(self) -> bool:
        """Whether all of it is sent now. Raises OSError."""
        with suppress(BlockingIOError):
            while self.left:
                del self.left[: self.sock.send(self.left)]
        return not self.left

    # gunicorn does these when a page breaks half-way. Closing is for the main loop, behind what
    # there is of that page.
    def shutdown(self, how: int) -> None:
        pass

    def settimeout(self, seconds: float) -> None:
        pass

    def recv(self, size: int) -> bytes:
        return b""

    def close(self) -> None:
        pass

    # gunicorn asks for these around an error page; it never waits here.
    def gettimeout(self) -> float:
        return 0.0

    def setblocking(self, flag: bool) -> None:
        pass


class Connection:
    """One visitor's; what gunicorn calls ``conn``."""

    def __init__(self, sock: socket.socket, client: Any, server: Any) -> None:
        sock.setblocking(False)
        self.plain = sock
        self.sock = Outlet(sock)  # gunicorn writes to it
        self.client = client
        self.server = server
        self.stage = Stage.IDLE
        self.since = self.until = 0.0  # the stage; in monotonic seconds
        self.waits_for = 0  # what the poller is asked about it
        self.incoming = bytearray()
        self.counted = 0  # bytes of it and of what is not sent yet, as the worker last saw it
        self.request: Request | None = None  # once its head is whole
        self.length = 0  # of its body, in bytes
        self.number = 0  # of requests so far
        self.stays = True  # after the answer


class HttpWorker(ThreadWorker):  # type: ignore[misc]  # it has no types
    """See above. Speaks plain HTTP/1; https is the proxy's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connections: set[Connection] = set()
        self.kept = 0  # bytes, of all connections
        self.cut_off = 0  # requests, since the last line in the log
        self.said_at = -SAY_EVERY
        self.swept_at = 0.0

    @classmethod
    def check_config(cls, cfg: Config, log: Any) -> None:
        if cfg.is_ssl:
            raise RuntimeError("This worker speaks plain HTTP: https is the proxy's.")

    # The main loop

    def run(self) -> None:
        self.poller.register(
            self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks
        )
        while self.alive and self.is_parent_alive():
            self.notify()
            self.set_accept_enabled(self._has_room())
            self.wait_for_and_dispatch_events(timeout=1.0)
            self._sweep()
        self._finish()

    def _finish(self) -> None:
        """Answer what has begun to come in, and what an open connection may be sending."""
        self.set_accept_enabled(False)
        for listener in self.sockets:
            listener.close()  # whoever comes now is refused, and does not wait in vain
        now = time.monotonic()
        last, lingering = now + self.cfg.graceful_timeout, now + LINGER
        for conn in self.connections:
            conn.until = min(conn.until, lingering if conn.stage is Stage.IDLE else last)
        while self.connections and time.monotonic() < last:
            self.notify()
            self.wait_for_and_dispatch_events(timeout=0.1)
            self._sweep()
        self._say()
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()

    def _sweep(self) -> None:
        """Close what has had its time, a few times a second."""
        now = time.monotonic()
        if now - self.swept_at < 0.25:
            return
        self.swept_at = now
        for conn in [conn for conn in self.connections if conn.until < now]:
            if conn.stage is Stage.READING:
                self.cut_off += 1
                self._refuse(conn, "408 Request Timeout", TOO_SLOW)
            elif conn.stage is not Stage.WORKING:
                self.cut_off += conn.stage is Stage.SENDING
                self._close(conn)
        if now - self.said_at > SAY_EVERY:
            self._say()

    def _say(self) -> None:
        if self.cut_off:
            self.log.warning(
                "%d requests were cut off: too slow, or there was no room for them", self.cut_off
            )
            self.cut_off, self.said_at = 0, time.monotonic()

    # Connections

    def accept(self, listener: socket.socket) -> None:
        if not self._has_room():
            return
        if len(self.connections) >= self.worker_connections:
            self._make_room()
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            return
        conn = Connection(sock, client, listener.getsockname())
        self.connections.add(conn)
        self._wait(conn, Stage.IDLE, self.cfg.keepalive)
        self._read(conn)

    def _has_room(self) -> bool:
        """Whether there is, or somebody who does nothing would make some."""
        return len(self.connections) < self.worker_connections or any(
            conn.stage is not Stage.WORKING for conn in self.connections
        )

    def _make_room(self) -> None:
        waiting = [conn for conn in self.connections if conn.stage is not Stage.WORKING]
        if waiting:
            conn = min(waiting, key=lambda conn: (conn.stage, conn.since))
            self.cut_off += conn.stage in (Stage.READING, Stage.SENDING)
            self._close(conn)

    def _wait(self, conn: Connection, stage: Stage, seconds: float) -> None:
        """Nothing happens for this visitor until something can be read, or sent; but so long."""
        if conn.stage is not stage or not conn.until:
            conn.stage, conn.since = stage, time.monotonic()
            conn.until = conn.since + seconds
        sends = stage is Stage.SENDING
        self._ask(conn, selectors.EVENT_WRITE if sends else selectors.EVENT_READ)

    def _ask(self, conn: Connection, events: int) -> None:
        """Have the poller tell of these events; 0 for none."""
        if events == conn.waits_for:
            return
        callback: Callable[[Any], None] = partial(
            self._send if events == selectors.EVENT_WRITE else self._read, conn
        )
        if not events:
            self.poller.unregister(conn.plain)
        elif conn.waits_for:
            self.poller.modify(conn.plain, events, callback)
        else:
            self.poller.register(conn.plain, events, callback)
        conn.waits_for = events

    def _close(self, conn: Connection) -> None:
        self._ask(conn, 0)
        self.connections.discard(conn)
        self.kept -= conn.counted
        conn.counted = 0
        conn.incoming.clear()
        conn.plain.close()

    def _count(self, conn: Connection) -> None:
        """What it takes in memory; if that is too much in all, the largest has to go."""
        size = len(conn.incoming) + len(conn.sock.left)
        self.kept += size - conn.counted
        conn.counted = size
        if self.kept > MOST_KEPT:
            self._drop_largest()

    def _drop_largest(self) -> None:
        large = [
            conn
            for conn in self.connections
            if conn.stage in (Stage.READING, Stage.SENDING) and conn.counted > SMALL
        ]
        if large:
            self.cut_off += 1
            self._close(max(large, key=lambda conn: conn.counted))

    def _refuse(self, conn: Connection, status: str, words: tuple[str, ...]) -> None:
        """Say why, and take nothing more."""
        body = "".join(f"{sentence}\n" for sentence in words).encode()
        head = (
            f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
            "Connection: close\r\n\r\n"
        )
        with suppress(OSError):
            conn.sock.sendall(head.encode() + body)
        conn.stays = False
        self._send(conn)

    # Reading

    def _read(self, conn: Connection, _socket: object = None) -> None:
        try:
            piece = conn.plain.recv(PIECE if conn.request else MOST_HEAD)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._close(conn)
        elif conn.stage is not Stage.CLOSING:
            conn.incoming += piece
            self._take(conn)
            if conn in self.connections:
                self._count(conn)

    def _take(self, conn: Connection) -> None:
        """Give the next request to a thread if all of it is there."""
        if conn.request is None and conn.incoming:
            self._wait(conn, Stage.READING, SECONDS)
            if not self._take_head(conn):
                return
        if conn.request is None:
            self._wait(conn, Stage.IDLE, self.cfg.keepalive if self.alive else LINGER)
        elif len(conn.incoming) >= conn.length:
            with memoryview(conn.incoming) as incoming:
                conn.request.body = BytesIO(incoming[: conn.length])
            conn.stage = Stage.WORKING
            self._ask(conn, 0)
            self.enqueue_req(conn)

    def _take_head(self, conn: Connection) -> bool:
        """Whether the head is there, and may go on."""
        end = conn.incoming.find(b"\r\n\r\n") + 4
        if end < 4:
            if len(conn.incoming) >= MOST_HEAD:
                self._refuse(conn, "431 Request Header Fields Too Large", LONG_HEAD)
            return False
        head = bytes(conn.incoming[:end])
        del conn.incoming[:end]
        conn.number += 1
        try:
            request = Request(self.cfg, IterUnreader([head]), conn.client, conn.number)
        except ParseException as error:
            # gunicorn's own line would name the visitor's address and what was sent.
            self.log.warning("a request was not understood: %s", type(error).__name__)
            self._refuse(conn, STATUSES.get(type(error), "400 Bad Request"), NOT_UNDERSTOOD)
            return False
        reader = request.body.reader
        conn.length = reader.length if isinstance(reader, LengthReader) else 0
        if isinstance(reader, ChunkedReader):
            # Django reads as many bytes as were announced, and would take this for an empty form.
            self._refuse(conn, "411 Length Required", NO_LENGTH)
            return False
        if conn.length > MOST_BODY:
            self._refuse(conn, "413 Content Too Large", TOO_LARGE)
            return False
        conn.request = request
        conn.until += conn.length / SLOWEST
        if request._expected_100_continue:
            request._expected_100_continue = False
            if len(conn.incoming) < conn.length:
                with suppress(OSError):
                    conn.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    # Answering

    def handle(self, conn: Connection) -> bool:
        """In a thread: answer the request. Whether the connection may stay."""
        conn.sock.has_begun = False
        try:
            return bool(self.handle_request(conn.request, conn))
        except (StopIteration, ConnectionError):
            return False
        except Exception as error:
            if conn.sock.has_begun:  # a second answer would look like the end of the first
                self.log.exception("a page broke half-way")
            else:
                self.handle_error(conn.request, conn.sock, conn.client, error)
            return False

    def finish_request(self, conn: Connection, future: Future[bool]) -> None:
        """Back in the main loop."""
        failed = future.cancelled() or future.exception() is not None
        conn.stays = conn.stays and not failed and future.result()
        conn.request = None
        del conn.incoming[: conn.length]
        conn.length = 0
        self._send(conn)

    def _send(self, conn: Connection, _socket: object = None) -> None:
        try:
            if not conn.sock.send_left():
                self._wait(conn, Stage.SENDING, SECONDS + len(conn.sock.left) / SLOWEST)
                self._count(conn)
                return
            self._count(conn)
            if conn.stays:
                conn.stage = Stage.WORKING  # whatever comes next is another stage
                self._take(conn)
            elif conn.stage is Stage.WORKING and not conn.incoming:
                self._close(conn)
            else:
                # Closed with something unread, the system would take back the answer.
                conn.plain.shutdown(socket.SHUT_WR)
                self._wait(conn, Stage.CLOSING, LINGER)
        except OSError:
            self._close(conn)
