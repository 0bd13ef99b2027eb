"""Work on one event or message after another: trouble with one stops no other."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

logger = logging.getLogger(__name__)


def one_by_one(what: str, keys: Iterable[int], work: Callable[[int], int]) -> int:
    """Do ``work`` for each key; returns the sum of what it counts.

    One that fails is logged as ``what`` and its key, and the others have their turn. The first
    error is raised at the end, so that the job counts as failed.
    """
    done = 0
    errors = []
    for key in keys:
        try:
            done += work(key)
        except Exception as error:
            logger.error("%s %s: %s at %s", what, key, type(error).__name__, places(error))
            errors.append(error)
    if errors:
        raise errors[0]
    return done


def places(error: Exception) -> str:
    """Where it happened. What an error says is left out of the log: it may hold an address."""
    frames = traceback.extract_tb(error.__traceback__)
    return ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
