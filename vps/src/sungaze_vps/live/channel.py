"""How the workers tell each other through Redis of which devices there is something new.

Only names of devices travel; what is new stands in the database. So nothing that is said here has to be believed, and
nothing is lost when it is not heard: a worker that cannot hear looks into the database by itself, every `PAUSE_S` and
once more as soon as it hears again. What could not be told is told later.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Collection

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import TimeoutError as RedisTimeoutError

from sungaze_vps.cache import redis_line
from sungaze_vps.cache.cache import Cache
from sungaze_vps.cache.redis_client import RedisCache
from sungaze_vps.cache.redis_line import REDIS_ERRORS, TIMEOUT_S, RedisLine, Way
from sungaze_vps.log import Outage

PACE_S = 0.1
_NAME = "sungaze:news"
_NO_RETRY = Retry(NoBackoff(), 0, ())  # a connection made anew behind our back would hide what was missed meanwhile
_MESSAGE = msgspec.json.Decoder(list[str])


class Channel:
    """One worker's mouth and ears."""

    def __init__(self, url: str, line: RedisLine) -> None:
        """Take where Redis is and the line to it; connect to nothing yet."""
        self._line = line
        self._ears: Redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=_NO_RETRY
        )
        self._telling = Way("telling other workers through Redis")
        self._hearing = Outage(logging.getLogger(__name__), "news from other workers")
        self._me = secrets.token_hex(8)
        self._untold: set[str] = set()
        self._woken = asyncio.Event()

    def tell(self, device_ids: Collection[str]) -> None:
        """Have the others told that these devices have something new."""
        self._untold.update(device_ids)
        self._woken.set()

    async def speak(self) -> None:
        """Tell what there is to be told, for ever, at most every `PACE_S`."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            await asyncio.sleep(PACE_S if await self._flush() else redis_line.PAUSE_S)

    async def _flush(self) -> bool:
        """Tell it now; False when Redis did not take it, and it is kept."""
        untold, self._untold = self._untold, set()
        if not untold:
            return True
        message, hearers = msgspec.json.encode([self._me, *untold]), None
        try:
            hearers = await self._line.ask(lambda: self._line.redis.publish(_NAME, message), self._telling)
        finally:
            if hearers is None:  # a stop may come in between, too
                self.tell(untold)
        if hearers is not None:
            self._telling.passed()
        return hearers is not None

    async def listen(self, wanted: asyncio.Event, heard: Callable[[Collection[str] | None], None]) -> None:
        """Hear what the others tell, for ever, while it is wanted.

        Args:
            wanted: set while there is anybody to tell it.
            heard: called with the devices that have something new; None stands for "maybe all of them".
        """
        while True:
            await wanted.wait()
            try:
                await self._listen(wanted, heard)
            except REDIS_ERRORS as error:
                self._hearing.failed(str(error) or f"no answer within {TIMEOUT_S:g} s")
                heard(None)
                await asyncio.sleep(redis_line.PAUSE_S)

    async def close(self) -> None:
        """Tell what is left and close the connections."""
        await self._flush()
        await self._ears.aclose()
        await self._line.close()

    async def _listen(self, wanted: asyncio.Event, heard: Callable[[Collection[str] | None], None]) -> None:
        async with self._ears.pubsub() as ears:
            async with asyncio.timeout(TIMEOUT_S):
                await ears.subscribe(_NAME)
            while wanted.is_set():
                message = await self._next(ears)
                if message["type"] == "subscribe":
                    self._hearing.passed()
                    heard(None)
                elif message["type"] == "message":
                    heard(self._devices_of(message["data"]))

    @staticmethod
    async def _next(ears: PubSub) -> dict[str, object]:
        """Give the next message; a Redis that is silent is asked whether it is there, and then given up."""
        message: dict[str, object] | None = await ears.get_message(timeout=redis_line.PAUSE_S)
        if message is None:
            await ears.ping()
            message = await ears.get_message(timeout=redis_line.PAUSE_S)
        if message is None:
            raise RedisTimeoutError
        return message

    def _devices_of(self, message: object) -> list[str]:
        try:
            sender, *device_ids = _MESSAGE.decode(message if isinstance(message, bytes) else b"")
        except ValueError:  # msgspec's own are of it; somebody else uses the name
            return []
        return [] if sender == self._me else device_ids


def open_channel(redis_url: str, cache: Cache) -> Channel | None:
    """Make the channel that `REDIS_URL` names, on the cache's line if it has one; None for a single process."""
    if redis_url == "memory://":
        return None
    return Channel(redis_url, cache.line if isinstance(cache, RedisCache) else RedisLine(redis_url))
