"""The way to Redis: no command takes long, no error passes, and a Redis that hangs is left alone for a while.

A command waits at most `TIMEOUT_S`. After a failure nothing is asked for `PAUSE_S`; then one request tries, while the
others go on without.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError, ResponseError  # noqa: A004 (the library's own name)

from sungaze_vps.log import Outage

TIMEOUT_S = 0.25
PAUSE_S = 2.0
REDIS_ERRORS = (RedisError, OSError, RuntimeError)  # the last is uvloop's for writing to what was just lost
_MAX_CONNECTIONS = 10  # who comes when all are in use waits a moment; that is no failure of Redis
_RECONNECT = Retry(NoBackoff(), 1, (ConnectionError,))  # an idle connection may have been closed


class Way:
    """A way of using Redis: whether it works, and until when it is left alone because it does not."""

    def __init__(self, name: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take what it is called in the log."""
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
        """Note that it was tried in vain."""
        self._paused_until = self._monotonic() + PAUSE_S
        self._outage.failed(str(error) or f"no answer within {TIMEOUT_S:g} s")

    def passed(self) -> None:
        """Note that it works."""
        self._paused_until = 0.0
        self._outage.passed()


class RedisLine:
    """Commands to one Redis."""

    def __init__(self, url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Connect to nothing yet."""
        pool = BlockingConnectionPool.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=_RECONNECT,
            max_connections=_MAX_CONNECTIONS,
            timeout=TIMEOUT_S,
        )
        self.redis: Redis = Redis.from_pool(pool)
        self._talking = Way("Redis", monotonic)
        self.errors = 0

    @property
    def fails(self) -> bool:
        """Whether Redis did not answer when it was last asked."""
        return self._talking.fails

    async def ask[Reply](self, command: Callable[[], Awaitable[Reply]], way: Way) -> Reply | None:
        """Give the reply, or None: Redis is left alone, does not answer, or refuses; a refusal is noted of `way`."""
        if self._talking.is_closed():
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reply = await command()
        except REDIS_ERRORS as error:
            self.errors += 1
            if not isinstance(error, ResponseError):
                self._talking.failed(error)
                return None
            way.failed(error)
            reply = None
        self._talking.passed()
        return reply

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()
