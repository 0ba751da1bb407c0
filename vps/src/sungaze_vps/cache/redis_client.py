"""Redis as a best-effort cache: every error is a miss, and a Redis that hangs is left alone for a while.

A command waits at most `TIMEOUT_S`. After a failure nothing is asked for `PAUSE_S`; then one request tries, while the
others go on without. A Redis that answers and takes nothing in, because it is full or a replica, is spared the writing.
What Redis could not be made to forget is not taken from it; another process takes it for its time to live at most.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, ResponseError  # noqa: A004 (the library's own name)

from sungaze_vps.log import Outage
from sungaze_vps.metrics import CACHE_HITS, CACHE_MISSES, CACHE_UNAVAILABLE

TIMEOUT_S = 0.25
PAUSE_S = 2.0
_MAX_CONNECTIONS = 10  # who comes when all are in use waits a moment; that is no failure of Redis
_RECONNECT = Retry(NoBackoff(), 1, (ConnectionError,))  # an idle connection may have been closed


class _Way:
    """A way of using Redis: whether it works, and until when it is left alone because it does not."""

    def __init__(self, name: str, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._paused_until = 0.0
        self._outage = Outage(logging.getLogger(__name__), name)

    @property
    def fails(self) -> bool:
        """Whether it did when it was last tried."""
        return self._outage.ongoing

    def is_closed(self) -> bool:
        """Say whether to do without; after a pause this lets one request try, and not those that come meanwhile."""
        if self._monotonic() < self._paused_until:
            return True
        if self.fails:
            self._paused_until = self._monotonic() + PAUSE_S
        return False

    def failed(self, error: Exception) -> None:
        self._paused_until = self._monotonic() + PAUSE_S
        self._outage.failed(str(error) or f"no answer within {TIMEOUT_S:g} s")

    def passed(self) -> None:
        self._paused_until = 0.0
        self._outage.passed()


class RedisCache:
    """Fulfils `Cache`."""

    def __init__(self, url: str, ttl_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        pool = BlockingConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=_RECONNECT,
            max_connections=_MAX_CONNECTIONS,
            timeout=TIMEOUT_S,
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._talking = _Way("Redis", monotonic)
        self._writing = _Way("writing to Redis", monotonic)
        self._not_forgotten: set[str] = set()
        self.version = 0
        self.misses_by_error = 0

    async def get(self, key: str) -> bytes | None:
        """Give the value, or None when it is missing or Redis does not answer."""
        value = await self._ask(lambda: self._redis.get(key))
        if isinstance(value, bytes) and key not in self._not_forgotten:
            CACHE_HITS.inc()
            return value
        (CACHE_UNAVAILABLE if self._talking.fails or self._writing.fails else CACHE_MISSES).inc()
        return None

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        if version != self.version or self._writing.is_closed():
            return
        if await self._ask(lambda: self._redis.set(key, value, px=self._ttl_ms)):
            self._writing.passed()
            if version == self.version:
                self._not_forgotten.discard(key)

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        self.version += 1
        keys = set(keys)
        self._not_forgotten |= keys
        if await self._ask(lambda: self._redis.delete(*keys)) is not None:
            self._not_forgotten -= keys

    async def ping(self) -> bool:
        """Say whether Redis answers, and took what it was last given."""
        return bool(await self._ask(self._redis.ping)) and not self._writing.fails

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _ask[Reply](self, command: Callable[[], Awaitable[Reply]]) -> Reply | None:
        if self._talking.is_closed():
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reply = await command()
        except (RedisError, OSError, RuntimeError) as error:  # uvloop's for writing to what was just lost
            self.misses_by_error += 1
            if not isinstance(error, ResponseError):
                self._talking.failed(error)
                return None
            self._writing.failed(error)
            reply = None
        self._talking.passed()
        return reply
