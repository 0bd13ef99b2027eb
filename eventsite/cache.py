"""A shared cache that nobody needs.

It only counts: how often a form is sent, how often somebody tried to log in. While Redis is away,
hangs or refuses, each process counts in its own memory, so that the limits stand and are merely
wider. The log says so once, and once more when Redis is back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisSerializer

logger = logging.getLogger(__name__)

PAUSE = 5  # seconds until it is asked again


class Absence:
    """Whether Redis is away, for all threads of the process. Only one of them asks after a pause:
    a Redis that hangs then costs nobody else a moment.
    """

    def __init__(self) -> None:
        self.lasts = False
        self.until = 0.0
        self.lock = Lock()

    def spares(self) -> bool:
        """Whether not to ask now."""
        if not self.lasts:
            return False
        with self.lock:
            spared = self.lasts and monotonic() < self.until
            if not spared:
                self.until = monotonic() + PAUSE
            return spared

    def begins(self, error: Exception) -> None:
        with self.lock:
            self.until = monotonic() + PAUSE
            if not self.lasts:
                self.lasts = True
                logger.error(
                    "the shared cache is away (%s): each process counts for itself",
                    type(error).__name__,
                )

    def ends(self) -> None:
        if self.lasts:
            with self.lock:
                if self.lasts:
                    self.lasts = False
                    logger.warning("the shared cache is back")


absence = Absence()


class CannotBeKept(TypeError):
    """A value that no cache can keep: our own mistake, wherever Redis is."""


class Serializer(RedisSerializer):
    def dumps(self, obj: Any) -> Any:
        """Raises CannotBeKept."""
        try:
            return super().dumps(obj)
        except Exception as error:
            raise CannotBeKept(type(obj).__name__) from error


class TolerantRedis(RedisCache):
    """Redis, or this process's own memory while that is away."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        options = {**params.get("OPTIONS", {}), "serializer": Serializer}
        super().__init__(server, {**params, "OPTIONS": options})
        self.own = LocMemCache("own", {**params, "OPTIONS": {"MAX_ENTRIES": 30_000}})

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().add, self.own.add, *args, **kwargs))

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().get, self.own.get, *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask(super().set, self.own.set, *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().touch, self.own.touch, *args, **kwargs))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().delete, self.own.delete, *args, **kwargs))

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(super().has_key, self.own.has_key, *args, **kwargs))

    def incr(self, *args: Any, **kwargs: Any) -> int:
        """Raises ValueError for a key that is not there."""
        return int(self._ask(super().incr, self.own.incr, *args, **kwargs))

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().get_many, self.own.get_many, *args, **kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask(super().set_many, self.own.set_many, *args, **kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> None:
        self._ask(super().delete_many, self.own.delete_many, *args, **kwargs)

    def clear(self) -> None:
        self.own.clear()
        self._ask(super().clear, self.own.clear)

    def _ask(
        self, redis: Callable[..., Any], own: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        if absence.spares():
            return own(*args, **kwargs)
        try:
            answer = redis(*args, **kwargs)
        except CannotBeKept:
            raise
        # Over what is no Redis at all, the client also stumbles with an AttributeError, or over
        # letters: RedisError and OSError are not all.
        except Exception as error:
            if type(error) is ValueError:  # Django's own, for a key that is not there
                absence.ends()
                raise
            absence.begins(error)
            return own(*args, **kwargs)
        absence.ends()
        return answer
