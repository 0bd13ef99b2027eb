"""A shared cache that hinders nobody while it is away.

It only counts: how often a form is sent, how often somebody tried to log in. When Redis does not
answer, nothing is counted for a while, and the log says so once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Any

from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds until it is asked again


class TolerantRedis(RedisCache):
    """Answers as an empty cache would while Redis is away; a lock is then always free."""

    asleep_until = 0.0  # of all connections of the process

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().add, True, *args, **kwargs))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(super().get, default, key, default, version)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask(super().set, None, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().touch, False, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().delete, False, *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        """Raises ValueError for a key that is not there, and so while Redis is away."""
        found = self._ask(super().incr, None, *args, **kwargs)
        if found is None:
            raise ValueError("Redis is away")
        return int(found)

    def _ask(self, method: Callable[..., Any], otherwise: Any, *args: Any, **kwargs: Any) -> Any:
        if monotonic() < TolerantRedis.asleep_until:
            return otherwise
        try:
            return method(*args, **kwargs)
        except ValueError:
            raise
        except Exception as error:  # whatever the client raises: there are many kinds of away
            TolerantRedis.asleep_until = monotonic() + PAUSE
            logger.error("the shared cache is away: %s", type(error).__name__)
            return otherwise
