"""How long to wait before trying again, and waiting that a stop signal ends."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager


class Backoff:
    """A wait that doubles from `first_s` to `last_s`; each is drawn from its upper half, to spread a fleet out."""

    def __init__(self, first_s: float, last_s: float, draw: Callable[[], float] = random.random) -> None:
        """Start at `first_s`; `draw` gives numbers from 0 to 1."""
        self._first_s = first_s
        self._last_s = last_s
        self._draw = draw
        self._step_s = first_s

    def next_s(self) -> float:
        """Give the next wait and double the one after it."""
        step_s = self._step_s
        self._step_s = min(step_s * 2, self._last_s)
        return step_s * (0.5 + 0.5 * self._draw())

    def reset(self) -> None:
        """Begin anew after a success."""
        self._step_s = self._first_s


async def wait(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, and give whether it was time to stop instead."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await stop.wait()
    except TimeoutError:
        pass
    return stop.is_set()


@asynccontextmanager
async def time_limit(seconds: float, stop: asyncio.Event, grace_s: float) -> AsyncIterator[None]:
    """Let the body run for so long, or for `grace_s` more once it is time to stop.

    Raises:
        TimeoutError: the body was cancelled.
    """
    async with asyncio.timeout(seconds) as limit:
        hurry = asyncio.create_task(_shorten(limit, stop, grace_s))
        try:
            yield
        finally:
            hurry.cancel()


async def _shorten(limit: asyncio.Timeout, stop: asyncio.Event, grace_s: float) -> None:
    await stop.wait()
    end = asyncio.get_running_loop().time() + grace_s
    if not limit.expired():
        limit.reschedule(min(end, limit.when() or end))
