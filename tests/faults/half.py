"""A site whose pages break half-way, by what the address says; and one that is large."""

from __future__ import annotations

import errno
from collections.abc import Iterator

PIECE = b"a line of the export\n"
LARGE = 5_000_000  # bytes
ERRORS: dict[object, Exception] = {
    "/mistake/": ValueError("a mistake"),
    "/disk/": OSError(errno.ENOSPC, "No space left on device"),
}


def application(environ: dict[str, object], start_response: object) -> Iterator[bytes]:
    assert callable(start_response)
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield PIECE
    if error := ERRORS.get(environ["PATH_INFO"]):
        raise error
    if environ["PATH_INFO"] == "/large/":
        yield b"x" * LARGE
