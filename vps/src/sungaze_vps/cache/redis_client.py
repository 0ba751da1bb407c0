"""Redis as a best-effort cache: every error is a miss.

A Redis that answers and takes nothing in, because it is full or a replica, is spared the writing. What Redis could not
be made to forget is not taken from it; another process takes it for its time to live at most.
"""

import time
from collections.abc import Callable, Iterable

from sungaze_vps.cache.redis_line import RedisLine, Way
from sungaze_vps.metrics import CACHE_HITS, CACHE_MISSES, CACHE_UNAVAILABLE


class RedisCache:
    """Fulfils `Cache`."""

    def __init__(self, url: str, ttl_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        self.line = RedisLine(url, monotonic)
        self._redis = self.line.redis
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._writing = Way("writing to Redis", monotonic)
        self._not_forgotten: set[str] = set()
        self.version = 0

    async def get(self, key: str) -> bytes | None:
        """Give the value, or None when it is missing or Redis does not answer."""
        value = await self.line.ask(lambda: self._redis.get(key), self._writing)
        if isinstance(value, bytes) and key not in self._not_forgotten:
            CACHE_HITS.inc()
            return value
        (CACHE_UNAVAILABLE if self.line.fails or self._writing.fails else CACHE_MISSES).inc()
        return None

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        if version != self.version or self._writing.is_closed():
            return
        if await self.line.ask(lambda: self._redis.set(key, value, px=self._ttl_ms), self._writing):
            self._writing.passed()
            if version == self.version:
                self._not_forgotten.discard(key)

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        self.version += 1
        keys = set(keys)
        self._not_forgotten |= keys
        if await self.line.ask(lambda: self._redis.delete(*keys), self._writing) is not None:
            self._not_forgotten -= keys

    async def ping(self) -> bool:
        """Say whether Redis answers, and took what it was last given."""
        return bool(await self.line.ask(self._redis.ping, self._writing)) and not self._writing.fails

    async def close(self) -> None:
        """Close the connections."""
        await self.line.close()
