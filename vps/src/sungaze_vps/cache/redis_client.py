"""Redis as a best-effort cache: every error is a miss, and a Redis that hangs is left alone for a while.

A command waits at most `TIMEOUT_S`. After a failure nothing is asked for `PAUSE_S`; then one request tries, while the
others go on without. A Redis that answers and takes nothing in, because it is full or a replica, is spared the writing.
What Redis could not be made to forget is not taken from it; another process takes it for its time to live at most.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from sungaze_vps.cache.wire import RefusedError, Reply, Wire, open_wire, parse_address
from sungaze_vps.log import Outage
from sungaze_vps.metrics import CACHE_HITS, CACHE_MISSES, CACHE_UNAVAILABLE

TIMEOUT_S = 0.25
PAUSE_S = 2.0


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
        self._address = parse_address(url)
        self._wire = Wire()
        self._connecting = asyncio.Lock()
        self._ttl_ms = max(1, round(ttl_s * 1000))
        self._talking = _Way("Redis", monotonic)
        self._writing = _Way("writing to Redis", monotonic)
        self._not_forgotten: set[str] = set()
        self.version = 0
        self.misses_by_error = 0

    async def get(self, key: str) -> bytes | None:
        """Give the value, or None when it is missing or Redis does not answer."""
        value = await self._ask(b"GET", key.encode())
        if isinstance(value, bytes) and key not in self._not_forgotten:
            CACHE_HITS.inc()
            return value
        (CACHE_UNAVAILABLE if self._talking.fails or self._writing.fails else CACHE_MISSES).inc()
        return None

    async def put(self, key: str, value: bytes, version: int) -> None:
        """Keep the value, unless something was invalidated since `version`."""
        if version != self.version or self._writing.is_closed():
            return
        if await self._ask(b"SET", key.encode(), value, b"PX", b"%d" % self._ttl_ms):
            self._writing.passed()
            if version == self.version:
                self._not_forgotten.discard(key)

    async def invalidate(self, keys: Iterable[str]) -> None:
        """Forget the keys."""
        self.version += 1
        keys = set(keys)
        self._not_forgotten |= keys
        if await self._ask(b"DEL", *(key.encode() for key in keys)) is not None:
            self._not_forgotten -= keys

    async def ping(self) -> bool:
        """Say whether Redis answers, and took what it was last given."""
        return bool(await self._ask(b"PING")) and not self._writing.fails

    async def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    async def _ask(self, *words: bytes) -> Reply:
        if self._talking.is_closed():
            return None
        try:
            async with asyncio.timeout(TIMEOUT_S):
                reply = await self._send(*words)
        except (RefusedError, OSError) as error:  # TimeoutError is an OSError
            self.misses_by_error += 1
            if not isinstance(error, RefusedError):
                self._wire.close()  # what it has not answered it may still do, and later than what a new one is asked
                self._talking.failed(error)
                return None
            self._writing.failed(error)
            reply = None
        self._talking.passed()
        return reply

    async def _send(self, *words: bytes) -> Reply:
        if self._wire.is_open:
            try:
                return await self._wire.ask(*words)
            except ConnectionResetError:
                pass  # it was lost while it was idle; what is sent twice comes to the same
        async with self._connecting:
            if not self._wire.is_open:
                self._wire = await open_wire(self._address)
        return await self._wire.ask(*words)
