"""A small cache inside the process, for a server without Redis (`REDIS_URL=memory://`)."""

import time
from collections.abc import Callable, Iterable

from sungaze_vps.metrics import CACHE_HITS, CACHE_MISSES

MAX_ENTRIES = 1000


class MemoryCache:
    """Fulfils `Cache`; holds at most `MAX_ENTRIES`, the oldest leave first."""

    def __init__(self, ttl_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Keep entries for `ttl_s` seconds; 0 keeps none."""
        self._ttl_s = ttl_s
        self._monotonic = monotonic
        self._entries: dict[str, tuple[float, bytes]] = {}
        self.version = 0

    async def get(self, key: str) -> bytes | None:
        """Give the value unless it is missing or too old."""
        expires, value = self._entries.get(key, (0.0, None))
        if expires > self._monotonic():
            CACHE_HITS.inc()
            return value
        CACHE_MISSES.inc()
        return None

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        if version != self.version:
            return
        self._entries.pop(key, None)
        if len(self._entries) >= MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = (self._monotonic() + self._ttl_s, value)

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        self.version += 1
        for key in keys:
            self._entries.pop(key, None)

    async def ping(self) -> bool:
        """Say that it is there."""
        return True

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
