"""One event loop for all that a process fuzzes: servers and connections live longer than one input."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from functools import cache
from typing import Any

RESOURCES = AsyncExitStack()
"""What is to be closed at the end, on the loop."""

FORGET: list[Callable[[], None]] = []
"""Called after that: what points to something closed."""


def run[T](work: Coroutine[Any, Any, T]) -> T:
    """Run to the end."""
    return _runner().run(work)


def close() -> None:
    """Close everything; what is needed again is made again."""
    if _runner.cache_info().currsize:
        runner = _runner()
        runner.run(RESOURCES.aclose())
        for forget in FORGET:
            forget()
        runner.close()
        _runner.cache_clear()


@cache
def _runner() -> asyncio.Runner:
    return asyncio.Runner()


async def in_thread[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call what runs an event loop of its own."""
    return await asyncio.to_thread(function, *args, **kwargs)
