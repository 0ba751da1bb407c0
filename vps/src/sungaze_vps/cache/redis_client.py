"""Redis as a best-effort cache: every error is a miss, and a Redis that hangs is left alone for a while.

A command waits at most `TIMEOUT_S`. After a failure nothing is asked for `PAUSE_S`; then one request tries, while the
others go on without. An entry that could not be invalidated meanwhile lives no longer than its time to live.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError  # noqa: A004 (the library's own name)

from sungaze_vps.log import Outage
from sungaze_vps.metrics import CACHE_HITS, CACHE_MISSES, CACHE_UNAVAILABLE

TIMEOUT_S = 0.25
PAUSE_S = 2.0
_MAX_CONNECTIONS = 50
_RECONNECT = Retry(NoBackoff(), 1, (ConnectionError,))  # an idle connection may have been closed


class RedisCache:
    """Fulfils `Cache`."""

    def __init__(self, url: str, ttl_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        self._redis: Redis = Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=_RECONNECT,
            max_connections=_MAX_CONNECTIONS,
        )
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._monotonic = monotonic
        self._paused_until = 0.0
        self._outage = Outage(logging.getLogger(__name__), "Redis")
        self.version = 0
        self.misses_by_error = 0

    async def get(self, key: str) -> bytes | None:
        """Give the value, or None when it is missing or Redis does not answer."""
        value = await self._attempt(lambda: self._redis.get(key))
        if isinstance(value, bytes):
            CACHE_HITS.inc()
            return value
        (CACHE_UNAVAILABLE if self._outage.ongoing else CACHE_MISSES).inc()
        return None

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        if version == self.version:
            await self._attempt(lambda: self._redis.set(key, value, px=self._ttl_ms))

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        self.version += 1
        await self._attempt(lambda: self._redis.delete(*keys))

    async def ping(self) -> bool:
        """Say whether Redis answers."""
        return bool(await self._attempt(self._redis.ping))

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _attempt[Reply](self, command: Callable[[], Awaitable[Reply]]) -> Reply | None:
        if self._monotonic() < self._paused_until:
            return None
        if self._outage.ongoing:  # this request tries; those that come meanwhile do not wait with it
            self._paused_until = self._monotonic() + PAUSE_S
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reply = await command()
        except (RedisError, OSError) as error:  # TimeoutError is an OSError
            self.misses_by_error += 1
            self._paused_until = self._monotonic() + PAUSE_S
            self._outage.failed(str(error) or f"no answer within {TIMEOUT_S:g} s")
            return None
        self._paused_until = 0.0
        self._outage.passed()
        return reply
