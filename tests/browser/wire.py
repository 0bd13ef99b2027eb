"""Counts what a browser gets over the line, whoever in it asked: page, worker or script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Wire:
    """``url`` leads to the site. Counted in bytes as they were sent: files mostly gzipped."""

    url: str
    headers: int = 0
    sent: list[tuple[str, int]] = field(default_factory=list)

    def content(self, *, but: str = "") -> int:
        """Of everything, or of what has no ``but`` in its address."""
        return sum(size for path, size in self.sent if not (but and but in path))


@contextmanager
def wire(site: str) -> Iterator[Wire]:
    """A server of its own in front of the site, which passes everything on and counts."""
    line = Wire("")

    class Counting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            asked = HTTPConnection(urlsplit(site).netloc)
            asked.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
            answer = asked.getresponse()
            content = answer.read()
            asked.close()
            heads = [(name, value) for name, value in answer.getheaders() if name != "Connection"]
            line.headers += sum(len(f"{name}: {value}\r\n".encode()) for name, value in heads)
            line.sent.append((self.path, len(content)))
            self.send_response_only(answer.status)
            for name, value in heads:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        server.daemon_threads = True
        line.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield line
        server.shutdown()
