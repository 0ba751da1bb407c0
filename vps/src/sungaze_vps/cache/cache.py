"""What the server asks of a cache, and which one a URL means."""

from collections.abc import Iterable
from typing import Protocol

from sungaze_vps.cache.memory import MemoryCache
from sungaze_vps.cache.redis_client import RedisCache


class Cache(Protocol):
    """Best effort: no method raises, none takes long.

    A reader notes `version` before it asks the database and hands it to `put`. So a slow reader cannot put back what an
    ingest in this process has just replaced; across processes such a value lives no longer than the time to live.
    """

    version: int

    async def get(self, key: str) -> bytes | None:
        """Give the value, or None."""
        ...

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        ...

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        ...

    async def ping(self) -> bool:
        """Say whether the cache answers."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def open_cache(redis_url: str, ttl_s: float) -> Cache:
    """Make the cache that `REDIS_URL` names; a time to live of 0 caches nothing."""
    if redis_url == "memory://" or ttl_s == 0:
        return MemoryCache(ttl_s)
    return RedisCache(redis_url, ttl_s)
