"""A site that says what its proxy tells it of the visitor."""

from __future__ import annotations

import json

SAID = ("HTTP_HOST", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO")


def application(environ: dict[str, object], start_response: object) -> list[bytes]:
    assert callable(start_response)
    said = {name: environ.get(name) for name in SAID}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(said).encode()]
