"""Waiting for what other tasks bring about."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

PATIENCE_S = 30
"""Long, for the machine may be busy: it is a failure when it is over."""


async def until(condition: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not (await found if inspect.isawaitable(found := condition()) else found):  # noqa: ASYNC110 - other tasks bring it about
            await asyncio.sleep(0.01)
