"""What two answers can be compared by."""

from __future__ import annotations

from typing import Any

# What differs between any two requests, whoever asks and whatever about.
OF_EACH_REQUEST = ("expires", "x-request-id")


def headers_of(response: Any) -> dict[str, str]:
    found = response.headers.items()
    return {name: value for name, value in found if name.lower() not in OF_EACH_REQUEST}
