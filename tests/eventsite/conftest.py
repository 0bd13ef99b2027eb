"""What tests of staff accounts share."""

from __future__ import annotations

import time

import pytest


class Clock:
    """Seconds since 1970, as ``time.time()`` tells it; stands still unless told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    now = Clock(time.time())
    monkeypatch.setattr(time, "time", now)
    return now


@pytest.fixture
def _second_factor(settings) -> None:
    settings.REQUIRE_SECOND_FACTOR = True
